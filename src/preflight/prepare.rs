//! Has the server parse every statement of a variant, as the pools that will run them do.

use super::names::each_statement;
use crate::scenario::{Place, Reaches, Scenario, Variant};
use crate::schema::Type;
use crate::server::postgres::{Address, Prepared, ServerError, Session};
use crate::sql::{Reference, Token, tokens};

/// A statement, and who runs it.
#[derive(Clone, Debug)]
pub(super) struct Spot<'a> {
    pub(super) whose: Whose,
    /// With numbered parameters.
    pub(super) sql: &'a str,
    /// What the numbers stand for; of a gauge or a check always `as_of`.
    pub(super) references: &'a [Reference],
    pub(super) place: &'a Place,
}

/// Who runs a statement, by place in the variant or the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Operation(usize),
    Gauge(usize),
    Check(usize),
}

/// What came of preparing a statement.
pub(super) type Attempt = Result<Parsed, ServerError>;

/// What the server makes of a statement.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    /// Names and types of the columns that it gives.
    pub(super) columns: Vec<(String, Type)>,
    /// Types of its parameters.
    pub(super) parameters: Vec<Type>,
}

/// All statements of a variant that can be prepared by themselves.
pub(super) fn spots<'a>(scenario: &'a Scenario, variant: &'a Variant) -> Vec<Spot<'a>> {
    let mut spots = Vec::new();
    for (at, operation) in variant.operations.iter().enumerate() {
        // What stands behind CREATE TEMP TABLE may need that table, which is not there unless it runs.
        let mut temporary = false;
        each_statement(&operation.body.actions, &mut |statement, place| {
            if !temporary {
                let (sql, references) = (&statement.sql, &statement.references);
                spots.push(Spot { whose: Whose::Operation(at), sql, references, place });
            }
            temporary |= makes_temporary(&statement.sql);
        });
    }
    let gauges = variant.gauges.iter().enumerate();
    spots.extend(gauges.map(|(at, gauge)| Spot {
        whose: Whose::Gauge(at),
        sql: &gauge.statement.sql,
        references: &[],
        place: &gauge.place,
    }));
    let checks = scenario.checks.iter().enumerate();
    spots.extend(checks.map(|(at, check)| Spot {
        whose: Whose::Check(at),
        sql: &check.sql,
        references: &[],
        place: &check.place,
    }));
    spots
}

fn makes_temporary(sql: &str) -> bool {
    let words: Vec<Token<'_>> = tokens(sql).filter(Token::counts).take(4).collect();
    let starts = words.first().is_some_and(|word| word.is("create"));
    starts && words.iter().any(|word| word.is("temp") || word.is("temporary"))
}

/// Prepares all of them as things stand now; connections are new, for an old one would remember its plans.
pub(super) async fn prepare(address: &Address, variant: &Variant, spots: &[Spot<'_>]) -> anyhow::Result<Vec<Attempt>> {
    let mut attempts: Vec<Option<Attempt>> = vec![None; spots.len()];
    let of_sessions = |at: &usize| variant.pools[*at].reaches == Reaches::Database;
    let pools = (0..variant.pools.len()).filter(of_sessions).map(Some).chain([None]);
    for pool in pools {
        let mut session = super::session(address).await?;
        let refused = match pool {
            Some(pool) => furnish(&mut session, &variant.pools[pool].session).await.err(),
            None => None,
        };
        for (spot, attempt) in spots.iter().zip(&mut attempts) {
            if pool_of(spot, variant) == pool {
                *attempt = Some(match &refused {
                    Some(error) => Err(error.clone()),
                    None => session
                        .prepare(spot.sql)
                        .await
                        .map(|Prepared { columns, parameters, .. }| Parsed { columns, parameters }),
                });
            }
        }
    }
    let missing = || ServerError::bad_value("its pool is none of the variant's".to_owned());
    Ok(attempts.into_iter().map(|attempt| attempt.unwrap_or_else(|| Err(missing()))).collect())
}

/// Makes a connection one of a pool.
pub(super) async fn furnish(session: &mut Session, statements: &[String]) -> Result<(), ServerError> {
    for statement in statements {
        session.batch(statement).await?;
    }
    Ok(())
}

fn pool_of(spot: &Spot<'_>, variant: &Variant) -> Option<usize> {
    match spot.whose {
        Whose::Operation(at) => Some(variant.operations[at].pool),
        Whose::Gauge(_) | Whose::Check(_) => None,
    }
}
