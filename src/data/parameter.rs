//! Parameters of operations: the n-th draw is a function of (seed, operation, name, n).

use super::column::{Column, Scratch};
use super::hash::{Salt, mix};
use super::plan::{self, PlanProblem};
use super::shape::{Key, Shape, Values};
use super::source::Source;
use super::table::{Data, TableData};
use crate::failure::Failure;
use crate::value::Value;
use std::sync::Arc;

/// How often a draw is repeated that hit a row of another's slice or one drawn already; then the next free row is taken.
const TRIES: u64 = 16;

/// What a parameter of an operation may be.
#[derive(Clone, Debug)]
pub struct Parameter(Arc<Plan>);

#[derive(Debug)]
struct Plan {
    from: From,
    count: Option<u32>,
}

#[derive(Debug)]
enum From {
    /// Values that belong to no row.
    Values(Column),
    /// A seeded row.
    Row { table: Arc<TableData>, key: Option<usize>, source: Source },
    /// Each row of the reserved slice once.
    Deleted { table: Arc<TableData>, key: Option<usize> },
    /// Rows above the seeded ones.
    New { table: Arc<TableData>, key: Option<usize>, first: u64, lane: u64 },
}

/// The parameter of one arrival.
#[derive(Clone, Debug)]
pub struct Drawn {
    plan: Arc<Plan>,
    rows: Rows,
}

#[derive(Clone, Debug)]
enum Rows {
    One(u64),
    Many(Vec<u64>),
    Exhausted,
}

pub(super) fn plan(data: &Data, operation: &str, name: &str, shape: &Shape) -> Result<Parameter, PlanProblem> {
    let salt = Salt::new(data.laws.seed, &["parameter", operation, name]);
    let problem = |table: &str, message: String| PlanProblem {
        table: table.to_owned(),
        column: None,
        word: None,
        message,
        help: None,
    };
    let seeded = |table: &str| {
        let found = data.table(table);
        found.cloned().ok_or_else(|| problem(table, format!("there is no table `{table}` whose rows could be made")))
    };
    let from = match &shape.values {
        Values::Key(key) => {
            let table = seeded(&key.table)?;
            if table.rows() == 0 {
                let message = format!("parameter `{name}` draws rows of `{}`, which has none", key.table);
                return Err(problem(&key.table, message));
            }
            rows_of(data, table, key, salt)
        }
        Values::NewKey { table } => {
            let table = seeded(table)?;
            let key = key_column(&table);
            From::New { first: above(&table, key), key, lane: data.lane(operation, name), table }
        }
        _ => From::Values(
            plan::parameter(shape, salt, &data.laws)
                .map_err(|message| problem("", format!("parameter `{name}`: {message}")))?,
        ),
    };
    Ok(Parameter(Arc::new(Plan { from, count: shape.count })))
}

fn rows_of(data: &Data, table: Arc<TableData>, key: &Key, salt: Salt) -> From {
    let column = key_column(&table);
    if key.delete {
        data.reserve(&key.table);
        return From::Deleted { table, key: column };
    }
    let choice = data.laws.skew(key.skew, &table.name, table.rows());
    let source = Source::new(salt, table.rows(), choice);
    From::Row { table, key: column, source }
}

/// The column that stands for the row: of several, the one that is called `id`.
fn key_column(table: &TableData) -> Option<usize> {
    match table.key.as_slice() {
        [only] => table.column(only),
        several => several.iter().find(|name| *name == "id").and_then(|name| table.column(name)),
    }
}

/// The first row above the seeded ones whose key the server's own sequences will not reach within a run.
fn above(table: &TableData, key: Option<usize>) -> u64 {
    use crate::schema::Type;
    let gap = match key.map(|column| &table.columns()[column].data_type) {
        Some(Type::Int8 | Type::Uuid) => 1 << 40,
        Some(Type::Int4) => 1 << 30,
        Some(Type::Int2) => 1 << 14,
        // Numbers become part of a text: as short as rows that operations insert allow.
        _ => table.rows() + (1 << 20),
    };
    table.rows().max(gap)
}

impl Parameter {
    /// The parameter of the n-th arrival of its operation.
    #[must_use]
    pub fn draw(&self, n: u64) -> Drawn {
        let rows = match (&self.0.from, self.0.count) {
            (From::Deleted { table, .. }, count) => deleted(table, n, count),
            (from, None) => Rows::One(row(from, n, 0, 1)),
            (from, Some(count)) => Rows::Many(different(from, n, count)),
        };
        Drawn { plan: Arc::clone(&self.0), rows }
    }

