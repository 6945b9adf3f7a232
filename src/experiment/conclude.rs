//! What is asked of the database when the traffic has ended.

use super::prepare::Seeded;
use crate::result::model::{CheckOutcome, Ended};
use crate::scenario::Check;
use crate::server::postgres::{Address, Session, catalog};
use crate::sql::Statement;
use crate::value::Value;
use tokio_util::sync::CancellationToken;

/// What was found at the end of a round.
pub(super) struct Conclusion {
    pub(super) checks: Vec<CheckOutcome>,
    /// A digest of the schema.
    pub(super) schema: String,
    pub(super) ended: Ended,
}

impl Default for Conclusion {
    fn default() -> Self {
        Self { checks: Vec::new(), schema: String::new(), ended: Ended::Completed }
    }
}

/// Runs the checks and reads the schema. A server that cannot answer any more ends the round, not the report.
pub(super) async fn conclude(seeded: &Seeded, address: &Address, stop: &CancellationToken) -> Conclusion {
    let ended = |ended| Conclusion { ended, ..Conclusion::default() };
    tokio::select! {
        asked = ask(seeded, address) => match asked {
            Ok((checks, schema)) => Conclusion { checks, schema, ..Conclusion::default() },
            Err(error) => ended(Ended::Failed(format!("the checks could not be made: {error:#}"))),
        },
        () = stop.cancelled() => ended(Ended::Interrupted),
    }
}

async fn ask(seeded: &Seeded, address: &Address) -> anyhow::Result<(Vec<CheckOutcome>, String)> {
    let mut session = Session::open(address, "shakedown/checks").await?;
    // Nobody of ours holds a lock any more; somebody else may, for ever.
    session.batch("SET lock_timeout = '5s'").await?;
    let as_of = Value::Timestamp(seeded.prepared.as_of.as_microsecond());
    let mut checks = Vec::new();
    for check in &seeded.prepared.subject.scenario.checks {
        checks.push(held(&mut session, check, &as_of).await);
    }
    let schema = catalog::digest(&mut session).await?;
    session.close().await?;
    Ok((checks, schema))
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
