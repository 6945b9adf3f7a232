//! A scenario, checked: domain types that nothing past the check needs to doubt.
//!
//! It is read in two stages: `written` mirrors the YAML, `checked` turns it into these types and collects
//! all problems with their places. Table and column names are checked later, against a server's schema.
//! Each variant is complete: the base sections are already laid under its own.

use crate::data::shape::Shape;
use crate::failure::Failure;
use crate::sql::Statement;
use crate::units::{DurationRange, Rate};
use crate::verdict::threshold::{Limit, Subject, Threshold};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

/// The whole experiment.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file that it was read from, as given.
    pub path: PathBuf,
    /// The file's text.
    pub text: String,
    /// What it is about, in the author's words.
    pub name: String,
    /// The user's schema.
    pub schema: SchemaFile,
    /// Settings of a managed server, over the defaults.
    pub settings: Vec<(String, String)>,
    /// Tables to fill, in the order of the file.
    pub seed: Vec<TableSeed>,
    /// How long each phase lasts.
    pub phases: PhaseLengths,
    /// At least one; names are distinct.
    pub variants: Vec<Variant>,
    /// How often each variant is run, 1 or more.
    pub rounds: u32,
    /// Whether the load is meant to be steady.
    pub steady: bool,
    /// Whether all variants must end at the same schema.
    pub same_schema: bool,
    /// The operation that must give the same answer in all variants.
    pub same_result: Option<String>,
    /// What is judged.
    pub thresholds: Vec<Threshold>,
    /// Statements that must give true at the end.
    pub checks: Vec<Check>,
    /// When a migration that does not end is ended.
    pub migration_timeout: Duration,
}

/// The DDL that makes the user's schema.
#[derive(Clone, Debug)]
pub struct SchemaFile {
    /// Where it was read.
    pub path: PathBuf,
    /// Its text.
    pub sql: String,
}

/// How a table is filled.
#[derive(Clone, Debug)]
pub struct TableSeed {
    /// The table, as written.
    pub table: String,
    /// How many rows; `None` where a column's `children` says so.
    pub rows: Option<u64>,
    /// Columns with a shape; the others follow from type, name and constraints.
    pub columns: Vec<(String, Shape)>,
    /// Where the table's name stands in the file.
    pub place: Place,
    /// Where each shaped column's name stands, in the same order.
    pub column_places: Vec<Place>,
}

/// A place in the scenario file: a range of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(pub Range<usize>);

/// How long the phases last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseLengths {
    /// Around a migration.
    Around {
        /// Before `before`.
        warmup: Duration,
        /// The steady state.
        before: Duration,
        /// The recovery.
        after: Duration,
    },
    /// Without a migration.
    Measured {
        /// Before `measure`.
        warmup: Duration,
        /// The judged time.
        measure: Duration,
    },
}

/// One of the alternatives.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// SQL run after the restore and before any traffic, one statement each.
    pub setup: Vec<String>,
    /// The migration; empty without one.
    pub migration: Vec<Step>,
    /// The application's connection pools.
    pub pools: Vec<Pool>,
    /// The traffic.
    pub operations: Vec<Operation>,
    /// What is sampled over time.
    pub gauges: Vec<Gauge>,
    /// What it must be caught by; then being caught is its pass.
    pub fails_by: Vec<FailsBy>,
}

/// A judgement that a variant must fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailsBy {
    /// What is judged.
    pub subject: Subject,
    /// The limit's word: `longest_stall`, `p99`, `errors`, …
    pub limit: String,
}

/// A connection pool as the application has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Connections that are kept, of each instance.
    pub connections: u32,
    /// Connections that come on top when all are busy, of each instance.
    pub overflow: u32,
    /// How many processes of the application have such a pool.
    pub instances: u32,
    /// How many may wait for a connection, of each instance; beyond, requests fail at once (*pool full*).
    pub max_waiting: Option<u32>,
    /// The longest wait for a connection; beyond, a request fails (*pool timeout*).
    pub acquire_timeout: Duration,
    /// The server's `statement_timeout` on each connection.
    pub statement_timeout: Option<Duration>,
    /// How statements are sent.
    pub protocol: Protocol,
    /// SQL run on each new connection.
    pub session: Vec<String>,
    /// Whether a connection forgets its prepared statements after *cached plan must not change result type*.
    pub forgets_plans: bool,
}

