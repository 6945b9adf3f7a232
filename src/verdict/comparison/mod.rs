//! Which of two variants is better, by how much, and whether the data carry that conclusion.
//!
//! Rounds are paired, for what hits a pair hits both. Counts come first: they hardly vary, and one round tells.

pub(super) mod counts;
mod order;
pub(super) mod pairs;
#[cfg(test)]
mod tests;
pub(super) mod time;
mod told;

pub use told::told;

use crate::cost::OperationCost;
use crate::figures::{ImpactFigures, OperationFigures};
use crate::plan::StatementPlan;
use crate::step::StepFacts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One figure of one operation, of a variant and of the one that it is held against.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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

/// A variant with what its rounds showed.
#[derive(Clone, Debug)]
pub struct Alternative<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its operations, by place.
    pub operations: Vec<Compared<'a>>,
    /// Its rounds, in the order in which they were run.
    pub rounds: Vec<Shown<'a>>,
}

/// An operation, as far as it can be compared with one of the same name.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it belongs to all traffic.
    pub is_traffic: bool,
    /// Whether its clients wait for the end of one before they begin the next.
    pub is_closed: bool,
    /// Its arrivals, in words.
    pub arrivals: &'a str,
    /// What it runs.
    pub text: &'a str,
    /// A hash of its arrivals with their parameters.
    pub schedule: &'a str,
}

/// What a round showed.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The round trip between client and server.
    pub round_trip: Duration,
    /// Whether its times can be believed: the generator kept up.
    pub valid: bool,
    /// Whether it ended before its time.
    pub cut_short: bool,
    /// Figures of each operation, by place.
    pub operations: &'a [OperationFigures],
    /// What one execution of each operation costs, by place; empty where it was not measured.
    pub costs: &'a [OperationCost],
    /// How the server goes about each statement.
    pub plans: &'a [StatementPlan],
    /// Steps of the migration.
    pub steps: &'a [StepFacts],
    /// All traffic over the time in which the migration is judged.
    pub all_impact: Option<&'a ImpactFigures>,
}

/// Holds each of the others against the first, the most telling figures first.
///
/// Of all that is said of time, something is wrong in at most one of a hundred runs in which nothing differs.
#[must_use]
pub fn compare(alternatives: &[Alternative<'_>]) -> Vec<Comparison> {
    let Some((reference, others)) = alternatives.split_first() else { return Vec::new() };
    let (mut all, mut asked) = (Vec::new(), Vec::new());
    for variant in others {
        for pair in pairs::shared(reference, variant) {
            all.extend(counts::compare(&pair));
            asked.extend(time::ask(&pair));
        }
    }
    all.extend(time::judge(asked));
    order::order(&mut all);
    all
}
