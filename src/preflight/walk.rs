//! Goes through a variant step by step on empty tables, and has everything prepared after each.

use super::prepare::{Attempt, Spot, prepare, spots};
use super::{Findings, LIMIT, explain, limited_session, place_of, security, session, took_too_long};
use crate::scenario::{Arrivals, Backfill, Change, Operation, Place, Problem, Scenario, Step, Variant};
use crate::schema::Schema;
use crate::server::postgres::{Address, Keep, ServerError, Session, catalog};
use crate::sql::sleeps;
use crate::units::human;
use crate::value::Value;

/// What was seen on the way.
pub(super) struct Walk<'a> {
    pub(super) spots: Vec<Spot<'a>>,
    /// After set-up, and after each step that could be made.
    pub(super) states: Vec<State>,
    /// Whether all steps were made; behind a command of the shell nothing is known.
    pub(super) complete: bool,
    /// The tables as they were at the last state.
    pub(super) schema: Schema,
}

/// How things stood after a step.
pub(super) struct State {
    /// Of each spot.
    pub(super) attempts: Vec<Attempt>,
    /// Of each operation, whether it runs from here on.
    pub(super) active: Vec<bool>,
}

pub(super) async fn walk<'a>(
    scenario: &'a Scenario,
    variant: &'a Variant,
    address: &Address,
    findings: &mut Findings,
) -> anyhow::Result<Walk<'a>> {
    let spots = spots(scenario, variant);
    let mut active: Vec<bool> = variant.operations.iter().map(runs).collect();
    let mut walk = Walk { spots, states: Vec::new(), complete: false, schema: Schema::default() };
    let was_set_up = set_up(scenario, variant, address, findings).await?;
    walk.schema = catalog::read(&mut session(address).await?).await?;
    if !was_set_up {
        return Ok(walk);
    }
    security::check(variant, &walk.schema, address, findings).await?;
    walk.see(variant, address, &active).await?;
    for (number, step) in (1..).zip(&variant.migration) {
        if let Change::Command(_) = step.change {
            return Ok(walk);
        }
        if let Change::Traffic(rates) = &step.change {
            for (operation, rate) in rates {
                active[*operation] = rate.0 > 0.0;
            }
        }
        match make(step, address).await? {
            Ok(()) => {}
            Err((error, _)) if took_too_long(&error) => {
                findings.warnings.push(untried(&format!("step {number} of `{}`", variant.name), &step.place));
                return Ok(walk);
            }
            Err((error, sql)) => {
                let message = format!("step {number} of `{}` fails, on empty tables already", variant.name);
                let about = (scenario, &walk.schema);
                findings.problems.push(explain::statement(&error, &sql, &step.place, &message, about));
                return Ok(walk);
            }
        }
        walk.see(variant, address, &active).await?;
        walk.schema = catalog::read(&mut session(address).await?).await?;
    }
    walk.complete = true;
    Ok(walk)
}

impl Walk<'_> {
    async fn see(&mut self, variant: &Variant, address: &Address, active: &[bool]) -> anyhow::Result<()> {
        let attempts = prepare(address, variant, &self.spots).await?;
        self.states.push(State { attempts, active: active.to_vec() });
        Ok(())
    }
}

/// Whether an operation runs from the start of the round.
fn runs(operation: &Operation) -> bool {
    match &operation.arrivals {
        Arrivals::Open { rate, stages, .. } => rate.0 > 0.0 || stages.iter().any(|(_, rate)| rate.0 > 0.0),
        Arrivals::Closed { clients, .. } => *clients > 0,
        Arrivals::Every(_) | Arrivals::At(_) => true,
    }
}

/// Whether it could be made; tells why not.
async fn set_up(
    scenario: &Scenario,
    variant: &Variant,
    address: &Address,
    findings: &mut Findings,
) -> anyhow::Result<bool> {
    let mut session = limited_session(address).await?;
    for statement in &variant.setup {
        let Err((error, _)) = each(&mut session, [statement]).await else { continue };
        let place = place_of(statement, scenario);
        if took_too_long(&error) {
            findings.warnings.push(untried(&format!("the set-up of `{}`", variant.name), &place));
        } else {
            let message = format!("the set-up of `{}` fails", variant.name);
            let problem = explain::statement(&error, statement, &place, &message, (scenario, &findings.schema));
            findings.problems.push(problem);
        }
        return Ok(false);
    }
    Ok(true)
}

/// Behind a statement that was given up nothing is known.
fn untried(what: &str, place: &Place) -> Problem {
    let limit = human(LIMIT);
    let message = format!("{what} could not be rehearsed on the empty schema: it took longer than {limit}");
    Problem::at(place.clone(), message).help("it will run all the same; what comes behind it was not checked")
}

/// A refusal with the statement that was refused.
type Refusal = (ServerError, String);

/// Makes a step as the migration will, without its waiting.
async fn make(step: &Step, address: &Address) -> anyhow::Result<Result<(), Refusal>> {
    let mut session = limited_session(address).await?;
    Ok(match &step.change {
        Change::Sql(statements) => each(&mut session, statements).await,
        Change::Transaction(statements) => {
            let begin = ["BEGIN".to_owned()];
            let commit = ["COMMIT".to_owned()];
            each(&mut session, begin.iter().chain(statements).chain(&commit)).await
        }
        Change::Backfill(backfill) => fill(&mut session, backfill).await?,
        Change::EachRow(sql) => each_row(&mut session, sql).await,
        Change::Command(_) | Change::Pause(_) | Change::Traffic(_) => Ok(()),
    })
}

/// Runs them; what only waits is left out.
async fn each(session: &mut Session, statements: impl IntoIterator<Item = &String>) -> Result<(), Refusal> {
    for statement in statements.into_iter().filter(|statement| !sleeps(statement)) {
        session.batch(statement).await.map_err(|error| (error, statement.clone()))?;
    }
    Ok(())
}

/// The statement of a batch, on a table without rows; the ranges need a primary key.
async fn fill(session: &mut Session, backfill: &Backfill) -> anyhow::Result<Result<(), Refusal>> {
    let Backfill { table, set, filter, .. } = backfill;
    let schema = catalog::read(session).await?;
    let Some(found) = schema.table(table) else {
        let error = ServerError::bad_value(format!("there is no table `{table}` to fill"));
        return Ok(Err((error, String::new())));
    };
    if found.primary_key.is_empty() {
        let message = format!("table `{table}` has no primary key by whose ranges it could be filled");
        return Ok(Err((ServerError::bad_value(message), String::new())));
    }
    let filter = filter.as_ref().map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
    Ok(each(session, [&format!("UPDATE {} SET {set}{filter}", found.quoted)]).await)
}

/// Runs each cell of the answer.
async fn each_row(session: &mut Session, sql: &str) -> Result<(), Refusal> {
    let answer = session.run_simple(sql, Keep::Rows).await.map_err(|error| (error, sql.to_owned()))?;
    for cell in answer.kept.into_iter().flatten() {
        if let Value::Text(statement) = cell {
            each(session, [&statement.into_owned()]).await?;
        }
    }
    Ok(())
}
