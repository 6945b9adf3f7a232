//! An operation made ready to run: names resolved to places, parameters to generators.

use super::http::{Errand, Request};
use super::insertion::{Insertion, Lane};
use crate::chance::Chance;
use crate::data::{Data, Parameter};
use crate::failure::Failure;
use crate::scenario::{Action, Expect, Operation, Retry};
use crate::sql::{Reference, Statement};
use crate::units::DurationRange;
use anyhow::Context as _;
use std::collections::HashMap;
use std::sync::Arc;

/// An operation, ready to run any number of times at once.
pub(super) struct Program {
    pub operation: u16,
    pub transaction: bool,
    /// What it does with a session; nothing, of one that asks the application.
    pub acts: Vec<Act>,
    /// What it does as a user of the application.
    pub errands: Vec<Errand>,
    pub parameters: Vec<Parameter>,
    pub retry: Option<Retry>,
    /// The luck of its pauses: one source for each arrival, by its number.
    pub chance: Chance,
    /// How many answers it keeps.
    pub answers: usize,
}

/// One thing that it does.
pub(super) enum Act {
    Run(Query),
    Pause(DurationRange),
    ForEach {
        answer: usize,
        acts: Vec<Act>,
    },
    Repeat {
        times: u32,
        acts: Vec<Act>,
    },
    Insert(Insertion),
    /// Each cell of the answer is a statement.
    EachRow(Query),
}

/// A statement with the places that its values come from.
pub(super) struct Query {
    /// Its place among the statements that a connection keeps prepared.
    pub slot: usize,
    pub sql: Arc<str>,
    /// As the scenario has it.
    pub written: Arc<str>,
    pub sources: Vec<Source>,
    /// Where its answer is kept, if anything uses it; else rows are counted and forgotten.
    pub answer: Option<usize>,
    pub expect: Option<Expect>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Parameter { place: usize, column: Option<String> },
    Answer { place: usize, column: Option<String> },
    AsOf,
}

impl Program {
    /// All statements that can be parsed beforehand, each once.
    pub(super) fn queries(&self) -> Vec<&Query> {
        let mut queries = Vec::new();
        collect(&self.acts, &mut queries);
        queries
    }

    /// Whether an arrival takes something that the next one cannot take again: a row to delete, a key to insert.
    pub(super) fn uses_up(&self) -> bool {
        self.parameters.iter().any(Parameter::is_used_up) || inserts(&self.acts)
    }

    /// Whether it is run by a user of the application, and not over a session.
    pub(super) fn asks_application(&self) -> bool {
        !self.errands.is_empty()
    }

    /// Whether a failure is followed by another try, after so many retries.
    pub(super) fn retries(&self, failure: Failure, retries: u16) -> Option<&Retry> {
        self.retry.as_ref().filter(|retry| u32::from(retries) < retry.times && retry.errors.contains(&failure))
    }
}

fn collect<'a>(acts: &'a [Act], queries: &mut Vec<&'a Query>) {
    for act in acts {
        match act {
            Act::Run(query) | Act::EachRow(query) => queries.push(query),
            Act::ForEach { acts, .. } | Act::Repeat { acts, .. } => collect(acts, queries),
            Act::Insert(insertion) => queries.extend(insertion.queries()),
            Act::Pause(_) => {}
        }
    }
}

fn inserts(acts: &[Act]) -> bool {
    acts.iter().any(|act| match act {
        Act::Insert(_) => true,
        Act::ForEach { acts, .. } | Act::Repeat { acts, .. } => inserts(acts),
        Act::Run(_) | Act::EachRow(_) | Act::Pause(_) => false,
    })
}

/// Makes all operations of a variant ready, and says how many statements a connection may have to keep.
pub(super) fn programs(operations: &[Operation], data: &Data, seed: u64) -> anyhow::Result<(Vec<Program>, usize)> {
    let mut places = Places::default();
    for operation in operations {
        count_insertions(&operation.body.actions, &mut places);
    }
    let programs = operations.iter().zip(0..).map(|(operation, place)| {
        program(place, operation, data, seed, &mut places)
            .with_context(|| format!("operation `{}` cannot be made ready", operation.name))
    });
    Ok((programs.collect::<anyhow::Result<_>>()?, places.slots))
}

/// What is numbered over all operations.
#[derive(Default)]
struct Places {
    /// Statements that a connection may have to keep.
    slots: usize,
    /// By table: insertions met so far, and in all.
    insertions: HashMap<String, Lane>,
}

fn count_insertions(actions: &[Action], places: &mut Places) {
    for action in actions {
        match action {
            Action::Insert { table, .. } => {
                places.insertions.entry(table.clone()).or_insert(Lane { number: 0, of: 0 }).of += 1;
            }
            Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => count_insertions(actions, places),
            Action::Sql { .. } | Action::Pause(_) | Action::EachRow { .. } | Action::Http(_) => {}
        }
    }
}

