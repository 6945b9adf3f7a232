//! Limits, and the variants that must break one.

use super::migration::shortened;
use super::reader::Reader;
use crate::failure::Failure;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::LIMITS;
use crate::scenario::{Arrivals, FailsBy, Operation, Problem, Variant};
use crate::units;
use crate::verdict::threshold::{Amount, Limit, Subject, Threshold};
use std::collections::BTreeSet;
use std::time::Duration;

const OF_OPERATIONS: &[&str] =
    &["p50", "p90", "p95", "p99", "p99.9", "max", "longest_stall", "errors", "retries", "blocked", "blocked_by"];
/// What is measured of one operation of the traffic alone: neither of all together, nor of a job.
const OF_TRAFFIC: &[&str] = &["statements"];
const OF_GAUGES: &[&str] = &["max", "min"];
const OF_STEPS: &[&str] = &["duration"];

/// All steps together.
const MIGRATION: &str = "migration";

/// All that can be judged, in whichever variant it occurs.
#[derive(Default)]
struct Names {
    operations: BTreeSet<String>,
    /// Those of the open or the closed model.
    traffic: BTreeSet<String>,
    gauges: BTreeSet<String>,
    steps: BTreeSet<String>,
    /// Those whose name the author gave; the others are named by their SQL, which nobody misspells.
    named_steps: BTreeSet<String>,
}

impl Names {
    fn of(variants: &[Variant]) -> Self {
        let mut names = Self::default();
        for variant in variants {
            names.operations.extend(variant.operations.iter().map(|operation| operation.name.clone()));
            let traffic = variant.operations.iter().filter(|operation| is_traffic(operation));
            names.traffic.extend(traffic.map(|operation| operation.name.clone()));
            names.gauges.extend(variant.gauges.iter().map(|gauge| gauge.name.clone()));
            names.steps.extend(variant.migration.iter().map(|step| step.name.clone()));
            let own = variant.migration.iter().filter(|step| step.name != shortened(&step.text));
            names.named_steps.extend(own.map(|step| step.name.clone()));
        }
        names
    }

    fn subject(&self, name: &str) -> Option<Subject> {
        match name {
            "all traffic" => Some(Subject::AllTraffic),
            MIGRATION => Some(Subject::Step(name.to_owned())),
            _ if self.operations.contains(name) => Some(Subject::Operation(name.to_owned())),
            _ if self.gauges.contains(name) => Some(Subject::Gauge(name.to_owned())),
            _ if self.steps.contains(name) => Some(Subject::Step(name.to_owned())),
            _ => None,
        }
    }

    /// What can be limited of a subject, and what that subject is.
    fn figures(&self, subject: &Subject) -> (Vec<&'static str>, &'static str) {
        match subject {
            Subject::Operation(name) if self.traffic.contains(name) => {
                ([OF_OPERATIONS, OF_TRAFFIC].concat(), "an operation")
            }
            Subject::Operation(_) => (OF_OPERATIONS.to_vec(), "a job or of what comes once"),
            Subject::AllTraffic => (OF_OPERATIONS.to_vec(), "all traffic"),
            Subject::Gauge(_) => (OF_GAUGES.to_vec(), "a gauge"),
            Subject::Step(_) => (OF_STEPS.to_vec(), "a step"),
        }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let own = self.operations.iter().chain(&self.gauges).chain(&self.named_steps);
        own.map(String::as_str).chain(["all traffic", MIGRATION])
    }
}

fn is_traffic(operation: &Operation) -> bool {
    matches!(operation.arrivals, Arrivals::Open { .. } | Arrivals::Closed { .. })
}

