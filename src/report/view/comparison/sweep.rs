//! How the gap between the variants grows with the round trip: response time against it, both axes logarithmic.

use super::curves::NAME;
use super::lineup::{Lineup, class, observed, trip};
use super::mark::ratio;
use super::spread::Spread;
use crate::report::chart::lane::square;
use crate::report::chart::overlay::{Label, Overlay, apart, dots, trace, whiskers};
use crate::report::chart::scale::{Scale, Tick};
use crate::report::words;
use crate::result::model::{Comparison, VariantResult};
use std::time::Duration;

/// One operation over all round trips.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    /// The picture.
    pub(crate) overlay: Overlay,
    /// How the gap grows, in words.
    pub(crate) growth: Vec<String>,
}

/// A chart for each operation; none where only one round trip was measured.
pub(crate) fn sweeps(lineup: Lineup<'_>) -> Vec<Sweep> {
    if lineup.trips().len() < 2 {
        return Vec::new();
    }
    let operations = lineup.operations().into_iter();
    operations
        .map(|operation| Sweep {
            overlay: chart(lineup, &operation.name),
            growth: growth(lineup, &operation.name).iter().map(|said| words::unbroken(said)).collect(),
        })
        .collect()
}

/// Where a round trip stands, in hundredths from the left. None at all has no logarithm and stands apart on the left.
fn place(trip: Duration, trips: &[Duration]) -> f64 {
    let (left, right) = (if trips.iter().any(Duration::is_zero) { 30.0 } else { 5.0 }, 96.0);
    if trip.is_zero() {
        return 4.0;
    }
    let added = || trips.iter().filter(|trip| !trip.is_zero()).map(|trip| trip.as_secs_f64().ln());
    let least = added().fold(f64::INFINITY, f64::min);
    let most = added().fold(f64::NEG_INFINITY, f64::max);
    if most - least < 1e-9 {
        return right;
    }
    left + (right - left) * (trip.as_secs_f64().ln() - least) / (most - least)
}

/// The place of a variant, the variant, and where it is from left to right.
type Line<'a> = (usize, &'a VariantResult, Vec<(f64, Spread)>);

fn chart(lineup: Lineup<'_>, operation: &str) -> Overlay {
    let trips = lineup.trips();
    let lines: Vec<Line<'_>> = lineup
        .variants()
        .map(|(at, variant)| {
            let points = trips.iter().filter_map(|trip| {
                let seen = observed(variant, *trip, operation);
                let medians = seen.iter().map(|each| each.figures.response.p50.as_secs_f64());
                Some((place(*trip, &trips), Spread::of(medians.filter(|median| *median > 0.0))?))
            });
            (at, variant, points.collect())
        })
        .collect();
    let all = lines.iter().flat_map(|(_, _, points)| points).flat_map(|(_, spread)| [spread.least, spread.most]);
    let scale = Scale::log(all);
    let marks = lines.iter().map(|(at, _, points)| draw(&class(*at), points, scale)).collect::<String>();
    let labels = lines.iter().filter_map(|(at, variant, points)| {
        let (end, last) = points.last()?;
        Some(Label { class: class(*at), end: *end, at: scale.at(last.middle), text: variant.name.clone() })
    });
    let labels = apart(labels.collect(), NAME);
    let down = scale.ticks();
    let say = |trip: &Duration| if trip.is_zero() { "0".to_owned() } else { words::length(*trip) };
    let across: Vec<Tick> = trips.iter().map(|trip| Tick { at: place(*trip, &trips), label: say(trip) }).collect();
    let description = format!("Median response time of {operation} against the round trip, for each variant.");
    Overlay { title: operation.to_owned(), picture: square(&across, &down, &description, &marks), down, across, labels }
}

fn draw(class: &str, points: &[(f64, Spread)], scale: Scale) -> String {
    let spans: Vec<(f64, f64, f64)> =
        points.iter().map(|(x, spread)| (*x, scale.at(spread.least), scale.at(spread.most))).collect();
    let middles: Vec<(f64, f64)> = points.iter().map(|(x, spread)| (*x, scale.at(spread.middle))).collect();
    let line = trace(class, "", middles.iter().map(|(x, y)| (*x, Some(*y))));
    whiskers(class, &spans) + &line + &dots(class, "", &middles)
}

/// How the gap grows with the round trip, in words: the longest against the shortest.
fn growth(lineup: Lineup<'_>, operation: &str) -> Vec<String> {
    let trips = lineup.trips();
    let (Some(shortest), Some(longest)) = (trips.first(), trips.last()) else { return Vec::new() };
    let at = |variant: &VariantResult, trip: Duration| {
        let of = |each: &&Comparison| {
            each.variant == variant.name
                && each.operation == operation
                && each.figure == "p50"
                && each.round_trip == trip
        };
        lineup.result.comparisons.iter().find(of).map(|each| each.ratio)
    };
    let said = lineup.variants().skip(1).filter_map(|(_, variant)| {
        let (from, to) = (at(variant, *shortest)?, at(variant, *longest)?);
        let (first, last) = (trip(*shortest), words::length(*longest));
        Some(format!("{}: {} with {first}, {} at {last}", variant.name, ratio(from), ratio(to)))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn no_round_trip_stands_apart_and_the_rest_by_their_logarithms() {
        let trips = [0, 500, 5_000, 50_000].map(Duration::from_micros);
        let places = trips.map(|trip| place(trip, &trips));
        assert!(places[0] < 5.0 && (places[1] - 30.0).abs() < 1e-9 && (places[3] - 96.0).abs() < 1e-9);
        assert!(((places[2] - places[1]) - (places[3] - places[2])).abs() < 1e-6);
    }

    #[test]
    fn a_sweep_needs_two_round_trips_and_says_how_the_gap_grows() {
        let (mut result, _) = sample::comparison::run(4, 2);
        let found = sweeps(Lineup::of(&result).expect("it is a comparison"));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].overlay.labels.len(), 3);
        assert_eq!(
            found[0].growth[0].replace('\u{a0}', " "),
            "annotated: 6.1 × less with no round trip added, 360 × less at 5 ms"
        );
        for variant in &mut result.variants {
            variant.rounds.retain(|round| round.round_trip.is_zero());
        }
        assert!(sweeps(Lineup::of(&result).expect("it is a comparison")).is_empty());
    }
}
