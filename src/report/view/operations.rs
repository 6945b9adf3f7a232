//! Operations by phase: rates, percentiles, failures, and how far they moved.

use super::round::Shown;
use crate::phase::Phase;
use crate::report::words;
use crate::result::model::{Account, OperationFigures, Percentiles, PhaseFigures};
use std::time::Duration;

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// Its name.
    pub(crate) name: String,
    /// Its arrivals and pool, in words.
    pub(crate) arrivals: String,
    /// Its statements; empty for all traffic.
    pub(crate) text: String,
    /// Its phases.
    pub(crate) rows: Vec<Row>,
}

/// One phase.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) phase: String,
    /// Succeeded per second.
    pub(crate) rate: String,
    /// p50, p90, p99, p99.9 and max.
    pub(crate) lengths: Vec<Cell>,
    /// How many failed, with their classes.
    pub(crate) failed: String,
    /// The classes, for those who point at it.
    pub(crate) classes: String,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// With ≥ where it is a lower bound.
    pub(crate) value: String,
    /// Against the phase before the migration.
    pub(crate) change: String,
    /// Whether it became clearly worse.
    pub(crate) worse: bool,
}

/// What became of all that was due, over all phases but the warm-up.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    /// The operation's name.
    pub(crate) name: String,
    /// Scheduled, succeeded, failed, dropped, cut, skipped, retries.
    pub(crate) counts: Vec<String>,
    /// Failures by class.
    pub(crate) classes: String,
    /// Whether the sum holds.
    pub(crate) adds_up: bool,
}

/// All operations of a round, all traffic first.
pub(crate) fn operations(shown: Shown<'_>) -> Vec<Operation> {
    let all = Operation {
        name: "all traffic".to_owned(),
        arrivals: String::new(),
        text: String::new(),
        rows: rows(&shown.round.all_traffic, None),
    };
    let each = shown.variant.operations.iter().zip(&shown.round.operations).map(|(facts, figures)| {
        let pool = shown.variant.pools.get(usize::from(facts.pool));
        let pool = pool.map_or(String::new(), |(name, capacity)| {
            format!(", pool {name} of {}", words::counted(u64::from(*capacity), "connection", "connections"))
        });
        Operation {
            name: facts.name.clone(),
            arrivals: format!("{}{pool}", facts.arrivals),
            text: facts.text.clone(),
            rows: rows(&figures.phases, Some(figures)),
        }
    });
    std::iter::once(all).chain(each).collect()
}

fn rows(phases: &[PhaseFigures], whole: Option<&OperationFigures>) -> Vec<Row> {
    let base = phases.iter().find(|figures| figures.phase == Some(Phase::Before)).map(|figures| figures.response);
    let judged = phases.iter().filter(|figures| figures.phase != Some(Phase::Warmup));
    let phases = judged.map(|figures| {
        let base = base.filter(|_| figures.phase != Some(Phase::Before));
        let name = figures.phase.map_or("", Phase::name);
        row(name, figures.length, &figures.account, &figures.response, base, figures.lower_bound)
    });
    let impact = whole.and_then(|figures| figures.impact.as_ref()).map(|impact| Row {
        phase: "worst 10 s".to_owned(),
        rate: String::new(),
        lengths: lengths(&impact.worst_10s, base, 0),
        failed: String::new(),
        classes: String::new(),
    });
    phases.chain(impact).collect()
}

fn row(
    name: &str,
    length: Duration,
    account: &Account,
    response: &Percentiles,
    base: Option<Percentiles>,
    bound: bool,
) -> Row {
    let errors = account.errors();
    Row {
        phase: name.to_owned(),
        rate: words::number(account.succeeded as f64 / length.as_secs_f64().max(1e-9)),
        lengths: lengths(response, base, if bound { account.cut.max(1) } else { 0 }),
        failed: match errors {
            0 => "0".to_owned(),
            _ => format!("{} ({})", words::count(errors), words::share(words::part(errors, account.scheduled))),
        },
        classes: classes(account),
    }
}

