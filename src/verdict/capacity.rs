//! The highest rate that a variant can bear.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The highest rate at which a variant keeps the limits of an operation, as far as it was searched for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// The variant.
    pub variant: String,
    /// The operation whose rate was varied.
    pub operation: String,
    /// The round trip at which it was searched.
    pub round_trip: Duration,
    /// The highest rate that was kept, in 1/s; `None` where none was.
    pub kept: Option<f64>,
    /// The lowest rate that was not kept; `None` where all were.
    pub lost: Option<f64>,
    /// Every rate tried, in order.
    pub tried: Vec<Trial>,
}

/// One rate that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Arrivals a second.
    pub rate: f64,
    /// Whether all limits of the operation were kept.
    pub kept: bool,
    /// The median response time.
    pub p50: Duration,
    /// The 99th percentile of the response time.
    pub p99: Duration,
    /// Why it was not kept, in words.
    pub why: Option<String>,
}
