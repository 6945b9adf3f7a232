//! The table of variants: every figure with its spread over rounds, and how it stands to the reference.

use super::lineup::{Lineup, Observed, class, observed, trip};
use super::mark::Mark;
use super::spread::Spread;
use crate::report::words;
use crate::result::model::{Capacity, Percentiles, VariantResult};
use std::time::Duration;

/// The variants by one operation.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) operation: String,
    /// Its arrivals, in words.
    pub(crate) arrivals: String,
    /// What the columns are.
    pub(crate) columns: Vec<Column>,
    /// By round trip.
    pub(crate) blocks: Vec<Block>,
    /// How many cells a row has, its name among them.
    pub(crate) width: usize,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its heading.
    pub(crate) label: &'static str,
    /// Whether the ratio to the reference stands beside it, and not only the mark.
    pub(crate) ratio: bool,
}

/// The rows at one round trip.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Its heading; nothing where there is but one.
    pub(crate) trip: String,
    /// A variant each.
    pub(crate) rows: Vec<Row>,
}

/// One variant.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) variant: String,
    /// Its colour and dash.
    pub(crate) class: String,
    /// Whether the others are held against it.
    pub(crate) reference: bool,
    /// A cell for each column.
    pub(crate) cells: Vec<Cell>,
}

/// One figure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// Over all rounds.
    pub(crate) value: String,
    /// The least and the most of a round, or what else must be known.
    pub(crate) spread: String,
    /// Whether it is a reason to worry by itself.
    pub(crate) alarming: bool,
    /// Whether the ratio stands beside it.
    pub(crate) ratio: bool,
    /// How it stands to the reference.
    pub(crate) mark: Option<Mark>,
}

/// A figure of the table.
struct Figure {
    label: &'static str,
    /// What comparisons call it.
    word: &'static str,
    /// Whether it is one of the few by which variants are told apart, so that its ratio deserves the room.
    telling: bool,
    cell: fn(&[Observed<'_>]) -> Cell,
}

const FIGURES: [Figure; 9] = [
    figure("p50", true, |seen| length(seen, 0.5, |response| response.p50)),
    figure("p90", false, |seen| length(seen, 0.9, |response| response.p90)),
    figure("p99", true, |seen| length(seen, 0.99, |response| response.p99)),
    figure("max", false, |seen| length(seen, 1.0, |response| response.max)),
    Figure {
        label: "done/s",
        // One over it: less is better of all that is compared.
        word: "time per operation",
        telling: false,
        cell: |seen| number(seen.iter().map(rate)),
    },
    figure("statements", true, |seen| number(seen.iter().map(statements))),
    figure("rows", false, |seen| number(seen.iter().map(rows))),
    figure("held", false, |seen| number(seen.iter().map(held))),
    Figure { label: "failed", word: "errors", telling: false, cell: failed },
];

const fn figure(word: &'static str, telling: bool, cell: fn(&[Observed<'_>]) -> Cell) -> Figure {
    Figure { label: word, word, telling, cell }
}

/// What the last column is called where rates were searched.
const KEPT: &str = "rate kept";

/// A table for each operation.
pub(crate) fn tables(lineup: Lineup<'_>) -> Vec<Table> {
    lineup.operations().into_iter().map(|facts| table(lineup, &facts.name, &facts.arrivals)).collect()
}

fn table(lineup: Lineup<'_>, operation: &str, arrivals: &str) -> Table {
    let compared = |figure: &str| {
        lineup.result.comparisons.iter().any(|each| each.operation == operation && each.figure == figure)
    };
    let mut columns: Vec<Column> = FIGURES
        .iter()
        .map(|figure| Column { label: figure.label, ratio: figure.telling && compared(figure.word) })
        .collect();
    if lineup.result.capacities.iter().any(|capacity| capacity.operation == operation) {
        columns.push(Column { label: KEPT, ratio: false });
    }
    let trips = lineup.trips();
    let blocks = trips.iter().map(|each| Block {
        trip: if trips.len() > 1 { trip(*each) } else { String::new() },
        rows: rows_at(lineup, operation, *each, &columns),
    });
    Table {
        operation: operation.to_owned(),
        arrivals: arrivals.to_owned(),
        blocks: blocks.filter(|block| !block.rows.is_empty()).collect(),
        width: 1 + columns.len() + columns.iter().filter(|column| column.ratio).count(),
        columns,
    }
}

fn rows_at(lineup: Lineup<'_>, operation: &str, trip: Duration, columns: &[Column]) -> Vec<Row> {
    let rows = lineup.variants().filter_map(|(place, variant)| {
        let seen = observed(variant, trip, operation);
        let cell = |column: &Column| match FIGURES.iter().find(|figure| figure.label == column.label) {
            None => kept(lineup, variant, operation, trip),
            Some(figure) => Cell {
                ratio: column.ratio,
                mark: mark(lineup, variant, operation, trip, figure.word),
                ..(figure.cell)(&seen)
            },
        };
        (!seen.is_empty()).then(|| Row {
            variant: variant.name.clone(),
            class: class(place),
            reference: place == 0,
            cells: columns.iter().map(cell).collect(),
        })
    });
    rows.collect()
}

fn mark(lineup: Lineup<'_>, variant: &VariantResult, operation: &str, trip: Duration, figure: &str) -> Option<Mark> {
    let found = lineup.result.comparisons.iter().find(|each| {
        each.variant == variant.name && each.operation == operation && each.round_trip == trip && each.figure == figure
    });
    found.map(Mark::of)
}

