//! `result.json`: versioned, complete, and the only thing that a machine needs to read.
//!
//! Times are offsets from the start of their round unless they say otherwise; `Duration` is written as
//! seconds and nanoseconds by serde.

use crate::phase::{Phase, Phases};
use crate::step::StepFacts;
use crate::verdict::threshold::Subject;
use crate::wait::{Cause, Link};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The version of the format; a reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunResult {
    /// [`FORMAT`] when it was written.
    pub format: u32,
    /// Version of the program.
    pub shakedown: String,
    /// The scenario.
    pub scenario: ScenarioText,
    /// When the run began, RFC 3339.
    pub started: String,
    /// What `now` meant in the data, RFC 3339.
    pub as_of: String,
    /// The seed of all random values.
    pub random_seed: u64,
    /// 1.0, or what `--scale` said.
    pub scale: f64,
    /// Where it ran.
    pub place: PlaceFacts,
    /// What was seeded.
    pub seed: SeedFacts,
    /// In the order of the scenario.
    pub variants: Vec<VariantResult>,
    /// How the run ended.
    pub ended: Ended,
    /// The whole run's verdict.
    pub verdict: Verdict,
    /// What a reader must know before believing a figure, in sentences.
    pub confessions: Vec<String>,
}

/// The scenario as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScenarioText {
    /// Its name.
    pub name: String,
    /// Its file, as given.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The schema's text.
    pub schema: String,
}

/// The server and the machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PlaceFacts {
    /// `managed`, or a URL without its password.
    pub kind: String,
    /// The server's own words: `PostgreSQL 15.18 …`.
    pub server: String,
    /// Settings that matter, with their values.
    pub settings: Vec<(String, String)>,
    /// Processors of the client's machine.
    pub cpus: u32,
    /// Memory of the client's machine, in bytes.
    pub memory: Option<u64>,
}

/// What was seeded, and what was found when it was verified.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SeedFacts {
    /// The fingerprint of all that shaped the data.
    pub fingerprint: String,
    /// Whether a kept database was used.
    pub restored: bool,
    /// How long building took, when it was built.
    pub duration: Duration,
    /// Each table.
    pub tables: Vec<SeededTable>,
}

/// A seeded table, verified.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SeededTable {
    /// Its name.
    pub name: String,
    /// Rows, counted by the server.
    pub rows: u64,
    /// With indexes and TOAST, in bytes.
    pub bytes: u64,
    /// How long generating and loading took.
    pub load: Duration,
    /// How long indexes and foreign keys took.
    pub index: Duration,
    /// Each column.
    pub columns: Vec<SeededColumn>,
}

/// A seeded column, verified.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SeededColumn {
    /// Its name.
    pub name: String,
    /// How it was made, in words.
    pub made: String,
    /// Share of NULLs, from the server's statistics.
    pub nulls: f64,
    /// Distinct values, from the server's statistics.
    pub distinct: f64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// As planned.
    Completed,
    /// By the user; what was measured until then is here.
    Interrupted,
    /// By an error of the harness or the loss of the server, in words.
    Failed(String),
}

/// The judgement of a run, a variant or a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Good enough.
    Pass,
    /// Not good enough.
    Fail,
    /// The generator was the bottleneck, or the steady state was not steady.
    Invalid,
    /// Too few observations to say.
    NotJudged,
}

/// One variant over all its rounds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VariantResult {
    /// Its name.
    pub name: String,
    /// Names of its operations, by place.
    pub operations: Vec<OperationFacts>,
    /// Names of its pools with their capacity, by place.
    pub pools: Vec<(String, u32)>,
    /// Names of its gauges, by place.
    pub gauges: Vec<String>,
    /// What it must be caught by, as the scenario says it.
    pub fails_by: Vec<String>,
    /// Its rounds.
    pub rounds: Vec<RoundResult>,
    /// Its verdict; a variant that must be caught passes by being caught.
    pub verdict: Verdict,
    /// What happened, in one or two plain sentences.
    pub sentence: String,
}

/// What a reader must know of an operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OperationFacts {
    /// Its name.
    pub name: String,
    /// Its pool's place.
    pub pool: u16,
    /// Its arrivals, in words: `300/s`, `8 clients`, `every 10 s`, `at -2 s`.
    pub arrivals: String,
    /// Its statements.
    pub text: String,
    /// A hash of its first 1,000 arrivals with their parameters; equal in variants that can be compared.
    pub schedule_hash: String,
}

