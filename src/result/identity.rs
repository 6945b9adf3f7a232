//! What is known of a run besides its figures: what must be equal in runs that are held against each other, and what
//! is told because it may be what makes the difference.

use super::model::{OperationFacts, PlaceFacts, RunResult, SeedFacts, VariantResult};
use crate::units::{bytes, human};
use crate::verdict::baseline::{Fact, Rule};
use std::fmt::Display;
use std::time::Duration;

/// From so much memory on, kernels that keep a little more or less for themselves are no other machine.
const MUCH_MEMORY: u64 = 4 << 30;

impl RunResult {
    /// In the order in which differences are told.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![
            equal("format", self.format),
            equal("scenario", &self.scenario.name),
            equal("scale", self.scale),
            equal("random seed", self.random_seed),
            equal("round trips", self.round_trips()),
        ];
        if !self.planned.is_empty() {
            let phases = self.planned.iter().map(|(phase, length)| format!("{} {}", phase.name(), human(*length)));
            facts.push(fact("phases", phases.collect::<Vec<_>>().join(", "), Rule::EqualInBoth));
        }
        facts.extend(of_data(&self.seed));
        facts.extend(of_place(&self.place));
        facts.extend(self.variants.iter().flat_map(of_variant));
        facts.push(fact("now in the data", &self.as_of, Rule::Free));
        facts.push(fact("version of shakedown", &self.shakedown, Rule::Free));
        facts
    }

    fn round_trips(&self) -> String {
        let rounds = self.variants.iter().flat_map(|variant| &variant.rounds);
        let mut all: Vec<Duration> = rounds.map(|round| round.round_trip).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(human).collect::<Vec<_>>().join(", ")
    }
}

fn fact(what: impl Into<String>, value: impl Display, rule: Rule) -> Fact {
    Fact { what: what.into(), value: format!("{value}"), rule }
}

fn equal(what: impl Into<String>, value: impl Display) -> Fact {
    fact(what, value, Rule::Equal)
}

/// The rows and how their columns are made, not the tables themselves: an index or a column more may be what is tested.
fn of_data(seed: &SeedFacts) -> Vec<Fact> {
    let mut facts = Vec::new();
    if seed.generator > 0 {
        facts.push(fact("version of the generator", seed.generator, Rule::EqualInBoth));
    }
    for table in &seed.tables {
        facts.push(fact(format!("rows of {}", table.name), table.rows, Rule::EqualInBoth));
        let column = |(name, made): (&String, &String)| fact(format!("{}.{name}", table.name), made, Rule::EqualInBoth);
        facts.extend(table.columns.iter().map(|each| (&each.name, &each.made)).map(column));
    }
    facts
}

fn of_place(place: &PlaceFacts) -> Vec<Fact> {
    let memory = place.memory.map_or_else(
        || "not known".to_owned(),
        |memory| match memory {
            much if much >= MUCH_MEMORY => bytes((much + (1 << 29)) >> 30 << 30),
            little => bytes(little),
        },
    );
    let mut facts = vec![
        equal("place", &place.kind),
        equal("server", major(&place.server)),
        equal("processors", place.cpus),
        equal("memory", memory),
    ];
    facts.extend(place.settings.iter().map(|(name, value)| equal(format!("setting {name}"), value)));
    facts.push(fact("version of the server", &place.server, Rule::Free));
    facts
}

/// `PostgreSQL 15` of `PostgreSQL 15.18 on x86_64…`.
fn major(server: &str) -> String {
    let mut words = server.split_whitespace();
    let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    format!("{name} {digits}")
}

fn of_variant(variant: &VariantResult) -> Vec<Fact> {
    let name = &variant.name;
    let of = |what: &str| format!("{what} of “{name}”");
    let free = |what: &str, value: String| fact(of(what), value, Rule::Free);
    let mut facts = vec![fact("variant", name, Rule::FreeMember), free("rounds", variant.rounds.len().to_string())];
    facts.extend(variant.operations.iter().flat_map(|operation| of_operation(name, operation)));
    facts.extend(
        variant.pools.iter().map(|(pool, capacity)| free(&format!("connections of {pool}"), capacity.to_string())),
    );
    let Some(last) = variant.rounds.last() else { return facts };
    let setup: Vec<&str> = last.setup.iter().map(|(sql, _)| sql.as_str()).collect();
    let migration: Vec<&str> = last.steps.iter().map(|step| step.text.as_str()).collect();
    facts.push(free("set-up", setup.join("; ")));
    facts.push(free("migration", migration.join("; ")));
    facts.extend(last.application.as_ref().map(|application| free("command", application.command.clone())));
    facts.extend(last.schema.lines().map(|line| fact(of("schema"), line, Rule::FreeMember)));
    facts
}

fn of_operation(variant: &str, operation: &OperationFacts) -> [Fact; 3] {
    let of = |what: &str| format!("{what} of `{}` of “{variant}”", operation.name);
    [
        fact(of("arrivals"), &operation.arrivals, Rule::EqualInBoth),
        fact(of("parameters"), &operation.schedule_hash, Rule::EqualUnless(of("statements"))),
        fact(of("statements"), &operation.text, Rule::Free),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_version_is_no_other_server() {
        for (server, expected) in [
            ("PostgreSQL 15.18 (Debian 15.18-1) on x86_64", "PostgreSQL 15"),
            ("PostgreSQL 18beta1 on x86_64", "PostgreSQL 18"),
            ("", " "),
        ] {
            assert_eq!(major(server), expected);
        }
    }

    #[test]
    fn a_little_more_memory_is_no_other_machine() {
        let of = |memory| of_place(&PlaceFacts { memory: Some(memory), ..PlaceFacts::default() });
        assert_eq!(of(24_637_092 * 1024), of(24_600_000 * 1024));
        assert_ne!(of(24_637_092 * 1024), of(16_400_000 * 1024));
    }
}