fn length(seen: &[Observed<'_>], quantile: f64, of: fn(&Percentiles) -> Duration) -> Cell {
    let answered = seen.iter().filter(|each| each.figures.response.count > 0);
    let lengths = answered.map(|each| of(&each.figures.response).as_secs_f64() * 1e3);
    let bound = seen.iter().any(|each| {
        let cut = if each.figures.lower_bound { each.figures.account.cut.max(1) } else { 0 };
        let unknown = words::part(cut, each.figures.response.count.max(cut));
        cut > 0 && 1.0 - quantile <= unknown + 1e-9
    });
    Spread::of(lengths).map_or_else(Cell::unknown, |spread| Cell {
        value: format!("{}{}", if bound { "≥ " } else { "" }, words::millis(spread.middle)),
        spread: spread.range(words::millis),
        ..Cell::default()
    })
}

fn number(values: impl Iterator<Item = f64>) -> Cell {
    Spread::of(values).map_or_else(Cell::unknown, |spread| Cell {
        value: words::number(spread.middle),
        spread: spread.range(words::number),
        ..Cell::default()
    })
}

fn rate(seen: &Observed<'_>) -> f64 {
    seen.figures.account.succeeded as f64 / seen.figures.length.as_secs_f64().max(1e-9)
}

/// As the server counted them; else as the client did, which cannot look into an application.
fn statements(seen: &Observed<'_>) -> f64 {
    seen.cost.map_or_else(|| per_operation(seen, seen.figures.account.statements), |cost| cost.statements)
}

fn rows(seen: &Observed<'_>) -> f64 {
    seen.cost.map_or_else(|| per_operation(seen, seen.figures.account.rows), |cost| cost.rows)
}

/// Connections that are kept at a time, on average: as many as there would be if one were kept for all of the summed
/// service time (Little's law). Of requests, the users that wait for an answer.
fn held(seen: &Observed<'_>) -> f64 {
    let service = seen.figures.service;
    service.mean.as_secs_f64() * service.count as f64 / seen.figures.length.as_secs_f64().max(1e-9)
}

fn per_operation(seen: &Observed<'_>, count: u64) -> f64 {
    words::part(count, seen.figures.account.succeeded + seen.figures.account.errors())
}

fn failed(seen: &[Observed<'_>]) -> Cell {
    let errors: u64 = seen.iter().map(|each| each.figures.account.errors()).sum();
    let due = seen.iter().map(|each| each.figures.account.scheduled).sum();
    let share = if errors > 0 { words::share(words::part(errors, due)) } else { String::new() };
    Cell { value: words::count(errors), spread: share, alarming: errors > 0, ..Cell::default() }
}

fn kept(lineup: Lineup<'_>, variant: &VariantResult, operation: &str, trip: Duration) -> Cell {
    let of = |capacity: &&Capacity| {
        capacity.variant == variant.name && capacity.operation == operation && capacity.round_trip == trip
    };
    let Some(capacity) = lineup.result.capacities.iter().find(of) else {
        return Cell::unknown();
    };
    let rate = |rate: f64| format!("{}/s", words::number(rate));
    Cell {
        value: capacity.kept.map_or_else(|| "none".to_owned(), rate),
        spread: capacity.lost.map_or_else(|| "none lost".to_owned(), |lost| format!("lost {}", rate(lost))),
        ..Cell::default()
    }
}

impl Cell {
    fn unknown() -> Self {
        Self { value: "–".to_owned(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_row_has_a_cell_for_each_column_and_marks_where_something_is_compared() {
        let (result, _) = sample::comparison::run(4, 8);
        let tables = tables(Lineup::of(&result).expect("it is a comparison"));
        let table = &tables[0];
        assert_eq!((table.operation.as_str(), table.blocks.len(), table.width), ("dashboard", 3, 14));
        let row = &table.blocks[2].rows[1];
        assert_eq!((row.variant.as_str(), row.reference), ("annotated", false));
        let [p50, statements] = [&row.cells[0], &row.cells[5]];
        assert_eq!(p50.mark.as_ref().map(|mark| mark.word), Some("better"));
        assert_eq!((statements.value.as_str(), statements.spread.as_str()), ("1", ""));
        assert_eq!(table.blocks[2].rows[0].cells[5].value, "1,201");
        assert!(table.blocks[2].rows[0].cells[0].mark.is_none());
    }

    #[test]
    fn a_variant_without_the_operation_has_no_row() {
        let (mut result, _) = sample::comparison::run(4, 1);
        "other".clone_into(&mut result.variants[1].operations[0].name);
        let tables = tables(Lineup::of(&result).expect("it is a comparison"));
        assert_eq!(tables.len(), 3);
        assert_eq!(tables[0].blocks[0].rows.len(), 2);
    }

    #[test]
    fn statements_are_counted_by_the_client_where_the_server_was_not_asked() {
        let (mut result, _) = sample::comparison::run(4, 1);
        result.variants.iter_mut().flat_map(|variant| &mut variant.rounds).for_each(|round| round.costs.clear());
        let tables = tables(Lineup::of(&result).expect("it is a comparison"));
        assert_eq!(tables[0].blocks[0].rows[0].cells[5].value, "1,201");
    }
}
