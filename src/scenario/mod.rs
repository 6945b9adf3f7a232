//! A scenario, checked: domain types that nothing past the check needs to doubt.
//!
//! It is read in two stages: `written` mirrors the YAML, `checked` turns it into these types and collects
//! all problems with their places. Table and column names are checked later, against a server's schema.
//! Each variant is complete: the base sections are already laid under its own.

mod application;
mod change;
mod checked;
pub mod directory;
mod problem;
mod source;
mod traffic;
mod workshop;
mod written;

pub use application::{App, HttpExpect, HttpRequest, Method, Piece, Template, json_reference};
pub use change::{Backfill, Change, Step};
pub use checked::{Outline, outline, read, read_for};
pub use problem::{Problem, Problems, Severity, nearest};
pub use source::Source;
pub use traffic::{
    Action, Arrivals, Body, Expect, Gauge, InsertMethod, Operation, Pool, Protocol, Reaches, Retry, Spacing,
};
pub use workshop::Workshop;
pub use written::json_schema;

use crate::data::TableRequest;
use crate::data::shape::Shape;
use crate::phase::Phase;
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
    /// What it shows, in one sentence.
    pub about: Option<String>,
    /// The user's schema.
    pub schema: SchemaFile,
    /// Settings of a managed server, over the defaults.
    pub settings: Vec<(String, String)>,
    /// Round trips between client and server to measure at, one after the other; zero is no network at all. Never
    /// empty, and zero alone where nothing is said.
    pub round_trips: Vec<Duration>,
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
    /// What ends a round as hopeless.
    pub stop_when: Vec<Threshold>,
    /// Statements that must give true at the end.
    pub checks: Vec<Check>,
    /// When a migration that does not end is ended.
    pub migration_timeout: Duration,
}

/// The DDL that makes the user's schema: a file, or a directory of migrations.
#[derive(Clone, Debug)]
pub struct SchemaFile {
    /// Where it was read.
    pub path: PathBuf,
    /// Its text.
    pub sql: String,
    /// The same in the pieces in which it is sent; each is a transaction unless it says otherwise.
    pub parts: Vec<SchemaPart>,
}

/// A piece of the schema.
#[derive(Clone, Debug)]
pub struct SchemaPart {
    /// The file in which it stands.
    pub file: PathBuf,
    /// The line on which it begins, from 1.
    pub line: usize,
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

impl PhaseLengths {
    /// All of them together, without the migration.
    #[must_use]
    pub fn total(self) -> Duration {
        match self {
            Self::Around { warmup, before, after } => warmup + before + after,
            Self::Measured { warmup, measure } => warmup + measure,
        }
    }

    /// Each phase with its length; *during* has none, for it is the migration's.
    #[must_use]
    pub fn each(self) -> Vec<(Phase, Duration)> {
        match self {
            Self::Around { warmup, before, after } => {
                vec![(Phase::Warmup, warmup), (Phase::Before, before), (Phase::After, after)]
            }
            Self::Measured { warmup, measure } => vec![(Phase::Warmup, warmup), (Phase::Measure, measure)],
        }
    }
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
    /// The application that its HTTP requests go to.
    pub app: Option<App>,
    /// Where commands of the migration are run; without it, where Shakedown is.
    pub tools: Option<Workshop>,
    /// The application's connection pools.
    pub pools: Vec<Pool>,
    /// The traffic.
    pub operations: Vec<Operation>,
    /// What is sampled over time.
    pub gauges: Vec<Gauge>,
    /// What it must be caught by; then being caught is its pass.
    pub fails_by: Vec<FailsBy>,
}

/// Connections of a round beside those of its pools: two of the migration, one each of those who watch locks, wait
/// events, gauges, the size of the database and the server itself, one that ends operations, and one that holds the
/// claim on a server that exists.
pub const OWN_CONNECTIONS: u32 = 9;

impl Variant {
    /// The most connections that a round of it has at a time.
    #[must_use]
    pub fn connections(&self) -> u32 {
        let sessions = self.pools.iter().filter(|pool| pool.reaches == Reaches::Database);
        sessions.map(Pool::capacity).sum::<u32>() + OWN_CONNECTIONS
    }
}

/// A judgement that a variant must fail.
///
/// An operation may be named that has no such limit of its own where *all traffic* has one: then that limit is
/// what the operation, judged alone, must fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailsBy {
    /// What is judged.
    pub subject: Subject,
    /// The limit's word: `longest_stall`, `p99`, `errors`, …
    pub limit: String,
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
    /// Makes every seeded table larger or smaller, small look-up tables too; none loses its last row.
    pub fn scale(&mut self, factor: f64) {
        for rows in self.seed.iter_mut().filter_map(|table| table.rows.as_mut()) {
            *rows = ((*rows as f64 * factor).round() as u64).max(1);
        }
    }

    /// Whether any variant migrates.
    #[must_use]
    pub fn migrates(&self) -> bool {
        matches!(self.phases, PhaseLengths::Around { .. })
    }

    /// The tables to fill, as a plan of data wants to be asked.
    #[must_use]
    pub fn requests(&self) -> Vec<TableRequest> {
        let request = |seed: &TableSeed| TableRequest {
            table: seed.table.clone(),
            rows: seed.rows,
            columns: seed.columns.clone(),
        };
        self.seed.iter().map(request).collect()
    }

    /// What a variant is judged by: the limits, and those that all traffic has and an operation alone must fail.
    #[must_use]
    pub fn judged_by(&self, variant: &Variant) -> Vec<Threshold> {
        let mut thresholds = self.thresholds.clone();
        for FailsBy { subject, limit: word } in &variant.fails_by {
            let is_named = |limit: &&Limit| limit.word() == *word;
            if matches!(subject, Subject::Operation(_)) && self.limits(subject).all(|limit| limit.word() != *word) {
                let limits = self.limits(&Subject::AllTraffic).filter(is_named).cloned().collect();
                thresholds.push(Threshold { subject: subject.clone(), limits });
            }
        }
        thresholds
    }

    /// The limits that stand on a subject.
    pub fn limits<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Limit> {
        self.thresholds.iter().filter(move |threshold| threshold.subject == *subject).flat_map(|each| &each.limits)
    }
}