    /// Whether each arrival takes a row that no other may take: one to delete, or the key of a new one.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        matches!(self.0.from, From::Deleted { .. } | From::New { .. })
    }

    /// Whether `:name.column` has a value.
    #[must_use]
    pub fn has_column(&self, column: &str) -> bool {
        self.0.table().is_some_and(|table| table.column(column).is_some())
    }

    /// Whether `:name` alone has a value; a row whose key has several columns has none unless one is called `id`.
    #[must_use]
    pub fn has_value(&self) -> bool {
        match &self.0.from {
            From::Values(_) => true,
            From::Row { key, .. } | From::Deleted { key, .. } | From::New { key, .. } => key.is_some(),
        }
    }
}

/// The row, or the number, of a draw; `element` tells those of one array apart.
fn row(from: &From, n: u64, element: u64, count: u64) -> u64 {
    let place = n.wrapping_mul(count).wrapping_add(element);
    match from {
        From::Values(_) => place,
        From::New { first, lane, .. } => first.saturating_add(place.wrapping_mul(Data::LANES)).saturating_add(*lane),
        From::Deleted { table, .. } => table.drawn_rows().saturating_add(place),
        From::Row { table, source, .. } => {
            let (scratch, rows) = (&mut Scratch::default(), table.drawn_rows());
            let mut drawn = (0..TRIES).map(|again| source.index(place.wrapping_add(again << 48), scratch));
            drawn.find(|&row| row < rows).unwrap_or_else(|| mix(place) % rows.max(1))
        }
    }
}

/// As many different rows as asked for, or as there are.
fn different(from: &From, n: u64, count: u32) -> Vec<u64> {
    let available = match from {
        From::Row { table, .. } => table.drawn_rows(),
        _ => u64::MAX,
    };
    let count = u64::from(count).min(available);
    let mut rows: Vec<u64> = Vec::with_capacity(count as usize);
    let mut seen = std::collections::HashSet::with_capacity(count as usize);
    for element in 0..count {
        let mut drawn = row(from, n, element, count);
        for again in 1..TRIES {
            if !seen.contains(&drawn) {
                break;
            }
            drawn = row(from, n.wrapping_add(again << 52), element, count);
        }
        // All that are likely have been drawn: the next one that is free.
        while !seen.insert(drawn) {
            drawn = (drawn + 1) % available;
        }
        rows.push(drawn);
    }
    rows
}

fn deleted(table: &TableData, n: u64, count: Option<u32>) -> Rows {
    let each = u64::from(count.unwrap_or(1));
    let first = table.drawn_rows().saturating_add(n.saturating_mul(each));
    match (count, first.saturating_add(each) <= table.rows()) {
        (_, false) => Rows::Exhausted,
        (None, true) => Rows::One(first),
        (Some(_), true) => Rows::Many((first..first + each).collect()),
    }
}

impl Plan {
    fn table(&self) -> Option<&TableData> {
        match &self.from {
            From::Values(_) => None,
            From::Row { table, .. } | From::Deleted { table, .. } | From::New { table, .. } => Some(table),
        }
    }

    fn column(&self, name: Option<&str>) -> Option<&Column> {
        match (&self.from, name) {
            (From::Values(column), None) => Some(column),
            (From::Values(_), Some(_)) => None,
            (From::Row { table, key, .. } | From::Deleted { table, key } | From::New { table, key, .. }, name) => {
                let place = name.map_or(*key, |name| table.column(name))?;
                Some(&table.columns()[place].column)
            }
        }
    }
}

impl Drawn {
    /// The value of `:name`, or of `:name.column`; of a parameter with `count`, an array.
    pub fn value(&self, column: Option<&str>) -> Result<Value<'_>, Failure> {
        let column = self.plan.column(column).ok_or(Failure::BadValue)?;
        match &self.rows {
            Rows::Exhausted => Err(Failure::KeysExhausted),
            Rows::One(row) => Ok(column.owned(*row)),
            Rows::Many(rows) => Ok(Value::Array(rows.iter().map(|&row| column.owned(row)).collect())),
        }
    }
}
