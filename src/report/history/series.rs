//! What was measured night by night, of each operation of each variant at each round trip.

use crate::phase::Phase;
use crate::report::words;
use crate::result::model::Ended;
use crate::result::night::{Night, NightRound, NightVariant};
use crate::statistics::median;
use std::collections::BTreeMap;
use std::time::Duration;

/// A figure that is followed over the nights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// The median response time, of `measure` or of `before`.
    Median,
    /// Its 99th percentile.
    P99,
    /// The longest stall that a migration caused.
    Stall,
    /// Statements of one execution.
    Statements,
    /// Blocks that one execution touches.
    Buffers,
}

/// All figures, in the order in which they are shown.
pub(super) const FIGURES: [Figure; 5] =
    [Figure::Median, Figure::P99, Figure::Stall, Figure::Statements, Figure::Buffers];

impl Figure {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Median => "p50",
            Self::P99 => "p99",
            Self::Stall => "longest stall",
            Self::Statements => "statements",
            Self::Buffers => "buffers",
        }
    }

    /// Whether it is counted, and so hardly varies.
    pub(super) fn is_count(self) -> bool {
        matches!(self, Self::Statements | Self::Buffers)
    }

    /// A value in words; times are in seconds.
    pub(super) fn said(self, value: f64) -> String {
        match self.is_count() {
            true => words::number(value),
            false => words::length(Duration::try_from_secs_f64(value).unwrap_or_default()),
        }
    }
}

/// One operation of one variant at one round trip.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) variant: String,
    pub(super) operation: String,
    pub(super) round_trip: Duration,
    /// By figure, as in [`FIGURES`], and night; nothing where it was not measured, or cannot be believed.
    pub(super) values: [Vec<Option<f64>>; FIGURES.len()],
}

/// Every row of the nights of one scenario, in the order of the scenario, the latest of its nights first.
pub(super) fn rows(nights: &[&Night]) -> Vec<Row> {
    let mut known: BTreeMap<(&str, &str, Duration), usize> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for (at, night) in nights.iter().enumerate().rev() {
        for variant in &night.variants {
            for trip in trips(variant) {
                let rounds: Vec<&NightRound> = variant.rounds.iter().filter(|round| round.round_trip == trip).collect();
                for (place, operation) in variant.operations.iter().enumerate().filter(|(_, each)| each.is_traffic) {
                    let row = *known.entry((&variant.name, &operation.name, trip)).or_insert_with(|| {
                        rows.push(Row {
                            variant: variant.name.clone(),
                            operation: operation.name.clone(),
                            round_trip: trip,
                            values: std::array::from_fn(|_| vec![None; nights.len()]),
                        });
                        rows.len() - 1
                    });
                    // What was ended early tells of its first half only.
                    if night.ended == Ended::Completed {
                        for (values, figure) in rows[row].values.iter_mut().zip(FIGURES) {
                            values[at] = value(figure, &rounds, place);
                        }
                    }
                }
            }
        }
    }
    rows
}

fn trips(variant: &NightVariant) -> Vec<Duration> {
    let mut trips: Vec<Duration> = variant.rounds.iter().map(|round| round.round_trip).collect();
    trips.sort_unstable();
    trips.dedup();
    trips
}

/// The median over the rounds that can be believed; counts can be in any.
fn value(figure: Figure, rounds: &[&NightRound], place: usize) -> Option<f64> {
    let believed = rounds.iter().filter(|round| figure.is_count() || round.health.invalid.is_empty());
    let mut found: Vec<f64> = believed.filter_map(|round| of_round(figure, round, place)).collect();
    (!found.is_empty()).then(|| median(&mut found))
}

fn of_round(figure: Figure, round: &NightRound, place: usize) -> Option<f64> {
    let operation = || round.operations.get(place);
    let times = || {
        let steady = |phase| matches!(phase, Some(Phase::Measure | Phase::Before));
        let figures = operation()?.phases.iter().find(|figures| steady(figures.phase))?;
        Some(figures.response).filter(|times| times.count > 0)
    };
    let cost = || round.costs.get(place).filter(|cost| cost.executions > 0);
    match figure {
        Figure::Median => times().map(|times| times.p50.as_secs_f64()),
        Figure::P99 => times().map(|times| times.p99.as_secs_f64()),
        Figure::Stall if round.steps.is_empty() => None,
        Figure::Stall => Some(operation()?.impact.as_ref()?.longest_stall.as_secs_f64()),
        Figure::Statements => cost().map(|cost| cost.statements),
        Figure::Buffers => cost().map(|cost| cost.hit + cost.read),
    }
}

/// The one value that a count had in every night.
pub(super) fn constant(values: &[Option<f64>]) -> Option<f64> {
    let mut known = values.iter().flatten();
    let first = *known.next()?;
    known.all(|value| (value - first).abs() < 1e-9).then_some(first)
}
