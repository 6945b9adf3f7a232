//! The scales that all variants share, so that two timelines can be compared by eye, and how fine they are drawn.

use super::round::Shown;
use crate::report::chart::scale::Scale;
use crate::report::chart::thin::{Bucket, thin};
use crate::report::chart::time::{Origin, TimeAxis, end};
use crate::report::chart::{curve, waits};
use crate::result::series::OperationSeries;
use std::collections::BTreeMap;

/// Bytes that all series together may take; the limit of the whole page is a megabyte.
const SERIES_BYTES: usize = 420_000;
/// Bytes that all waits together may take.
const WAITS_BYTES: usize = 200_000;
/// Of one point of one series, as measured: five figures of three digits, and its part of the pictures.
const POINT_BYTES: usize = 42;
/// Of one wait with its words, as measured.
const WAIT_BYTES: usize = 240;

/// How fine the charts are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    /// Points of a series, at most.
    pub(crate) points: usize,
    /// Waits of a round, at most.
    pub(crate) waits: usize,
}

impl Detail {
    fn of(rounds: &[Shown<'_>]) -> Self {
        let series: usize =
            rounds.iter().map(|shown| shown.series.operations.len() + 2 + shown.series.gauges.len()).sum();
        Self {
            points: (SERIES_BYTES / POINT_BYTES / series.max(1)).clamp(30, 600),
            waits: (WAITS_BYTES / WAIT_BYTES / rounds.len().max(1)).clamp(10, 500),
        }
    }
}

/// What all charts agree on.
#[derive(Clone, Debug)]
pub(crate) struct Scales {
    /// Time.
    pub(crate) axis: TimeAxis,
    /// Response times.
    pub(crate) response: Scale,
    /// Operations per second.
    pub(crate) rate: Scale,
    /// Errors per second; nothing where there were none.
    pub(crate) errors: Option<Scale>,
    /// Steps of the longest migration.
    pub(crate) steps: usize,
    /// Sessions waiting at once.
    pub(crate) waiting: usize,
    /// Response times of percentile curves.
    pub(crate) curve: Scale,
    /// The lowest and the highest reading of each gauge, by name.
    pub(crate) gauges: BTreeMap<String, (f64, f64)>,
    /// How fine the charts are.
    pub(crate) detail: Detail,
}

impl Scales {
    /// Holds everything of every round.
    pub(crate) fn over(rounds: &[Shown<'_>]) -> Self {
        let detail = Detail::of(rounds);
        let all: Vec<Bucket> = rounds.iter().flat_map(|shown| buckets(*shown, &shown.series.all, detail)).collect();
        let each = rounds.iter().flat_map(|shown| shown.series.operations.iter().map(move |series| (shown, series)));
        let each: Vec<Bucket> = each.flat_map(|(shown, series)| buckets(*shown, series, detail)).collect();
        let lengths = all.iter().chain(&each).filter_map(|bucket| bucket.response).flatten();
        let rates = all.iter().map(|bucket| bucket.due.max(bucket.succeeded));
        let errors = all.iter().map(|bucket| bucket.errors.values().sum::<f64>()).fold(0.0, f64::max);
        let curves = rounds.iter().flat_map(|shown| shown.series.operations.iter().chain([&shown.series.all]));
        Self {
            axis: TimeAxis::over(rounds.iter().map(|shown| shown.round)),
            response: Scale::log(lengths),
            rate: Scale::from_zero(rates.fold(0.0, f64::max)),
            errors: (errors > 0.0).then(|| Scale::from_zero(errors)),
            steps: rounds.iter().map(|shown| shown.round.steps.len()).max().unwrap_or(0),
            waiting: rounds.iter().map(|shown| waits::pack(&shown.series.waits, detail.waits).rows).max().unwrap_or(0),
            curve: Scale::log(curves.flat_map(curve::lengths)),
            gauges: gauges(rounds),
            detail,
        }
    }
}

fn gauges(rounds: &[Shown<'_>]) -> BTreeMap<String, (f64, f64)> {
    let mut ends: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for shown in rounds {
        for (name, figures) in shown.variant.gauges.iter().zip(&shown.round.gauges) {
            if let Some((min, max)) = figures.min.zip(figures.max) {
                let (least, most) = ends.entry(name.clone()).or_insert((min, max));
                (*least, *most) = (least.min(min), most.max(max));
            }
        }
    }
    ends
}

/// A series of a round, as fine as it is drawn.
pub(crate) fn buckets(shown: Shown<'_>, series: &OperationSeries, detail: Detail) -> Vec<Bucket> {
    thin(&series.seconds, end(shown.round), detail.points, Origin::of(shown.round))
}
