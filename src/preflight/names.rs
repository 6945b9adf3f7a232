//! Whether the tables, columns and keys that a scenario names are there, and can be filled as it says.

use crate::data::{Data, PlanProblem};
use crate::scenario::{Action, Operation, Place, Problem, Scenario, Variant};
use crate::schema::Schema;
use crate::sql::Statement;

/// Plans the data and all parameters; gives the data, if they can be made at all.
pub(super) fn check(scenario: &Scenario, schema: &Schema, as_of: i64, problems: &mut Vec<Problem>) -> Option<Data> {
    // What can be made does not depend on the seed of random values.
    let data = match Data::plan(schema, &scenario.requests(), 0, as_of) {
        Ok(data) => data,
        Err(found) => {
            problems.extend(found.into_iter().map(|found| placed(scenario, found)));
            return None;
        }
    };
    for operation in scenario.variants.iter().flat_map(|variant| &variant.operations) {
        for (name, shape) in &operation.parameters {
            match data.parameter(&operation.name, name, shape) {
                Ok(parameter) => {
                    let has = |column: Option<&str>| match column {
                        Some(column) => parameter.has_column(column),
                        None => parameter.has_value(),
                    };
                    check_references(operation, name, has, problems);
                }
                Err(found) => {
                    let message = format!("`{}`: {}", operation.name, found.message);
                    problems.push(with_help(Problem::at(operation.place.clone(), message), found.help));
                }
            }
        }
    }
    Some(data)
}

/// Tables that operations insert generated rows into; a variant may have made them.
pub(super) fn check_tables(variant: &Variant, schema: &Schema, problems: &mut Vec<Problem>) {
    for operation in &variant.operations {
        each_action(&operation.body.actions, &mut |action| {
            if let Action::Insert { table, place, .. } = action
                && schema.table(table).is_none()
            {
                let known = schema.tables.iter().map(|table| table.name.as_str());
                problems.push(Problem::at(place.clone(), format!("there is no table `{table}`")).suggest(table, known));
            }
        });
    }
}

/// Whether each `:name` and `:name.column` of a statement or a request has a value.
fn check_references(
    operation: &Operation,
    name: &str,
    has: impl Fn(Option<&str>) -> bool,
    problems: &mut Vec<Problem>,
) {
    each_action(&operation.body.actions, &mut |action| {
        let (references, place) = match action {
            Action::Sql { statement, place, .. } | Action::EachRow { statement, place } => {
                (statement.references.clone(), place)
            }
            Action::Http(request) => (request.references(), &request.place),
            _ => return,
        };
        for reference in references.iter().filter(|reference| reference.name == name) {
            let column = reference.column.as_deref();
            if has(column) {
                continue;
            }
            problems.push(match column {
                Some(column) => {
                    let message = format!("`:{name}.{column}`: the rows of `{name}` have no column `{column}`");
                    Problem::at(place.clone(), message)
                }
                None => {
                    Problem::at(place.clone(), format!("`:{name}` is a row whose key has several columns, or none"))
                        .help(format!("name the column that is meant, such as `:{name}.id`"))
                }
            });
        }
    });
}

/// All statements of an operation with their places, in the order of the file.
pub(super) fn each_statement<'a>(actions: &'a [Action], visit: &mut dyn FnMut(&'a Statement, &'a Place)) {
    each_action(actions, &mut |action| {
        if let Action::Sql { statement, place, .. } | Action::EachRow { statement, place } = action {
            visit(statement, place);
        }
    });
}

fn each_action<'a>(actions: &'a [Action], visit: &mut dyn FnMut(&'a Action)) {
    for action in actions {
        visit(action);
        if let Action::ForEach { actions, .. } | Action::Repeat { actions, .. } = action {
            each_action(actions, visit);
        }
    }
}

/// A problem of a plan, at the place of its table or column.
#[must_use]
pub fn placed(scenario: &Scenario, found: PlanProblem) -> Problem {
    let seed = scenario.seed.iter().find(|seed| seed.table == found.table);
    let column = seed.zip(found.column.as_ref()).and_then(|(seed, column)| {
        let at = seed.columns.iter().position(|(name, _)| name == column)?;
        seed.column_places.get(at)
    });
    let place = column.or(seed.map(|seed| &seed.place)).cloned().unwrap_or_default();
    let place = found.word.as_deref().and_then(|word| word_behind(scenario, &place, word)).unwrap_or(place);
    let named = match &found.column {
        Some(column) => format!("{}.{column}", found.table),
        None => found.table.clone(),
    };
    with_help(Problem::at(place, format!("`{named}`: {}", found.message)), found.help)
}

/// The first place behind another at which a word stands by itself.
pub(super) fn word_behind(scenario: &Scenario, place: &Place, word: &str) -> Option<Place> {
    let (before, behind) = scenario.text.split_at_checked(place.0.end)?;
    let is_part = |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let found = behind.match_indices(word).find(|(at, _)| {
        let (head, tail) = (&behind[..*at], &behind[at + word.len()..]);
        !is_part(head.chars().next_back()) && !is_part(tail.chars().next())
    });
    found.map(|(at, _)| Place(before.len() + at..before.len() + at + word.len()))
}

fn with_help(problem: Problem, help: Option<String>) -> Problem {
    match help {
        Some(help) => problem.help(help),
        None => problem,
    }
}
