//! What is asked of the database when the traffic has ended.

use super::prepare::Seeded;
use crate::failure::Failure;
use crate::result::model::{CheckOutcome, Ended};
use crate::scenario::Check;
use crate::server::postgres::{Address, Session, catalog};
use crate::sql::Statement;
use crate::value::Value;
use anyhow::Context as _;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a check may wait for a lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// What the server calls it when it has waited in vain.
const LOCKED: Failure = Failure::Sqlstate(*b"55P03");

/// What was found at the end of a round.
pub(super) struct Conclusion {
    pub(super) checks: Vec<CheckOutcome>,
    /// A digest of the schema.
    pub(super) schema: String,
    /// Indexes that no query may use, each with its table.
    pub(super) invalid_indexes: Vec<(String, String)>,
    pub(super) ended: Ended,
}

impl Default for Conclusion {
    fn default() -> Self {
        Self { checks: Vec::new(), schema: String::new(), invalid_indexes: Vec::new(), ended: Ended::Completed }
    }
}

/// Runs the checks and reads the schema. A server that cannot answer any more ends the round, not the report.
pub(super) async fn conclude(seeded: &Seeded, address: &Address, stop: &CancellationToken) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let asked = tokio::select! {
        asked = ask(seeded, address, &mut conclusion) => asked,
        () = stop.cancelled() => {
            conclusion.ended = Ended::Interrupted;
            return conclusion;
        }
    };
    if let Err(error) = asked {
        conclusion.ended = Ended::Failed(format!("{error:#}"));
    }
    conclusion
}

async fn ask(seeded: &Seeded, address: &Address, conclusion: &mut Conclusion) -> anyhow::Result<()> {
    let scenario = &seeded.prepared.subject.scenario;
    let session = Session::open(address, "shakedown/checks").await;
    let mut session = session.context("the checks could not be made")?;
    // Nobody of ours holds a lock any more; somebody else may, for ever.
    session.batch(&format!("SET lock_timeout = '{}ms'", LOCK_TIMEOUT.as_millis())).await?;
    let as_of = Value::Timestamp(seeded.prepared.as_of.as_microsecond());
    for check in &scenario.checks {
        conclusion.checks.push(held(&mut session, check, &as_of).await);
    }
    match catalog::digest(&mut session).await {
        Ok(schema) => conclusion.schema = schema,
        // Nobody compares it, and somebody else's lock must not cost the run.
        Err(error) if !scenario.same_schema && error.failure == LOCKED => {}
        Err(error) => return Err(error).context("the schema that the migration left could not be read"),
    }
    let invalid = catalog::invalid_indexes(&mut session).await;
    conclusion.invalid_indexes = invalid.context("the indexes that the migration left could not be read")?;
    session.close().await?;
    Ok(())
}

/// Whether a check gives true. One that the server refuses does not hold.
async fn held(session: &mut Session, check: &Check, as_of: &Value<'_>) -> CheckOutcome {
    let statement = Statement::parse(&check.sql);
    let arguments: Vec<Value<'_>> = statement.references.iter().map(|_| as_of.clone()).collect();
    let name = check.name.clone();
    match session.rows(&statement.sql, &arguments).await {
        Ok(rows) if rows == [vec![Value::Bool(true)]] => CheckOutcome { name, held: true, answer: String::new() },
        Ok(rows) => {
            let answer = rows.first().and_then(|row| row.first()).map_or("no row".to_owned(), ToString::to_string);
            CheckOutcome { name, held: false, answer }
        }
        Err(error) => CheckOutcome { name, held: false, answer: error.to_string() },
    }
}
