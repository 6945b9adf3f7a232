//! `result.json`: versioned, complete, and the only thing that a machine needs to read.
//!
//! Times are offsets from the start of their round unless they say otherwise; `Duration` is written as
//! seconds and nanoseconds by serde.

use crate::cost::OperationCost;
use crate::phase::{Phase, Phases};
use crate::plan::StatementPlan;
use crate::step::StepFacts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub use crate::figures::{
    Account, CheckOutcome, DatabaseFigures, Excess, GaugeFigures, HealthFigures, Impact, ImpactFigures,
    OperationExcess, OperationFigures, Percentiles, PhaseFigures, PhaseHealth, PoolCause, WaitGroup,
};
pub use crate::verdict::baseline::{Against, Change, Difference, Earlier, LeftOut};
pub use crate::verdict::capacity::{Capacity, Trial};
pub use crate::verdict::comparison::{Comparison, Conclusion};
pub use crate::verdict::judgement::{Judgement, Verdict};

/// The version of the format; a reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// A whole run.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct RunResult {
    /// The version of the format, as of when it was written.
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
    /// How long each phase was to be; the end of *during* is the migration's. Nothing in results of older versions.
    #[serde(default)]
    pub planned: Vec<(Phase, Duration)>,
    /// What was found on empty tables before any load: *old code breaks at step 3*.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// What a reader must know before believing a figure, in sentences.
    pub confessions: Vec<String>,
    /// The variants without a migration held against the first of them, the most telling figures first.
    #[serde(default)]
    pub comparisons: Vec<Comparison>,
    /// Which variant is better, by how much, and whether the data carry that: a sentence for each of the others.
    #[serde(default)]
    pub conclusions: Vec<String>,
    /// What rates the variants can bear, where that was searched for.
    #[serde(default)]
    pub capacities: Vec<Capacity>,
    /// The run held against earlier ones, where that was asked for.
    #[serde(default)]
    pub baseline: Option<Against>,
}

/// What was found without data and without load.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Finding {
    /// What, naming the operation and the step.
    pub message: String,
    /// What the author can do, where something can be done.
    pub help: Option<String>,
}

/// The scenario as it was.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct ScenarioText {
    /// Its name.
    pub name: String,
    /// What it shows, in one sentence.
    #[serde(default)]
    pub about: Option<String>,
    /// Its file, as given.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The schema's text.
    pub schema: String,
}

/// The server and the machine.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
pub struct SeedFacts {
    /// The fingerprint of all that shaped the data.
    pub fingerprint: String,
    /// The version of what generates the cells; zero in results of older versions.
    #[serde(default)]
    pub generator: u32,
    /// Whether a kept database was used.
    pub restored: bool,
    /// How long building took, when it was built.
    pub duration: Duration,
    /// Each table.
    pub tables: Vec<SeededTable>,
}

/// A seeded table, verified.
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, JsonSchema, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// As planned.
    Completed,
    /// By the user; what was measured until then is here.
    Interrupted,
    /// By an error of the harness or the loss of the server, in words.
    Failed(String),
}

/// One variant over all its rounds.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
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
    /// Limits relative to other variants, judged over all rounds.
    #[serde(default)]
    pub judgements: Vec<Judgement>,
    /// Its verdict; a variant that must be caught passes by being caught.
    pub verdict: Verdict,
    /// What happened, in one or two plain sentences.
    pub sentence: String,
}

/// What a reader must know of an operation.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct OperationFacts {
    /// Its name.
    pub name: String,
    /// Its pool's place.
    pub pool: u16,
    /// Whether it belongs to *all traffic*: no job, and nothing that runs once.
    pub is_traffic: bool,
    /// Whether its clients wait for the end of one before they begin the next: the closed model.
    #[serde(default)]
    pub is_closed: bool,
    /// Its arrivals, in words: `300/s`, `8 clients`, `every 10 s`, `at -2 s`.
    pub arrivals: String,
    /// Its statements.
    pub text: String,
    /// A hash of its first 1,000 arrivals with their parameters; equal in variants that can be compared.
    pub schedule_hash: String,
}

/// One run of one variant from restored data.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct RoundResult {
    /// Which round of the run, counted over all variants: the key of its lines in the other two files.
    pub round: u16,
    /// When it began, RFC 3339.
    pub started: String,
    /// The round trip between client and server; zero where nothing lay between.
    #[serde(default)]
    pub round_trip: Duration,
    /// Set-up statements and how long each took.
    pub setup: Vec<(String, Duration)>,
    /// Commands that prepared the tools of the migration, and how long each took; none where an earlier run had.
    #[serde(default)]
    pub tools: Vec<(String, Duration)>,
    /// The application under test, where there was one.
    #[serde(default)]
    pub application: Option<ApplicationFacts>,
    /// What one execution of each operation costs the database, by place; empty where it was not measured.
    #[serde(default)]
    pub costs: Vec<OperationCost>,
    /// How the server goes about each statement.
    #[serde(default)]
    pub plans: Vec<StatementPlan>,
    /// When the phases were.
    pub phases: Phases,
    /// The time over which the migration is judged.
    pub impact: Option<Impact>,
    /// Steps of the migration.
    pub steps: Vec<StepFacts>,
    /// Figures of each operation, by place, in each phase; and of the impact window under `during` only where they
    /// are called so.
    pub operations: Vec<OperationFigures>,
    /// All operations of the open and closed model together.
    pub all_traffic: Vec<PhaseFigures>,
    /// The same over the impact window, or over `measure` where there is no migration.
    pub all_impact: Option<ImpactFigures>,
    /// Lock waits, grouped by cause and blocker.
    pub waits: Vec<WaitGroup>,
    /// Where the time went, over the impact window.
    pub excess: Option<Excess>,
    /// Gauges, by place.
    pub gauges: Vec<GaugeFigures>,
    /// The whole database over the judged time: from the first step, or the start of `measure`, to the end.
    #[serde(default)]
    pub database: Option<DatabaseFigures>,
    /// Checks at the end.
    pub checks: Vec<CheckOutcome>,
    /// How the generator and the machine did.
    pub health: HealthFigures,
    /// Every limit with what was found.
    pub judgements: Vec<Judgement>,
    /// This round's verdict, `fails_by` not yet considered.
    pub verdict: Verdict,
    /// Whether it ended before its time: by the user, with the server, or as hopeless.
    #[serde(default)]
    pub cut_short: bool,
    /// What happened, in one or two plain sentences.
    pub sentence: String,
    /// A digest of the final schema, in words that can be compared.
    pub schema: String,
    /// What a reader should know, with its time.
    pub notes: Vec<(Duration, String)>,
}

/// The application under test, as it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ApplicationFacts {
    /// What started it.
    pub command: String,
    /// Commands that prepared it, and how long each took; none where an earlier run had done it.
    pub setup: Vec<(String, Duration)>,
    /// How long it took from its start until it was ready.
    pub ready: Duration,
    /// How it ended before it was ended, in words.
    pub ended: Option<String>,
    /// The file of the run that holds its output.
    pub output: String,
}
