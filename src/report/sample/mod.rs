//! Runs made up for tests, as real ones would look.

pub(crate) mod comparison;
mod migration;

pub(crate) use migration::run;
