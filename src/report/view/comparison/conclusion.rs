//! What follows from the run, a sentence for each variant: whether it is better, by how much, and whether the rounds
//! carry it.

use super::lineup::{Lineup, at, trip};
use super::mark::{interval, ratio};
use crate::report::words;
use crate::result::model::{Comparison, Conclusion, VariantResult};
use std::time::Duration;

/// The figures that a reader means by *faster*, the more telling first.
const TIMES: [&str; 2] = ["p99", "p50"];

/// What is concluded of each variant but the reference.
pub(crate) fn conclusions(lineup: Lineup<'_>) -> Vec<String> {
    let others = lineup.variants().skip(1);
    others.filter_map(|(_, variant)| Some(against(variant, telling(lineup, variant)?))).collect()
}

/// The comparison that stands for a variant: by its first operation that has any, at the longest round trip, where the
/// ways lie furthest apart.
fn telling<'a>(lineup: Lineup<'a>, variant: &VariantResult) -> Option<&'a Comparison> {
    let operations = lineup.operations().into_iter();
    operations.flat_map(|operation| TIMES.map(|figure| (operation, figure))).find_map(|(operation, figure)| {
        let of =
            lineup.result.comparisons.iter().filter(|each| {
                each.variant == variant.name && each.operation == operation.name && each.figure == figure
            });
        of.max_by_key(|each| each.round_trip)
    })
}

fn against(variant: &VariantResult, comparison: &Comparison) -> String {
    let (name, reference, operation) = (&variant.name, &comparison.reference, &comparison.operation);
    let figure = format!("{} of `{operation}`{}", comparison.figure, at(comparison.round_trip));
    let change = ratio(comparison.ratio);
    let sure = comparison.interval.map(|ends| format!(" ({})", interval(comparison.ratio, ends))).unwrap_or_default();
    match comparison.conclusion {
        Conclusion::Better => format!("“{name}” is better than “{reference}”: {figure} is {change}{sure}."),
        Conclusion::Worse => format!("“{name}” is worse than “{reference}”: {figure} is {change}{sure}."),
        Conclusion::Same => format!("“{name}” is as good as “{reference}”: {figure} is the same{sure}."),
        Conclusion::CannotTell => {
            let sees = comparison
                .detectable
                .map(|share| format!("; a change of {} would have been seen", words::share(share)));
            let sees = sees.unwrap_or_default();
            format!(
                "Whether “{name}” or “{reference}” is better the rounds cannot tell: {figure} is {change}{sure}{sees}."
            )
        }
    }
}

/// How the gap grows with the round trip: the longest against the shortest, of the figure that the conclusion is about.
pub(crate) fn growth(lineup: Lineup<'_>, operation: &str, figure: &str) -> Vec<String> {
    let trips = lineup.trips();
    let (Some(shortest), Some(longest)) = (trips.first(), trips.last()) else { return Vec::new() };
    let at = |variant: &VariantResult, trip: Duration| {
        let of = |each: &&Comparison| {
            each.variant == variant.name
                && each.operation == operation
                && each.figure == figure
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
    use crate::result::model::RunResult;

    fn said(result: &RunResult) -> Vec<String> {
        conclusions(Lineup::of(result).expect("it is a comparison"))
    }

    #[test]
    fn a_sentence_says_which_is_better_by_how_much_and_how_sure_that_is() {
        assert_eq!(
            said(&sample::comparison::run(4, 2).0),
            [
                "“annotated” is better than “n+1”: p99 of `dashboard` at a round trip of 5 ms is 360 × less (333–387 ×).",
                "“prefetch” is better than “n+1”: p99 of `dashboard` at a round trip of 5 ms is 247 × less (229–266 ×)."
            ]
        );
    }

    #[test]
    fn what_the_rounds_do_not_carry_is_not_said() {
        let (mut result, _) = sample::comparison::run(4, 2);
        for comparison in &mut result.comparisons {
            comparison.ratio = 0.97;
            comparison.interval = Some((0.85, 1.1));
            comparison.conclusion = Conclusion::CannotTell;
        }
        assert_eq!(
            said(&result)[0],
            "Whether “annotated” or “n+1” is better the rounds cannot tell: p99 of `dashboard` at a round trip of 5 ms \
             is −3 % (−15 to +10 %); a change of 8 % would have been seen."
        );
        result.comparisons.clear();
        assert!(said(&result).is_empty());
    }
}
