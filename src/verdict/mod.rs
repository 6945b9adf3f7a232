//! Whether what was measured is good enough, and whether it was measured well enough to say so.
//!
//! Pure: figures and limits in, judgements out. Counts and percentiles of a migration are those of its impact window;
//! without a migration, those of `measure`. Errors count from the end of the warm-up on. Statements of an operation are
//! those of one execution, alone.

pub mod baseline;
mod beyond;
pub mod capacity;
pub mod comparison;
pub mod invalidity;
pub mod judgement;
mod limits;
pub mod outcome;
mod sentence;
mod steadiness;
pub mod threshold;

pub use limits::{Others, judge, judge_relative};
pub use sentence::sentence;
pub use steadiness::unsteady;

use crate::cost::OperationCost;
use crate::figures::{DatabaseFigures, GaugeFigures, Impact, ImpactFigures, PhaseFigures, WaitGroup};
use crate::latency::Times;
use crate::phase::Phase;
use crate::step::StepFacts;
use std::time::Duration;

/// What one round showed, as far as it is judged and told.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// The operations, by place.
    pub operations: Vec<Traffic<'a>>,
    /// All operations of the open and closed model together.
    pub all_traffic: Traffic<'a>,
    /// The gauges, by name.
    pub gauges: Vec<(&'a str, &'a GaugeFigures)>,
    /// Steps of the migration, by place.
    pub steps: &'a [StepFacts],
    /// Waits for locks, the costliest first.
    pub waits: &'a [WaitGroup],
    /// The time over which a migration is judged.
    pub impact: Option<Impact>,
    /// The whole database over the judged time; `None` where it could not be read.
    pub database: Option<&'a DatabaseFigures>,
    /// How long the judged window is: that of a migration, or `measure`.
    pub window: Duration,
}

impl Measured<'_> {
    /// The operations that are all traffic.
    fn traffic(&self) -> impl Iterator<Item = &Traffic<'_>> {
        self.operations.iter().filter(|traffic| traffic.is_traffic)
    }
}

/// One operation, or all.
#[derive(Clone, Debug)]
pub struct Traffic<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it belongs to all traffic: neither a job nor something that comes once.
    pub is_traffic: bool,
    /// Each phase.
    pub phases: &'a [PhaseFigures],
    /// The judged window; `None` before anything is judged.
    pub impact: Option<&'a ImpactFigures>,
    /// The judged distributions: of the worst ten seconds of a migration, else of `measure`.
    pub times: &'a Times,
    /// The distributions of each phase.
    pub by_phase: &'a [(Phase, Times)],
    /// What one execution costs, measured alone; `None` of all together, and where nobody tried.
    pub cost: Option<&'a OperationCost>,
}
