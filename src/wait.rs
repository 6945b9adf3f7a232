//! Lock waits: who waits for what, behind whom.
//!
//! The sampler supplies the cause, the clocks supply the duration: a wait starts where the server says
//! (`pg_locks.waitstart`) and ends where our own client saw its statement end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whom a session of the server works for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// An operation of the traffic, by its place in the variant.
    Operation(u16),
    /// A step of the migration, by its place.
    Step(u16),
    /// A connection of the harness that neither loads nor migrates.
    Harness,
    /// A session that is not ours, in words: `autovacuum worker`, `psql`.
    Background(String),
}

/// What a lock is taken on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Object {
    /// The server's word: `relation`, `transactionid`, `tuple`, `virtualxid`, `advisory`, …
    pub kind: String,
    /// The table or index, by name, where there is one.
    pub relation: Option<String>,
    /// Tells two objects of a kind apart: OIDs and numbers, as text.
    pub identity: String,
}

/// One waiter, as one tick of the sampler saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The backend that waits.
    pub pid: i32,
    /// Whom it works for.
    pub actor: Actor,
    /// Since when, by the server's clock; `None` in the moment before the server has written it, and before PostgreSQL 14.
    pub since: Option<Duration>,
    /// When its statement began, by the server's clock.
    pub statement_began: Duration,
    /// What it waits for; `None` until it is known. An empty identity: only the kind is known.
    pub object: Option<Object>,
    /// The mode that it asks for, in SQL's words: `ACCESS EXCLUSIVE`.
    pub mode: Option<String>,
    /// The backends ahead of it: holders that conflict, and waiters that conflict and came first. 0 is a prepared transaction.
    pub blocked_by: Vec<i32>,
    /// Those of `blocked_by` that hold a conflicting lock on the object; the others only wait for it too.
    pub held_by: Vec<i32>,
}

impl Waiting {
    /// What it waits for, where it can be told from other objects of its kind.
    #[must_use]
    pub fn known_object(&self) -> Option<&Object> {
        self.object.as_ref().filter(|object| !object.identity.is_empty())
    }
}

/// A session that somebody waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocker {
    /// Its backend.
    pub pid: i32,
    /// Whom it works for.
    pub actor: Actor,
    /// What it runs, or ran last.
    pub statement: String,
    /// `active`, `idle in transaction`, …
    pub state: String,
    /// Modes that it holds, by the identity of the object.
    pub holds: Vec<(String, String)>,
}

/// One look of the sampler at the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When the answer described the server.
    pub at: Duration,
    /// Everybody who waited for a lock.
    pub waiting: Vec<Waiting>,
    /// Those waited for, themselves waiting or not.
    pub blockers: Vec<Blocker>,
}

/// Why somebody waited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A step holds the lock: cured by another statement.
    Held {
        /// The step.
        step: u16,
    },
    /// A step waits for the lock and everybody queues behind it: cured by a `lock_timeout`, or by ending the root.
    Queued {
        /// The step.
        step: u16,
        /// The one that the step waits for.
        root: Actor,
    },
    /// Behind another victim of a step.
    Indirect {
        /// The step.
        step: u16,
    },
    /// A scheduled operation: retention, refresh.
    Job {
        /// The operation.
        operation: u16,
    },
    /// Ordinary contention among operations.
    Traffic,
    /// A session that is not ours.
    Background {
        /// Which, in words.
        who: String,
    },
}

impl Cause {
    /// The step that is to blame.
    #[must_use]
    pub fn step(&self) -> Option<u16> {
        match self {
            Self::Held { step } | Self::Queued { step, .. } | Self::Indirect { step } => Some(*step),
            _ => None,
        }
    }
}

/// One link of the chain from a waiter to the root.
#[derive(Clone, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
pub struct Link {
    /// The backend.
    pub pid: i32,
    /// Whom it works for.
    pub actor: Actor,
    /// What it runs, or ran last.
    pub statement: String,
    /// `active`, `idle in transaction`, …
    pub state: String,
    /// The mode in which it holds or asks for the object that the link before it waits for.
    pub mode: Option<String>,
    /// Whether it waits itself.
    pub waits: bool,
}

/// A stretch of a wait with one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// From when.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
    /// Why.
    pub cause: Cause,
    /// From the one waited for down to the root.
    pub chain: Vec<Link>,
}

/// A whole wait for one lock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// The backend that waited.
    pub pid: i32,
    /// Whom it worked for.
    pub waiter: Actor,
    /// When the operation was due, if the waiter was one.
    pub due: Option<Duration>,
    /// What it waited for.
    pub object: Object,
    /// The mode that it asked for.
    pub mode: String,
    /// Since when.
    pub start: Duration,
    /// Until when; of an open one, the end of the round.
    pub end: Duration,
    /// Whether it had not ended when the round did.
    pub open: bool,
    /// Whether the statement failed.
    pub failed: bool,
    /// Ticks that saw it.
    pub ticks: u32,
    /// Its causes over time, without gaps from start to end.
    pub stretches: Vec<Stretch>,
}

impl Wait {
    /// How long it lasted.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }
}
