//! Whether the values of parameters fit the types that the server infers: one that does not fails every operation.

use super::names::word_behind;
use super::prepare::{Parsed, Spot, Whose};
use super::walk::{State, Walk};
use crate::data::Data;
use crate::scenario::{Operation, Place, Problem, Protocol, Scenario, Variant};
use crate::schema::Type;
use crate::server::postgres::encode::encode;
use crate::sql::Reference;

/// How many values of a parameter are tried.
const DRAWS: u64 = 20;

/// Encodes the first values of each parameter for each statement that uses it.
pub(super) fn check(scenario: &Scenario, variant: &Variant, walk: &Walk<'_>, data: &Data, problems: &mut Vec<Problem>) {
    for (at, spot) in walk.spots.iter().enumerate() {
        let Whose::Operation(place) = spot.whose else { continue };
        let operation = &variant.operations[place];
        // Without types on the wire the server reads whatever text it is sent.
        let typed = variant.pools[operation.pool].protocol != Protocol::Simple;
        let parsed = walk.states.iter().find_map(|state| state.attempts[at].as_ref().ok()).filter(|_| typed);
        let strange = strangers(scenario, operation, spot, &walk.states, at);
        for problem in parsed.iter().flat_map(|parsed| misfits(operation, spot, parsed, data)).chain(strange) {
            // Variants share most of their operations.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
}

/// Values that are spelled out for an enum that never has such a label: it may get one on the way.
fn strangers(scenario: &Scenario, operation: &Operation, spot: &Spot<'_>, states: &[State], at: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, reference) in spot.references.iter().enumerate().filter(|(_, reference)| reference.column.is_none()) {
        let parsed = states.iter().filter_map(|state| state.attempts[at].as_ref().ok());
        let labels = parsed.filter_map(|parsed| match parsed.parameters.get(number) {
            Some(Type::Enum(labels)) => Some(labels.clone()),
            _ => None,
        });
        let labels = labels.flatten().collect::<Vec<String>>();
        let Some(parameter) = operation.parameters.iter().position(|(name, _)| *name == reference.name) else {
            continue;
        };
        let (name, shape) = &operation.parameters[parameter];
        let place = operation.parameter_places.get(parameter).cloned().unwrap_or_default();
        for stranger in shape.values.strangers(&labels).into_iter().filter(|_| !labels.is_empty()) {
            let place = word_behind(scenario, &place, &stranger).unwrap_or_else(|| place.clone());
            let message = format!(
                "parameter `{name}` of `{}`: `{stranger}` is no label of the type that the statement wants there",
                operation.name
            );
            let known = labels.iter().map(String::as_str);
            problems.push(Problem::at(place, message).suggest(&stranger, known));
        }
    }
    problems
}

fn misfits(operation: &Operation, spot: &Spot<'_>, parsed: &Parsed, data: &Data) -> Vec<Problem> {
    let pairs = spot.references.iter().zip(&parsed.parameters);
    pairs.filter_map(|(reference, wanted)| misfit(operation, reference, wanted, data)).collect()
}

fn misfit(operation: &Operation, reference: &Reference, wanted: &Type, data: &Data) -> Option<Problem> {
    let at = operation.parameters.iter().position(|(name, _)| *name == reference.name)?;
    let (name, shape) = &operation.parameters[at];
    let parameter = data.parameter(&operation.name, name, shape).ok()?;
    let misfit = (0..DRAWS).find_map(|n| {
        let drawn = parameter.draw(n);
        // A row that is not there, or a column: told elsewhere, or only by running out of rows.
        let value = drawn.value(reference.column.as_deref()).ok()?;
        encode(&value, wanted, &mut Vec::new()).err()
    })?;
    let place = operation.parameter_places.get(at).cloned().unwrap_or_else(Place::default);
    let message = format!("parameter `{name}` of `{}`: {misfit}, which the statement wants there", operation.name);
    let problem = Problem::at(place, message);
    Some(match remedy(wanted) {
        Some(remedy) => problem.help(format!("give it values of that type, such as `{remedy}`, or cast it in the SQL")),
        None => problem.help("give it values of that type, or cast it in the SQL"),
    })
}

/// A shape whose values fit.
fn remedy(wanted: &Type) -> Option<&'static str> {
    match wanted {
        Type::Uuid => Some("{ uuid: random }"),
        Type::Bool => Some("{ choice: { true: 1, false: 1 } }"),
        Type::Int2 | Type::Int4 | Type::Int8 | Type::Numeric { .. } | Type::Float4 | Type::Float8 => {
            Some("{ uniform: [1, 100] }")
        }
        Type::Timestamp { .. } | Type::Date => Some("{ between: [1 year ago, now] }"),
        Type::Json { .. } => Some("{ json: { … } }"),
        Type::Array { .. } => Some("{ …, count: 10 }"),
        _ => None,
    }
}
