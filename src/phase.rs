//! The parts of a round.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A part of a round. A rehearsal of a migration has the first four; a comparison without one warms up and measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Caches and pools fill; nothing is judged.
    Warmup,
    /// The steady state that the migration is held against.
    Before,
    /// From the moment at which the first step is sent to the end of the last.
    During,
    /// The recovery.
    After,
    /// The whole judged time of a scenario without a migration.
    Measure,
}

impl Phase {
    /// Its name in reports and scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warmup => "warm-up",
            Self::Before => "before",
            Self::During => "during",
            Self::After => "after",
            Self::Measure => "measure",
        }
    }
}

/// Which phase began when, as offsets from the start of the round, ascending.
///
/// Boundaries become known as the round goes on: nobody knows beforehand how long a migration takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Phases {
    /// When each phase began.
    pub began: Vec<(Phase, Duration)>,
    /// When the last phase ended, once it has.
    pub ended: Option<Duration>,
}

impl Phases {
    /// The phase that an operation belongs to: that in which it was due, but one that was still
    /// unfinished when the first migration step was sent belongs to *during*.
    #[must_use]
    pub fn of(&self, due: Duration, finished: Duration) -> Option<Phase> {
        let at =
            |moment: Duration| self.began.iter().rev().find(|(_, began)| *began <= moment).map(|(phase, _)| *phase);
        match at(due)? {
            Phase::Before if self.began(Phase::During).is_some_and(|began| finished > began) => Some(Phase::During),
            phase => Some(phase),
        }
    }

    /// When a phase began.
    #[must_use]
    pub fn began(&self, phase: Phase) -> Option<Duration> {
        self.began.iter().find(|(each, _)| *each == phase).map(|(_, began)| *began)
    }

    /// From when to when a phase lasted; `None` while it has not ended.
    #[must_use]
    pub fn span(&self, phase: Phase) -> Option<(Duration, Duration)> {
        let place = self.began.iter().position(|(each, _)| *each == phase)?;
        let end = self.began.get(place + 1).map(|(_, began)| *began).or(self.ended)?;
        Some((self.began[place].1, end))
    }
}
