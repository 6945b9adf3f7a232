//! Which of two variants is better, by how much, and whether the data carry that conclusion.
//!
//! Rounds are paired, for what hits a pair hits both. Counts come first: they hardly vary, and one round tells.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One figure of one operation, of a variant and of the one that it is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The operation.
    pub operation: String,
    /// What is compared: `p50`, `p99`, `statements`, …
    pub figure: String,
    /// The round trip at which it was measured.
    pub round_trip: Duration,
    /// The first variant of the scenario, which the others are held against.
    pub reference: String,
    /// The other.
    pub variant: String,
    /// The figure of both over their rounds, geometric mean: seconds of a time, else a plain number.
    pub values: (f64, f64),
    /// How many pairs of rounds carry it.
    pub pairs: u32,
    /// The variant's figure over the reference's.
    pub ratio: f64,
    /// Where the ratio lies; `None` from too few pairs, and of counts.
    pub interval: Option<(f64, f64)>,
    /// How sure the interval is, as a share: the more is judged in a run, the wider it is at the same doubt in the run
    /// as a whole. Zero without an interval.
    #[serde(default)]
    pub confidence: f64,
    /// The smallest change that these rounds could have shown, as a share: 0.08 is 8 %.
    pub detectable: Option<f64>,
    /// What follows.
    pub conclusion: Conclusion,
    /// What a reader must know of it: why nothing can be told, which rounds were left out.
    #[serde(default)]
    pub remark: Option<String>,
}

/// What follows from a comparison. Less is better of all that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// The variant is better.
    Better,
    /// The variant is worse.
    Worse,
    /// No difference that matters.
    Same,
    /// The rounds do not carry a conclusion.
    CannotTell,
}

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