impl Pool {
    /// Most connections that all instances can have together.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        (self.connections + self.overflow) * self.instances
    }
}

/// How statements are sent; it changes which locks a query needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Parsed once on each connection.
    #[default]
    Prepared,
    /// Parsed each time, parameters apart.
    Extended,
    /// One text, parameters in it.
    Simple,
}

/// A named unit of traffic.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// Its pool's place in the variant.
    pub pool: usize,
    /// When it runs.
    pub arrivals: Arrivals,
    /// Its parameters, by name.
    pub parameters: Vec<(String, Shape)>,
    /// What it runs.
    pub body: Body,
    /// When it is tried again.
    pub retry: Option<Retry>,
    /// Where its name stands in the file.
    pub place: Place,
}

/// When an operation runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// The open model: arrivals do not wait for completions.
    Open {
        /// Poisson, or evenly spaced.
        spacing: Spacing,
        /// The rate at the start of the round.
        rate: Rate,
        /// Ramps that follow: over so long to such a rate.
        stages: Vec<(Duration, Rate)>,
    },
    /// The closed model: so many clients, each with a pause between two operations.
    Closed {
        /// How many.
        clients: u32,
        /// Think time.
        think: DurationRange,
    },
    /// A job: due every so often from the start of `before` or `measure`, skipped while still running.
    Every(Duration),
    /// Once, at this many seconds from the start of the migration or of `measure`; may be negative.
    At(f64),
}

/// The distances between arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Spacing {
    /// Exponential: independent users.
    #[default]
    Poisson,
    /// All equal.
    Even,
}

/// What an operation runs.
#[derive(Clone, Debug)]
pub struct Body {
    /// Whether BEGIN and COMMIT stand around it.
    pub transaction: bool,
    /// One after the other.
    pub actions: Vec<Action>,
}

/// One thing that an operation does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Runs a statement.
    Sql {
        /// The statement.
        statement: Statement,
        /// The name under which later statements use its answer.
        answer: Option<String>,
        /// How many rows it must return or change.
        expect: Option<Expect>,
        /// Where it stands in the file.
        place: Place,
    },
    /// Waits, locks held.
    Pause(DurationRange),
    /// Runs for each row of an earlier answer.
    ForEach {
        /// The answer's name.
        answer: String,
        /// What runs.
        actions: Vec<Action>,
    },
    /// Runs so many times, ending early when a statement's answer is empty.
    Repeat {
        /// How often.
        times: u32,
        /// What runs.
        actions: Vec<Action>,
    },
    /// Inserts generated rows, above the seeded ones.
    Insert {
        /// The table.
        table: String,
        /// How many rows.
        rows: u32,
        /// In which way.
        by: InsertMethod,
        /// Where it stands in the file.
        place: Place,
    },
    /// Runs each cell of the answer as a statement (psql's `\gexec`).
    EachRow {
        /// The statement whose answer holds statements.
        statement: Statement,
        /// Where it stands in the file.
        place: Place,
    },
}

/// How many rows a statement must return or change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Exactly so many: `1 row`, `no rows`.
    Exactly(u64),
    /// One or more: `rows`.
    Some,
}

/// How rows are inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertMethod {
    /// A statement for each.
    OneByOne,
    /// One statement with a list of rows.
    MultiRow,
    /// One statement over arrays.
    Unnest,
    /// COPY.
    Copy,
}

/// When and how something is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// How often at most.
    pub times: u32,
    /// The pause before each.
    pub pause: DurationRange,
    /// After which errors; empty is any of a migration step, and none of an operation.
    pub errors: Vec<Failure>,
}

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

/// SQL sampled over time; it gives one number.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// Its name.
    pub name: String,
    /// How often.
    pub every: Duration,
    /// What is asked.
    pub statement: Statement,
    /// Where it stands in the file.
    pub place: Place,
}

/// SQL that must give true at the end.
#[derive(Clone, Debug)]
pub struct Check {
    /// What it says, in words.
    pub name: String,
    /// What is asked.
    pub sql: String,
    /// Where it stands in the file.
    pub place: Place,
}

impl Scenario {
    /// The limits that stand on a subject.
    pub fn limits<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Limit> {
        self.thresholds.iter().filter(move |threshold| threshold.subject == *subject).flat_map(|each| &each.limits)
    }
}
