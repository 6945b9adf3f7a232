//! The alternatives, each complete: its own sections laid over those of the base.

use super::http::is_over_http;
use super::reader::{Reader, is_sound};
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::change::TOOLS;
use crate::scenario::written::vocabulary::{SCENARIO, VARIANT};
use crate::scenario::written::{one_over, overlay};
use crate::scenario::{App, Change, Check, Operation, Place, Problem, Step, TableSeed, Variant, Workshop};
use crate::verdict::threshold::Threshold;

impl Reader<'_> {
    /// The section `variants`, over the base that the whole file is; what they fail by is read later.
    pub(super) fn variants(&mut self, base: &Node, seed: &[TableSeed]) -> Vec<Variant> {
        let node = base.get("variants");
        let entries = self.named(node);
        if node.is_none() && is_sound(base, &SCENARIO) {
            let problem = Problem::at(Place(0..self.first_line()), "a scenario needs `variants`");
            self.problem(problem.help("one for `shakedown rehearse` alone can do without"));
        }
        if let (Some(node), []) = (node, entries) {
            let problem = Problem::at(node.place.clone(), "there is no variant");
            self.problem(problem.help("write at least one; `as it is: {}` changes nothing"));
        }
        entries.iter().map(|entry| self.variant(entry, base, seed)).collect()
    }

    pub(super) fn variant(&mut self, entry: &Entry, base: &Node, seed: &[TableSeed]) -> Variant {
        let node = &entry.value;
        // `as it is:` with nothing behind is the base alone.
        if node.content != Content::Null {
            self.form(node, &VARIANT, &entry.place);
        }
        for section in ["traffic", "pools", "gauges"] {
            self.taken_away(base.get(section), node.get(section));
        }
        let over = |section: &str| overlay(base.get(section), node.get(section));
        let written_pools = over("pools");
        let mut pools = self.pools(written_pools.as_ref());
        let mut operations = self.operations(over("traffic").as_ref(), &pools, seed);
        self.visitors(written_pools.as_ref(), &mut pools, &mut operations);
        let app = self.app_of(base, entry, &operations);
        let migration = self.migration(node.get("migration"), &operations);
        let tools = self.tools_of(base, entry, &migration);
        self.commands(&migration, tools.as_ref());
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
            migration,
            app,
            tools,
            pools,
            operations,
            gauges,
            fails_by: Vec::new(),
        }
    }

    /// What a variant takes away must be there.
    fn taken_away(&mut self, base: Option<&Node>, own: Option<&Node>) {
        let known = base.map(Node::entries).unwrap_or_default().iter().map(|entry| entry.key.as_str());
        let nothing = |entry: &&Entry| entry.value.content == Content::Null;
        for entry in own.map(Node::entries).unwrap_or_default().iter().filter(nothing) {
            if !known.clone().any(|name| name == entry.key) {
                let message = format!("there is no `{}` that this could take away", entry.key);
                self.problem(Problem::at(entry.place.clone(), message).suggest(&entry.key, known.clone()));
            }
        }
    }

    /// The application of a variant, where its operations ask one.
    fn app_of(&mut self, base: &Node, variant: &Entry, operations: &[Operation]) -> Option<App> {
        let asking = operations.iter().find(|operation| is_over_http(operation));
        let app = laid_over(base, variant, "app").map(|entry| self.app(&entry.value, &entry.place));
        if let (Some(operation), None) = (asking, &app) {
            let message = format!("`{}` asks an application, and `{}` has none", operation.name, variant.key);
            let problem = Problem::at(operation.place.clone(), message);
            self.problem(problem.help("say how it is started: `app: { command: …, ready: /healthz }`"));
        }
        app.filter(|_| asking.is_some())
    }

    /// The tools of a variant, where a step of its migration is a command.
    fn tools_of(&mut self, base: &Node, variant: &Entry, migration: &[Step]) -> Option<Workshop> {
        let entry = laid_over(base, variant, "tools")?;
        self.form(&entry.value, &TOOLS, &entry.place);
        let tools = self.workshop(&entry.value, &entry.place, &Workshop::PLACEHOLDERS);
        migration.iter().any(|step| matches!(step.change, Change::Command(_))).then_some(tools)
    }

    /// Refuses applications that no operation asks.
    pub(super) fn idle_apps(&mut self, base: &Node, variants: &[Variant]) {
        for entry in idle_entries(base, variants, "app", |variant| variant.app.is_none()) {
            let problem = Problem::at(entry.place.clone(), "no operation asks this application");
            self.problem(problem.help("give one `http: GET /…`, or leave the application out"));
        }
    }

    /// Refuses tools that no step uses.
    pub(super) fn idle_tools(&mut self, base: &Node, variants: &[Variant]) {
        for entry in idle_entries(base, variants, "tools", |variant| variant.tools.is_none()) {
            let problem = Problem::at(entry.place.clone(), "no step uses these tools");
            self.problem(problem.help("give a migration a step `command: …`, or leave the tools out"));
        }
    }

    /// What each variant must fail by, once the limits are known.
    pub(super) fn judged(&mut self, base: &Node, variants: &mut [Variant], thresholds: &[Threshold], checks: &[Check]) {
        for variant in variants {
            let own = base.get("variants").and_then(|variants| variants.get(&variant.name)?.get("fails_by"));
            if let Some(own) = own {
                variant.fails_by = self.fails_by(own, variant, thresholds, checks);
            }
        }
    }
}

fn entry_of<'a>(node: &'a Node, section: &str) -> Option<&'a Entry> {
    node.entries().iter().find(|entry| entry.key == section)
}

/// A section of a variant over that of the base; none where the variant takes it away.
fn laid_over(base: &Node, variant: &Entry, section: &str) -> Option<Entry> {
    match (entry_of(base, section), entry_of(&variant.value, section)) {
        (_, Some(own)) if own.value.content == Content::Null => None,
        (Some(base), Some(own)) => Some(Entry { value: one_over(&base.value, &own.value), ..own.clone() }),
        (base, own) => own.or(base).cloned(),
    }
}

/// Where a section is written in vain: of a variant, and of the base for all variants.
fn idle_entries<'a>(
    base: &'a Node,
    variants: &[Variant],
    section: &str,
    is_idle: impl Fn(&Variant) -> bool,
) -> Vec<&'a Entry> {
    let own = |variant: &Variant| base.get("variants").and_then(|variants| variants.get(&variant.name));
    let idle = variants.iter().filter(|variant| is_idle(variant)).filter_map(own);
    let unused = variants.iter().all(&is_idle).then_some(base);
    let written = idle.chain(unused).filter_map(|node| entry_of(node, section));
    written.filter(|entry| entry.value.content != Content::Null).collect()
}