impl Reader<'_> {
    /// The section `thresholds`.
    pub(super) fn thresholds(&mut self, node: Option<&Node>, variants: &[Variant]) -> Vec<Threshold> {
        let names = Names::of(variants);
        self.named(node).iter().filter_map(|entry| self.threshold(entry, &names)).collect()
    }

    fn threshold(&mut self, entry: &Entry, names: &Names) -> Option<Threshold> {
        self.form(&entry.value, &LIMITS, &entry.place);
        let Some(subject) = names.subject(&entry.key) else {
            let problem = Problem::at(entry.place.clone(), format!("unknown `{}`", entry.key));
            let problem = problem.label("no operation, gauge or step of that name");
            self.problem(problem.suggest(&entry.key, names.all()));
            return None;
        };
        let (known, kind) = names.figures(&subject);
        let mut limits = Vec::new();
        for limit in entry.value.entries().iter().filter(|limit| LIMITS.words().any(|word| word == limit.key)) {
            if known.contains(&limit.key.as_str()) {
                self.limit(&subject, limit, names, &mut limits);
            } else {
                let problem = Problem::at(limit.place.clone(), format!("`{}` is no figure of {kind}", limit.key));
                self.problem(problem.suggest("", known.iter().copied()));
            }
        }
        if entry.value.entries().is_empty() && matches!(entry.value.content, Content::Map(_)) {
            self.problem(Problem::at(entry.place.clone(), "a threshold without a limit"));
        }
        Some(Threshold { subject, limits })
    }

    fn limit(&mut self, subject: &Subject, entry: &Entry, names: &Names, limits: &mut Vec<Limit>) {
        let value = &entry.value;
        let of_gauge = matches!(subject, Subject::Gauge(_));
        let limit = match entry.key.as_str() {
            "max" if of_gauge => self.reading(value).map(Limit::GaugeMax),
            "min" => self.reading(value).map(Limit::GaugeMin),
            "max" => self.most(value).map(Limit::Max),
            "longest_stall" => self.most(value).map(Limit::LongestStall),
            "statements" => self.count(value, 1..=1_000_000_000).map(Limit::Statements),
            "duration" => self.most(value).map(Limit::Duration),
            "retries" => self.amount(value).map(Limit::Retries),
            "blocked" => self.quantity(value, units::duration).map(|most| Limit::Blocked { by: None, most }),
            "blocked_by" => return limits.extend(self.blocked_by(value, names)),
            "errors" => return limits.extend(self.errors(value)),
            percentile => percentile
                .strip_prefix('p')
                .and_then(|percent| percent.parse().ok())
                .and_then(|percent| Some(Limit::Percentile { percent, most: self.most(value)? })),
        };
        limits.extend(limit);
    }

    /// A limit of no time at all could never be kept.
    fn most(&mut self, node: &Node) -> Option<Duration> {
        self.duration_of_at_least(node, Duration::from_micros(1))
    }

    fn reading(&mut self, node: &Node) -> Option<f64> {
        let text = self.text(node)?;
        let number = super::bound::number(text);
        if number.is_none() {
            let problem = Problem::at(node.place.clone(), format!("`{text}` is not a number"));
            self.problem(problem.help("a gauge is judged by the number that its SQL gives"));
        }
        number
    }

    fn amount(&mut self, node: &Node) -> Option<Amount> {
        let percent = self.text(node)?.trim_end().ends_with('%');
        match percent {
            true => self.quantity(node, units::share).map(Amount::Share),
            false => self.quantity(node, units::count).map(Amount::Count),
        }
    }

    fn blocked_by(&mut self, node: &Node, names: &Names) -> Vec<Limit> {
        let mut limits = Vec::new();
        for entry in self.named(Some(node)) {
            let known = names.operations.contains(&entry.key) || names.steps.contains(&entry.key);
            if !known && entry.key != MIGRATION {
                let problem = Problem::at(entry.place.clone(), format!("unknown `{}`", entry.key));
                let problem = problem.label("no operation or step of that name");
                let blockers = names.operations.iter().chain(&names.named_steps).map(String::as_str);
                self.problem(problem.suggest(&entry.key, blockers.chain([MIGRATION])));
            }
            let most = self.quantity(&entry.value, units::duration);
            limits.extend(most.map(|most| Limit::Blocked { by: Some(entry.key.clone()), most }));
        }
        limits
    }

    fn errors(&mut self, node: &Node) -> Vec<Limit> {
        if !matches!(node.content, Content::Map(_)) {
            return self.amount(node).map(|most| Limit::Errors { class: None, most }).into_iter().collect();
        }
        let mut limits = Vec::new();
        for entry in self.named(Some(node)) {
            let class = Failure::named(&entry.key);
            if class.is_none() && entry.key != "any" {
                let problem = Problem::at(entry.place.clone(), format!("unknown class of errors `{}`", entry.key));
                self.problem(problem.suggest(&entry.key, Failure::names().chain(["any"])));
            }
            limits.extend(self.amount(&entry.value).map(|most| Limit::Errors { class, most }));
        }
        limits
    }

    /// The key `fails_by` of a variant: an item is a subject and a limit's word.
    pub(super) fn fails_by(&mut self, node: &Node, variant: &Variant, thresholds: &[Threshold]) -> Vec<FailsBy> {
        let names = Names::of(std::slice::from_ref(variant));
        self.list(node).iter().filter_map(|item| self.must_fail(item, &names, thresholds)).collect()
    }

    fn must_fail(&mut self, node: &Node, names: &Names, thresholds: &[Threshold]) -> Option<FailsBy> {
        let text = self.text(node)?;
        let Some((name, limit)) = text.rsplit_once(' ') else {
            let problem = Problem::at(node.place.clone(), format!("`{text}` names no limit"));
            self.problem(problem.help("write who and what: `account page longest_stall`"));
            return None;
        };
        let Some(subject) = names.subject(name) else {
            let problem = Problem::at(node.place.clone(), format!("unknown `{name}` in this variant"));
            self.problem(problem.suggest(name, names.all()));
            return None;
        };
        let applies = |threshold: &&Threshold| {
            let of_all = threshold.subject == Subject::AllTraffic && matches!(subject, Subject::Operation(_));
            threshold.subject == subject || of_all
        };
        let known: Vec<String> =
            thresholds.iter().filter(applies).flat_map(|threshold| &threshold.limits).map(Limit::word).collect();
        if !known.iter().any(|word| word == limit) {
            let problem = Problem::at(node.place.clone(), format!("`{name}` has no limit `{limit}`"));
            self.problem(match known.is_empty() {
                true => problem.help("set it under `thresholds`"),
                false => problem.suggest(limit, known.iter().map(String::as_str)),
            });
        }
        Some(FailsBy { subject, limit: limit.to_owned() })
    }
}
