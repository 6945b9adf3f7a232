//! What is found out of each statement by itself, when it is met for the first time.

use super::Bench;
use super::walk::Look;
use crate::cost::StatementCost;
use crate::plan::Plan;
use crate::server::postgres::counts::Reading;
use crate::server::postgres::{Address, ServerError, Session, explain};
use crate::traffic::program::Program;
use crate::value::Value;
use anyhow::Context as _;
use std::collections::HashMap;
use std::sync::Arc;

/// What the transaction of an operation begins with, as a statement of its own.
pub(super) const BEGIN: &str = "BEGIN";
/// What it would end with.
pub(super) const COMMIT: &str = "COMMIT";
/// Under this go all statements that another one's answer holds.
pub(super) const MADE_UP: &str = "statements made by another";

/// An application may send any number of different statements; the costliest come first.
const MOST_BY_TEXT: usize = 50;

/// What is known of statements, by their texts.
#[derive(Debug, Default)]
pub(super) struct Survey {
    fingerprints: HashMap<Arc<str>, i64>,
    plans: HashMap<Arc<str>, Result<Plan, ServerError>>,
}

/// How the server goes about a statement of an operation.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The statement, as the scenario has it.
    pub statement: String,
    /// Its plan, or why there is none.
    pub plan: Result<Plan, String>,
}

/// The plans that the server would have for an application's statements, of which only the texts are known that the
/// server keeps: none is executed.
pub async fn plans_by_text(address: &Address, statements: &[StatementCost]) -> anyhow::Result<Vec<Looked>> {
    let session = Session::open(address, "shakedown/alone").await;
    let mut session = session.context("the server cannot be reached")?;
    let mut looked = Vec::new();
    for statement in statements.iter().filter(|each| explain::has_plan(&each.text)).take(MOST_BY_TEXT) {
        let plan = match explain::generic(&mut session, &statement.text).await {
            Err(error) if error.fatal => return Err(error).context("a plan cannot be asked for"),
            plan => plan.map_err(|error| error.message),
        };
        looked.push(Looked { statement: statement.text.clone(), plan });
    }
    session.close().await?;
    Ok(looked)
}

impl Survey {
    /// What the server calls a statement.
    pub(super) fn fingerprint(&self, sql: &str) -> Option<i64> {
        self.fingerprints.get(sql).copied()
    }

    /// The plans of all statements that have one. `end` is how the walk ended that looked at them.
    pub(super) fn plans(mut self, program: &Program, end: Option<&ServerError>) -> Vec<Looked> {
        let unmet = end.map_or_else(
            || "it was not executed, for the loop that it stands in had no turn".to_owned(),
            |error| format!("it was not reached: {}", error.message),
        );
        let mut looked: Vec<Looked> = Vec::new();
        for query in program.queries() {
            let statement = query.written.to_string();
            if explain::has_plan(&query.sql) && looked.iter().all(|each| each.statement != statement) {
                let plan = self.plans.remove(&query.sql).map(|plan| plan.map_err(|error| error.message));
                looked.push(Looked { statement, plan: plan.unwrap_or_else(|| Err(unmet.clone())) });
            }
        }
        looked
    }
}

impl Bench<'_> {
    /// The plan of a statement that is met for the first time, with the values that it is about to be sent with.
    pub(super) async fn explain(&mut self, sql: &Arc<str>, values: &[Value<'_>]) -> Result<(), ServerError> {
        if self.survey.plans.contains_key(sql) || !explain::has_plan(sql) {
            return Ok(());
        }
        let plan = explain::executed(&mut self.session, sql, values).await;
        if let Err(error) = &plan
            && error.fatal
        {
            return Err(error.clone());
        }
        self.survey.plans.insert(Arc::clone(sql), plan);
        Ok(())
    }

    /// The counts before a statement that is met for the first time.
    pub(super) async fn before(&mut self, sql: &str, look: Look) -> Result<Option<Reading>, ServerError> {
        let is_new = look == Look::Survey && sql != MADE_UP && self.survey.fingerprint(sql).is_none();
        match &mut self.counts {
            Some(counts) if is_new => counts.read().await.map(Some),
            _ => Ok(None),
        }
    }

    /// What has been counted since then is that statement.
    pub(super) async fn after(&mut self, sql: &Arc<str>, before: &Reading) -> Result<(), ServerError> {
        let Some(counts) = &mut self.counts else { return Ok(()) };
        let found = counts.read().await?.since(before);
        if let Some(found) = found.into_iter().max_by_key(|each| each.calls) {
            self.survey.fingerprints.insert(Arc::clone(sql), found.fingerprint);
        }
        Ok(())
    }
}