/// The five points of a distribution of which the `cut` slowest are known by their age only.
fn lengths(response: &Percentiles, base: Option<Percentiles>, cut: u64) -> Vec<Cell> {
    let unknown = words::part(cut, response.count.max(cut));
    let base = base.unwrap_or_default();
    [
        (0.5, response.p50, base.p50),
        (0.9, response.p90, base.p90),
        (0.99, response.p99, base.p99),
        (0.999, response.p999, base.p999),
        (1.0, response.max, base.max),
    ]
    .map(|(quantile, now, was)| {
        if response.count == 0 {
            return Cell { value: "–".to_owned(), change: String::new(), worse: false };
        }
        let at_least = if unknown > 0.0 && 1.0 - quantile <= unknown + 1e-9 { "≥ " } else { "" };
        Cell {
            value: format!("{at_least}{}", words::length(now)),
            change: words::change(now, was).unwrap_or_default(),
            worse: !was.is_zero()
                && now.as_secs_f64() >= 1.5 * was.as_secs_f64()
                && now.saturating_sub(was) > Duration::from_millis(1),
        }
    })
    .to_vec()
}

/// `84 pool timeout, 3 deadlock detected`.
fn classes(account: &Account) -> String {
    let failed =
        account.failed.iter().map(|(class, number)| format!("{} {}", words::count(*number), class.replace('_', " ")));
    failed.collect::<Vec<_>>().join(", ")
}

/// What became of everything that a round's operations had due.
pub(crate) fn fates(shown: Shown<'_>) -> Vec<Fate> {
    let operations = (0_u16..).zip(&shown.round.operations);
    operations.map(|(place, figures)| fate(shown.names().operation(place), &figures.phases)).collect()
}

fn fate(name: String, phases: &[PhaseFigures]) -> Fate {
    let judged = phases.iter().filter(|figures| figures.phase != Some(Phase::Warmup)).map(|figures| &figures.account);
    let mut whole = Account::default();
    judged.for_each(|account| whole.merge(account));
    let counts =
        [whole.scheduled, whole.succeeded, whole.errors(), whole.dropped, whole.cut, whole.skipped, whole.retries];
    Fate { name, counts: counts.map(words::count).to_vec(), classes: classes(&whole), adds_up: whole.adds_up() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn percentiles(count: u64) -> Percentiles {
        let at = Duration::from_millis;
        Percentiles { count, mean: at(2), p50: at(1), p90: at(2), p95: at(3), p99: at(5), p999: at(8), max: at(9) }
    }

    #[test]
    fn only_percentiles_that_cut_operations_can_reach_are_lower_bounds() {
        let values =
            |cut| lengths(&percentiles(1_000), None, cut).into_iter().map(|cell| cell.value).collect::<Vec<_>>();
        assert_eq!(values(0), ["1 ms", "2 ms", "5 ms", "8 ms", "9 ms"]);
        assert_eq!(values(1), ["1 ms", "2 ms", "5 ms", "≥ 8 ms", "≥ 9 ms"]);
        assert_eq!(values(20), ["1 ms", "2 ms", "≥ 5 ms", "≥ 8 ms", "≥ 9 ms"]);
    }

    #[test]
    fn what_was_not_observed_has_no_percentiles() {
        assert!(lengths(&Percentiles::default(), Some(percentiles(9)), 0).iter().all(|cell| cell.value == "–"));
    }

    #[test]
    fn figures_of_the_migration_are_held_against_those_before_it() {
        let (result, series) = sample::run(20, 1);
        let variant = &result.variants[0];
        let shown = Shown { variant, number: 1, round: &variant.rounds[0], series: &series[0] };
        let page = &operations(shown)[1];
        assert_eq!(
            page.rows.iter().map(|row| row.phase.as_str()).collect::<Vec<_>>(),
            ["before", "during", "after", "worst 10 s"]
        );
        assert!(page.rows[0].lengths.iter().all(|cell| cell.change.is_empty()));
        assert!(page.rows[1].lengths[2].worse && page.rows[1].lengths[2].change.starts_with('×'));
        assert_eq!(page.rows[1].classes, "84 pool timeout");
    }

    #[test]
    fn everything_that_was_due_is_accounted_for() {
        let (result, series) = sample::run(20, 1);
        let variant = &result.variants[0];
        let shown = Shown { variant, number: 1, round: &variant.rounds[0], series: &series[0] };
        assert!(fates(shown).iter().all(|fate| fate.adds_up));
    }
}
