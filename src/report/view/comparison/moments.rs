//! Response times over time, the variants over one another: of each the round that is typical of it.

use super::curves::NAME;
use super::lineup::{Lineup, class, trip, typical};
use crate::report::chart::lane::picture;
use crate::report::chart::overlay::{Label, Overlay, apart, trace};
use crate::report::chart::scale::{Scale, Tick};
use crate::report::chart::thin::{Bucket, thin};
use crate::report::chart::time::{Origin, TimeAxis, end};
use crate::result::model::RoundResult;
use crate::result::series::RoundSeries;
use std::time::Duration;

/// More points than these cannot be told apart in charts of this size.
const POINTS: usize = 120;

/// A variant's round.
struct Drawn<'a> {
    name: &'a str,
    class: String,
    round: &'a RoundResult,
    buckets: Vec<Bucket>,
}

/// A chart for each operation and round trip, on one scale for each operation and one axis for all.
pub(crate) fn over_time(lineup: Lineup<'_>, series: &[RoundSeries]) -> Vec<Overlay> {
    let trips = lineup.trips();
    let mut charts = Vec::new();
    for operation in lineup.operations() {
        let drawn: Vec<(Duration, Vec<Drawn<'_>>)> =
            trips.iter().map(|trip| (*trip, rounds(lineup, series, *trip, &operation.name))).collect();
        let rounds = || drawn.iter().flat_map(|(_, rounds)| rounds);
        let lengths = rounds().flat_map(|each| &each.buckets).filter_map(|bucket| bucket.response);
        // The maximum is not drawn, so it may not flatten what is.
        let scale = Scale::log(lengths.flat_map(|[p50, p99, _]| [p50, p99]));
        let axis = TimeAxis::over(rounds().map(|each| each.round));
        for (at, rounds) in drawn.iter().filter(|(_, rounds)| !rounds.is_empty()) {
            let title =
                if trips.len() > 1 { format!("{}, {}", operation.name, trip(*at)) } else { operation.name.clone() };
            charts.push(chart(title, rounds, scale, axis));
        }
    }
    charts
}

fn rounds<'a>(lineup: Lineup<'a>, series: &[RoundSeries], trip: Duration, operation: &str) -> Vec<Drawn<'a>> {
    let rounds = lineup.variants().filter_map(|(place, variant)| {
        let at = variant.operations.iter().position(|each| each.name == operation)?;
        let (_, round) = typical(variant, trip)?;
        let seconds = &series.get(usize::from(round.round))?.operations.get(at)?.seconds;
        let buckets = thin(seconds, end(round), POINTS, Origin::of(round));
        Some(Drawn { name: &variant.name, class: class(place), round, buckets })
    });
    rounds.filter(|each| each.buckets.iter().any(|bucket| bucket.response.is_some())).collect()
}

fn chart(title: String, rounds: &[Drawn<'_>], scale: Scale, axis: TimeAxis) -> Overlay {
    let down = scale.ticks();
    let line = |each: &Drawn<'_>, n: usize, weight| {
        let points = each.buckets.iter().map(|bucket| {
            (f64::midpoint(bucket.from, bucket.to), bucket.response.map(|response| scale.at(response[n])))
        });
        trace(&each.class, weight, points)
    };
    let marks: String = rounds.iter().map(|each| line(each, 0, "thin") + &line(each, 1, "")).collect();
    let labels = rounds.iter().filter_map(|each| {
        let (at, last) = each
            .buckets
            .iter()
            .rev()
            .find_map(|bucket| Some((f64::midpoint(bucket.from, bucket.to), bucket.response?)))?;
        let end = 100.0 * (at - axis.from) / axis.span();
        Some(Label { class: each.class.clone(), end, at: scale.at(last[1]), text: each.name.to_owned() })
    });
    let labels = apart(labels.collect(), NAME);
    let description = format!("Response times of {title} over time, p50 and p99 of each variant.");
    // Every other mark, the start of the measurement among them: these charts are narrow.
    let ticks = axis.ticks();
    let zero = ticks.iter().position(|tick| tick.at.abs() < 1e-9).unwrap_or_default();
    let ticks = ticks.into_iter().skip(zero % 2).step_by(2);
    let across = ticks.map(|tick| Tick { at: 100.0 * (tick.at - axis.from) / axis.span(), label: tick.label });
    Overlay { title, picture: picture(axis, &down, &description, &marks), across: across.collect(), down, labels }
}
