//! The few figures that belong beside a verdict.

use super::round::Shown;
use crate::phase::Phase;
use crate::report::words;
use crate::result::model::{ImpactFigures, PhaseFigures};
use std::time::Duration;

/// A figure with its name and what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    /// What it is.
    pub(crate) label: &'static str,
    /// The figure.
    pub(crate) value: String,
    /// Whose it is, or what it means.
    pub(crate) note: String,
}

/// Of a migration its worst; without one, how fast everything was.
pub(crate) fn figures(shown: Shown<'_>) -> Vec<Figure> {
    let impacts: Vec<(String, &ImpactFigures)> = shown
        .variant
        .operations
        .iter()
        .zip(&shown.round.operations)
        .filter(|(facts, _)| facts.is_traffic)
        .filter_map(|(facts, operation)| Some((facts.name.clone(), operation.impact.as_ref()?)))
        .collect();
    match shown.round.impact {
        None => overall(&shown.round.all_traffic),
        Some(_) => worst(shown, &impacts),
    }
}

fn worst(shown: Shown<'_>, impacts: &[(String, &ImpactFigures)]) -> Vec<Figure> {
    let stall = impacts.iter().rev().max_by_key(|(_, impact)| impact.longest_stall);
    let waited = impacts.iter().rev().max_by_key(|(_, impact)| impact.longest_wait);
    let of = |found: Option<&(String, &ImpactFigures)>, length: fn(&ImpactFigures) -> Duration| {
        let length = found.map_or(Duration::ZERO, |(_, impact)| length(impact));
        (words::length(length), found.filter(|_| !length.is_zero()).map_or(String::new(), |(name, _)| name.clone()))
    };
    let (stall, stalled) = of(stall, |impact| impact.longest_stall);
    let (p99, slowest) = slowest(shown);
    let wait = match of(waited, |impact| impact.longest_wait) {
        (_, name) if name.is_empty() => "none for a lock".to_owned(),
        (wait, _) => format!("for a lock up to {wait}"),
    };
    let all = shown.round.all_impact.clone().unwrap_or_default();
    let took = shown.round.phases.span(Phase::During);
    let took = took.map_or_else(|| "–".to_owned(), |(from, until)| words::length(until.saturating_sub(from)));
    vec![
        Figure { label: "longest stall", value: stall, note: stalled },
        Figure { label: "p99, worst 10 s", value: p99, note: slowest },
        Figure { label: "requests waited", value: words::count(all.waited), note: wait },
        Figure {
            label: "failed",
            value: words::count(all.account.errors()),
            note: words::share(words::part(all.account.errors(), all.account.scheduled)),
        },
        Figure {
            label: "migration took",
            value: took,
            note: words::counted(shown.round.steps.len() as u64, "step", "steps"),
        },
    ]
}

/// The p99 that moved furthest from what it was before: an operation that is always slow says nothing of a migration.
fn slowest(shown: Shown<'_>) -> (String, String) {
    let moved = (0_u16..).zip(&shown.round.operations).filter_map(|(place, operation)| {
        let now = operation.impact.as_ref()?.worst_10s;
        let before = operation.phases.iter().find(|figures| figures.phase == Some(Phase::Before))?.response;
        let both = now.count > 0 && before.count > 0;
        both.then(|| (place, now.p99, before.p99, now.p99.as_secs_f64() / before.p99.as_secs_f64().max(1e-6)))
    });
    match moved.max_by(|a, b| a.3.total_cmp(&b.3)) {
        None => ("–".to_owned(), String::new()),
        Some((place, now, before, _)) => {
            let name = shown.names().operation(place);
            let change = words::change(now, before).unwrap_or_else(|| "as before".to_owned());
            (words::length(now), format!("{name}, {change}"))
        }
    }
}

fn overall(all: &[PhaseFigures]) -> Vec<Figure> {
    let Some(figures) = all.iter().find(|figures| figures.phase == Some(Phase::Measure)).or(all.last()) else {
        return Vec::new();
    };
    let account = &figures.account;
    let length =
        |label, length: Duration| Figure { label, value: words::length(length), note: "all traffic".to_owned() };
    let rate = account.succeeded as f64 / figures.length.as_secs_f64().max(1e-9);
    let failed = words::share(words::part(account.errors(), account.scheduled));
    vec![
        length("p50", figures.response.p50),
        length("p99", figures.response.p99),
        length("max", figures.response.max),
        Figure { label: "throughput", value: format!("{}/s", words::number(rate)), note: "succeeded".to_owned() },
        Figure { label: "failed", value: words::count(account.errors()), note: failed },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_worst_figures_name_the_operation_that_they_belong_to() {
        let (result, series) = sample::run(20, 1);
        let variant = &result.variants[0];
        let shown = Shown { variant, number: 1, round: &variant.rounds[0], series: &series[0] };
        let figures = figures(shown);
        let said: Vec<&str> = figures.iter().map(|figure| figure.value.as_str()).collect();
        assert_eq!(said, ["4.2 s", "4.08 s", "1,312", "106", "4.2 s"]);
        assert_eq!(figures[1].note, "account page, ×566");
    }
}
