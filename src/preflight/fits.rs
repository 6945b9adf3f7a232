//! Whether the values of parameters fit the types that the server infers: one that does not fails every operation.

use super::prepare::{Parsed, Spot, Whose};
use super::walk::Walk;
use crate::data::Data;
use crate::scenario::{Operation, Place, Problem, Protocol, Variant};
use crate::schema::Type;
use crate::server::postgres::encode::encode;
use crate::sql::Reference;

/// How many values of a parameter are tried.
const DRAWS: u64 = 20;

/// Encodes the first values of each parameter for each statement that uses it.
pub(super) fn check(variant: &Variant, walk: &Walk<'_>, data: &Data, problems: &mut Vec<Problem>) {
    for (at, spot) in walk.spots.iter().enumerate() {
        let Whose::Operation(place) = spot.whose else { continue };
        let operation = &variant.operations[place];
        // Without types on the wire the server reads whatever text it is sent.
        let typed = variant.pools[operation.pool].protocol != Protocol::Simple;
        let parsed = walk.states.iter().find_map(|state| state.attempts[at].as_ref().ok()).filter(|_| typed);
        for problem in parsed.iter().flat_map(|parsed| misfits(operation, spot, parsed, data)) {
            // Variants share most of their operations.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
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
