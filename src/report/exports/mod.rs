//! What a run found, for the programs and places that teams look at: CI servers, pull requests, scrapers.
//!
//! Names, SQL and server messages come from outside, each form has its own way of being broken by them, and all of
//! these files are made to be passed on: every text goes through [`clean`] and through the escaping of its form.

mod case;
mod clean;
mod github;
mod junit;
mod markdown;
mod metrics;
mod pull_request;
mod quality;
#[cfg(test)]
mod tests;

pub(super) use github::annotations;
pub(super) use junit::junit;
pub(super) use metrics::metrics;
pub(super) use pull_request::pull_request;
pub(super) use quality::quality;
