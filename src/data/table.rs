//! The tables of a scenario, planned: how many rows each has and what stands in every cell.

use super::column::{Column, Scratch};
use super::hash::Salt;
use super::parameter::{self, Parameter};
use super::plan::{self, Laws, PlanProblem};
use super::shape::Shape;
use crate::schema::{Filled, Schema, Type};
use crate::value::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a scenario asks of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRequest {
    /// The table, as [`Schema::table`] knows it.
    pub table: String,
    /// How many rows; `None` where a column's `children` says so.
    pub rows: Option<u64>,
    /// Columns with a shape; the others follow from type, name and constraints.
    pub columns: Vec<(String, Shape)>,
}

/// All data of a scenario.
#[derive(Debug)]
pub struct Data {
    tables: Vec<Arc<TableData>>,
    pub(super) laws: Laws,
    /// Who inserts keys above the seeded ones; place and remainder of its keys are the same.
    lanes: Mutex<HashMap<u64, String>>,
}

/// One table.
#[derive(Debug)]
pub struct TableData {
    /// Its name, as the scenario writes it.
    pub name: String,
    /// Quoted and qualified, fit to stand in SQL.
    pub quoted: String,
    rows: u64,
    seeded: bool,
    columns: Vec<TableColumn>,
    pub(super) key: Vec<String>,
    /// Whether some operation deletes rows, so that the last tenth is its own.
    reserved: AtomicBool,
}

/// A column that is written.
#[derive(Debug)]
pub struct TableColumn {
    /// Its name, unquoted.
    pub name: String,
    /// Its type.
    pub data_type: Type,
    /// The server's own words for the type, as a cast needs them.
    pub type_name: String,
    /// Who fills it when an INSERT does not.
    pub filled: Filled,
    /// How it is made, in words.
    pub made: String,
    pub(super) column: Arc<Column>,
}

impl Data {
    /// Plans the tables, or says all that stands in the way. `as_of` is what `now` means, in microseconds since 1970.
    pub fn plan(schema: &Schema, requests: &[TableRequest], seed: u64, as_of: i64) -> Result<Self, Vec<PlanProblem>> {
        let laws = Laws::new(seed, as_of);
        let tables = plan::tables(schema, requests, &laws)?;
        Ok(Self { tables: tables.into_iter().map(Arc::new).collect(), laws, lanes: Mutex::default() })
    }

    /// The tables to seed, in load order: parents first, as far as foreign keys allow it.
    pub fn tables(&self) -> impl Iterator<Item = &TableData> {
        self.tables.iter().filter(|table| table.seeded).map(AsRef::as_ref)
    }

    /// The same, each to be kept and sent to other threads.
    pub fn shared_tables(&self) -> impl Iterator<Item = Arc<TableData>> {
        self.tables.iter().filter(|table| table.seeded).cloned()
    }

    /// A table, seeded or not. One that is not seeded has no rows, but rows to insert.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Arc<TableData>> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Keeps the last tenth of a table's rows for operations that delete them. A parameter with `delete` does so by
    /// itself; variants that must draw alike, of which one deletes, need it said before any of them draws.
    pub fn reserve(&self, table: &str) {
        if let Some(table) = self.table(table) {
            table.reserved.store(true, Ordering::Relaxed);
        }
    }

    /// A parameter of an operation.
    pub fn parameter(&self, operation: &str, name: &str, shape: &Shape) -> Result<Parameter, PlanProblem> {
        parameter::plan(self, operation, name, shape)
    }

    /// A number below [`Self::LANES`] that is this parameter's own, the same in every variant and run.
    pub(super) fn lane(&self, operation: &str, name: &str) -> u64 {
        let who = format!("{operation}\n{name}");
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = Salt::new(0, &[&who]).bits(0) % Self::LANES;
        let mut lane = wanted;
        // Open addressing: only where two names meet does it matter which came first.
        while lanes.get(&lane).is_some_and(|other| *other != who) {
            lane = (lane + 1) % Self::LANES;
            if lane == wanted {
                break;
            }
        }
        lanes.insert(lane, who);
        lane
    }

    /// How many parameters can make new keys without meeting each other.
    pub(super) const LANES: u64 = 256;
}

impl TableData {
    pub(super) fn new(
        name: &str,
        quoted: &str,
        rows: Option<u64>,
        columns: Vec<TableColumn>,
        key: Vec<String>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            quoted: quoted.to_owned(),
            rows: rows.unwrap_or(0),
            seeded: rows.is_some(),
            columns,
            key,
            reserved: AtomicBool::new(false),
        }
    }

    /// How many rows are seeded.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The columns that are written, in the order of the table; those that the server must fill are left out.
    #[must_use]
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The place of a column among [`Self::columns`].
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// One cell. Panics where there is no such column.
    #[must_use]
    pub fn cell(&self, column: usize, row: u64) -> Value<'_> {
        self.columns[column].column.owned(row)
    }

    /// One cell without an allocation; its text may lie in `scratch`.
    #[must_use]
    pub fn cell_in<'a>(&'a self, column: usize, row: u64, scratch: &'a mut Scratch) -> Value<'a> {
        self.columns[column].column.value(row, scratch)
    }

    /// Columns that an INSERT of a new row writes: all but those that a sequence of the server fills.
    #[must_use]
    pub fn inserted_columns(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|&place| self.columns[place].filled == Filled::ByRow).collect()
    }

    /// The n-th row above the seeded ones: the cells of [`Self::inserted_columns`].
    #[must_use]
    pub fn inserted_row(&self, n: u64) -> Vec<Value<'static>> {
        let row = self.rows.saturating_add(n);
        self.inserted_columns().into_iter().map(|column| self.columns[column].column.owned(row)).collect()
    }

    /// The rows that key parameters draw from, and behind them those to delete.
    pub(super) fn drawn_rows(&self) -> u64 {
        match self.reserved.load(Ordering::Relaxed) {
            true => self.rows - self.rows.div_ceil(10).min(self.rows / 2),
            false => self.rows,
        }
    }
}
