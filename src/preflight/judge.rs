//! What the states of a walk mean: arithmetic on what was seen, without a server.

use super::prepare::{Attempt, Parsed, Spot, Whose};
use super::walk::{State, Walk};
use super::{Findings, explain};
use crate::scenario::{Operation, Problem, Protocol, Scenario, Variant};
use crate::schema::Type;
use crate::server::postgres::ServerError;

/// Adds what a walk has shown of its variant.
pub(super) fn judge(scenario: &Scenario, variant: &Variant, walk: &Walk<'_>, findings: &mut Findings) {
    for (at, spot) in walk.spots.iter().enumerate() {
        let course = Course { scenario, variant, walk, spot, at, findings };
        match spot.whose {
            Whose::Operation(operation) => course.operation(&variant.operations[operation], operation),
            Whose::Gauge(gauge) => course.gauge(&variant.gauges[gauge].name),
            Whose::Check(check) => course.check(&scenario.checks[check].name),
        }
    }
}

/// One statement on its way through the states.
struct Course<'a, 'w> {
    scenario: &'a Scenario,
    variant: &'a Variant,
    walk: &'a Walk<'w>,
    spot: &'a Spot<'w>,
    /// The spot's place.
    at: usize,
    findings: &'a mut Findings,
}

impl Course<'_, '_> {
    fn operation(mut self, operation: &Operation, number: usize) {
        let runs = |state: &State| state.active[number];
        if !self.worked_once() {
            // Something that never runs here may be meant for another variant, where it will be prepared, too.
            if self.walk.states.iter().any(runs) {
                self.never(&format!("`{}` can never run in `{}`", operation.name, self.variant.name));
            }
            return;
        }
        for step in 1..self.walk.states.len() {
            let (before, after) = (&self.walk.states[step - 1], &self.walk.states[step]);
            match (&before.attempts[self.at], &after.attempts[self.at]) {
                (Ok(_), Err(error)) if runs(after) => self.breaks(operation, step, error),
                (Err(error), Ok(_)) if step == self.first_success() && runs(before) => {
                    self.waits(operation, step, error);
                }
                (Ok(old), Ok(new)) if old.columns != new.columns && runs(before) && runs(after) => {
                    self.changes(operation, step);
                }
                _ => {}
            }
        }
    }

    fn gauge(mut self, name: &str) {
        let Some(Parsed { columns, .. }) = self.attempts().find_map(|attempt| attempt.as_ref().ok()) else {
            return self.never(&format!("gauge `{name}` can never be read in `{}`", self.variant.name));
        };
        let number = |data_type: &Type| {
            use Type::{Float4, Float8, Int2, Int4, Int8, Numeric};
            matches!(data_type, Int2 | Int4 | Int8 | Float4 | Float8 | Numeric { .. })
        };
        if !matches!(columns.as_slice(), [(_, data_type)] if number(data_type)) {
            let message = format!("gauge `{name}` must give one number, and gives {}", said(columns));
            self.problem(Problem::at(self.spot.place.clone(), message));
        }
        for step in 1..self.walk.states.len() {
            if let (Ok(_), Err(error)) = (self.attempt(step - 1), self.attempt(step)) {
                let message = format!("gauge `{name}` cannot be read any more after {}", self.step(step));
                let warning = self.explained(error, &message);
                self.warn(warning);
            }
        }
    }

    /// Checks are asked at the end, so that is all that counts.
    fn check(mut self, name: &str) {
        let Some(last) = self.walk.states.last().filter(|_| self.walk.complete) else { return };
        match &last.attempts[self.at] {
            Err(error) => {
                let message = format!("check `{name}` cannot be asked at the end of `{}`", self.variant.name);
                let problem = self.explained(error, &message);
                self.problem(problem);
            }
            Ok(Parsed { columns, .. }) if matches!(columns.as_slice(), [(_, Type::Bool)]) => {}
            Ok(Parsed { columns, .. }) => {
                let message = format!("check `{name}` must give true or false, and gives {}", said(columns));
                let help = "compare, such as `SELECT count(*) = 0 FROM …`";
                self.problem(Problem::at(self.spot.place.clone(), message).help(help));
            }
        }
    }

    fn breaks(&mut self, operation: &Operation, step: usize, error: &ServerError) {
        let message = format!("`{}` breaks at {}", operation.name, self.step(step));
        let mut warning = self.explained(error, &message).label("worked until then");
        if let Some(again) = (step + 1..self.walk.states.len()).find(|later| self.attempt(*later).is_ok()) {
            warning = warning.help(format!("it works again after step {again}"));
        }
        self.warn(warning);
    }

    /// It works from some step on, and runs before.
    fn waits(&mut self, operation: &Operation, step: usize, error: &ServerError) {
        let message = format!("`{}` does not work before {}", operation.name, self.step(step));
        let warning = self.explained(error, &message);
        self.warn(warning);
    }

    /// The same statement answers with other columns, which connections that prepared it refuse to do.
    fn changes(&mut self, operation: &Operation, step: usize) {
        let pool = &self.variant.pools[operation.pool];
        if pool.protocol != Protocol::Prepared {
            return;
        }
        let consequence = if pool.forgets_plans { "fails once" } else { "fails ever after" };
        let message = format!(
            "`{}` answers with other columns after {}: each connection that has prepared it {consequence} with \
             *cached plan must not change result type*",
            operation.name,
            self.step(step)
        );
        self.warn(Problem::at(self.spot.place.clone(), message).help("name the columns instead of `*`"));
    }

    fn never(&mut self, message: &str) {
        // The first refusal is the one of the schema that the author has in mind. Behind a command it may work.
        let refusal = self.attempts().find_map(|attempt| attempt.as_ref().err()).filter(|_| self.walk.complete);
        if let Some(problem) = refusal.map(|error| self.explained(error, message)) {
            self.problem(problem);
        }
    }

    fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.walk.states.iter().map(|state| &state.attempts[self.at])
    }

    fn attempt(&self, state: usize) -> &Attempt {
        &self.walk.states[state].attempts[self.at]
    }

    fn worked_once(&self) -> bool {
        self.attempts().any(Result::is_ok)
    }

    fn first_success(&self) -> usize {
        self.attempts().position(Result::is_ok).unwrap_or(0)
    }

    /// `step 3 of "rename" (ALTER TABLE …)`
    fn step(&self, number: usize) -> String {
        format!("step {number} of `{}` ({})", self.variant.name, self.variant.migration[number - 1].name)
    }

    fn explained(&self, error: &ServerError, message: &str) -> Problem {
        let about = (self.scenario, &self.walk.schema);
        explain::statement(error, self.spot.sql, self.spot.place, message, about)
    }

    fn problem(&mut self, problem: Problem) {
        if !self.findings.problems.contains(&problem) {
            self.findings.problems.push(problem);
        }
    }

    fn warn(&mut self, warning: Problem) {
        if !self.findings.warnings.contains(&warning) {
            self.findings.warnings.push(warning);
        }
    }
}

/// What a statement gives, in words.
fn said(columns: &[(String, Type)]) -> String {
    match columns {
        [] => "nothing".to_owned(),
        [(name, _)] => format!("`{name}`"),
        several => format!("{} columns", several.len()),
    }
}
