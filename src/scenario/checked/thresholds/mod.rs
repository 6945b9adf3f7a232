//! Limits: what they are about, and how much is accepted.

mod fails_by;
mod limit;
mod names;

use super::reader::Reader;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::thresholds::{HOPELESS, LIMITS};
use crate::scenario::{Problem, Variant};
use crate::verdict::threshold::Threshold;
use limit::Standing;
use names::Names;

impl Reader<'_> {
    /// The section `thresholds`.
    pub(super) fn thresholds(&mut self, node: Option<&Node>, variants: &[Variant]) -> Vec<Threshold> {
        let names = Names::of(variants);
        self.named(node).iter().filter_map(|entry| self.threshold(entry, &names)).collect()
    }

    /// The section `stop_when`.
    pub(super) fn stop_when(&mut self, node: Option<&Node>, variants: &[Variant]) -> Vec<Threshold> {
        let names = Names::of(variants);
        self.named(node).iter().filter_map(|entry| self.hopeless(entry, &names)).collect()
    }

    fn hopeless(&mut self, entry: &Entry, names: &Names) -> Option<Threshold> {
        self.form(&entry.value, &HOPELESS, &entry.place);
        let subject = names.subject(&entry.key).filter(|_| names.watched().any(|name| name == entry.key));
        let Some(subject) = subject else {
            let problem = Problem::at(entry.place.clone(), format!("unknown `{}`", entry.key));
            let problem = problem.label("no operation of the open or the closed model");
            self.problem(problem.suggest(&entry.key, names.watched()));
            return None;
        };
        let mut limits = Vec::new();
        for limit in entry.value.entries().iter().filter(|limit| HOPELESS.words().any(|word| word == limit.key)) {
            if matches!(limit.value.content, Content::Map(_)) {
                self.wrong(&limit.value, "one limit on all errors");
            } else {
                self.limits(Standing { subject: &subject, phase: None, names }, limit, &mut limits);
            }
        }
        if let Some(relative) = limits.iter().find(|limit| limit.bound.number().is_none()) {
            let message = format!("`{}` must be absolute here", relative.word());
            self.problem(Problem::at(entry.place.clone(), message).help("a round that runs knows no other"));
        }
        Some(Threshold { subject, limits })
    }

    fn threshold(&mut self, entry: &Entry, names: &Names) -> Option<Threshold> {
        self.form(&entry.value, &LIMITS, &entry.place);
        let Some(subject) = names.subject(&entry.key) else {
            let problem = Problem::at(entry.place.clone(), format!("unknown `{}`", entry.key));
            let problem = problem.label("no operation, gauge or step of that name");
            self.problem(problem.suggest(&entry.key, names.all()));
            return None;
        };
        let (known, kind) = names.words(&subject);
        let mut limits = Vec::new();
        for limit in entry.value.entries().iter().filter(|limit| LIMITS.words().any(|word| word == limit.key)) {
            if known.contains(&limit.key.as_str()) {
                let standing = Standing { subject: &subject, phase: None, names };
                self.limits(standing, limit, &mut limits);
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
}
