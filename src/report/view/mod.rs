//! What each section of the report says, computed from results; the templates only set it.

pub(crate) mod badge;
pub(crate) mod baseline;
pub(crate) mod comparison;
pub(crate) mod costs;
pub(crate) mod curves;
pub(crate) mod excess;
pub(crate) mod gauges;
pub(crate) mod headline;
pub(crate) mod health;
pub(crate) mod judged;
pub(crate) mod operations;
pub(crate) mod place;
pub(crate) mod plans;
pub(crate) mod preparation;
pub(crate) mod readings;
pub(crate) mod round;
pub(crate) mod scales;
pub(crate) mod steps;
pub(crate) mod timeline;
pub(crate) mod variant;
pub(crate) mod waits;
