//! Generated rows on their way into a table, in one of the four ways that applications have.

use super::program::Query;
use crate::data::{Data, TableData};
use crate::scenario::InsertMethod;
use crate::schema::Type;
use crate::server::postgres::copy::quoted;
use crate::value::Value;
use anyhow::Context as _;
use std::sync::Arc;

/// Most parameters of a statement (PostgreSQL docs, Appendix K).
const MOST_PARAMETERS: u64 = 65_535;

/// The insertion of so many rows, new ones each time.
pub(super) struct Insertion {
    table: Arc<TableData>,
    rows: u64,
    lane: Lane,
    way: Way,
}

/// Which of the new rows of a table are this insertion's own: every `of`-th from `number` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    pub number: u64,
    pub of: u64,
}

/// The statements that it takes.
enum Way {
    /// For each row.
    OneByOne(Query),
    /// For so many rows at once, and for what is left then.
    MultiRow { most: u64, full: Query, rest: Query },
    /// Arrays, one for each column.
    Unnest(Query),
    /// COPY.
    Copy(Arc<str>),
}

/// A part of an insertion.
pub(super) enum Piece<'a> {
    /// A statement and its values.
    Statement(&'a Query, Vec<Value<'static>>),
    /// COPY and its rows.
    Copy(&'a Arc<str>, String),
}

impl Insertion {
    pub(super) fn new(
        data: &Data,
        table: &str,
        rows: u32,
        by: InsertMethod,
        lane: Lane,
        slots: &mut usize,
    ) -> anyhow::Result<Self> {
        let table = data.table(table).with_context(|| format!("table `{table}` has no rows that could be made"))?;
        let (table, rows) = (Arc::clone(table), u64::from(rows));
        let way = match by {
            InsertMethod::OneByOne => Way::OneByOne(query(values(&table, 1), slots)),
            InsertMethod::MultiRow => {
                let most = (MOST_PARAMETERS / table.inserted_columns().len().max(1) as u64).min(rows).max(1);
                let full = query(values(&table, most), slots);
                Way::MultiRow { most, full, rest: query(values(&table, rows % most), slots) }
            }
            InsertMethod::Unnest => Way::Unnest(query(unnest(&table)?, slots)),
            InsertMethod::Copy => Way::Copy(format!("COPY {} FROM STDIN", target(&table)).into()),
        };
        Ok(Self { table, rows, lane, way })
    }

    /// What the n-th arrival sends, one after the other; rows are made when it is their turn.
    pub(super) fn pieces(&self, n: u64) -> Box<dyn Iterator<Item = Piece<'_>> + Send + '_> {
        let first = n.wrapping_mul(self.rows);
        let rows = (0..self.rows).map(move |row| self.row(first.wrapping_add(row)));
        match &self.way {
            Way::OneByOne(query) => Box::new(rows.map(move |row| Piece::Statement(query, row))),
            Way::MultiRow { most, full, rest } => {
                let columns = self.table.inserted_columns().len() as u64;
                let (mut left, mut cells) = (self.rows, rows.flatten());
                Box::new(std::iter::from_fn(move || {
                    let count = left.min(*most);
                    left -= count;
                    let values = cells.by_ref().take((count * columns) as usize).collect();
                    (count > 0).then_some(Piece::Statement(if count == *most { full } else { rest }, values))
                }))
            }
            Way::Unnest(query) => Box::new(std::iter::once_with(move || Piece::Statement(query, transposed(rows)))),
            Way::Copy(sql) => Box::new(std::iter::once_with(move || Piece::Copy(sql, text(rows)))),
        }
    }

    /// The statements that it may send; COPY is none that could be parsed beforehand.
    pub(super) fn queries(&self) -> Vec<&Query> {
        match &self.way {
            Way::OneByOne(query) | Way::Unnest(query) => vec![query],
            Way::MultiRow { most, full, .. } if self.rows.is_multiple_of(*most) => vec![full],
            Way::MultiRow { full, rest, .. } => vec![full, rest],
            Way::Copy(_) => Vec::new(),
        }
    }

    fn row(&self, n: u64) -> Vec<Value<'static>> {
        self.table.inserted_row(n.wrapping_mul(self.lane.of).wrapping_add(self.lane.number))
    }
}

/// Rows in the text format of COPY, which takes every type (PostgreSQL docs, COPY, File Formats).
fn text(rows: impl Iterator<Item = Vec<Value<'static>>>) -> String {
    let mut out = String::new();
    for row in rows {
        for (place, value) in row.iter().enumerate() {
            out.push_str(if place > 0 { "\t" } else { "" });
            match value {
                Value::Null => out.push_str("\\N"),
                value => push_escaped(&value.to_string(), &mut out),
            }
        }
        out.push('\n');
    }
    out
}

fn push_escaped(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter => out.push(letter),
        }
    }
}

/// Numbers the statement among those that a connection keeps.
fn query(sql: String, slots: &mut usize) -> Query {
    let slot = *slots;
    *slots += 1;
    let sql: Arc<str> = sql.into();
    Query { slot, written: Arc::clone(&sql), sql, sources: Vec::new(), answer: None, expect: None }
}

fn target(table: &TableData) -> String {
    let names = table.inserted_columns().into_iter().map(|place| table.columns()[place].name.as_str());
    let names: Vec<String> = names.map(quoted).collect();
    format!("{} ({})", table.quoted, names.join(", "))
}

fn values(table: &TableData, rows: u64) -> String {
    let columns = table.inserted_columns().len() as u64;
    let row = |row: u64| {
        let numbers: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", numbers.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("INSERT INTO {} VALUES {}", target(table), rows.join(", "))
}

fn unnest(table: &TableData) -> anyhow::Result<String> {
    let columns = table.inserted_columns().into_iter().map(|place| &table.columns()[place]).zip(1..);
    let arrays = columns.map(|(column, number)| {
        anyhow::ensure!(
            !matches!(column.data_type, Type::Array { .. }),
            "column `{}` is an array, which unnest() would take apart: insert by copy instead",
            column.name
        );
        Ok(format!("${number}::{}[]", column.type_name))
    });
    let arrays = arrays.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(format!("INSERT INTO {} SELECT * FROM unnest({})", target(table), arrays.join(", ")))
}

/// Columns instead of rows.
fn transposed(rows: impl Iterator<Item = Vec<Value<'static>>>) -> Vec<Value<'static>> {
    let mut columns: Vec<Vec<Value<'static>>> = Vec::new();
    for row in rows {
        columns.resize_with(row.len(), Vec::new);
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns.into_iter().map(Value::Array).collect()
}
