//! The steps of a migration.

use super::pools::SERVERS_LEAST;
use super::reader::Reader;
use crate::scenario::written::node::{Content, Node};
use crate::scenario::written::vocabulary::change::{BATCHES, RETRY, STEPS};
use crate::scenario::{Arrivals, Backfill, Change, Operation, Place, Problem, Retry, Step};
use crate::sql::{self, Class};
use crate::units::Rate;
use std::time::Duration;

/// Longer names would break the lines of a report.
const LONGEST_NAME: usize = 60;

impl Reader<'_> {
    /// The section `migration` of a variant.
    pub(super) fn migration(&mut self, node: Option<&Node>, operations: &[Operation]) -> Vec<Step> {
        let items = node.map(|node| self.list(node)).unwrap_or_default();
        let mut names: Vec<String> = Vec::new();
        let mut steps = Vec::new();
        for item in items {
            let Some(name) = item.get("name").or(item.get("directory")) else {
                steps.extend(self.step(item, operations));
                continue;
            };
            for step in self.steps(item, operations) {
                if names.contains(&step.name) || step.name == "migration" {
                    let problem = Problem::at(name.place.clone(), format!("`{}` is named twice", step.name));
                    self.problem(
                        problem.help("thresholds name steps, and `migration` is the whole: choose another name"),
                    );
                }
                names.push(step.name.clone());
                steps.push(step);
            }
        }
        steps
    }

    /// What one item of the list stands for: of a directory, as many steps as it has files.
    fn steps(&mut self, node: &Node, operations: &[Operation]) -> Vec<Step> {
        match node.get("directory") {
            Some(_) => self.directory_steps(node),
            None => self.step(node, operations).into_iter().collect(),
        }
    }

    fn step(&mut self, node: &Node, operations: &[Operation]) -> Option<Step> {
        let place = node.place.clone();
        if matches!(node.content, Content::Scalar { .. } | Content::Null) {
            let text = self.sql(node)?;
            let change = Change::Sql(self.run(&text, &place));
            return Some(Step { name: shortened(&text), text, change, lock_timeout: None, retry: None, place });
        }
        let form = self.choose(node, STEPS, &node.place)?;
        let (text, change) = self.change(node, form.lead(), operations)?;
        let name = node.get("name").and_then(|name| self.text(name)).map(str::to_owned);
        let (lock_timeout, retry) = self.patience(node);
        // The statement, where there is one, is what the server's objections are about.
        let place = node.get(form.lead()).map_or(place, |value| value.place.clone());
        Some(Step { name: name.unwrap_or_else(|| shortened(&text)), text, change, lock_timeout, retry, place })
    }

    /// How long a step waits for a lock, and when it is tried again.
    pub(super) fn patience(&mut self, node: &Node) -> (Option<Duration>, Option<Retry>) {
        let lock_timeout = node.get("lock_timeout").and_then(|value| self.duration_of_at_least(value, SERVERS_LEAST));
        let retry = node.get("retry").map(|retry| {
            self.form(retry, &RETRY, &retry.place);
            self.retry(retry)
        });
        (lock_timeout, retry)
    }

    /// A step's text for the reader, and what it does.
    fn change(&mut self, node: &Node, lead: &str, operations: &[Operation]) -> Option<(String, Change)> {
        let value = node.get(lead)?;
        match lead {
            "sql" => {
                let text = self.sql(value)?;
                let statements = self.run(&text, &value.place);
                Some((text, Change::Sql(statements)))
            }
            "transaction" => {
                let statements = self.statements(value);
                self.in_transaction(value);
                Some((statements.join(";\n"), Change::Transaction(statements)))
            }
            "file" => {
                let (path, text) = self.file(value);
                self.refuse_psql(&text, Some(&path), &value.place);
                let statements = self.run(&text, &value.place);
                Some((text, Change::Sql(statements)))
            }
            "backfill" => self.backfill(value).map(|backfill| (in_words(&backfill), Change::Backfill(backfill))),
            "command" => self.shell_text(value).map(|text| (text.to_owned(), Change::Command(text.to_owned()))),
            "each_row" => self.sql(value).map(|text| (text.clone(), Change::EachRow(text))),
            "pause" => {
                let pause = self.range(node, "pause");
                Some((format!("pause {pause}"), Change::Pause(pause)))
            }
            _ => Some(self.traffic_change(value, operations)),
        }
    }

    /// Statements that are run each on its own unless they say BEGIN.
    fn run(&mut self, text: &str, place: &Place) -> Vec<String> {
        let statements = sql::split(text);
        self.balanced(&statements, "", place);
        statements
    }

    /// Whether each transaction that statements begin is ended; `whose` stands before what is told.
    pub(super) fn balanced(&mut self, statements: &[String], whose: &str, place: &Place) {
        let mut open = false;
        for statement in statements {
            let problem = match (sql::class(statement), open) {
                (Class::Begins, true) => Some("BEGIN within a transaction"),
                (Class::Ends, false) => Some("this ends a transaction that was not begun"),
                (Class::Alone, true) => Some("the server refuses this within a transaction"),
                _ => None,
            };
            if let Some(message) = problem {
                self.problem(Problem::at(place.clone(), format!("{whose}{message}: {}", shortened(statement))));
            }
            open = match sql::class(statement) {
                Class::Begins => true,
                Class::Ends => false,
                _ => open,
            };
        }
        if open {
            let problem = Problem::at(place.clone(), format!("{whose}a transaction is begun and not ended"));
            self.problem(problem.help("end it with COMMIT, or list its statements under `transaction:`"));
        }
    }

    fn in_transaction(&mut self, node: &Node) {
        let Content::List(items) = &node.content else { return };
        if items.is_empty() {
            self.problem(Problem::at(node.place.clone(), "an empty list; there is nothing to run"));
        }
        for item in items {
            let Content::Scalar { text, .. } = &item.content else { continue };
            for statement in sql::split(text) {
                let (message, help) = match sql::class(&statement) {
                    Class::Ordinary => continue,
                    Class::Begins => ("a transaction within a transaction", "leave BEGIN out"),
                    Class::Ends => ("this would end the transaction early", "COMMIT comes by itself"),
                    Class::Alone => ("the server refuses this within a transaction", "make it a step of its own"),
                };
                self.problem(Problem::at(item.place.clone(), message).help(help));
            }
        }
    }

    fn backfill(&mut self, node: &Node) -> Option<Backfill> {
        self.form(node, &BATCHES, &node.place);
        let filter = node.get("where").and_then(|filter| self.sql(filter));
        Some(Backfill {
            table: self.text(node.get("table")?)?.to_owned(),
            set: self.sql(node.get("set")?)?,
            filter,
            batch: node.get("batch").and_then(|batch| self.count(batch, 1..=1_000_000_000)).unwrap_or(5000),
            pause: self.range(node, "pause"),
        })
    }

    /// New rates of operations that have one.
    fn traffic_change(&mut self, node: &Node, operations: &[Operation]) -> (String, Change) {
        let mut rates: Vec<(usize, Rate)> = Vec::new();
        for entry in self.named(Some(node)) {
            let rate = self.rate(&entry.value);
            let Some(at) = operations.iter().position(|operation| operation.name == entry.key) else {
                let problem = Problem::at(entry.place.clone(), format!("unknown operation `{}`", entry.key));
                self.problem(problem.suggest(&entry.key, operations.iter().map(|operation| operation.name.as_str())));
                continue;
            };
            if !matches!(operations[at].arrivals, Arrivals::Open { .. }) {
                let message = format!("`{}` has no rate that could change", entry.key);
                self.problem(Problem::at(entry.place.clone(), message).help("only operations with `rate` do"));
            }
            rates.extend(rate.map(|rate| (at, rate)));
        }
        let words: Vec<String> = rates.iter().map(|(at, rate)| format!("{} {rate}", operations[*at].name)).collect();
        (format!("traffic: {}", words.join(", ")), Change::Traffic(rates))
    }
}

fn in_words(backfill: &Backfill) -> String {
    let filter = backfill.filter.as_ref().map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
    format!("backfill {} SET {}{filter}, {} rows at a time", backfill.table, backfill.set, backfill.batch)
}

/// On one line, cut at the end of a word.
pub(super) fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_NAME {
        return line;
    }
    let cut: String = line.chars().take(LONGEST_NAME).collect();
    let kept = cut.rsplit_once(' ').map_or(cut.as_str(), |(kept, _)| kept);
    format!("{kept} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_step_is_named_by_its_first_words() {
        assert_eq!(shortened("ALTER  TABLE\n  a ADD b int"), "ALTER TABLE a ADD b int");
        let long = "ALTER TABLE transactions ADD COLUMN memo varchar(500) NOT NULL DEFAULT ''";
        assert_eq!(shortened(long), "ALTER TABLE transactions ADD COLUMN memo varchar(500) NOT …");
        assert_eq!(shortened(&"ü".repeat(80)).chars().count(), 62);
    }
}
