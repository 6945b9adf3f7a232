//! The steps of an operation.

use super::reader::Reader;
use crate::scenario::written::form::Form;
use crate::scenario::written::node::{Content, Node};
use crate::scenario::written::vocabulary::traffic::{ACTIONS, INSERTED};
use crate::scenario::{Action, Body, Expect, InsertMethod, Place, Problem};
use crate::sql::{self, Class, Statement};

const METHODS: [(&str, InsertMethod); 4] = [
    ("one by one", InsertMethod::OneByOne),
    ("multi-row", InsertMethod::MultiRow),
    ("unnest", InsertMethod::Unnest),
    ("copy", InsertMethod::Copy),
];

impl Reader<'_> {
    /// A list of steps.
    pub(super) fn actions(&mut self, node: &Node) -> Vec<Action> {
        self.list(node).iter().filter_map(|item| self.action(item)).collect()
    }

    fn action(&mut self, node: &Node) -> Option<Action> {
        if matches!(node.content, Content::Scalar { .. } | Content::Null) {
            let statement = self.one_statement(node)?;
            return Some(Action::Sql { statement, answer: None, expect: None, place: node.place.clone() });
        }
        let form = self.choose(node, ACTIONS, &node.place)?;
        let value = node.get(form.lead())?;
        match form.lead() {
            "for_each" => {
                let answer = self.text(value)?.to_owned();
                self.remember(&answer, &value.place);
                Some(Action::ForEach { answer, actions: self.inner(node, form) })
            }
            "repeat" => {
                let times = self.small(node, "repeat", 1..=1_000_000, 1);
                Some(Action::Repeat { times, actions: self.inner(node, form) })
            }
            "insert" => self.insert(value),
            "each_row" => {
                let statement = self.one_statement(value)?;
                Some(Action::EachRow { statement, place: value.place.clone() })
            }
            "http" => Some(self.request(node, value)),
            "pause" => Some(Action::Pause(self.range(node, "pause"))),
            _ => Some(self.statement_of(node, value)),
        }
    }

    /// What a loop runs: one statement or a list.
    fn inner(&mut self, node: &Node, form: &Form) -> Vec<Action> {
        if let Some(sql) = node.get("sql") {
            return vec![self.statement_of(node, sql)];
        }
        for key in ["as", "expect"] {
            if let Some(value) = node.get(key) {
                let message = format!("`{key}` of {} means nothing without `sql`", form.says);
                self.problem(Problem::at(value.place.clone(), message).help("give it to the statement in `steps`"));
            }
        }
        node.get("steps").map(|steps| self.actions(steps)).unwrap_or_default()
    }

    fn insert(&mut self, node: &Node) -> Option<Action> {
        self.form(node, &INSERTED, &node.place);
        Some(Action::Insert {
            table: self.text(node.get("table")?)?.to_owned(),
            rows: self.small(node, "rows", 1..=1_000_000, 1),
            by: node.get("by").and_then(|by| self.word(by, &METHODS)).unwrap_or(InsertMethod::OneByOne),
            place: node.place.clone(),
        })
    }

    /// `1 row`, `3 rows`, `no rows`, `rows`.
    pub(super) fn expect(&mut self, node: &Node) -> Option<Expect> {
        let text = self.text(node)?;
        let number = || text.strip_suffix(" rows").or_else(|| text.strip_suffix(" row"))?.parse::<u64>().ok();
        let expect = match text {
            "rows" => Some(Expect::Some),
            "no rows" => Some(Expect::Exactly(0)),
            _ => number().map(Expect::Exactly),
        };
        if expect.is_none() {
            let problem = Problem::at(node.place.clone(), format!("`{text}` is not a number of rows"));
            self.problem(problem.help("write `1 row`, `3 rows`, `no rows` or `rows`"));
        }
        expect
    }

    /// Transactions are begun by the key, not by SQL, so that what fails can be rolled back and tried again.
    pub(super) fn transactions_of(&mut self, body: &Body, place: &Place) {
        let mut begins = 0_i64;
        for_each_statement(&body.actions, &mut |statement, at| {
            let (message, help) = match sql::class(&statement.written) {
                Class::Begins if body.transaction => ("a transaction within a transaction", "leave BEGIN out"),
                Class::Ends if body.transaction => ("this would end the transaction early", "COMMIT comes by itself"),
                Class::Alone if body.transaction => {
                    ("the server refuses this within a transaction", "list it under `steps:` instead of `transaction:`")
                }
                Class::Begins => {
                    begins += 1;
                    return;
                }
                Class::Ends => {
                    begins -= 1;
                    return;
                }
                _ => return,
            };
            self.problem(Problem::at(at.clone(), message).help(help));
        });
        if begins > 0 {
            let problem = Problem::at(place.clone(), "a transaction is begun and not ended");
            self.problem(problem.help("list the statements under `transaction:`"));
        }
    }
}

/// Visits all statements, those within loops too.
pub(super) fn for_each_statement(actions: &[Action], visit: &mut impl FnMut(&Statement, &Place)) {
    for action in actions {
        match action {
            Action::Sql { statement, place, .. } | Action::EachRow { statement, place } => visit(statement, place),
            Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => for_each_statement(actions, visit),
            Action::Pause(_) | Action::Insert { .. } | Action::Http(_) => {}
        }
    }
}
