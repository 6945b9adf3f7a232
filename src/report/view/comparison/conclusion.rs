//! The run in one sentence: which variant is better, by how much, and whether the rounds carry it.

use super::lineup::{Lineup, trip};
use super::mark::{interval, ratio};
use crate::report::words;
use crate::result::model::{Comparison, Conclusion, VariantResult};
use std::time::Duration;

/// The figures that a reader means by *faster*, the more telling first.
const TIMES: [&str; 2] = ["p99", "p50"];

/// What follows from the run; nothing where there is nothing to compare.
pub(crate) fn conclusion(lineup: Lineup<'_>) -> String {
    let Some((_, reference)) = lineup.variants().next() else {
        return String::new();
    };
    let others = lineup.variants().skip(1).filter_map(|(_, variant)| Some((variant, telling(lineup, variant)?)));
    let others: Vec<(&VariantResult, &Comparison)> = others.collect();
    let Some((_, first)) = others.first() else {
        return String::new();
    };
    let said: Vec<String> = others.iter().map(|(variant, comparison)| against(variant, comparison)).collect();
    let at = match lineup.trips().len() {
        0 | 1 => String::new(),
        _ => format!(", at a {}", trip(first.round_trip)),
    };
    format!("{} of {}, against “{}”{at}: {}.", first.figure, first.operation, reference.name, said.join("; "))
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
    let name = &variant.name;
    let sure = comparison.interval.map(|ends| format!(" ({} at 95 %)", interval(comparison.ratio, ends)));
    let sure = sure.unwrap_or_default();
    let change = ratio(comparison.ratio);
    match comparison.conclusion {
        Conclusion::Better => format!("“{name}” is better, {change}{sure}"),
        Conclusion::Worse => format!("“{name}” is worse, {change}{sure}"),
        Conclusion::Same => format!("“{name}” makes no difference that matters{sure}"),
        Conclusion::CannotTell => {
            let sees = comparison.detectable.map(|share| format!("; {} would have been seen", words::share(share)));
            format!("of “{name}” the rounds cannot tell{sure}{}", sees.unwrap_or_default())
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
        Some(format!(
            "“{}” {} with {}, {} with {}",
            variant.name,
            ratio(from),
            trip(*shortest),
            ratio(to),
            trip(*longest)
        ))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::result::model::RunResult;

    fn said(result: &RunResult) -> String {
        conclusion(Lineup::of(result).expect("it is a comparison"))
    }

    #[test]
    fn the_sentence_says_which_is_better_by_how_much_and_how_sure_that_is() {
        assert_eq!(
            said(&sample::comparison::run(4, 2).0),
            "p99 of dashboard, against “n+1”, at a round trip 5 ms: “annotated” is better, 360 × less (333–387 × at \
             95 %); “prefetch” is better, 247 × less (229–266 × at 95 %)."
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
        let said = said(&result);
        assert!(said.contains("of “annotated” the rounds cannot tell (−15 to +10 % at 95 %); 8 % would"), "{said}");
        result.comparisons.clear();
        assert_eq!(conclusion(Lineup::of(&result).expect("it is a comparison")), "");
    }
}
