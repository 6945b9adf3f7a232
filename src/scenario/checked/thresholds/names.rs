//! What can be judged by name, and which words go with it.

use crate::scenario::Variant;
use crate::scenario::checked::migration::shortened;
use crate::verdict::threshold::{MIGRATION, Subject};
use std::collections::BTreeSet;

/// What is known of each phase.
pub(super) const OF_PHASES: &[&str] = &[
    "p50",
    "p90",
    "p95",
    "p99",
    "p99.9",
    "max",
    "service_p50",
    "service_p90",
    "service_p95",
    "service_p99",
    "service_p99.9",
    "service_max",
    "pool_wait_p50",
    "pool_wait_p90",
    "pool_wait_p95",
    "pool_wait_p99",
    "pool_wait_p99.9",
    "pool_wait_max",
    "throughput",
    "dropped",
    "errors",
    "retries",
];
/// What is known of the judged window besides, and the phases that may be judged by themselves.
const OF_OPERATIONS: &[&str] = &["longest_stall", "blocked", "blocked_by", "before", "during", "after", "measure"];
/// What is measured of one operation of the traffic alone: neither of all together, nor of a job.
const OF_TRAFFIC: &[&str] = &["statements", "rows", "buffers", "wal"];
const OF_GAUGES: &[&str] = &["max", "min"];
const OF_STEPS: &[&str] = &["duration", "lock", "rewrites", "scans", "longest_block", "blocked", "wal", "growth"];
const OF_DATABASES: &[&str] = &["growth", "wal", "dead_rows"];
/// What no single step has.
const OF_MIGRATIONS: &[&str] = &["recovery"];

/// The name under which the whole database is judged.
const DATABASE: &str = "database";

/// All that can be judged, in whichever variant it occurs.
#[derive(Default)]
pub(super) struct Names {
    operations: BTreeSet<String>,
    /// Those of the open or the closed model.
    traffic: BTreeSet<String>,
    gauges: BTreeSet<String>,
    steps: BTreeSet<String>,
    /// Those whose name the author gave; the others are named by their SQL, which nobody misspells.
    named_steps: BTreeSet<String>,
    /// The alternatives, in their order.
    variants: Vec<String>,
    migrates: bool,
}

impl Names {
    pub(super) fn of(variants: &[Variant]) -> Self {
        let mut names = Self::default();
        for variant in variants {
            names.operations.extend(variant.operations.iter().map(|operation| operation.name.clone()));
            let traffic = variant.operations.iter().filter(|operation| operation.is_traffic());
            names.traffic.extend(traffic.map(|operation| operation.name.clone()));
            names.gauges.extend(variant.gauges.iter().map(|gauge| gauge.name.clone()));
            names.steps.extend(variant.migration.iter().map(|step| step.name.clone()));
            let own = variant.migration.iter().filter(|step| step.name != shortened(&step.text));
            names.named_steps.extend(own.map(|step| step.name.clone()));
            names.variants.push(variant.name.clone());
            names.migrates |= !variant.migration.is_empty();
        }
        names
    }

    pub(super) fn subject(&self, name: &str) -> Option<Subject> {
        match name {
            "all traffic" => Some(Subject::AllTraffic),
            MIGRATION => Some(Subject::Step(name.to_owned())),
            _ if self.operations.contains(name) => Some(Subject::Operation(name.to_owned())),
            _ if self.gauges.contains(name) => Some(Subject::Gauge(name.to_owned())),
            _ if self.steps.contains(name) => Some(Subject::Step(name.to_owned())),
            // What the author calls so comes first.
            DATABASE => Some(Subject::Database),
            _ => None,
        }
    }

    /// The words of what can be limited of a subject, and what that subject is.
    pub(super) fn words(&self, subject: &Subject) -> (Vec<&'static str>, &'static str) {
        match subject {
            Subject::Operation(name) if self.traffic.contains(name) => {
                ([OF_OPERATIONS, OF_PHASES, OF_TRAFFIC].concat(), "an operation")
            }
            Subject::Operation(_) => ([OF_OPERATIONS, OF_PHASES].concat(), "a job or of what comes once"),
            Subject::AllTraffic => ([OF_OPERATIONS, OF_PHASES].concat(), "all traffic"),
            Subject::Database => (OF_DATABASES.to_vec(), "the database"),
            Subject::Gauge(_) => (OF_GAUGES.to_vec(), "a gauge"),
            Subject::Step(name) if name == MIGRATION => ([OF_STEPS, OF_MIGRATIONS].concat(), "a migration"),
            Subject::Step(_) => (OF_STEPS.to_vec(), "a step"),
            Subject::Check(_) => (Vec::new(), "a check"),
        }
    }

    /// All names that a threshold may have.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        let own = self.operations.iter().chain(&self.gauges).chain(&self.named_steps);
        own.map(String::as_str).chain(["all traffic", MIGRATION, DATABASE])
    }

    /// What `stop_when` can be about: only of the traffic something is always due.
    pub(super) fn watched(&self) -> impl Iterator<Item = &str> {
        self.traffic.iter().map(String::as_str).chain(["all traffic"])
    }

    /// Those whose locks somebody may wait for.
    pub(super) fn blockers(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().chain(&self.named_steps).map(String::as_str).chain([MIGRATION])
    }

    pub(super) fn is_blocker(&self, name: &str) -> bool {
        name == MIGRATION || self.operations.contains(name) || self.steps.contains(name)
    }

    /// Whether any variant migrates.
    pub(super) fn migrates(&self) -> bool {
        self.migrates
    }

    /// The alternatives.
    pub(super) fn variants(&self) -> impl Iterator<Item = &str> {
        self.variants.iter().map(String::as_str)
    }
}
