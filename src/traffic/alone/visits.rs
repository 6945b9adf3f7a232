//! Operations that ask the application, executed alone: what it answers, and what the server counted meanwhile.
//!
//! Nothing of what an application does can be undone, so only requests that read are sent.

use super::{ARRIVALS, Executed, Outside, PATIENCE, Purpose, cost_of, plans_by_text};
use crate::cost::OperationCost;
use crate::network::Proxy;
use crate::server::postgres::counts::Counts;
use crate::server::postgres::{Address, ServerError};
use crate::traffic::http::{self, Site, only_reads};
use crate::traffic::program::Program;
use std::time::Instant;
use tokio::time::timeout;

/// From a client to the database.
pub(super) struct Way<'a> {
    /// The application.
    pub(super) site: &'a Site,
    /// Its database.
    pub(super) address: &'a Address,
    /// What counts what passes between them, where something does.
    pub(super) proxy: Option<&'a Proxy>,
}

/// Executes one, the application warmed by one visit that nobody counts.
pub(super) async fn execute(
    way: &Way<'_>,
    program: &Program,
    as_of: i64,
    purpose: Purpose,
    counts: Option<&mut Counts>,
) -> anyhow::Result<Executed> {
    if purpose == Purpose::Cost && !only_reads(&program.errands) {
        let reason = "its requests change something, which nobody could undo".to_owned();
        return Ok(Executed::refused(ServerError::bad_value(reason)));
    }
    let visit = async |n: u64| {
        let drawn: Vec<_> = program.parameters.iter().map(|parameter| parameter.draw(n)).collect();
        let asked = http::ask(way.site, &program.errands, &drawn, as_of);
        match purpose {
            Purpose::Answers => asked.await,
            // Who is measured only is not waited for as long as its users would.
            Purpose::Cost => match timeout(PATIENCE, asked).await {
                Ok(answered) => answered,
                Err(_) => Ok(Err("the application did not answer in time when it was asked alone".to_owned())),
            },
        }
    };
    if let Err(message) = visit(0).await? {
        return Ok(Executed::refused(ServerError::bad_value(message)));
    }
    let visits = async {
        let (began, mut answers) = (Instant::now(), Vec::new());
        let before = way.proxy.map(Proxy::counts);
        for n in 0..ARRIVALS {
            answers.push(visit(n).await?);
            if purpose.is_met_after(began.elapsed()) {
                break;
            }
        }
        let duration = began.elapsed();
        let passed = way.proxy.zip(before).map(|(proxy, before)| proxy.counts().since(&before));
        let outside = Outside {
            executions: answers.len() as u32,
            duration,
            round_trips: passed.map(|passed| passed.round_trips),
            bytes: passed.map(|passed| passed.from_server),
        };
        anyhow::Ok((outside, answers.into_iter().collect::<Result<Vec<_>, _>>()))
    };
    let (visited, counted) = match counts {
        Some(counts) => counts.around(visits).await?,
        None => (visits.await, Vec::new()),
    };
    let (outside, answers) = visited?;
    let answers = match answers {
        Ok(answers) => answers,
        Err(message) => return Ok(Executed::refused(ServerError::bad_value(message))),
    };
    let cost = if only_reads(&program.errands) { cost_of(&outside, counted) } else { OperationCost::default() };
    let plans = plans_by_text(way.address, &cost.by_statement).await?;
    Ok(Executed { cost, plans, answers: Ok(answers) })
}
