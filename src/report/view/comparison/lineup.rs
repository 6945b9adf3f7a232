//! What is held against what: the rounds of each variant by round trip, and operations by name.
//!
//! A comparison is a run without a migration. Its variants may have different operations, so these are found by name,
//! and figures of one operation by that of the same name.

use crate::cost::OperationCost;
use crate::phase::Phase;
use crate::report::view::badge::badness;
use crate::report::view::round::Shown;
use crate::report::words;
use crate::result::model::{OperationFacts, PhaseFigures, RoundResult, RunResult, VariantResult};
use crate::result::series::RoundSeries;
use std::time::Duration;

/// How many variants have a colour and a dash of their own.
const STYLES: usize = 6;

/// The variants of a comparison.
#[derive(Clone, Copy)]
pub(crate) struct Lineup<'a> {
    /// The whole run.
    pub(crate) result: &'a RunResult,
}

/// What one round showed of one operation.
#[derive(Clone, Copy)]
pub(crate) struct Observed<'a> {
    /// Over the whole measurement.
    pub(crate) figures: &'a PhaseFigures,
    /// Measured alone, where it could be.
    pub(crate) cost: Option<&'a OperationCost>,
}

impl<'a> Lineup<'a> {
    /// The run as a comparison; nothing where a migration was to be made, or where no round tells.
    pub(crate) fn of(result: &'a RunResult) -> Option<Self> {
        let rounds = || result.variants.iter().flat_map(|variant| &variant.rounds);
        let migrates = |round: &RoundResult| !round.steps.is_empty() || round.phases.began(Phase::Before).is_some();
        let compares = rounds().next().is_some() && !rounds().any(migrates);
        compares.then_some(Self { result })
    }

    /// The variants, in the order of the scenario; the first is the reference.
    pub(crate) fn variants(self) -> impl Iterator<Item = (usize, &'a VariantResult)> {
        self.result.variants.iter().enumerate()
    }

    /// The round trips at which it was measured, ascending.
    pub(crate) fn trips(self) -> Vec<Duration> {
        let rounds = self.result.variants.iter().flat_map(|variant| &variant.rounds);
        let mut trips: Vec<Duration> = rounds.map(|round| round.round_trip).collect();
        trips.sort_unstable();
        trips.dedup();
        trips
    }

    /// Traffic by name, in the order in which variants bring it; jobs where there is nothing else.
    pub(crate) fn operations(self) -> Vec<&'a OperationFacts> {
        let all = || self.result.variants.iter().flat_map(|variant| &variant.operations);
        let only_jobs = !all().any(|operation| operation.is_traffic);
        let mut named: Vec<&OperationFacts> = Vec::new();
        for operation in all().filter(|operation| operation.is_traffic || only_jobs) {
            if !named.iter().any(|known| known.name == operation.name) {
                named.push(operation);
            }
        }
        named
    }
}

/// What the rounds of a variant at a round trip showed of an operation; nothing where it does not have it.
pub(crate) fn observed<'a>(variant: &'a VariantResult, trip: Duration, operation: &str) -> Vec<Observed<'a>> {
    let Some(place) = variant.operations.iter().position(|each| each.name == operation) else {
        return Vec::new();
    };
    let rounds = variant.rounds.iter().filter(|round| round.round_trip == trip);
    let measured = rounds.filter_map(|round| {
        let phases = &round.operations.get(place)?.phases;
        let figures = phases.iter().find(|figures| figures.phase == Some(Phase::Measure))?;
        let cost = round.costs.get(place).filter(|cost| cost.executions > 0);
        Some(Observed { figures, cost })
    });
    measured.collect()
}

/// The CSS class that gives a variant its colour and dash.
pub(crate) fn class(place: usize) -> String {
    format!("v{}", place % STYLES)
}

/// A round trip as a heading.
pub(crate) fn trip(trip: Duration) -> String {
    match trip.is_zero() {
        true => "no round trip added".to_owned(),
        false => format!("round trip {}", words::length(trip)),
    }
}

/// A round trip within a sentence; nothing where none was added.
pub(crate) fn at(trip: Duration) -> String {
    match trip.is_zero() {
        true => String::new(),
        false => format!(" at a round trip of {}", words::length(trip)),
    }
}

/// The round that stands for a variant at a round trip: the one in the middle by its median response time.
pub(crate) fn typical(variant: &VariantResult, trip: Duration) -> Option<(usize, &RoundResult)> {
    middle(variant.rounds.iter().enumerate().filter(|(_, round)| round.round_trip == trip).collect())
}

/// The round that is shown in full: of those with the worst verdict the typical one, for with nothing failed the
/// slowest draw is only the unluckiest.
pub(crate) fn shown<'a>(
    variant: &'a VariantResult,
    series: &'a [RoundSeries],
    none: &'a RoundSeries,
) -> Option<Shown<'a>> {
    let worst = variant.rounds.iter().map(|round| badness(round.verdict)).max()?;
    let bad = variant.rounds.iter().enumerate().filter(|(_, round)| badness(round.verdict) == worst);
    let (place, round) = middle(bad.collect())?;
    let series = series.get(usize::from(round.round)).unwrap_or(none);
    Some(Shown { variant, number: place + 1, round, series })
}

fn middle(mut rounds: Vec<(usize, &RoundResult)>) -> Option<(usize, &RoundResult)> {
    let median = |round: &RoundResult| {
        let measured = round.all_traffic.iter().find(|figures| figures.phase == Some(Phase::Measure));
        measured.map(|figures| figures.response.p50)
    };
    rounds.sort_by_key(|(_, round)| median(round));
    rounds.get(rounds.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_run_with_a_migration_is_no_comparison() {
        assert!(Lineup::of(&sample::run(20, 1).0).is_none());
        let (mut result, _) = sample::comparison::run(4, 1);
        assert!(Lineup::of(&result).is_some());
        result.variants.iter_mut().for_each(|variant| variant.rounds.clear());
        assert!(Lineup::of(&result).is_none());
    }

    #[test]
    fn rounds_are_found_by_round_trip_and_operations_by_name() {
        let (mut result, _) = sample::comparison::run(4, 2);
        result.variants[2].operations.swap(0, 1);
        let lineup = Lineup::of(&result).expect("it is a comparison");
        assert_eq!(lineup.trips(), [0, 500, 5_000].map(Duration::from_micros));
        assert_eq!(lineup.operations().len(), 2);
        let renewals = observed(&result.variants[2], Duration::ZERO, "renewal");
        // The names were swapped and the figures were not.
        assert!(renewals.len() == 2 && renewals[0].figures.response.p50 > Duration::from_millis(10));
        assert!(observed(&result.variants[0], Duration::ZERO, "else").is_empty());
    }

    #[test]
    fn the_typical_round_is_neither_the_fastest_nor_the_slowest() {
        let (result, _) = sample::comparison::run(4, 3);
        let (_, round) = typical(&result.variants[0], Duration::ZERO).expect("there are rounds");
        let medians: Vec<Duration> =
            result.variants[0].rounds[..3].iter().map(|round| round.all_traffic[1].response.p50).collect();
        let median = round.all_traffic[1].response.p50;
        assert!(medians.iter().min() < Some(&median) && medians.iter().max() > Some(&median));
    }
}
