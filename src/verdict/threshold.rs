//! A limit on a figure.

use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Limits that stand on one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// What they are about.
    pub subject: Subject,
    /// At least one.
    pub limits: Vec<Limit>,
}

/// What is judged, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An operation.
    Operation(String),
    /// All operations of the open and closed model together.
    AllTraffic,
    /// A gauge.
    Gauge(String),
    /// A step of the migration, or the whole of it under `migration`.
    Step(String),
}

/// As a scenario writes it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(name) | Self::Gauge(name) | Self::Step(name) => f.write_str(name),
            Self::AllTraffic => f.write_str("all traffic"),
        }
    }
}

/// The most that is accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A percentile of the response time; `percent` is 50, 90, 99, 99.9, …
    Percentile {
        /// Which.
        percent: f64,
        /// The most.
        most: Duration,
    },
    /// The longest response time.
    Max(Duration),
    /// The longest time in which nothing of it succeeded although something was due.
    LongestStall(Duration),
    /// Statements that one execution sends.
    Statements(u64),
    /// Errors of a class; `None` is all.
    Errors {
        /// Which.
        class: Option<Failure>,
        /// The most.
        most: Amount,
    },
    /// Retries.
    Retries(Amount),
    /// Summed time of waiting for locks, by whom: an operation's or a step's name; `None` is by anybody.
    Blocked {
        /// By whom.
        by: Option<String>,
        /// The most.
        most: Duration,
    },
    /// The highest reading of a gauge.
    GaugeMax(f64),
    /// The lowest reading of a gauge.
    GaugeMin(f64),
    /// How long a step may take.
    Duration(Duration),
}

/// A number, or a share of all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// So many.
    Count(u64),
    /// 0 to 1.
    Share(f64),
}

impl Limit {
    /// Its word in a scenario: `p99`, `longest_stall`, `errors`, …
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Percentile { percent, .. } => format!("p{percent}"),
            Self::Max(_) | Self::GaugeMax(_) => "max".to_owned(),
            Self::GaugeMin(_) => "min".to_owned(),
            Self::LongestStall(_) => "longest_stall".to_owned(),
            Self::Statements(_) => "statements".to_owned(),
            Self::Errors { .. } => "errors".to_owned(),
            Self::Retries(_) => "retries".to_owned(),
            Self::Blocked { by: None, .. } => "blocked".to_owned(),
            Self::Blocked { by: Some(_), .. } => "blocked_by".to_owned(),
            Self::Duration(_) => "duration".to_owned(),
        }
    }
}
