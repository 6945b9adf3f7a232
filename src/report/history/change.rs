//! Since when a figure is another, and what that means in words.

use super::series::{FIGURES, Figure, Row};
use super::trip;
use crate::report::words;
use crate::statistics::{Nights, changes, median};

/// In how many pages of histories in which nothing changes one may be told.
const FALSE_ALARMS: f64 = 0.01;
/// How many runs a time must be another before it is taken for more than a busy week; a count is sure sooner.
const LEAST_OF_TIME: usize = 5;
const LEAST_OF_COUNT: usize = 2;
/// A change of a time, and of a count, by less matters to nobody.
const MATTERS: f64 = 0.05;
const COUNTS: f64 = 0.005;

/// One figure that is another from one run on.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The place of its row.
    pub(super) row: usize,
    pub(super) figure: Figure,
    /// The run in which it began.
    pub(super) night: usize,
    /// The run before, as far as it tells of the figure.
    pub(super) night_before: usize,
    /// The medians of the runs since the change before it, and until the one after it.
    before: f64,
    after: f64,
    /// How many runs these are.
    runs: (usize, usize),
    variant: String,
    operation: String,
    round_trip: std::time::Duration,
}

/// Every change of all rows, judged as one family.
pub(super) fn found(rows: &[Row]) -> Vec<Change> {
    /// The place of a row, which of its figures, and its values by night.
    type Series = (usize, Figure, Vec<(usize, f64)>);
    let mut known: Vec<Series> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        for (figure, values) in FIGURES.into_iter().zip(&row.values) {
            let values: Vec<(usize, f64)> =
                values.iter().enumerate().filter_map(|(night, value)| Some((night, (*value)?))).collect();
            // What never moves is no member of the family: there is nothing to judge.
            if values.windows(2).any(|pair| (pair[0].1 - pair[1].1).abs() > 1e-12) {
                known.push((place, figure, values));
            }
        }
    }
    let family: Vec<Nights> = known
        .iter()
        .map(|(_, figure, values)| Nights {
            values: values.iter().map(|(_, value)| *value).collect(),
            least: if figure.is_count() { LEAST_OF_COUNT } else { LEAST_OF_TIME },
            resemble: !figure.is_count(),
        })
        .collect();
    let places = changes(&family, FALSE_ALARMS);
    known
        .iter()
        .zip(&places)
        .flat_map(|((row, figure, values), places)| of_series((*row, &rows[*row]), *figure, values, places))
        .collect()
}

fn of_series((place, row): (usize, &Row), figure: Figure, values: &[(usize, f64)], places: &[usize]) -> Vec<Change> {
    let middle =
        |from: usize, to: usize| median(&mut values[from..to].iter().map(|(_, value)| *value).collect::<Vec<_>>());
    let least = if figure.is_count() { COUNTS } else { MATTERS };
    let mut found: Vec<Change> = Vec::new();
    let mut from = 0;
    for (n, at) in places.iter().enumerate() {
        let to = places.get(n + 1).copied().unwrap_or(values.len());
        let (before, after) = (middle(from, *at), middle(*at, to));
        if (after - before).abs() <= least * before.abs().min(after.abs()) {
            continue;
        }
        found.push(Change {
            row: place,
            figure,
            night: values[*at].0,
            night_before: values[at.saturating_sub(1)].0,
            before,
            after,
            runs: (at - from, to - at),
            variant: row.variant.clone(),
            operation: row.operation.clone(),
            round_trip: row.round_trip,
        });
        from = *at;
    }
    found
}

impl Change {
    /// Whether it is of this row and figure.
    pub(super) fn is_of(&self, row: &Row, figure: Figure) -> bool {
        self.figure == figure
            && (&self.variant, &self.operation, self.round_trip) == (&row.variant, &row.operation, row.round_trip)
    }

    /// Less is better of all that is followed.
    pub(super) fn class(&self) -> &'static str {
        if self.after > self.before { "worse" } else { "better" }
    }

    /// How much it moved, as a factor of at least 1.
    pub(super) fn size(&self) -> f64 {
        let (less, more) = (self.before.min(self.after), self.before.max(self.after));
        if less > 0.0 { more / less } else { f64::INFINITY }
    }

    /// `takes 23 % longer at the median (15.1 ms instead of 12.3 ms)`.
    fn told(&self) -> String {
        let [after, before] = [self.after, self.before].map(|value| self.figure.said(value));
        match self.figure {
            Figure::Median => format!("takes {} at the median ({after} instead of {before})", self.by()),
            Figure::P99 => format!("takes {} at p99 ({after} instead of {before})", self.by()),
            Figure::Stall => format!("stalls for {after} instead of {before}"),
            Figure::Statements => format!("needs {after} statements instead of {before}"),
            Figure::Buffers => format!("touches {after} blocks instead of {before}"),
        }
    }

    /// `23 % longer`, `2.4 times as long`, `19 % less`.
    fn by(&self) -> String {
        match self.after / self.before {
            ratio if ratio >= 2.0 => format!("{} times as long", words::number(ratio)),
            ratio if ratio > 1.0 => format!("{} longer", words::share(ratio - 1.0)),
            ratio => format!("{} less", words::share(1.0 - ratio)),
        }
    }
}

/// What changed of one row in one run, in a sentence: `` `page` of “plain” takes 23 % longer at the median (15.1 ms instead
/// of 12.3 ms) and takes 20 % longer at p99 (…): 40 runs before, 12 since. ``
pub(super) fn told(changes: &[&Change], row: &Row) -> String {
    let who = match row.variant.as_str() {
        "default" => format!("`{}`", row.operation),
        variant => format!("`{}` of “{variant}”", row.operation),
    };
    let at = match trip(row.round_trip) {
        at if at.is_empty() => at,
        at => format!(", {at},"),
    };
    let what: Vec<String> = changes.iter().map(|change| change.told()).collect();
    let runs = changes.first().map_or((0, 0), |change| change.runs);
    let runs =
        format!("{} before, {} since", words::counted(runs.0 as u64, "run", "runs"), words::count(runs.1 as u64));
    format!("{who}{at} {} ({runs}).", words::list(&what))
}
