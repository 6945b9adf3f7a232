//! What one execution of an operation costs the database.
//!
//! Measured alone, before there is any traffic: then every statement that the server counts is the operation's own,
//! an application's that we cannot look into as well as ours. All figures are means over a few executions, which are
//! rolled back: pauses, and the wait of a COMMIT for the disk, are no part of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From so many times on the same statement within one execution is a loop, and no coincidence: N+1.
const LOOP: f64 = 10.0;

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct OperationCost {
    /// How many executions were measured; zero where none could be, and `unmeasured` says why.
    pub executions: u32,
    /// Why it, or the server's part in it, could not be measured.
    pub unmeasured: Option<String>,
    /// How long one took.
    pub duration: Duration,
    /// Statements that the server executed, BEGIN and COMMIT among them.
    pub statements: f64,
    /// Times that somebody waited for the server's answer; `None` where the wire was not watched.
    pub round_trips: Option<f64>,
    /// Rows returned or changed.
    pub rows: f64,
    /// Bytes that the server sent, as far as the wire or the rows were watched.
    pub bytes: Option<f64>,
    /// Time of the server, in milliseconds.
    pub server_ms: f64,
    /// Blocks found in shared buffers.
    pub hit: f64,
    /// Blocks read from outside of them.
    pub read: f64,
    /// Bytes of write-ahead log.
    pub wal: f64,
    /// By statement, the costliest first.
    pub by_statement: Vec<StatementCost>,
}

/// One statement, whatever its parameters: its fingerprint is the server's own.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct StatementCost {
    /// The server's query identifier.
    pub fingerprint: i64,
    /// Its text, constants left out.
    pub text: String,
    /// How often it was executed.
    pub calls: f64,
    /// Rows returned or changed.
    pub rows: f64,
    /// Time of the server, in milliseconds.
    pub server_ms: f64,
    /// Blocks found in shared buffers.
    pub hit: f64,
    /// Blocks read from outside of them.
    pub read: f64,
    /// Share of the operation's duration that was spent on it, the way to the server and back included.
    pub share: f64,
}

impl OperationCost {
    /// The statement that runs in a loop: N+1, if there is one.
    #[must_use]
    pub fn repeated(&self) -> Option<&StatementCost> {
        let loops = self.by_statement.iter().filter(|statement| statement.calls >= LOOP);
        loops.max_by(|a, b| a.calls.total_cmp(&b.calls))
    }
}