fn program(
    operation_place: u16,
    operation: &Operation,
    data: &Data,
    seed: u64,
    places: &mut Places,
) -> anyhow::Result<Program> {
    let parameters = operation
        .parameters
        .iter()
        .map(|(name, shape)| {
            data.parameter(&operation.name, name, shape).with_context(|| format!("parameter `{name}`"))
        })
        .collect::<anyhow::Result<_>>()?;
    let mut names = Names::of(operation, data, places);
    let asks_application = asks_application(&operation.body.actions);
    let (acts, errands) = match asks_application {
        true => (Vec::new(), names.errands(&operation.body.actions)?),
        false => (names.acts(&operation.body.actions)?, Vec::new()),
    };
    Ok(Program {
        operation: operation_place,
        transaction: operation.body.transaction,
        acts,
        errands,
        parameters,
        retry: operation.retry.clone(),
        chance: Chance::of(seed, &operation.name),
        answers: names.answers.len(),
    })
}

/// Whether any of it is a request.
fn asks_application(actions: &[Action]) -> bool {
    actions.iter().any(|action| match action {
        Action::Http(_) => true,
        Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => asks_application(actions),
        _ => false,
    })
}

/// What names mean within an operation.
struct Names<'a> {
    operation: &'a Operation,
    data: &'a Data,
    /// The answers that have a name, each once.
    answers: Vec<&'a str>,
    /// Those of them that anything uses.
    used: Vec<&'a str>,
    places: &'a mut Places,
}

impl<'a> Names<'a> {
    fn of(operation: &'a Operation, data: &'a Data, places: &'a mut Places) -> Self {
        let mut names = Self { operation, data, answers: Vec::new(), used: Vec::new(), places };
        names.collect(&operation.body.actions);
        names
    }

    fn collect(&mut self, actions: &'a [Action]) {
        for action in actions {
            match action {
                Action::Sql { statement, answer, .. } => {
                    self.used.extend(statement.references.iter().map(|each| each.name.as_str()));
                    if let Some(name) = answer.as_deref().filter(|name| !self.answers.contains(name)) {
                        self.answers.push(name);
                    }
                }
                Action::EachRow { statement, .. } => {
                    self.used.extend(statement.references.iter().map(|each| each.name.as_str()));
                }
                Action::ForEach { answer, actions } => {
                    self.used.push(answer);
                    self.collect(actions);
                }
                Action::Repeat { actions, .. } => self.collect(actions),
                Action::Pause(_) | Action::Insert { .. } | Action::Http(_) => {}
            }
        }
    }

    fn acts(&mut self, actions: &'a [Action]) -> anyhow::Result<Vec<Act>> {
        actions.iter().map(|action| self.act(action)).collect()
    }

    fn act(&mut self, action: &'a Action) -> anyhow::Result<Act> {
        Ok(match action {
            Action::Sql { statement, answer, expect, .. } => {
                let answer = answer.as_deref().filter(|name| self.used.contains(name));
                let answer = answer.map(|name| self.answer(name)).transpose()?;
                Act::Run(Query { answer, expect: *expect, ..self.query(statement)? })
            }
            Action::Pause(range) => Act::Pause(*range),
            Action::ForEach { answer, actions } => {
                Act::ForEach { answer: self.answer(answer)?, acts: self.acts(actions)? }
            }
            Action::Repeat { times, actions } => Act::Repeat { times: *times, acts: self.acts(actions)? },
            Action::Insert { table, rows, by, .. } => {
                let lane = self.places.insertions.get_mut(table).context("it was counted")?;
                let own = *lane;
                lane.number += 1;
                Act::Insert(Insertion::new(self.data, table, *rows, *by, own, &mut self.places.slots)?)
            }
            Action::EachRow { statement, .. } => Act::EachRow(self.query(statement)?),
            Action::Http(_) => anyhow::bail!("a request is made by a user of the application, not over a session"),
        })
    }

    fn errands(&self, actions: &[Action]) -> anyhow::Result<Vec<Errand>> {
        let errand = |action: &Action| {
            Ok(match action {
                Action::Http(request) => {
                    let source = |reference: &Reference| self.source(reference);
                    Errand::Request(Box::new(Request::new(request, &source)?))
                }
                Action::Pause(range) => Errand::Pause(*range),
                Action::Repeat { times, actions } => Errand::Repeat { times: *times, errands: self.errands(actions)? },
                _ => anyhow::bail!("an operation asks either the application or the database, never both"),
            })
        };
        actions.iter().map(errand).collect()
    }

    fn query(&mut self, statement: &Statement) -> anyhow::Result<Query> {
        let sources = statement.references.iter().map(|each| self.source(each)).collect::<anyhow::Result<_>>()?;
        let slot = self.places.slots;
        self.places.slots += 1;
        let (sql, written) = (statement.sql.as_str().into(), statement.written.trim().into());
        Ok(Query { slot, sql, written, sources, answer: None, expect: None })
    }

    fn source(&self, reference: &Reference) -> anyhow::Result<Source> {
        let column = reference.column.clone();
        if let Some(place) = self.operation.parameters.iter().position(|(name, _)| *name == reference.name) {
            return Ok(Source::Parameter { place, column });
        }
        if let Ok(place) = self.answer(&reference.name) {
            return Ok(Source::Answer { place, column });
        }
        anyhow::ensure!(reference.name == "as_of", "`:{}` is neither a parameter nor an answer", reference.name);
        Ok(Source::AsOf)
    }

    fn answer(&self, name: &str) -> anyhow::Result<usize> {
        self.answers.iter().position(|each| *each == name).with_context(|| format!("no statement answers `as: {name}`"))
    }
}
