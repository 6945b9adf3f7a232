//! A round as it was measured, before it is judged.

use super::event::RoundShape;
use super::model::{
    Excess, GaugeFigures, Impact, ImpactFigures, OperationFigures, PhaseFigures, PhaseHealth, WaitGroup,
};
use super::record::FullSecond;
use crate::phase::Phases;
use crate::step::StepFacts;
use std::time::Duration;

/// What one round showed.
#[derive(Clone, Debug)]
pub struct RoundMeasured {
    /// The names behind the places.
    pub shape: RoundShape,
    /// When the phases were.
    pub phases: Phases,
    /// The time over which the migration is judged.
    pub impact: Option<Impact>,
    /// Steps of the migration that began.
    pub steps: Vec<StepFacts>,
    /// Figures of each operation, by place.
    pub operations: Vec<OperationFigures>,
    /// All operations of the open and closed model together.
    pub all_traffic: Vec<PhaseFigures>,
    /// The same over the judged window.
    pub all_impact: Option<ImpactFigures>,
    /// Full seconds of `before`, by operation: what steadiness is judged by.
    pub before: Vec<Vec<FullSecond>>,
    /// Lock waits, the costliest first.
    pub waits: Vec<WaitGroup>,
    /// Where the time went, over the impact window.
    pub excess: Option<Excess>,
    /// Gauges, by place; warm-up left out.
    pub gauges: Vec<GaugeFigures>,
    /// The generator and the machine.
    pub health: Vec<PhaseHealth>,
    /// What a reader should know, with its time.
    pub notes: Vec<(Duration, String)>,
}
