//! What a migration does, step by step.

use super::{Place, Retry};
use crate::units::{DurationRange, Rate};
use std::time::Duration;

/// A step of a migration.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, else its text, shortened.
    pub name: String,
    /// Its text, as a reader would want to see it.
    pub text: String,
    /// What it does.
    pub change: Change,
    /// The server's `lock_timeout` while it runs.
    pub lock_timeout: Option<Duration>,
    /// When it is tried again.
    pub retry: Option<Retry>,
    /// Where it stands in the file.
    pub place: Place,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Change {
    /// Statements one after the other, each on its own unless they say BEGIN.
    Sql(Vec<String>),
    /// Statements in one transaction.
    Transaction(Vec<String>),
    /// Fills a column in batches, by ranges of the primary key.
    Backfill(Backfill),
    /// A command of the shell, with `DATABASE_URL` in its environment.
    Command(String),
    /// Runs each cell of the answer as a statement.
    EachRow(String),
    /// Waits.
    Pause(DurationRange),
    /// Sets rates of operations, by their places.
    Traffic(Vec<(usize, Rate)>),
}

/// A batched UPDATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// The table.
    pub table: String,
    /// What stands behind SET.
    pub set: String,
    /// What stands behind WHERE.
    pub filter: Option<String>,
    /// Rows of a batch, about.
    pub batch: u64,
    /// Between two batches.
    pub pause: DurationRange,
}
