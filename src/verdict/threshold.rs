//! A limit on a figure.

use crate::failure::Failure;
use crate::latency::Time;
use crate::mode::Mode;
use crate::phase::Phase;
use crate::units::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Limits that stand on one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// What they are about.
    pub subject: Subject,
    /// At least one.
    pub limits: Vec<Limit>,
}

/// What is judged, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An operation.
    Operation(String),
    /// All operations of the open and closed model together.
    AllTraffic,
    /// A gauge.
    Gauge(String),
    /// A step of the migration, or the whole of it under [`MIGRATION`].
    Step(String),
    /// A check at the end; it has no limits, but a variant may have to break it.
    Check(String),
    /// The whole database over the judged time of a round.
    Database,
}

/// The name under which a whole migration is judged.
pub const MIGRATION: &str = "migration";

/// As a scenario writes it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(name) | Self::Gauge(name) | Self::Step(name) | Self::Check(name) => f.write_str(name),
            Self::AllTraffic => f.write_str("all traffic"),
            Self::Database => f.write_str("database"),
        }
    }
}

/// How much of a figure is accepted: the most, or of some the least.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// What is limited.
    pub figure: Figure,
    /// The phase alone over which it is judged; `None` is the judged window.
    pub phase: Option<Phase>,
    /// How much.
    pub bound: Bound,
}

/// What can be limited.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// A percentile of one of the times; `percent` is 50, 90, 99, 99.9, …
    Percentile {
        /// Of which times.
        of: Time,
        /// Which.
        percent: f64,
    },
    /// The longest of one of the times.
    Max(Time),
    /// The longest time in which nothing of it succeeded although something was due.
    LongestStall,
    /// How many succeeded in a second: the least.
    Throughput,
    /// Arrivals that the harness itself could not hold.
    Dropped,
    /// Errors of a class; `None` is all.
    Errors(Option<Failure>),
    /// Tries beyond the first.
    Retries,
    /// Statements that one execution sends.
    Statements,
    /// Rows that one execution returns or changes.
    Rows,
    /// Blocks that one execution touches, in memory or not.
    Buffers,
    /// Bytes of write-ahead log: of one execution, or of the whole server while a step ran or a round was judged.
    Wal,
    /// Summed time of waiting for locks, by whom: an operation's or a step's name, `None` is by anybody. Of a step: of
    /// the traffic behind it.
    Blocked {
        /// By whom.
        by: Option<String>,
    },
    /// The highest reading of a gauge.
    Highest,
    /// The lowest reading of a gauge: the least.
    Lowest,
    /// How long a step may take.
    Duration,
    /// The strongest lock on what the migration did not make itself.
    Lock,
    /// How many tables and indexes are written anew.
    Rewrites,
    /// How many tables are read from end to end.
    Scans,
    /// The longest wait of the traffic behind a step.
    LongestBlock,
    /// Bytes by which tables, or the whole database, grow.
    Growth,
    /// Rows that updates and deletes have left behind, as the server estimates.
    DeadRows,
    /// From the end of the last step until all is as it was before.
    Recovery,
}

/// How much of a figure is accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// A length of time.
    Time(Duration),
    /// So many.
    Count(u64),
    /// A share of all, 0 to 1.
    Share(f64),
    /// So many bytes.
    Bytes(u64),
    /// So many a second.
    Rate(Rate),
    /// A reading.
    Number(f64),
    /// A lock mode.
    Mode(Mode),
    /// So many times the same figure elsewhere.
    Times(f64, Reference),
}

/// What a figure is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The phase before the migration.
    Before,
    /// Another variant, by name.
    Variant(String),
    /// The same variant of an earlier run.
    Baseline,
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Time,
    /// A number of things.
    Count,
    /// A number of things, or their share of all.
    Amount,
    /// Bytes.
    Bytes,
    /// Events per second.
    Rate,
    /// Whatever a gauge reads.
    Number,
    /// A lock mode.
    Mode,
}

