//! What was measured, summed up: counts, percentiles, and where the time went.
//!
//! Plain values: they are made by whoever records, judged by whoever judges and printed by whoever prints.
//! Times are offsets from the start of their round unless they say otherwise.

use crate::phase::Phase;
use crate::sample::{Outcome, Sample};
use crate::wait::{Cause, Link};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The window in which a migration did harm: from the first step sent until everything had recovered.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Impact {
    /// The first step was sent.
    pub start: Duration,
    /// Queue empty, no open lock wait, errors and latency as before; never before the last step's end.
    pub end: Duration,
    /// Whether that was reached before the round ended.
    pub recovered: bool,
}

/// The figures of one operation.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct OperationFigures {
    /// In each phase, in order.
    pub phases: Vec<PhaseFigures>,
    /// Over the impact window, or over `measure` where there is no migration.
    pub impact: Option<ImpactFigures>,
}

/// What was counted and measured of an operation in a phase.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct PhaseFigures {
    /// The phase.
    pub phase: Option<Phase>,
    /// How long it lasted.
    pub length: Duration,
    /// What became of all that was due.
    pub account: Account,
    /// From due to end: of those that succeeded, failed, or were cut (these with their age). Those refused without
    /// being tried (*pool full*, dropped, skipped) are counted, not timed: an instant refusal is no fast answer.
    pub response: Percentiles,
    /// From connection to end.
    pub service: Percentiles,
    /// From due to connection.
    pub pool_wait: Percentiles,
    /// Percentiles of lateness of the generator.
    pub lag: Percentiles,
    /// Whether operations that were cut make the highest percentiles lower bounds (≥).
    pub lower_bound: bool,
}

/// What became of all that was due: `scheduled = succeeded + failed + dropped + cut + skipped`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Account {
    /// Due.
    pub scheduled: u64,
    /// As the application wanted.
    pub succeeded: u64,
    /// By class.
    pub failed: BTreeMap<String, u64>,
    /// The harness' own queue was full.
    pub dropped: u64,
    /// Still running when time was up.
    pub cut: u64,
    /// Jobs that were due while still running.
    pub skipped: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// Statements sent.
    pub statements: u64,
    /// Rows returned.
    pub rows: u64,
}

impl Account {
    /// Counts one more.
    pub fn add(&mut self, sample: &Sample) {
        self.scheduled += 1;
        match sample.outcome {
            Outcome::Succeeded => self.succeeded += 1,
            Outcome::Failed(failure) => *self.failed.entry(failure.name().into_owned()).or_default() += 1,
            Outcome::Cut => self.cut += 1,
            Outcome::Dropped => self.dropped += 1,
            Outcome::Skipped => self.skipped += 1,
        }
        self.retries += u64::from(sample.retries);
        self.statements += u64::from(sample.statements);
        self.rows += sample.rows;
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.scheduled += other.scheduled;
        self.succeeded += other.succeeded;
        for (class, count) in &other.failed {
            *self.failed.entry(class.clone()).or_default() += count;
        }
        self.dropped += other.dropped;
        self.cut += other.cut;
        self.skipped += other.skipped;
        self.retries += other.retries;
        self.statements += other.statements;
        self.rows += other.rows;
    }

    /// Failed in any way.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Whether the sum holds; where it does not, the report is a bug.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.scheduled == self.succeeded + self.errors() + self.dropped + self.cut + self.skipped
    }
}

/// Points of a distribution; zero where nothing was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Percentiles {
    /// Observations.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: Duration,
    /// Half lie below.
    pub p50: Duration,
    /// 90 of 100 lie below.
    pub p90: Duration,
    /// 95 of 100 lie below.
    #[serde(default)]
    pub p95: Duration,
    /// 99 of 100 lie below.
    pub p99: Duration,
    /// 999 of 1,000 lie below.
    pub p999: Duration,
    /// The longest.
    pub max: Duration,
}

impl Percentiles {
    /// One of the points that are kept: 50, 90, 95, 99 or 99.9.
    #[must_use]
    pub fn at(&self, percent: f64) -> Option<Duration> {
        let points = [(50.0, self.p50), (90.0, self.p90), (95.0, self.p95), (99.0, self.p99), (99.9, self.p999)];
        points.into_iter().find(|(each, _)| (each - percent).abs() < 1e-9).map(|(_, point)| point)
    }
}

/// What an operation is judged by: over the impact window of a migration, or over `measure` without one.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct ImpactFigures {
    /// Response times of the worst ten seconds.
    pub worst_10s: Percentiles,
    /// When those began.
    pub worst_from: Duration,
    /// Service times of their own worst ten seconds.
    #[serde(default)]
    pub service_worst_10s: Percentiles,
    /// Waits for a connection of their own worst ten seconds.
    #[serde(default)]
    pub pool_wait_worst_10s: Percentiles,
    /// The longest time in which nothing succeeded although something was due: from the later of the last success
    /// and the first unanswered arrival to the next success.
    pub longest_stall: Duration,
    /// What became of all that was due in the window.
    pub account: Account,
    /// Response time beyond that of `before`, summed over arrivals, in milliseconds; may be negative.
    pub excess_ms: f64,
    /// Summed time of waiting for locks, in milliseconds.
    pub blocked_ms: f64,
    /// How many arrivals waited for a lock.
    pub blocked: u64,
    /// The longest wait for a lock.
    pub longest_wait: Duration,
    /// The longest response time.
    pub max: Duration,
    /// How many arrivals waited for a lock, or for a connection for 10 ms or more.
    pub waited: u64,
}

