//! N+1 in words: which statement an operation runs over and over.

use super::lineup::{Lineup, at, class, observed};
use crate::cost::{OperationCost, StatementCost};
use crate::report::words;
use std::time::Duration;

/// A loop of one operation of one variant.
#[derive(Clone, Debug)]
pub(crate) struct Repeated {
    /// Its variant.
    pub(crate) variant: String,
    /// The variant's colour.
    pub(crate) class: String,
    /// What is wrong.
    pub(crate) sentence: String,
    /// The statement, on one line.
    pub(crate) statement: String,
}

/// Every operation that runs a statement in a loop.
pub(crate) fn repeated(lineup: Lineup<'_>) -> Vec<Repeated> {
    let mut found = Vec::new();
    for (place, variant) in lineup.variants() {
        for operation in lineup.operations() {
            let measured = lineup.trips().into_iter().rev().find_map(|trip| {
                observed(variant, trip, &operation.name).into_iter().find_map(|seen| Some((trip, seen.cost?)))
            });
            let Some((trip, cost)) = measured else { continue };
            if let Some(statement) = cost.repeated() {
                found.push(Repeated {
                    variant: variant.name.clone(),
                    class: class(place),
                    sentence: words::unbroken(&sentence(&operation.name, cost, statement, trip)),
                    statement: words::shorten(&statement.text, 160),
                });
            }
        }
    }
    found
}

fn sentence(operation: &str, cost: &OperationCost, repeated: &StatementCost, trip: Duration) -> String {
    let loops = format!(
        "runs one statement {} times for each {operation} ({} statements in all): N+1.",
        words::number(repeated.calls),
        words::number(cost.statements)
    );
    match cost.round_trips {
        Some(_) => format!("{loops} The loop takes {} of its time{}.", words::share(repeated.share), at(trip)),
        // What its own code and the way take of each turn, an application does not tell.
        None => format!(
            "{loops} The server works {} on them of the {} that it takes{}; the rest is the application and the way.",
            words::millis(repeated.server_ms),
            words::length(cost.duration),
            at(trip)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_loop_is_told_with_its_statement_its_count_and_its_share_of_the_time() {
        let (result, _) = sample::comparison::run(4, 1);
        let found = repeated(Lineup::of(&result).expect("it is a comparison"));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].sentence.replace('\u{a0}', " "),
            "runs one statement 1,200 times for each dashboard (1,201 statements in all): N+1. The loop takes 96 % of \
             its time at a round trip of 5 ms."
        );
        assert!(found[0].statement.starts_with("SELECT sum(amount)"));
    }
}