/// One run of one variant from restored data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoundResult {
    /// Which round of the run, counted over all variants: the key of its lines in the other two files.
    pub round: u16,
    /// When it began, RFC 3339.
    pub started: String,
    /// Set-up statements and how long each took.
    pub setup: Vec<(String, Duration)>,
    /// When the phases were.
    pub phases: Phases,
    /// The time over which the migration is judged.
    pub impact: Option<Impact>,
    /// Steps of the migration.
    pub steps: Vec<StepFacts>,
    /// Figures of each operation, by place, in each phase; and of the impact window under `during` only where they
    /// are called so.
    pub operations: Vec<OperationFigures>,
    /// All operations together.
    pub all_traffic: Vec<PhaseFigures>,
    /// Lock waits, grouped by cause and blocker.
    pub waits: Vec<WaitGroup>,
    /// Where the time went, over the impact window.
    pub excess: Option<Excess>,
    /// Gauges, by place.
    pub gauges: Vec<GaugeFigures>,
    /// Checks at the end.
    pub checks: Vec<CheckOutcome>,
    /// How the generator and the machine did.
    pub health: HealthFigures,
    /// Every limit with what was found.
    pub judgements: Vec<Judgement>,
    /// This round's verdict, `fails_by` not yet considered.
    pub verdict: Verdict,
    /// A digest of the final schema, in words that can be compared.
    pub schema: String,
    /// What a reader should know, with its time.
    pub notes: Vec<(Duration, String)>,
}

/// The window in which a migration did harm: from the first step sent until everything had recovered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// The first step was sent.
    pub start: Duration,
    /// Queue empty, no open lock wait, errors and latency as before; never before the last step's end.
    pub end: Duration,
    /// Whether that was reached before the round ended.
    pub recovered: bool,
}

/// The figures of one operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OperationFigures {
    /// In each phase, in order.
    pub phases: Vec<PhaseFigures>,
    /// Over the impact window.
    pub impact: Option<ImpactFigures>,
}

/// What was counted and measured of an operation in a phase.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PhaseFigures {
    /// The phase.
    pub phase: Option<Phase>,
    /// How long it lasted.
    pub length: Duration,
    /// What became of all that was due.
    pub account: Account,
    /// From due to end, cut ones with their age.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Observations.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: Duration,
    /// Half lie below.
    pub p50: Duration,
    /// 90 of 100 lie below.
    pub p90: Duration,
    /// 99 of 100 lie below.
    pub p99: Duration,
    /// 999 of 1,000 lie below.
    pub p999: Duration,
    /// The longest.
    pub max: Duration,
}

/// What a migration is judged by.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImpactFigures {
    /// Response times of the worst ten seconds.
    pub worst_10s: Percentiles,
    /// When those began.
    pub worst_from: Duration,
    /// The longest time in which nothing succeeded although something was due.
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
}

/// Lock waits with one cause, behind one statement, on one object.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolCause {
    /// They waited for locks.
    Blocked(Cause),
    /// They worked longer than before.
    Slowdown,
    /// There were more arrivals than the pool can serve.
    Overload,
}

/// What a gauge read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

/// A check and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// What it says.
    pub name: String,
    /// Whether it held.
    pub held: bool,
    /// What the server answered, where it did not.
    pub answer: String,
}

/// How the generator and the machine did, by phase.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HealthFigures {
    /// Each phase.
    pub phases: Vec<PhaseHealth>,
    /// Reasons why the run is invalid, in words.
    pub invalid: Vec<String>,
}

/// How the generator and the machine did in a phase; CPU in cores.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PhaseHealth {
    /// The phase.
    pub phase: Option<Phase>,
    /// This program.
    pub client_cpu: f64,
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
    /// Share of time in which some task lacked a CPU.
    pub cpu_pressure: Option<f64>,
    /// Share of time in which some task waited for IO.
    pub io_pressure: Option<f64>,
}

/// One limit, and what was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judgement {
    /// What is judged.
    pub subject: Subject,
    /// The limit in words: `p99 ≤ 50 ms`.
    pub limit: String,
    /// The limit's word: `p99`.
    pub word: String,
    /// What was found: `2.8 s`.
    pub found: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Why it could not be judged, or what makes the finding uncertain.
    pub reason: Option<String>,
}
