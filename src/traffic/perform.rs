//! One execution of an operation on one connection, from its first statement to its last.

use super::connection::Connection;
use super::insertion::{Insertion, Piece};
use super::line::Arrival;
use super::program::{Act, Program, Query, Source};
use super::shared::Shared;
use crate::chance::Chance;
use crate::data::Drawn;
use crate::failure::Failure;
use crate::observation::StatementSpan;
use crate::sample::{Outcome, Sample};
use crate::scenario::Expect;
use crate::server::postgres::{Answer, Keep, Row, ServerError};
use crate::units::DurationRange;
use crate::value::Value;
use crate::wait::Actor;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Runs an operation, retries included, and says what came of it. The spans of its statements are added to `spans`.
pub(super) async fn perform(
    connection: &mut Connection,
    shared: &Shared,
    arrival: &Arrival,
    connected: Duration,
    spans: &mut Vec<StatementSpan>,
) -> Sample {
    let program = &shared.programs[usize::from(arrival.operation)];
    connection.work_for(program.operation);
    let mut performance = Performance {
        connection,
        shared,
        program,
        due: arrival.due,
        n: arrival.n,
        drawn: program.parameters.iter().map(|parameter| parameter.draw(arrival.n)).collect(),
        answers: (0..program.answers).map(|_| Captured::default()).collect(),
        chance: program.chance.within(arrival.n),
        pauses: 0,
        statements: 0,
        rows: 0,
        last: connected,
        spans,
    };
    let (outcome, retries) = performance.until_it_counts().await;
    Sample {
        operation: program.operation,
        due: arrival.due,
        queued: arrival.queued,
        connected,
        finished: shared.clock.now(),
        outcome,
        retries,
        statements: performance.statements,
        rows: performance.rows,
    }
}

/// An execution under way.
struct Performance<'a> {
    connection: &'a mut Connection,
    shared: &'a Shared,
    program: &'a Program,
    due: Duration,
    n: u64,
    /// One for each parameter, the same for all tries.
    drawn: Vec<Drawn>,
    answers: Vec<Captured>,
    chance: Chance,
    /// Pauses so far: each has luck of its own.
    pauses: u64,
    statements: u32,
    rows: u64,
    /// When the last statement ended, or the connection was there.
    last: Duration,
    spans: &'a mut Vec<StatementSpan>,
}

/// An answer that later statements use.
#[derive(Default)]
pub(super) struct Captured {
    columns: Vec<String>,
    pub(super) rows: Arc<Vec<Row>>,
    /// The row that a loop stands on.
    pub(super) current: Option<Row>,
}

impl Captured {
    /// Keeps another answer; a loop goes on over the rows that it began with.
    pub(super) fn take(&mut self, columns: Vec<String>, rows: Vec<Row>) {
        self.columns = columns;
        self.rows = Arc::new(rows);
    }
}

/// Why an execution ends before its last statement.
#[derive(Debug)]
enum Halt {
    Failed(Failure),
    /// Time is up.
    Cut,
}

