//! The alternatives, each complete: its own sections laid over those of the base.

use super::reader::Reader;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::overlay;
use crate::scenario::written::vocabulary::VARIANT;
use crate::scenario::{Problem, TableSeed, Variant};
use crate::verdict::threshold::Threshold;

impl Reader<'_> {
    /// The section `variants`, over the base that the whole file is; what they fail by is read later.
    pub(super) fn variants(&mut self, base: &Node, seed: &[TableSeed]) -> Vec<Variant> {
        let node = base.get("variants");
        let entries = self.named(node);
        if let (Some(node), []) = (node, entries) {
            let problem = Problem::at(node.place.clone(), "there is no variant");
            self.problem(problem.help("write at least one; `as it is: {}` changes nothing"));
        }
        entries.iter().map(|entry| self.variant(entry, base, seed)).collect()
    }

    fn variant(&mut self, entry: &Entry, base: &Node, seed: &[TableSeed]) -> Variant {
        let node = &entry.value;
        // `as it is:` with nothing behind is the base alone.
        if node.content != Content::Null {
            self.form(node, &VARIANT, &entry.place);
        }
        let over = |section: &str| overlay(base.get(section), node.get(section));
        let pools = self.pools(over("pools").as_ref());
        let operations = self.operations(over("traffic").as_ref(), &pools, seed);
        let gauges = self.gauges(over("gauges").as_ref());
        for gauge in gauges.iter().filter(|gauge| operations.iter().any(|each| each.name == gauge.name)) {
            let problem = Problem::at(gauge.place.clone(), format!("`{}` names a gauge and an operation", gauge.name));
            self.problem(problem.help("thresholds could not tell them apart: rename one"));
        }
        if operations.is_empty() && gauges.is_empty() && node.get("migration").is_none() {
            let problem = Problem::at(entry.place.clone(), format!("nothing happens in `{}`", entry.key));
            self.problem(problem.help("give it, or the scenario, `traffic` or a `migration`"));
        }
        Variant {
            name: entry.key.clone(),
            setup: node.get("setup").map(|setup| self.statements(setup)).unwrap_or_default(),
            migration: self.migration(node.get("migration"), &operations),
            app: None,
            pools,
            operations,
            gauges,
            fails_by: Vec::new(),
        }
    }

    /// What each variant must fail by, once the limits are known.
    pub(super) fn judged(&mut self, base: &Node, variants: &mut [Variant], thresholds: &[Threshold]) {
        for variant in variants {
            let own = base.get("variants").and_then(|variants| variants.get(&variant.name)?.get("fails_by"));
            if let Some(own) = own {
                variant.fails_by = self.fails_by(own, variant, thresholds);
            }
        }
    }
}
