//! What an operation answers before there is any traffic: asked alone, and undone.
//!
//! The answer is that of the last statement that returns rows, over all turns of the loop that it stands in: so the
//! second query of an N+1 can be held against the one query that takes its place. Rows are sorted as text, for
//! without ORDER BY their order means nothing, and with it the same rows come in the same order.

use super::perform::{Captured, value};
use super::program::{Act, Query, programs};
use crate::data::{Data, Drawn};
use crate::scenario::Variant;
use crate::server::postgres::{Address, Keep, ServerError, Session};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rows of one answer, sorted; each is the text of its fields.
pub type Rows = Vec<String>;

/// Whom to ask what.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The database.
    pub address: &'a Address,
    /// The variant.
    pub variant: &'a Variant,
    /// The operation's place in the variant.
    pub operation: usize,
    /// What parameters are drawn from.
    pub data: &'a Data,
    /// What `:as_of` stands for, in microseconds since 1970.
    pub as_of: i64,
    /// How many of its first arrivals are asked.
    pub arrivals: u64,
}

impl Question<'_> {
    /// One answer for each arrival, or what the server says instead. All that is done for them is rolled back.
    pub async fn ask(&self) -> anyhow::Result<Result<Vec<Rows>, ServerError>> {
        let operations = &self.variant.operations;
        // Pauses are left out, so their luck does not matter.
        let (mut programs, _) = programs(operations, self.data, 0)?;
        let program = programs.swap_remove(self.operation);
        let session = Session::open(self.address, "shakedown/answers").await;
        let mut session = session.context("the server cannot be reached")?;
        for sql in &self.variant.pools[operations[self.operation].pool].session {
            session.batch(sql).await.with_context(|| format!("a new connection cannot be set up by {sql}"))?;
        }
        let mut answers = Vec::new();
        for n in 0..self.arrivals {
            session.batch("BEGIN").await?;
            let mut asked = Asked {
                session: &mut session,
                as_of: self.as_of,
                drawn: program.parameters.iter().map(|parameter| parameter.draw(n)).collect(),
                answers: (0..program.answers).map(|_| Captured::default()).collect(),
                returned: BTreeMap::new(),
            };
            if let Err(error) = asked.acts(&program.acts).await {
                return Ok(Err(error));
            }
            let mut last = asked.returned.pop_last().map(|(_, rows)| rows).unwrap_or_default();
            last.sort_unstable();
            answers.push(last);
            session.batch("ROLLBACK").await?;
        }
        session.close().await?;
        Ok(Ok(answers))
    }
}

/// One arrival under way.
struct Asked<'a> {
    session: &'a mut Session,
    as_of: i64,
    drawn: Vec<Drawn>,
    answers: Vec<Captured>,
    /// Rows by the place of their statement.
    returned: BTreeMap<usize, Rows>,
}

impl Asked<'_> {
    async fn acts(&mut self, acts: &[Act]) -> Result<(), ServerError> {
        for act in acts {
            Box::pin(self.act(act)).await?;
        }
        Ok(())
    }

    async fn act(&mut self, act: &Act) -> Result<(), ServerError> {
        match act {
            Act::Run(query) => self.run(query).await.map(drop),
            Act::ForEach { answer, acts } => {
                let rows = Arc::clone(&self.answers[*answer].rows);
                for row in rows.iter() {
                    self.answers[*answer].current = Some(row.clone());
                    self.acts(acts).await?;
                }
                self.answers[*answer].current = None;
                Ok(())
            }
            Act::Repeat { times, acts } => Box::pin(self.repeat(*times, acts)).await,
            // They wait or write: nothing comes back.
            Act::Pause(_) | Act::Insert(_) | Act::EachRow(_) => Ok(()),
        }
    }

    /// Ends early when a statement's answer is empty.
    async fn repeat(&mut self, times: u32, acts: &[Act]) -> Result<(), ServerError> {
        for _ in 0..times {
            for act in acts {
                match act {
                    Act::Run(query) if self.run(query).await? == 0 => return Ok(()),
                    Act::Run(_) => {}
                    act => self.act(act).await?,
                }
            }
        }
        Ok(())
    }

    /// Gives how many rows were returned or changed.
    async fn run(&mut self, query: &Query) -> Result<u64, ServerError> {
        let values = query.sources.iter().map(|source| value(source, &self.drawn, &self.answers, self.as_of));
        let values = values.collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|failure| ServerError::bad_value(failure.name().into_owned()))?;
        let prepared = self.session.prepare(&query.sql).await?;
        let answer = self.session.run(&prepared, &values, Keep::Rows).await?;
        if !answer.columns.is_empty() {
            let rows =
                answer.kept.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "));
            self.returned.entry(query.slot).or_default().extend(rows);
        }
        if let Some(place) = query.answer {
            self.answers[place].take(answer.columns, answer.kept);
        }
        Ok(answer.affected)
    }
}