impl From<ServerError> for Halt {
    fn from(error: ServerError) -> Self {
        Self::Failed(error.failure)
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

type Nested<'s> = Pin<Box<dyn Future<Output = Result<(), Halt>> + Send + 's>>;

impl Performance<'_> {
    /// Tries, and tries again where the scenario says so.
    async fn until_it_counts(&mut self) -> (Outcome, u16) {
        let mut retries = 0;
        loop {
            let failure = match self.attempt().await {
                Ok(()) => return (Outcome::Succeeded, retries),
                Err(Halt::Cut) => return (Outcome::Cut, retries),
                // The errors that follow are of our own making.
                Err(Halt::Failed(_)) if self.shared.ending.is_cut() => return (Outcome::Cut, retries),
                Err(Halt::Failed(failure)) => failure,
            };
            let Some(retry) = self.program.retries(failure, retries) else {
                return (Outcome::Failed(failure), retries);
            };
            if self.pause(retry.pause).await.is_err() {
                return (Outcome::Cut, retries);
            }
            if !self.connection.is_live() && self.connection.open().await.is_err() {
                return (Outcome::Failed(Failure::ConnectionLost), retries);
            }
            self.last = self.shared.clock.now();
            self.connection.work_for(self.program.operation);
            retries = retries.saturating_add(1);
        }
    }

    async fn attempt(&mut self) -> Result<(), Halt> {
        for captured in &mut self.answers {
            *captured = Captured::default();
        }
        let ended = match self.program.transaction {
            true => self.transaction().await,
            false => self.acts().await,
        };
        if ended.is_err() {
            self.connection.renew().await;
        }
        ended
    }

    async fn transaction(&mut self) -> Result<(), Halt> {
        self.batch("BEGIN").await?;
        let ended = match self.acts().await {
            Ok(()) => self.batch("COMMIT").await,
            failed => failed,
        };
        if ended.is_err() && self.connection.is_live() {
            self.statements += 1;
            // If it fails the connection is gone, and the transaction with it; what counts is why it was needed.
            self.connection.batch("ROLLBACK").await.ok();
        }
        ended
    }

    async fn acts(&mut self) -> Result<(), Halt> {
        for act in &self.program.acts {
            match act {
                // Without a box: most operations are a statement or two.
                Act::Run(query) => drop(self.run(query).await?),
                act => self.act(act).await?,
            }
        }
        Ok(())
    }

    fn act<'s>(&'s mut self, act: &'s Act) -> Nested<'s> {
        Box::pin(async move {
            match act {
                Act::Run(query) => drop(self.run(query).await?),
                Act::Pause(range) => self.pause(*range).await?,
                Act::ForEach { answer, acts } => self.for_each(*answer, acts).await?,
                Act::Repeat { times, acts } => self.repeat(*times, acts).await?,
                Act::Insert(insertion) => self.insertion(insertion).await?,
                Act::EachRow(query) => self.each_row(query).await?,
            }
            Ok(())
        })
    }

    async fn for_each(&mut self, answer: usize, acts: &[Act]) -> Result<(), Halt> {
        let rows = Arc::clone(&self.answers[answer].rows);
        for row in rows.iter() {
            self.answers[answer].current = Some(row.clone());
            for act in acts {
                self.act(act).await?;
            }
        }
        self.answers[answer].current = None;
        Ok(())
    }

    /// Ends early when a statement's answer is empty.
    async fn repeat(&mut self, times: u32, acts: &[Act]) -> Result<(), Halt> {
        for _ in 0..times {
            for act in acts {
                match act {
                    Act::Run(query) if self.run(query).await? == Came::Empty => return Ok(()),
                    Act::Run(_) => {}
                    act => self.act(act).await?,
                }
            }
        }
        Ok(())
    }

    async fn each_row(&mut self, query: &Query) -> Result<(), Halt> {
        let answer = self.ask(query, Keep::Rows).await?.0;
        for cell in answer.kept.into_iter().flatten() {
            if let Value::Text(sql) = cell {
                let sent = self.sending()?;
                let answer = self.connection.run_text(&sql).await;
                self.sent(sent, answer.is_err());
                self.rows += answer?.returned;
            }
        }
        Ok(())
    }

    async fn run(&mut self, query: &Query) -> Result<Came, Halt> {
        let keep = if query.answer.is_some() { Keep::Rows } else { Keep::Nothing };
        let (answer, returns) = self.ask(query, keep).await?;
        let fits = match query.expect {
            None => true,
            Some(Expect::Exactly(rows)) => answer.affected == rows,
            Some(Expect::Some) => answer.affected > 0,
        };
        let empty = answer.returned == 0 && (returns || query.answer.is_some());
        if let Some(place) = query.answer {
            self.answers[place].take(answer.columns, answer.kept);
        }
        match fits {
            true => Ok(if empty { Came::Empty } else { Came::Full }),
            false => Err(Failure::UnexpectedRows.into()),
        }
    }

    async fn ask(&mut self, query: &Query, keep: Keep) -> Result<(Answer, bool), Halt> {
        let sent = self.sending()?;
        let values = query
            .sources
            .iter()
            .map(|source| value(source, &self.drawn, &self.answers, self.shared.as_of))
            .collect::<Result<Vec<_>, _>>()?;
        let answer = self.connection.run(query, &values, keep).await;
        drop(values);
        self.sent(sent, answer.is_err());
        let (answer, returns) = answer?;
        self.rows += answer.returned;
        Ok((answer, returns))
    }

    /// Runs text that belongs to the operation itself: BEGIN, COMMIT.
    async fn batch(&mut self, sql: &str) -> Result<(), Halt> {
        let sent = self.sending()?;
        let answer = self.connection.batch(sql).await;
        self.sent(sent, answer.is_err());
        answer?;
        Ok(())
    }

    async fn insertion(&mut self, insertion: &Insertion) -> Result<(), Halt> {
        for piece in insertion.pieces(self.n) {
            match piece {
                Piece::Statement(query, values) => self.insert(query, &values).await?,
                Piece::Copy(sql, rows) => self.copy(sql, rows.as_bytes()).await?,
            }
        }
        Ok(())
    }

    /// Runs a statement whose values are at hand.
    async fn insert(&mut self, query: &Query, values: &[Value<'_>]) -> Result<(), Halt> {
        self.last = self.shared.clock.now();
        let sent = self.sending()?;
        let answer = self.connection.run(query, values, Keep::Nothing).await;
        self.sent(sent, answer.is_err());
        answer?;
        Ok(())
    }

    /// Sends rows by COPY.
    async fn copy(&mut self, sql: &str, rows: &[u8]) -> Result<(), Halt> {
        self.last = self.shared.clock.now();
        let sent = self.sending()?;
        let answer = self.connection.copy(sql, rows).await;
        self.sent(sent, answer.is_err());
        answer?;
        Ok(())
    }

    /// To be called before a statement is sent: says when that is, unless no other may be.
    fn sending(&mut self) -> Result<(Duration, i32), Halt> {
        if self.shared.ending.is_cut() {
            return Err(Halt::Cut);
        }
        self.statements += 1;
        Ok((self.last, self.connection.pid()))
    }

    /// To be called when its answer is there.
    fn sent(&mut self, (sent, pid): (Duration, i32), failed: bool) {
        let ended = self.shared.clock.now();
        self.last = ended;
        let actor = Actor::Operation(self.program.operation);
        self.spans.push(StatementSpan { pid, actor, due: self.due, sent, ended, failed });
    }

    async fn pause(&mut self, range: DurationRange) -> Result<(), Halt> {
        let length = range.at(self.chance.share(self.pauses));
        self.pauses += 1;
        let now = self.shared.clock.now();
        if !self.shared.ending.pause(now, length).await {
            return Err(Halt::Cut);
        }
        self.last = self.shared.clock.now();
        Ok(())
    }
}

/// Whether an answer had rows, of a statement that returns any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Full,
    Empty,
}

/// The value that stands for a reference.
pub(super) fn value<'v>(
    source: &Source,
    drawn: &'v [Drawn],
    answers: &'v [Captured],
    as_of: i64,
) -> Result<Value<'v>, Failure> {
    match source {
        Source::AsOf => Ok(Value::Timestamp(as_of)),
        Source::Parameter { place, column } => drawn[*place].value(column.as_deref()),
        Source::Answer { place, column } => {
            let captured = &answers[*place];
            let Some(row) = captured.current.as_ref().or_else(|| captured.rows.last()) else { return Ok(Value::Null) };
            let place = match column {
                Some(name) => captured.columns.iter().position(|each| each == name),
                None => Some(0),
            };
            place.and_then(|place| row.get(place)).cloned().ok_or(Failure::Sqlstate(*b"42703"))
        }
    }
}
