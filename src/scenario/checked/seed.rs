//! Tables to fill.

use super::reader::{Reader, is_sound};
use super::shape::Use;
use crate::data::shape::{Literal, Shape, Values};
use crate::scenario::written::node::{Entry, Node};
use crate::scenario::written::vocabulary::SEED;
use crate::scenario::{Place, Problem, TableSeed};
use crate::units::thousands;

/// More rows than any table that is seeded within a day.
const MOST_ROWS: u64 = 1_000_000_000_000;

impl Reader<'_> {
    /// The section `seed`.
    pub(super) fn seed(&mut self, node: Option<&Node>) -> Vec<TableSeed> {
        let entries = self.named(node);
        let mut tables: Vec<TableSeed> = entries.iter().map(|entry| self.table(entry)).collect();
        for at in 0..tables.len() {
            tables[at].rows = self.rows_or_children(&tables, at, &entries[at]);
        }
        for table in &tables {
            for ((column, shape), place) in table.columns.iter().zip(&table.column_places) {
                self.seeded(&tables, shape, place);
                self.same_row(table, column, shape, place);
            }
        }
        tables
    }

    fn table(&mut self, entry: &Entry) -> TableSeed {
        self.form(&entry.value, &SEED, &entry.place);
        let columns = self.named(entry.value.get("columns"));
        TableSeed {
            table: entry.key.clone(),
            rows: entry.value.get("rows").and_then(|rows| self.count(rows, 1..=MOST_ROWS)),
            columns: columns
                .iter()
                .map(|column| (column.key.clone(), self.shape(&column.value, &column.place, Use::Column)))
                .collect(),
            place: entry.place.clone(),
            column_places: columns.iter().map(|column| column.place.clone()).collect(),
        }
    }

    /// The rows of a table, unless its children say so. Both may stand there where they say the same, for
    /// then nobody can misread them.
    fn rows_or_children(&mut self, tables: &[TableSeed], at: usize, entry: &Entry) -> Option<u64> {
        let table = &tables[at];
        let mut children = table.columns.iter().zip(&table.column_places).filter(|((_, shape), _)| has_children(shape));
        match (table.rows, children.next(), children.next()) {
            (_, Some(_), Some((_, place))) => {
                let problem = Problem::at(place.clone(), "two columns say how many rows there are");
                self.problem(problem.help("keep one `children`"));
            }
            (Some(rows), Some(((_, shape), place)), None) if product(tables, shape) != Some(rows) => {
                let problem = Problem::at(place.clone(), "`rows` and `children` exclude each other");
                self.problem(problem.help(match product(tables, shape) {
                    Some(product) => format!("children make {} rows: leave `rows` out", thousands(product)),
                    None => "children say how many rows there are: leave `rows` out".to_owned(),
                }));
            }
            (None, None, _) if entry.value.get("rows").is_none() && is_sound(&entry.value, &SEED) => {
                let problem =
                    Problem::at(entry.place.clone(), format!("nothing says how many rows `{}` has", entry.key));
                self.problem(problem.help("write `rows: 5M`, or `children: 3` beside the `key` of a column"));
            }
            (rows, None, _) => return rows,
            _ => {}
        }
        None
    }

    /// A key can only be drawn from a table whose keys are known.
    pub(super) fn seeded(&mut self, tables: &[TableSeed], shape: &Shape, place: &Place) {
        let table = match &shape.values {
            Values::Key(key) => &key.table,
            _ => return,
        };
        if !tables.iter().any(|each| same_table(&each.table, table)) {
            let problem = Problem::at(place.clone(), format!("`key: {table}` names a table that is not seeded"));
            self.problem(problem.suggest(table, tables.iter().map(|each| each.table.as_str())));
        }
    }

    /// What refers to another column of the same row.
    fn same_row(&mut self, table: &TableSeed, column: &str, shape: &Shape, place: &Place) {
        let other = |name: &str| table.columns.iter().find(|(each, _)| each == name).map(|(_, shape)| shape);
        match &shape.values {
            // A foreign key that is left out is filled by itself; whether it is one, the schema knows.
            Values::From { key, .. } if other(key).is_some_and(|shape| !matches!(shape.values, Values::Key(_))) => {
                let problem = Problem::at(place.clone(), format!("`{key}` refers to no other row"));
                self.problem(problem.help(format!("`from` goes through a column with `key`; `{column}` cannot")));
            }
            Values::NumberWithin(parent) if !other(parent).is_some_and(has_children) => {
                let problem = Problem::at(place.clone(), format!("`{parent}` is no column with `children`"));
                let parents = table.columns.iter().filter(|(_, shape)| has_children(shape));
                self.problem(problem.suggest(parent, parents.map(|(name, _)| name.as_str())));
            }
            _ => {}
        }
    }
}

/// How many rows a fixed number of children makes, where the parent's rows are written.
fn product(tables: &[TableSeed], shape: &Shape) -> Option<u64> {
    let Values::Key(key) = &shape.values else { return None };
    let Some(Values::Constant(Literal::Int(each))) = key.children.as_deref() else { return None };
    let parent = tables.iter().find(|table| same_table(&table.table, &key.table))?;
    parent.rows?.checked_mul(u64::try_from(*each).ok()?)
}

fn has_children(shape: &Shape) -> bool {
    matches!(&shape.values, Values::Key(key) if key.children.is_some())
}

/// Whether two names mean one table: `public` is where a bare name is found.
fn same_table(one: &str, other: &str) -> bool {
    let bare = |name: &str| name.strip_prefix("public.").unwrap_or(name).to_owned();
    bare(one) == bare(other)
}
