//! The variants that must break a limit, and which.

use super::limit::phase;
use super::names::Names;
use crate::scenario::checked::reader::Reader;
use crate::scenario::written::node::Node;
use crate::scenario::{Check, FailsBy, Problem, Variant};
use crate::verdict::threshold::{Limit, Subject, Threshold};

impl Reader<'_> {
    /// The key `fails_by` of a variant: an item is a subject and a limit's word, or a check and the word `check`.
    pub(in crate::scenario::checked) fn fails_by(
        &mut self,
        node: &Node,
        variant: &Variant,
        thresholds: &[Threshold],
        checks: &[Check],
    ) -> Vec<FailsBy> {
        let names = Names::of(std::slice::from_ref(variant));
        let items = self.list(node).iter();
        let items = items.filter_map(|item| match self.text(item)?.strip_suffix(" check") {
            Some(name) => self.must_not_hold(item, name, checks),
            None => self.must_fail(item, &names, thresholds),
        });
        items.collect()
    }

    fn must_not_hold(&mut self, node: &Node, name: &str, checks: &[Check]) -> Option<FailsBy> {
        if !checks.iter().any(|check| check.name == name) {
            let problem = Problem::at(node.place.clone(), format!("there is no check `{name}`"));
            self.problem(problem.suggest(name, checks.iter().map(|check| check.name.as_str())));
            return None;
        }
        Some(FailsBy { subject: Subject::Check(name.to_owned()), limit: "check".to_owned() })
    }

    fn must_fail(&mut self, node: &Node, names: &Names, thresholds: &[Threshold]) -> Option<FailsBy> {
        let text = self.text(node)?;
        let Some((name, limit)) = text.rsplit_once(' ') else {
            let problem = Problem::at(node.place.clone(), format!("`{text}` names no limit"));
            self.problem(problem.help("write who and what: `account page longest_stall`"));
            return None;
        };
        // `account page after p99`: the limit of one phase.
        let (name, limit) = match name.rsplit_once(' ') {
            Some((own, before)) if names.subject(name).is_none() && phase(before).is_some() => {
                (own, &text[own.len() + 1..])
            }
            _ => (name, limit),
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
