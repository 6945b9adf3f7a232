//! What `:name` and `:name.column` in an operation's SQL refer to.

use super::reader::Reader;
use crate::data::shape::Values;
use crate::scenario::{Action, Operation, Place, Problem};
use crate::sql::{self, Reference, Statement};

/// The moment that `now` means in the seed; every statement knows it.
const AS_OF: &str = "as_of";

/// The answers that are known where a statement stands.
type Answers = Vec<String>;

impl Reader<'_> {
    /// Checks the names in an operation.
    pub(super) fn references(&mut self, operation: &Operation) {
        let mut answers = Vec::new();
        named(&operation.body.actions, &mut answers);
        for (at, (name, _)) in operation.parameters.iter().enumerate() {
            if name == AS_OF || answers.contains(name) {
                let problem = Problem::at(operation.parameter_places[at].clone(), format!("`{name}` is named twice"));
                self.problem(problem.help("parameters, answers and `as_of` share their names: rename this one"));
            }
        }
        for (at, name) in answers.iter().enumerate().filter(|(at, name)| answers[..*at].contains(name)) {
            let message = format!("two answers are named `{name}`");
            let place = places_of(&operation.body.actions, name).nth(1).unwrap_or(&operation.place);
            self.problem(Problem::at(place.clone(), message).help(format!("rename the one of statement {}", at + 1)));
        }
        self.actions_refer(operation, &operation.body.actions, &mut Vec::new());
    }

    fn actions_refer(&mut self, operation: &Operation, actions: &[Action], known: &mut Answers) {
        for action in actions {
            match action {
                Action::Sql { statement, answer, place, .. } => {
                    self.statement_refers(operation, statement, known, place);
                    known.extend(answer.clone());
                }
                Action::EachRow { statement, place } => self.statement_refers(operation, statement, known, place),
                Action::ForEach { answer, actions } => {
                    if !known.contains(answer) {
                        let place = self.use_of(answer).unwrap_or_else(|| operation.place.clone());
                        let problem = Problem::at(place, format!("`for_each: {answer}` names no earlier answer"));
                        self.problem(problem.suggest(answer, known.iter().map(String::as_str)));
                    }
                    self.actions_refer(operation, actions, known);
                }
                // From the second turn on, the answers of the first are known; before, they are null.
                Action::Repeat { actions, .. } => {
                    named(actions, known);
                    self.actions_refer(operation, actions, known);
                }
                Action::Http(request) => {
                    for reference in request.references() {
                        let spelled = reference.to_string();
                        let place = self.found_within(&request.place, &spelled).or_else(|| self.use_of(&spelled));
                        self.refers(operation, &reference, known, &place.unwrap_or_else(|| request.place.clone()));
                    }
                }
                Action::Pause(_) | Action::Insert { .. } => {}
            }
        }
    }

    fn statement_refers(&mut self, operation: &Operation, statement: &Statement, known: &Answers, place: &Place) {
        if let (Some(setting), Some(reference)) = (sql::setting(&statement.written), statement.references.first()) {
            let problem = Problem::at(place.clone(), "SET takes no parameters");
            self.problem(
                problem.help(format!("write `SELECT set_config('{setting}', {reference}, true)`, true for SET LOCAL")),
            );
        }
        for reference in &statement.references {
            self.refers(operation, reference, known, &self.within(place, &reference.to_string()));
        }
    }

    fn refers(&mut self, operation: &Operation, reference: &Reference, known: &Answers, place: &Place) {
        let (name, spelled) = (&reference.name, reference.to_string());
        let shape = operation.parameters.iter().find(|(each, _)| each == name).map(|(_, shape)| shape);
        let problem = |message: String| Problem::at(place.clone(), message);
        match (shape, &reference.column) {
            _ if name == AS_OF && reference.column.is_none() => {}
            (Some(shape), Some(_)) if !matches!(shape.values, Values::Key(_)) => {
                let problem = problem(format!("`{spelled}`: the parameter `{name}` has no columns"));
                self.problem(problem.help("only a parameter with `key` is a row"));
            }
            (Some(_), _) => {}
            (None, None) if known.contains(name) => {
                let problem = problem(format!("`{spelled}` is a whole answer"));
                self.problem(problem.help(format!("name a column of it: `{spelled}.id`")));
            }
            (None, Some(_)) if known.contains(name) => {}
            _ => {
                let parameters = operation.parameters.iter().map(|(name, _)| name.as_str());
                let names = parameters.chain(known.iter().map(String::as_str)).chain([AS_OF]);
                self.problem(problem(format!("`{spelled}` is not defined")).suggest(name, names));
            }
        }
    }
}

/// Adds the answers that are named anywhere in a list of steps.
fn named(actions: &[Action], answers: &mut Answers) {
    for action in actions {
        match action {
            Action::Sql { answer, .. } => answers.extend(answer.clone()),
            Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => named(actions, answers),
            _ => {}
        }
    }
}

/// Where the statements stand whose answer has that name.
fn places_of<'a>(actions: &'a [Action], name: &'a str) -> Box<dyn Iterator<Item = &'a Place> + 'a> {
    Box::new(actions.iter().flat_map(move |action| match action {
        Action::Sql { answer: Some(answer), place, .. } if answer == name => {
            Box::new(std::iter::once(place)) as Box<dyn Iterator<Item = &'a Place>>
        }
        Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => places_of(actions, name),
        _ => Box::new(std::iter::empty()),
    }))
}
