//! Traffic: when each operation runs, from which pool, and with which parameters.

use super::http::asks;
use super::reader::{Reader, is_sound};
use super::shape::Use;
use crate::failure::Failure;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::traffic::{OPERATION, OPERATION_RETRY, STAGE};
use crate::scenario::{Arrivals, Body, Operation, Place, Pool, Problem, Retry, Spacing, TableSeed};
use crate::sql::Statement;
use crate::units::{self, DurationRange, Rate};
use std::time::Duration;

/// Names that mean something else in thresholds.
const RESERVED: [&str; 2] = ["all traffic", "migration"];
/// A pacing thread that wakes once for each arrival cannot do more.
const MOST_RATE: Rate = Rate(1_000_000.0);
const SHORTEST: Duration = Duration::from_millis(1);

impl Reader<'_> {
    /// The section `traffic` of a variant.
    pub(super) fn operations(&mut self, node: Option<&Node>, pools: &[Pool], seed: &[TableSeed]) -> Vec<Operation> {
        self.named(node).iter().map(|entry| self.operation(entry, pools, seed)).collect()
    }

    fn operation(&mut self, entry: &Entry, pools: &[Pool], seed: &[TableSeed]) -> Operation {
        let node = &entry.value;
        self.form(node, &OPERATION, &entry.place);
        if RESERVED.contains(&entry.key.as_str()) {
            let message = format!("`{}` is a word of the thresholds", entry.key);
            self.problem(Problem::at(entry.place.clone(), message).help("give the operation another name"));
        }
        let parameters = self.named(node.get("parameters"));
        let shapes: Vec<_> = parameters
            .iter()
            .map(|each| {
                let shape = self.shape(&each.value, &each.place, Use::Parameter);
                self.seeded(seed, &shape, &each.place);
                (each.key.clone(), shape)
            })
            .collect();
        let body = self.body(node, &entry.place);
        let over_http = asks(&body.actions);
        if over_http {
            self.only_requests(node);
        }
        let operation = Operation {
            name: entry.key.clone(),
            // Those over HTTP are given theirs when all are known.
            pool: if over_http { 0 } else { self.pool_of(node, &entry.place, pools) },
            arrivals: self.arrivals(node, &entry.place),
            parameters: shapes,
            parameter_places: parameters.iter().map(|each| each.place.clone()).collect(),
            body,
            retry: node.get("retry").map(|retry| self.operation_retry(retry)),
            place: entry.place.clone(),
        };
        self.references(&operation);
        operation
    }

    fn pool_of(&mut self, node: &Node, place: &Place, pools: &[Pool]) -> usize {
        let names = || pools.iter().map(|pool| pool.name.as_str());
        let Some(value) = node.get("pool") else {
            if pools.len() > 1 && matches!(node.content, Content::Map(_)) {
                let problem = Problem::at(place.clone(), "an operation needs `pool` where there are several");
                self.problem(problem.suggest("", names()));
            }
            return 0;
        };
        let Some(name) = self.text(value) else { return 0 };
        let found = pools.iter().position(|pool| pool.name == name);
        if found.is_none() {
            let problem = Problem::at(value.place.clone(), format!("unknown pool `{name}`"));
            self.problem(problem.suggest(name, names()));
        }
        found.unwrap_or_default()
    }

    fn arrivals(&mut self, node: &Node, place: &Place) -> Arrivals {
        let has = |key: &str| node.get(key).is_some();
        self.only_beside(node, &["stages", "spacing"], &["rate"]);
        self.only_beside(node, &["think"], &["clients"]);
        match () {
            () if has("rate") => self.open(node),
            () if has("clients") => Arrivals::Closed {
                clients: self.small(node, "clients", 1..=100_000, 1),
                think: self.range(node, "think"),
            },
            () if has("every") => {
                let every = node.get("every").and_then(|every| self.duration_of_at_least(every, SHORTEST));
                Arrivals::Every(every.unwrap_or(Duration::from_secs(1)))
            }
            () if has("at") => {
                Arrivals::At(node.get("at").and_then(|at| self.quantity(at, units::signed_seconds)).unwrap_or_default())
            }
            () => {
                if is_sound(node, &OPERATION) {
                    let problem = Problem::at(place.clone(), "nothing says when this operation runs");
                    self.problem(problem.help("give it one of `rate`, `clients`, `every`, `at`"));
                }
                Arrivals::At(0.0)
            }
        }
    }

    fn open(&mut self, node: &Node) -> Arrivals {
        let spacings = [("poisson", Spacing::Poisson), ("even", Spacing::Even)];
        let stages = node.get("stages").map(|stages| self.list(stages)).unwrap_or_default();
        Arrivals::Open {
            spacing: node.get("spacing").and_then(|word| self.word(word, &spacings)).unwrap_or_default(),
            rate: node.get("rate").and_then(|rate| self.rate(rate)).unwrap_or(Rate(0.0)),
            stages: stages.iter().map(|stage| self.stage(stage)).collect(),
        }
    }

    fn stage(&mut self, node: &Node) -> (Duration, Rate) {
        self.form(node, &STAGE, &node.place);
        let over = node.get("over").and_then(|over| self.duration_of_at_least(over, SHORTEST));
        let to = node.get("to").and_then(|to| self.rate(to));
        (over.unwrap_or_default(), to.unwrap_or(Rate(0.0)))
    }

    /// A rate that a generator can keep up with.
    pub(super) fn rate(&mut self, node: &Node) -> Option<Rate> {
        let rate = self.quantity(node, Rate::read)?;
        if rate > MOST_RATE {
            self.problem(Problem::at(
                node.place.clone(),
                format!("{rate} is more than the {MOST_RATE} that can be paced"),
            ));
        }
        Some(rate)
    }

    /// A duration or a range of them under a key; none where it is left out.
    pub(super) fn range(&mut self, node: &Node, key: &str) -> DurationRange {
        node.get(key).and_then(|value| self.quantity(value, units::duration_range)).unwrap_or_default()
    }

    /// Refuses keys that only mean something beside one of the leading ones.
    fn only_beside(&mut self, node: &Node, keys: &[&str], leads: &[&str]) {
        let stray = node.entries().iter().find(|entry| keys.contains(&entry.key.as_str()));
        if let Some(entry) = stray.filter(|_| leads.iter().all(|lead| node.get(lead).is_none())) {
            let message = format!("`{}` means nothing without `{}`", entry.key, leads.join("` or `"));
            self.problem(Problem::at(entry.place.clone(), message));
        }
    }

    fn body(&mut self, node: &Node, place: &Place) -> Body {
        self.only_beside(node, &["expect"], &["sql", "http"]);
        self.only_beside(node, &["headers", "json", "timeout"], &["http"]);
        let lead = ["sql", "http", "transaction", "steps"].into_iter().find_map(|key| Some((key, node.get(key)?)));
        let (transaction, actions) = match lead {
            Some(("sql", sql)) => (false, vec![self.statement_of(node, sql)]),
            Some(("http", request)) => (false, vec![self.request(node, request)]),
            Some((key, list)) => (key == "transaction", self.actions(list)),
            None => {
                if is_sound(node, &OPERATION) {
                    let problem = Problem::at(place.clone(), "nothing says what this operation runs");
                    self.problem(problem.help("give it one of `sql`, `transaction`, `steps`, `http`"));
                }
                (false, Vec::new())
            }
        };
        let list = node
            .get("transaction")
            .or(node.get("steps"))
            .filter(|list| matches!(&list.content, Content::List(items) if items.is_empty()));
        if let Some(list) = list {
            self.problem(Problem::at(list.place.clone(), "an empty list; there is nothing to run"));
        }
        let body = Body { transaction, actions };
        self.transactions_of(&body, place);
        body
    }

    fn operation_retry(&mut self, node: &Node) -> Retry {
        self.form(node, &OPERATION_RETRY, &node.place);
        self.retry(node)
    }

    /// What retries of operations and of migration steps share.
    pub(super) fn retry(&mut self, node: &Node) -> Retry {
        let errors = node.get("errors").map(|errors| self.list(errors)).unwrap_or_default();
        Retry {
            times: self.small(node, "times", 1..=1_000_000, 1),
            pause: self.range(node, "pause"),
            errors: errors.iter().filter_map(|error| self.failure(error)).collect(),
        }
    }

    fn failure(&mut self, node: &Node) -> Option<Failure> {
        let name = self.text(node)?;
        let failure = Failure::named(name);
        if failure.is_none() {
            let problem = Problem::at(node.place.clone(), format!("unknown class of errors `{name}`"));
            self.problem(problem.suggest(name, Failure::names()));
        }
        failure
    }

    /// A statement beside `as` and `expect`, as an operation's `sql` or a step's.
    pub(super) fn statement_of(&mut self, node: &Node, sql: &Node) -> crate::scenario::Action {
        let answer = node.get("as").and_then(|name| self.text(name)).map(str::to_owned);
        let expect = node.get("expect").and_then(|expect| self.expect(expect));
        let statement = self.one_statement(sql).unwrap_or_else(|| Statement::parse(""));
        crate::scenario::Action::Sql { statement, answer, expect, place: sql.place.clone() }
    }
}
