//! What one execution of each operation costs the database, variant beside variant, statement by statement.

use super::comparison::lineup::class;
use super::comparison::spread::Spread;
use crate::cost::{OperationCost, StatementCost};
use crate::report::words;
use crate::result::model::{RunResult, VariantResult};

/// Longer statements are cut: the whole text is in `result.json`.
const TEXT: usize = 4_000;
/// More statements than these are counted.
const LISTED: usize = 30;

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Costs {
    /// Its name.
    pub(crate) operation: String,
    /// The variants that have it.
    pub(crate) rows: Vec<Row>,
}

impl Costs {
    /// Why there is no figure at all, where that is the same of all variants.
    pub(crate) fn unmeasured(&self) -> Option<&str> {
        let first = self.rows.first()?;
        let same = |row: &Row| row.figures.is_empty() && row.unmeasured == first.unmeasured;
        self.rows.iter().all(same).then_some(&first.unmeasured)
    }
}

/// One variant.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) variant: String,
    /// Its colour.
    pub(crate) class: String,
    /// What could not be measured, and why; else nothing.
    pub(crate) unmeasured: String,
    /// Statements, round trips, rows, bytes, milliseconds of the server, blocks found and read, write-ahead log; each
    /// with what the rounds differ by.
    pub(crate) figures: Vec<(String, String)>,
    /// By statement.
    pub(crate) statements: Vec<Statement>,
    /// Statements not shown.
    pub(crate) more: usize,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// On one line.
    pub(crate) brief: String,
    /// In full, where that is more.
    pub(crate) full: String,
    /// Whether it runs in a loop.
    pub(crate) repeated: bool,
    /// Calls, rows, milliseconds of the server, blocks found and read, share of the time.
    pub(crate) figures: Vec<String>,
}

/// Operations of which anything is known.
pub(crate) fn costs(result: &RunResult) -> Vec<Costs> {
    let mut operations: Vec<&str> = Vec::new();
    for operation in result.variants.iter().flat_map(|variant| &variant.operations) {
        if !operations.contains(&operation.name.as_str()) {
            operations.push(&operation.name);
        }
    }
    let tables = operations.into_iter().map(|operation| Costs {
        operation: operation.to_owned(),
        rows: (0..).zip(&result.variants).filter_map(|(place, variant)| row(place, variant, operation)).collect(),
    });
    tables.filter(|costs| !costs.rows.is_empty()).collect()
}

fn row(place: usize, variant: &VariantResult, operation: &str) -> Option<Row> {
    let at = variant.operations.iter().position(|each| each.name == operation)?;
    // The longest round trip comes first, for there the shares of the time are what a network makes of them.
    let mut rounds: Vec<_> = variant.rounds.iter().collect();
    rounds.sort_by_key(|round| std::cmp::Reverse(round.round_trip));
    let costs: Vec<&OperationCost> = rounds.iter().filter_map(|round| round.costs.get(at)).collect();
    let measured: Vec<&OperationCost> = costs.iter().copied().filter(|cost| cost.executions > 0).collect();
    let unmeasured = costs.iter().find_map(|cost| cost.unmeasured.clone());
    let first = measured.first();
    if first.is_none() && unmeasured.is_none() {
        return None;
    }
    let repeated = first.and_then(|cost| cost.repeated());
    let by_statement = first.map_or(&[][..], |cost| &cost.by_statement);
    // What an application spends on a statement beside the server's part is not known.
    let is_watched = first.is_some_and(|cost| cost.round_trips.is_some());
    Some(Row {
        variant: variant.name.clone(),
        class: class(place),
        unmeasured: unmeasured.unwrap_or_default(),
        figures: if measured.is_empty() { Vec::new() } else { figures(&measured) },
        statements: by_statement
            .iter()
            .take(LISTED)
            .map(|each| statement(each, is_watched.then_some(each.share), repeated == Some(each)))
            .collect(),
        more: by_statement.len().saturating_sub(LISTED),
    })
}

fn figures(costs: &[&OperationCost]) -> Vec<(String, String)> {
    let figure = |of: fn(&OperationCost) -> Option<f64>, say: fn(f64) -> String| {
        let spread = Spread::of(costs.iter().filter_map(|cost| of(cost)));
        spread.map_or_else(|| ("–".to_owned(), String::new()), |spread| (say(spread.middle), spread.range(say)))
    };
    vec![
        figure(|cost| Some(cost.statements), words::number),
        figure(|cost| cost.round_trips, words::number),
        figure(|cost| Some(cost.rows), words::number),
        figure(|cost| cost.bytes, size),
        figure(|cost| Some(cost.server_ms), words::millis),
        figure(|cost| Some(cost.hit), words::number),
        figure(|cost| Some(cost.read), words::number),
        figure(|cost| Some(cost.wal), size),
    ]
}

fn size(bytes: f64) -> String {
    words::bytes(bytes.round() as u64)
}

fn statement(cost: &StatementCost, share: Option<f64>, repeated: bool) -> Statement {
    let brief = words::shorten(&cost.text, 130);
    Statement {
        full: if brief == cost.text { String::new() } else { cost.text.chars().take(TEXT).collect() },
        brief,
        repeated,
        figures: vec![
            words::number(cost.calls),
            words::number(cost.rows),
            words::millis(cost.server_ms),
            words::number(cost.hit),
            words::number(cost.read),
            share.map_or_else(|| "–".to_owned(), words::share),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn variants_stand_beside_each_other_with_their_statements_and_the_loop_is_marked() {
        let costs = costs(&sample::comparison::run(4, 2).0);
        assert_eq!(costs.iter().map(|each| each.operation.as_str()).collect::<Vec<_>>(), ["dashboard", "renewal"]);
        let row = &costs[0].rows[0];
        assert_eq!(row.figures[0], ("1,201".to_owned(), String::new()));
        assert_eq!(row.statements.iter().map(|each| each.repeated).collect::<Vec<_>>(), [true, false]);
        assert!(row.statements[1].full.contains('\n'));
        assert_eq!(costs[1].rows[0].unmeasured, "it changes data");
        assert!(costs[1].rows[0].figures.is_empty());
        assert_eq!([&costs[0], &costs[1]].map(Costs::unmeasured), [None, Some("it changes data")]);
    }

    #[test]
    fn where_nothing_was_measured_there_is_no_table() {
        assert!(costs(&sample::run(20, 1).0).is_empty());
    }
}