impl ImpactFigures {
    /// Adds what was counted elsewhere in the same window; percentiles and stalls do not add and stay as they are.
    pub fn merge(&mut self, other: &Self) {
        self.account.merge(&other.account);
        self.excess_ms += other.excess_ms;
        self.blocked_ms += other.blocked_ms;
        self.blocked += other.blocked;
        self.longest_wait = self.longest_wait.max(other.longest_wait);
        self.max = self.max.max(other.max);
        self.waited += other.waited;
    }
}

/// Lock waits with one cause, behind one statement, on one object.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct WaitGroup {
    /// Why they waited.
    pub cause: Cause,
    /// The table or index, or the kind of object.
    pub object: String,
    /// The mode asked for.
    pub mode: String,
    /// The phase in which they began.
    pub phase: Phase,
    /// Who waited: operations and steps by name, with the number of waits and their milliseconds.
    pub waiters: Vec<(String, u64, f64)>,
    /// How many waits.
    pub count: u64,
    /// Their summed milliseconds.
    pub total_ms: f64,
    /// The longest.
    pub longest: Duration,
    /// The chain of the longest, from the one waited for down to the root.
    pub chain: Vec<Link>,
}

/// Excess response time over `before`, split by an identity that adds up:
/// `total = lag + pool_wait + blocked + work`, in milliseconds, nothing clipped.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct Excess {
    /// Over all arrivals of the window.
    pub total_ms: f64,
    /// Arrivals in the window.
    pub arrivals: u64,
    /// Lateness of the generator.
    pub lag_ms: f64,
    /// Waiting for locks, by cause.
    pub blocked: Vec<(Cause, f64)>,
    /// Waiting for a connection, divided among the causes that kept connections busy.
    pub pool_wait: Vec<(PoolCause, f64)>,
    /// Slower without a lock, with evidence from wait events.
    pub slowdown: Vec<(String, f64)>,
    /// The rest.
    pub unexplained_ms: f64,
    /// Whether the unexplained part is too large to claim an explanation.
    pub inconclusive: bool,
    /// The same for each operation, by place: total, blocked, pool wait, slowdown and unexplained milliseconds.
    pub operations: Vec<OperationExcess>,
}

/// Excess of one operation, in milliseconds.
#[derive(Clone, Copy, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct OperationExcess {
    /// The sum of the others.
    pub total_ms: f64,
    /// Lateness of the generator.
    pub lag_ms: f64,
    /// Waiting for locks.
    pub blocked_ms: f64,
    /// Waiting for a connection.
    pub pool_wait_ms: f64,
    /// The rest.
    pub work_ms: f64,
}

/// What kept a pool's connections busy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolCause {
    /// They waited for locks.
    Blocked(Cause),
    /// They worked longer than before.
    Slowdown,
    /// There were more arrivals than the pool can serve.
    Overload,
}

/// What a full second showed of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FullSecond {
    /// How many ended.
    pub count: u64,
    /// Share of them that failed.
    pub errors: f64,
    /// Half were answered sooner.
    pub p50: Duration,
    /// 99 of 100 were answered sooner.
    pub p99: Duration,
}

/// What a gauge read.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct GaugeFigures {
    /// Readings.
    pub count: u64,
    /// Readings that failed.
    pub failed: u64,
    /// The first.
    pub first: Option<f64>,
    /// The last.
    pub last: Option<f64>,
    /// The lowest.
    pub min: Option<f64>,
    /// The highest.
    pub max: Option<f64>,
}

impl GaugeFigures {
    /// Counts one more reading; `None` is one that failed.
    pub fn add(&mut self, value: Option<f64>) {
        self.count += 1;
        let Some(value) = value else {
            self.failed += 1;
            return;
        };
        self.first = self.first.or(Some(value));
        self.last = Some(value);
        self.min = Some(self.min.map_or(value, |min| min.min(value)));
        self.max = Some(self.max.map_or(value, |max| max.max(value)));
    }
}

/// What became of the whole database between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct DatabaseFigures {
    /// By how many bytes its files grew.
    pub growth: i64,
    /// Bytes of write-ahead log, of the whole server.
    pub wal: u64,
    /// Rows that updates and deletes have left behind by the end, as the server estimates.
    pub dead_rows: u64,
}

/// A check and its answer.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// What it says.
    pub name: String,
    /// Whether it held.
    pub held: bool,
    /// What the server answered, where it did not.
    pub answer: String,
}

/// How the generator and the machine did, by phase.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct HealthFigures {
    /// Each phase.
    pub phases: Vec<PhaseHealth>,
    /// Reasons why the run is invalid, in words.
    pub invalid: Vec<String>,
}

/// How the generator and the machine did in a phase; CPU in cores.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct PhaseHealth {
    /// The phase.
    pub phase: Option<Phase>,
    /// This program; not known of a phase that is shorter than the second or so that a reading takes.
    pub client_cpu: Option<f64>,
    /// The server, where it can be read.
    pub server_cpu: Option<f64>,
    /// The backend of the lock sampler.
    pub sampler_cpu: Option<f64>,
    /// Looks of the sampler, and the median and longest distance between two.
    pub ticks: u64,
    /// Median distance between two looks.
    pub tick_median: Duration,
    /// Longest distance between two looks.
    pub tick_max: Duration,
    /// How long nobody looked at locks, pauses of half a second or more taken together.
    #[serde(default)]
    pub blind: Duration,
    /// Share of time in which some task lacked a CPU.
    pub cpu_pressure: Option<f64>,
    /// Share of time in which some task waited for IO.
    pub io_pressure: Option<f64>,
}
