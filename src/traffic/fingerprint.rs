//! What is to come, in a few letters: results whose loads differ must not be compared.

use super::schedule;
use crate::data::Data;
use crate::scenario::{Action, Operation};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

/// How many arrivals stand for all.
const ARRIVALS: u64 = 1_000;

/// A hash of the first 1,000 arrivals of an operation with their parameters, as far as its statements use them.
pub fn schedule_hash(operation: &Operation, data: &Data, seed: u64) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    let mut text = String::new();
    let due = schedule(operation, seed, Duration::ZERO);
    for arrival in due.into_iter().flatten().take(ARRIVALS as usize) {
        text.clear();
        write!(text, "{};", arrival.at.as_nanos())?;
        hash.update(&text);
    }
    let mut used = BTreeSet::new();
    collect(&operation.body.actions, &mut used);
    for (name, shape) in &operation.parameters {
        let parameter = data.parameter(&operation.name, name, shape)?;
        for n in 0..ARRIVALS {
            let drawn = parameter.draw(n);
            for (_, column) in used.iter().filter(|(used, _)| used == name) {
                text.clear();
                write!(text, "{name}.{column:?}={:?};", drawn.value(column.as_deref()))?;
                hash.update(&text);
            }
        }
    }
    Ok(hash.finalize()[..8].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

/// The names and columns that statements use.
fn collect(actions: &[Action], used: &mut BTreeSet<(String, Option<String>)>) {
    for action in actions {
        match action {
            Action::Sql { statement, .. } | Action::EachRow { statement, .. } => {
                used.extend(statement.references.iter().map(|each| (each.name.clone(), each.column.clone())));
            }
            Action::ForEach { actions, .. } | Action::Repeat { actions, .. } => collect(actions, used),
            Action::Http(request) => used.extend(request.references().into_iter().map(|each| (each.name, each.column))),
            Action::Pause(_) | Action::Insert { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::shape::{Shape, Values};
    use crate::scenario::{Arrivals, Body, Place, Spacing};
    use crate::schema::Schema;
    use crate::sql::Statement;
    use crate::units::Rate;

    fn hash(name: &str, rate: f64, sql: &str, high: f64, seed: u64) -> String {
        let shape = Shape { values: Values::Uniform { low: 1.0, high }, nulls: 0.0, unique: false, count: None };
        let operation = Operation {
            name: name.to_owned(),
            pool: 0,
            arrivals: Arrivals::Open { spacing: Spacing::Poisson, rate: Rate(rate), stages: Vec::new() },
            parameters: vec![("id".to_owned(), shape)],
            parameter_places: vec![Place::default()],
            body: Body {
                transaction: false,
                actions: vec![Action::Sql {
                    statement: Statement::parse(sql),
                    answer: None,
                    expect: None,
                    place: Place::default(),
                }],
            },
            retry: None,
            place: Place::default(),
        };
        let data = Data::plan(&Schema::default(), &[], seed, 0).expect("there is nothing to plan");
        schedule_hash(&operation, &data, seed).expect("it can be hashed")
    }

    #[test]
    fn all_that_shapes_the_load_shapes_its_hash_and_nothing_else_does() {
        let first = hash("read", 10.0, "SELECT :id", 9.0, 1);
        assert_eq!(first, hash("read", 10.0, "SELECT 2, :id", 9.0, 1), "other SQL is the same load");
        for other in [
            hash("write", 10.0, "SELECT :id", 9.0, 1),
            hash("read", 11.0, "SELECT :id", 9.0, 1),
            hash("read", 10.0, "SELECT :id", 10.0, 1),
            hash("read", 10.0, "SELECT :id", 9.0, 2),
            hash("read", 10.0, "SELECT 1", 9.0, 1),
        ] {
            assert_ne!(first, other);
        }
    }
}
