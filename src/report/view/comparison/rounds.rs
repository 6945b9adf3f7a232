//! Every round with its figures, and every comparison that was made, for those who want to check the conclusion.

use super::lineup::{Lineup, class, trip};
use super::mark::{Mark, change, confidence};
use crate::phase::Phase;
use crate::report::view::badge::Badge;
use crate::report::words;
use crate::result::model::Comparison;

/// One operation in one round.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its variant.
    pub(crate) variant: String,
    /// The variant's colour.
    pub(crate) class: String,
    /// Which round of its variant.
    pub(crate) number: usize,
    /// Its verdict.
    pub(crate) badge: Badge,
    /// Its round trip.
    pub(crate) trip: String,
    /// The operation.
    pub(crate) operation: String,
    /// p50, p90, p99, max, done per second, failed.
    pub(crate) figures: Vec<String>,
}

/// All rounds of all variants.
pub(crate) fn rows(lineup: Lineup<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (place, variant) in lineup.variants() {
        for (number, round) in (1..).zip(&variant.rounds) {
            for (facts, figures) in
                variant.operations.iter().zip(&round.operations).filter(|(facts, _)| facts.is_traffic)
            {
                let measured = figures.phases.iter().find(|figures| figures.phase == Some(Phase::Measure));
                let Some(measured) = measured else { continue };
                let response = &measured.response;
                let rate = measured.account.succeeded as f64 / measured.length.as_secs_f64().max(1e-9);
                let lengths = [response.p50, response.p90, response.p99, response.max].map(words::length);
                let counts = [words::number(rate), words::count(measured.account.errors())];
                rows.push(Row {
                    variant: variant.name.clone(),
                    class: class(place),
                    number,
                    badge: Badge::of(round.verdict),
                    trip: trip(round.round_trip),
                    operation: facts.name.clone(),
                    figures: lengths.into_iter().chain(counts).collect(),
                });
            }
        }
    }
    rows
}

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    /// What is compared: operation, figure, round trip, variant.
    pub(crate) what: [String; 4],
    /// The figure of the reference and of the variant.
    pub(crate) values: [String; 2],
    /// What follows.
    pub(crate) mark: Mark,
    /// The smallest change that would have been seen.
    pub(crate) detectable: String,
    /// Pairs of rounds.
    pub(crate) pairs: String,
    /// How sure the interval is.
    pub(crate) confidence: String,
    /// What a reader must know of it; else nothing.
    pub(crate) remark: String,
}

/// All comparisons.
pub(crate) fn compared(lineup: Lineup<'_>) -> Vec<Compared> {
    lineup.result.comparisons.iter().map(one).collect()
}

fn one(comparison: &Comparison) -> Compared {
    let say = |value: f64| match comparison.figure.as_str() {
        "errors" => words::share(value),
        "bytes" | "wal" => words::bytes(value.round() as u64),
        figure if is_time(figure) => words::millis(value * 1e3),
        _ => words::number(value),
    };
    let names = [&comparison.operation, &comparison.figure, &trip(comparison.round_trip), &comparison.variant];
    Compared {
        what: names.map(|name| name.replace('_', " ")),
        values: [say(comparison.values.0), say(comparison.values.1)],
        mark: Mark::of(comparison),
        detectable: comparison.detectable.map_or_else(|| "–".to_owned(), change),
        pairs: if comparison.pairs == 0 { "–".to_owned() } else { words::count(u64::from(comparison.pairs)) },
        confidence: comparison.interval.map_or_else(|| "–".to_owned(), |_| confidence(comparison.confidence)),
        remark: comparison.remark.clone().unwrap_or_default(),
    }
}

/// Times are given in seconds, all else as plain numbers.
fn is_time(figure: &str) -> bool {
    ["max", "mean", "time per operation"].contains(&figure)
        || figure.strip_prefix('p').is_some_and(|rest| rest.starts_with(char::is_numeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_round_and_every_comparison_can_be_checked() {
        let (result, _) = sample::comparison::run(4, 2);
        let lineup = Lineup::of(&result).expect("it is a comparison");
        assert_eq!(rows(lineup).len(), 3 * 3 * 2 * 2);
        let compared = compared(lineup);
        assert_eq!(compared.len(), result.comparisons.len());
        let values = |figure: &str| compared.iter().find(|each| each.what[1] == figure).map(|each| each.values.clone());
        assert_eq!(values("statements"), Some(["1,201", "1"].map(str::to_owned)));
        assert!(values("p99").is_some_and(|[reference, _]| reference.ends_with(" s")));
    }
}
