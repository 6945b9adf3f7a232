//! `events.jsonl`: what happened, one JSON object per line, in the order in which it became known.
//!
//! A line is whole or it is not there: whoever reads stops at the first that cannot be parsed, for that is where a
//! run was cut short.

use crate::figures::Account;
use crate::observation::Health;
use crate::phase::Phase;
use crate::step::StepFacts;
use crate::wait::Wait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// The round that it belongs to.
    pub(super) round: u16,
    /// What happened.
    #[serde(flatten)]
    pub(super) event: Event,
}

/// What happened; times are offsets from the start of the round.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event {
    /// A round began: the names behind the places that the other events speak of.
    Round { shape: RoundShape },
    /// A phase began.
    Phase { phase: Phase, at: Duration },
    /// The last phase ended.
    Ended { at: Duration },
    /// Operations that were due in that second ended; a later line for the same second adds to it.
    Second { operation: u16, second: u64, account: Account },
    /// A wait for a lock ended, or the round did.
    Wait { wait: Wait },
    /// A step began.
    StepBegan { step: u16, at: Duration },
    /// A step ended.
    StepEnded { step: u16, facts: StepFacts },
    /// A gauge was read.
    Gauge { gauge: u16, at: Duration, value: Option<f64> },
    /// No connection of the pool was free.
    Saturated { pool: u16, from: Duration, until: Duration },
    /// What the machine did in a second.
    Health { health: Health },
    /// What active backends of traffic waited for, locks left out, summed over a second.
    WaitEvents { second: u64, classes: Vec<(String, u32)> },
    /// Something a reader should know.
    Note { at: Duration, text: String },
}

/// What a recorder must know of a round beforehand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundShape {
    /// The operations, by place.
    pub operations: Vec<OperationShape>,
    /// Names of the migration's steps, by place.
    pub steps: Vec<String>,
    /// Names of the pools, by place.
    pub pools: Vec<String>,
    /// Names of the gauges, by place.
    pub gauges: Vec<String>,
}

/// An operation, as far as it is counted differently from others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationShape {
    /// Its name.
    pub name: String,
    /// Its pool's place.
    pub pool: u16,
    /// What makes it run.
    pub arrivals: ArrivalModel,
}

/// What makes an operation run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalModel {
    /// A rate.
    Open,
    /// Clients that wait for their answers.
    Closed,
    /// Every so often.
    Job,
    /// Once.
    Moment,
}

impl OperationShape {
    /// Whether it belongs to *all traffic*: of the open or the closed model.
    #[must_use]
    pub fn is_traffic(&self) -> bool {
        matches!(self.arrivals, ArrivalModel::Open | ArrivalModel::Closed)
    }
}
