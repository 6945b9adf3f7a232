//! What one step of a migration did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The facts of a step; times are offsets from the start of the round.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct StepFacts {
    /// What the scenario calls it, else its SQL, shortened.
    pub name: String,
    /// What it ran, in full.
    pub text: String,
    /// When it was first sent; `None` if it was not reached.
    pub started: Option<Duration>,
    /// When it ended.
    pub ended: Option<Duration>,
    /// How it ended.
    pub outcome: StepOutcome,
    /// How often it was tried: 1 without retries.
    pub attempts: u32,
    /// Tries that ended in `lock_timeout`.
    pub lock_timeouts: u32,
    /// Locks taken or asked for on tables and indexes, the strongest mode of each.
    pub locks: Vec<LockTaken>,
    /// Tables and indexes that were written anew.
    pub rewritten: Vec<String>,
    /// Tables that were read from end to end.
    pub scanned: Vec<String>,
    /// Those of the tables and indexes above that the migration itself had made: who locks or reads them harms nobody.
    #[serde(default)]
    pub made: Vec<String>,
    /// What the server said meanwhile (DEBUG1 and above).
    pub messages: Vec<String>,
    /// The last lines that a command printed, errors behind the rest.
    #[serde(default)]
    pub printed: Vec<String>,
    /// What sessions of a command were seen to send.
    #[serde(default)]
    pub statements: Vec<StatementSeen>,
    /// Rows changed.
    pub rows: u64,
    /// Batches of a backfill.
    pub batches: u64,
    /// Write-ahead log of the whole server written meanwhile, in bytes.
    pub wal_bytes: u64,
    /// Growth of each table with its indexes and TOAST, in bytes; those that did not change left out.
    pub growth: Vec<(String, i64)>,
    /// Whether sizes could not be read, as a table was locked: then nobody knows what grew.
    #[serde(default)]
    pub sizes_unknown: bool,
    /// Whether nobody knows what was read from end to end: a command does not tell.
    #[serde(default)]
    pub scans_unknown: bool,
}

/// How a step ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// The migration ended before it.
    #[default]
    NotReached,
    /// It did what it says.
    Done,
    /// The server, or the command, refused.
    Failed {
        /// The class of the error, where there is one.
        class: Option<String>,
        /// The message.
        message: String,
    },
    /// Ended from outside: migration timeout, or an interrupt.
    Cut,
}

/// A statement that a command sent; one that was over within ten milliseconds may be missing.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct StatementSeen {
    /// Its text, cut where it is very long.
    pub text: String,
    /// How often it was seen to begin, 1 or more.
    pub times: u32,
    /// When it first began.
    pub first: Duration,
    /// How long it took when it took longest.
    pub longest: Duration,
}

/// A lock that a step took or asked for.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct LockTaken {
    /// The table or index.
    pub relation: String,
    /// In SQL's words: `ACCESS EXCLUSIVE`.
    pub mode: String,
    /// When it was first seen waiting, if it was.
    pub asked: Option<Duration>,
    /// When it was first seen granted.
    pub granted: Option<Duration>,
    /// When it was given back: at the end of the transaction.
    pub released: Option<Duration>,
}