impl Figure {
    /// What it is counted in.
    #[must_use]
    pub fn unit(&self) -> Unit {
        match self {
            Self::Percentile { .. }
            | Self::Max(_)
            | Self::LongestStall
            | Self::Blocked { .. }
            | Self::Duration
            | Self::LongestBlock
            | Self::Recovery => Unit::Time,
            Self::Dropped
            | Self::Statements
            | Self::Rows
            | Self::Buffers
            | Self::Rewrites
            | Self::Scans
            | Self::DeadRows => Unit::Count,
            Self::Errors(_) | Self::Retries => Unit::Amount,
            Self::Wal | Self::Growth => Unit::Bytes,
            Self::Throughput => Unit::Rate,
            Self::Highest | Self::Lowest => Unit::Number,
            Self::Lock => Unit::Mode,
        }
    }

    /// Whether the limit is the least that is accepted, and not the most.
    #[must_use]
    pub fn is_least(&self) -> bool {
        matches!(self, Self::Throughput | Self::Lowest)
    }

    /// Whether it is counted of one execution alone, and so hardly varies.
    #[must_use]
    pub fn is_cost(&self) -> bool {
        matches!(self, Self::Statements | Self::Rows | Self::Buffers | Self::Wal)
    }

    /// Whether it is known only as far as somebody looked at the locks.
    #[must_use]
    pub fn is_seen_by_looks(&self) -> bool {
        matches!(self, Self::Blocked { .. } | Self::LongestBlock)
    }

    /// Its word in a scenario: `p99`, `longest_stall`, `errors`, …
    #[must_use]
    pub fn word(&self) -> String {
        let word = match self {
            Self::Percentile { of, percent } => return format!("{}p{percent}", prefix(*of)),
            Self::Max(of) => return format!("{}max", prefix(*of)),
            Self::Highest => "max",
            Self::LongestStall => "longest_stall",
            Self::Throughput => "throughput",
            Self::Dropped => "dropped",
            Self::Errors(_) => "errors",
            Self::Retries => "retries",
            Self::Statements => "statements",
            Self::Rows => "rows",
            Self::Buffers => "buffers",
            Self::Wal => "wal",
            Self::Blocked { by: None } => "blocked",
            Self::Blocked { by: Some(_) } => "blocked_by",
            Self::Lowest => "min",
            Self::Duration => "duration",
            Self::Lock => "lock",
            Self::Rewrites => "rewrites",
            Self::Scans => "scans",
            Self::LongestBlock => "longest_block",
            Self::Growth => "growth",
            Self::DeadRows => "dead_rows",
            Self::Recovery => "recovery",
        };
        word.to_owned()
    }
}

/// Response time is what is meant where nothing is said.
fn prefix(of: Time) -> &'static str {
    match of {
        Time::Response => "",
        Time::Service => "service_",
        Time::PoolWait => "pool_wait_",
    }
}

impl Limit {
    /// On the judged window.
    #[must_use]
    pub fn new(figure: Figure, bound: Bound) -> Self {
        Self { figure, phase: None, bound }
    }

    /// Its word in a scenario, the phase before it where there is one: `p99`, `after p99`.
    #[must_use]
    pub fn word(&self) -> String {
        match self.phase {
            Some(phase) => format!("{} {}", phase.name(), self.figure.word()),
            None => self.figure.word(),
        }
    }
}

impl Limit {
    /// As a reader would say it: `p99 ≤ 50 ms`.
    #[must_use]
    pub fn in_words(&self) -> String {
        super::limits::in_words(self)
    }
}

impl Bound {
    /// As a number in the unit of its figure: seconds, bytes, 1/s; a mode by its strength. `None` of what is relative.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        Some(match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Count(count) | Self::Bytes(count) => *count as f64,
            Self::Share(number) | Self::Number(number) | Self::Rate(Rate(number)) => *number,
            Self::Mode(mode) => f64::from(*mode as u8),
            Self::Times(..) => return None,
        })
    }
}
