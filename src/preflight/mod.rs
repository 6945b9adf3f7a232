//! What can be found out without data and without load: whether the scenario is possible at all.
//!
//! The schema goes into an empty database, then each variant's set-up and each step of its migration, and after each
//! of them every statement of the traffic is prepared. One that can never be prepared is a problem; one that stops
//! working at a step is a finding, for it is what the users of old code will meet.

mod connections;
mod explain;
mod fits;
mod judge;
mod names;
mod prepare;
mod security;
mod walk;

pub use names::placed;

use crate::failure::Failure;
use crate::scenario::{Place, Problem, Scenario};
use crate::schema::Schema;
use crate::server::postgres::{Address, ServerError, Session, catalog, databases};
use anyhow::Context as _;
use std::time::Duration;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What makes the scenario impossible.
    pub problems: Vec<Problem>,
    /// What a reader wants to know before the run: *old code breaks at step 3*.
    pub warnings: Vec<Problem>,
    /// The user's tables, without any variant's changes.
    pub schema: Schema,
}

/// Checks a scenario in a database that may be emptied. `as_of` is in microseconds since 1970.
///
/// An `Err` is a failure of the server or of the way to it, never one of the scenario.
pub async fn check(scenario: &Scenario, scratch: &Address, as_of: i64) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    connections::check(scenario, scratch, &mut findings.problems).await?;
    let mut room = Room::open(scenario, scratch, as_of).await?;
    match room.furnish().await? {
        Ok(schema) => findings.schema = schema,
        Err(problem) => {
            findings.problems.push(problem);
            return Ok(findings);
        }
    }
    let data = names::check(scenario, &findings.schema, as_of, &mut findings.problems);
    let mut first = true;
    for variant in &scenario.variants {
        // The first one finds the schema as it was applied just now.
        if !std::mem::take(&mut first)
            && let Err(problem) = room.furnish().await?
        {
            findings.problems.push(problem);
            return Ok(findings);
        }
        let walk = walk::walk(scenario, variant, scratch, &mut findings).await?;
        judge::judge(scenario, variant, &walk, &mut findings);
        if let Some(data) = &data {
            names::check_tables(variant, &walk.schema, &mut findings.problems);
            fits::check(scenario, variant, &walk, data, &mut findings.problems);
        }
    }
    room.clear().await?;
    Ok(findings)
}

/// The database in which things are tried.
struct Room<'a> {
    scenario: &'a Scenario,
    scratch: &'a Address,
    as_of: i64,
    /// Roles are the server's, not the database's: those that were there before stay.
    roles: Vec<String>,
}

impl<'a> Room<'a> {
    async fn open(scenario: &'a Scenario, scratch: &'a Address, as_of: i64) -> anyhow::Result<Self> {
        let roles = databases::roles(&mut session(scratch).await?).await?;
        Ok(Self { scenario, scratch, as_of, roles })
    }

    /// Empties the database and applies the schema.
    async fn furnish(&mut self) -> anyhow::Result<Result<Schema, Problem>> {
        self.clear().await?;
        // Without a limit: it may make rows, and takes as long again when data are built.
        let mut applying = session(self.scratch).await?;
        let as_of = jiff::Timestamp::from_microsecond(self.as_of).context("`now` is out of range")?;
        applying.batch(&format!("SET shakedown.as_of = '{as_of}'")).await?;
        for part in &self.scenario.schema.parts {
            if let Err(error) = applying.batch(&part.sql).await {
                return Ok(Err(explain::schema(&error, part, self.scenario)));
            }
        }
        // On a connection of its own: a dump leaves its own with an empty search path.
        Ok(Ok(catalog::read(&mut session(self.scratch).await?).await?))
    }

    /// Drops all that was made, roles that the scenario speaks of among it.
    async fn clear(&mut self) -> anyhow::Result<()> {
        let mut session = session(self.scratch).await?;
        databases::empty(&mut session).await.context("the database to try things in cannot be emptied")?;
        for role in databases::roles(&mut session).await? {
            let ours = self.scenario.schema.sql.contains(&role) || self.scenario.text.contains(&role);
            if ours && !self.roles.contains(&role) {
                databases::remove_role(&mut session, &role).await?;
            }
        }
        Ok(())
    }
}

async fn session(address: &Address) -> anyhow::Result<Session> {
    Session::open(address, "shakedown").await.context("the database to try things in cannot be reached")
}

/// How long a statement may take on tables without rows; what takes longer waits for something or makes rows of its own.
const LIMIT: Duration = Duration::from_secs(10);

/// The same, with a limit for each statement.
async fn limited_session(address: &Address) -> anyhow::Result<Session> {
    let mut session = session(address).await?;
    session.batch(&format!("SET statement_timeout = {}", LIMIT.as_millis())).await?;
    Ok(session)
}

/// Whether a statement ran into the limit.
fn took_too_long(error: &ServerError) -> bool {
    error.failure == Failure::Sqlstate(*b"57014")
}

/// Where a text of the scenario stands in its file, as far as it stands there in one piece.
fn place_of(text: &str, scenario: &Scenario) -> Place {
    let first = text.lines().next().unwrap_or_default().trim();
    match scenario.text.find(first) {
        Some(start) if !first.is_empty() => Place(start..start + first.len()),
        _ => Place::default(),
    }
}
