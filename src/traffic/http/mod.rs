//! Requests to the application under test: what is asked, by whom, and what counts as an answer.
//!
//! Each arrival of the open model is a stranger: no cookies, and whatever connection is idle. A client of the closed
//! model keeps its connection and its cookies for as long as there is traffic, and thinks between two visits.

mod answer;
mod asked;
mod request;
mod user;
mod visit;

pub(super) use asked::{ask, only_reads};
pub(super) use request::Request;
pub(super) use user::{Site, User};
pub(super) use visit::visit;

use crate::units::DurationRange;

/// One thing that an operation does which asks the application.
pub(super) enum Errand {
    Request(Box<Request>),
    Pause(DurationRange),
    Repeat { times: u32, errands: Vec<Errand> },
}
