//! From what was written to what is meant; every problem is found before any is told.
//!
//! The sections are read by methods of one reader, a file for each, so that all problems come together.

mod actions;
mod app;
mod bound;
mod directory;
mod http;
mod migration;
mod network;
mod operations;
mod outline;
mod phases;
mod pools;
mod reader;
mod references;
mod seed;
mod shape;
mod stalls;
mod thresholds;
mod variants;
mod workshop;

pub use outline::{Outline, outline};

use super::directory::New;
use super::written::node::{Content, Node};
use super::written::vocabulary::SCENARIO;
use super::{Check, Place, Problem, Problems, Scenario, Variant};
use reader::Reader;
use std::path::Path;
use std::time::Duration;

const MIGRATION_TIMEOUT: Duration = Duration::from_mins(30);
/// Rounds of variants that are compared.
const COMPARED: u32 = 8;
/// Larger scenarios are accidents.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// Reads and checks a scenario with the files that it names; the schema's tables are checked later.
pub fn read(path: &Path) -> Result<Scenario, Problems> {
    read_as(path, None)
}

/// Reads and checks a standing scenario, on which new migrations are rehearsed: they are its variants in place of those
/// that it may have, on the schema that was there before them. Each ends at a schema and at answers of its own.
pub fn read_for(path: &Path, new: New<'_>) -> Result<Scenario, Problems> {
    read_as(path, Some(new))
}

fn read_as(path: &Path, new: Option<New<'_>>) -> Result<Scenario, Problems> {
    let refuse = |text: &str, list| Problems::new(path.to_owned(), text.to_owned(), list);
    let text = text_of(path).map_err(|message| refuse("", vec![Problem::at(Place::default(), message)]))?;
    let node = Node::read(&text).map_err(|problem| refuse(&text, vec![problem]))?;
    let mut reader = Reader::new(&text, path.parent().unwrap_or(Path::new("")));
    let scenario = reader.scenario(&node, new, (path, &text));
    match reader.problems.is_empty() {
        true => Ok(scenario),
        false => Err(refuse(&text, reader.problems)),
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_FILE {
        return Err(format!("`{}` has {}, more than any scenario needs", path.display(), crate::units::bytes(size)));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// How often each variant is run if nobody says otherwise: a migration is judged by limits, but which of several
/// variants is faster only many rounds can tell, on a shared machine eight at least.
fn default_rounds(variants: &[Variant]) -> u32 {
    let migrates = variants.iter().any(|variant| !variant.migration.is_empty());
    if variants.len() > 1 && !migrates { COMPARED } else { 1 }
}

impl Reader<'_> {
    fn scenario(&mut self, node: &Node, new: Option<New<'_>>, (path, text): (&Path, &str)) -> Scenario {
        let start = Place(0..self.first_line());
        self.form(node, &SCENARIO, &start);
        let seed = self.seed(node.get("seed"));
        let mut variants = match new {
            None => self.variants(node, &seed),
            Some(new) => self.rehearsals(node, &seed, new),
        };
        self.idle_apps(node, &variants);
        if new.is_none() {
            self.idle_tools(node, &variants);
        }
        let thresholds = self.thresholds(node.get("thresholds"), &variants);
        let checks = self.checks(node.get("checks"));
        self.judged(node, &mut variants, &thresholds, &checks);
        let phases = self.phases(node.get("phases"), &variants);
        self.moments(&variants, phases);
        self.stalls(node.get("thresholds"), &thresholds, &variants, phases);
        if let Some(engine) = node.get("engine") {
            self.word(engine, &[("postgres", ())]);
        }
        let timeout = node.get("migration_timeout");
        Scenario {
            path: path.to_owned(),
            text: text.to_owned(),
            name: node.get("name").and_then(|name| self.text(name)).unwrap_or_default().to_owned(),
            about: node.get("about").and_then(|about| self.text(about)).map(str::to_owned),
            schema: match new {
                None => self.schema(node.get("schema")),
                Some(new) => self.schema_before(new, &start),
            },
            settings: self.settings(node.get("settings")),
            round_trips: self.network(node.get("network")),
            seed,
            phases,
            rounds: self.small(node, "rounds", 1..=1000, default_rounds(&variants)),
            steady: self.truth(node, "steady", true),
            same_schema: self.truth(node, "same_schema", false) && new.is_none(),
            same_result: self.same_result(node.get("same_result"), &variants).filter(|_| new.is_none()),
            stop_when: self.stop_when(node.get("stop_when"), &variants),
            variants,
            thresholds,
            checks,
            migration_timeout: timeout
                .and_then(|timeout| self.duration_of_at_least(timeout, Duration::from_secs(1)))
                .unwrap_or(MIGRATION_TIMEOUT),
        }
    }

    fn settings(&mut self, node: Option<&Node>) -> Vec<(String, String)> {
        let entries = self.named(node);
        let setting = |reader: &mut Self, entry: &super::written::node::Entry| {
            let known = entry.key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
            if !known {
                let message = format!("`{}` cannot be the name of a setting", entry.key);
                reader.problem(Problem::at(entry.place.clone(), message));
            }
            Some((entry.key.clone(), reader.text(&entry.value)?.to_owned()))
        };
        entries.iter().filter_map(|entry| setting(self, entry)).collect()
    }

    fn same_result(&mut self, node: Option<&Node>, variants: &[Variant]) -> Option<String> {
        let node = node?;
        let name = self.text(node)?;
        let without = |variant: &&Variant| !variant.operations.iter().any(|operation| operation.name == name);
        if let Some(variant) = variants.iter().find(without) {
            let problem = Problem::at(node.place.clone(), format!("unknown operation `{name}` in `{}`", variant.name));
            self.problem(problem.suggest(name, variant.operations.iter().map(|each| each.name.as_str())));
        }
        Some(name.to_owned())
    }

    fn checks(&mut self, node: Option<&Node>) -> Vec<Check> {
        let entries = self.named(node);
        let check = |reader: &mut Self, entry: &super::written::node::Entry| {
            if entry.value.content == Content::Null {
                reader.wrong(&entry.value, "SQL that gives true");
                return None;
            }
            let sql = reader.one_statement(&entry.value)?.written;
            Some(Check { name: entry.key.clone(), sql, place: entry.value.place.clone() })
        };
        entries.iter().filter_map(|entry| check(self, entry)).collect()
    }
}
