//! Which rounds belong together: those of the same turn at the same round trip, for what hits one hits the other.

use super::{Alternative, Shown};
use crate::figures::PhaseFigures;
use crate::phase::Phase;
use std::time::Duration;

/// A round that measured for less than such a share of the longest was cut short.
const WHOLE: f64 = 0.9;

/// An operation that two variants share.
pub(in crate::verdict) struct Pair<'a> {
    pub(in crate::verdict) operation: &'a str,
    pub(in crate::verdict) reference: Side<'a>,
    pub(in crate::verdict) variant: Side<'a>,
}

/// One of the two.
#[derive(Clone, Copy)]
pub(in crate::verdict) struct Side<'a> {
    pub(in crate::verdict) alternative: &'a Alternative<'a>,
    pub(in crate::verdict) place: usize,
}

/// The operations that are traffic in both.
pub(in crate::verdict) fn shared<'a>(reference: &'a Alternative<'a>, variant: &'a Alternative<'a>) -> Vec<Pair<'a>> {
    let traffic = reference.operations.iter().enumerate().filter(|(_, operation)| operation.is_traffic);
    let pair = |(place, operation): (usize, &super::Compared<'a>)| {
        let is_same = |each: &super::Compared<'_>| each.is_traffic && each.name == operation.name;
        let other = variant.operations.iter().position(is_same)?;
        Some(Pair {
            operation: operation.name,
            reference: Side { alternative: reference, place },
            variant: Side { alternative: variant, place: other },
        })
    };
    traffic.filter_map(pair).collect()
}

impl<'a> Pair<'a> {
    /// The round trips at which both were measured, each once.
    pub(in crate::verdict) fn round_trips(&self) -> Vec<Duration> {
        let mut all: Vec<Duration> = self.reference.alternative.rounds.iter().map(|round| round.round_trip).collect();
        all.sort();
        all.dedup();
        all.retain(|round_trip| self.variant.rounds(*round_trip).next().is_some());
        all
    }

    /// Rounds at a round trip, turn by turn, what was measured of the operation in both.
    pub(in crate::verdict) fn turns(&self, round_trip: Duration) -> Vec<(Turn<'a>, Turn<'a>)> {
        self.reference.turns(round_trip).into_iter().zip(self.variant.turns(round_trip)).collect()
    }
}

/// What a round showed of an operation, or why its times cannot be used.
pub(in crate::verdict) type Turn<'a> = Result<&'a PhaseFigures, &'static str>;

impl<'a> Side<'a> {
    pub(in crate::verdict) fn rounds(&self, round_trip: Duration) -> impl Iterator<Item = &'a Shown<'a>> + use<'a> {
        self.alternative.rounds.iter().filter(move |round| round.round_trip == round_trip)
    }

    pub(in crate::verdict) fn turns(&self, round_trip: Duration) -> Vec<Turn<'a>> {
        let longest =
            self.rounds(round_trip).filter_map(|round| self.measured(round)).map(|figures| figures.length).max();
        let whole = longest.unwrap_or_default().mul_f64(WHOLE);
        let turn = |round: &'a Shown<'a>| match self.measured(round) {
            Some(figures) if figures.length >= whole => round.valid.then_some(figures).ok_or("invalid"),
            _ => Err("cut short"),
        };
        self.rounds(round_trip).map(turn).collect()
    }

    /// The steady state: all that is judged where nothing migrates, what came before where something does.
    fn measured(&self, round: &'a Shown<'a>) -> Option<&'a PhaseFigures> {
        let is_steady = |figures: &&PhaseFigures| matches!(figures.phase, Some(Phase::Measure | Phase::Before));
        round.operations.get(self.place)?.phases.iter().find(is_steady)
    }
}
