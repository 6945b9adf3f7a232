//! What the recorder and the reader of a result are told of a variant: names behind places, and how each runs.

use crate::result::model::OperationFacts;
use crate::result::{ArrivalModel, OperationShape, RoundShape};
use crate::scenario::{Action, Arrivals, Body, Operation, Variant};
use crate::units;

pub(super) fn of(variant: &Variant) -> RoundShape {
    RoundShape {
        operations: variant
            .operations
            .iter()
            .map(|operation| OperationShape {
                name: operation.name.clone(),
                pool: operation.pool as u16,
                arrivals: model(&operation.arrivals),
            })
            .collect(),
        steps: variant.migration.iter().map(|step| step.name.clone()).collect(),
        pools: variant.pools.iter().map(|pool| pool.name.clone()).collect(),
        gauges: variant.gauges.iter().map(|gauge| gauge.name.clone()).collect(),
    }
}

fn model(arrivals: &Arrivals) -> ArrivalModel {
    match arrivals {
        Arrivals::Open { .. } => ArrivalModel::Open,
        Arrivals::Closed { .. } => ArrivalModel::Closed,
        Arrivals::Every(_) => ArrivalModel::Job,
        Arrivals::At(_) => ArrivalModel::Moment,
    }
}

pub(super) fn facts(operation: &Operation, schedule_hash: String) -> OperationFacts {
    OperationFacts {
        name: operation.name.clone(),
        pool: operation.pool as u16,
        is_traffic: matches!(operation.arrivals, Arrivals::Open { .. } | Arrivals::Closed { .. }),
        is_closed: matches!(operation.arrivals, Arrivals::Closed { .. }),
        arrivals: arrivals(&operation.arrivals),
        text: text(&operation.body),
        schedule_hash,
    }
}

fn arrivals(arrivals: &Arrivals) -> String {
    match arrivals {
        Arrivals::Open { rate, stages, .. } => {
            let ramps = stages.iter().map(|(over, to)| format!(", over {} to {to}", units::human(*over)));
            format!("{rate}{}", ramps.collect::<String>())
        }
        Arrivals::Closed { clients: 1, .. } => "1 client".to_owned(),
        Arrivals::Closed { clients, .. } => format!("{clients} clients"),
        Arrivals::Every(every) => format!("every {}", units::human(*every)),
        Arrivals::At(seconds) => format!("once, at {seconds} s"),
    }
}

/// The statements, as a reader would want to see them.
fn text(body: &Body) -> String {
    let mut lines = Vec::new();
    describe(&body.actions, 0, &mut lines);
    if body.transaction {
        lines.insert(0, "BEGIN".to_owned());
        lines.push("COMMIT".to_owned());
    }
    lines.join("\n")
}

fn describe(actions: &[Action], depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    for action in actions {
        match action {
            Action::Sql { statement, .. } => lines.push(format!("{indent}{}", statement.written.trim())),
            Action::EachRow { statement, .. } => {
                lines.push(format!("{indent}each row of {}", statement.written.trim()));
            }
            Action::Http(request) => lines.push(format!("{indent}{} {}", request.method.name(), request.path.written)),
            Action::Pause(pause) => lines.push(format!("{indent}pause {pause}")),
            Action::Insert { table, rows, .. } => lines.push(format!("{indent}insert {rows} rows into {table}")),
            Action::ForEach { answer, actions } => {
                lines.push(format!("{indent}for each row of {answer}:"));
                describe(actions, depth + 1, lines);
            }
            Action::Repeat { times, actions } => {
                lines.push(format!("{indent}up to {times} times:"));
                describe(actions, depth + 1, lines);
            }
        }
    }
}
