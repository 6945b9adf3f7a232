//! One execution of an operation: every statement that the traffic would send, pauses left out.
//!
//! The answer is that of the last statement that returns rows, over all turns of the loop that it stands in: so the
//! second query of an N+1 can be held against the one query that takes its place. Rows are sorted as text, for
//! without ORDER BY their order means nothing, and with it the same rows come in the same order.

use super::survey::{BEGIN, COMMIT, MADE_UP};
use super::{Bench, Purpose};
use crate::data::Drawn;
use crate::server::postgres::{Answer, Keep, ServerError};
use crate::sql::{Class, class};
use crate::traffic::insertion::{Insertion, Piece};
use crate::traffic::perform::{Captured, value};
use crate::traffic::program::{Act, Query};
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The rows of one answer, sorted; each is the text of its fields.
pub type Rows = Vec<String>;

/// What is looked at on a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Each statement by itself, so that of a loop one turn is enough.
    Survey,
    /// All of them together.
    Count,
}

/// One arrival under way.
pub(super) struct Walk<'b, 'a> {
    bench: &'b mut Bench<'a>,
    n: u64,
    look: Look,
    drawn: Vec<Drawn>,
    answers: Vec<Captured>,
    /// Rows by the place of their statement.
    returned: BTreeMap<usize, Rows>,
}

/// How a statement is sent.
enum Sending<'s> {
    /// With its values, and so much of its answer kept.
    Values(&'s [Value<'s>], Keep),
    /// As text, by the simple protocol.
    Text(&'s str),
    /// COPY, with its rows.
    Rows(&'s str),
}

impl<'b, 'a> Walk<'b, 'a> {
    pub(super) fn new(bench: &'b mut Bench<'a>, n: u64, look: Look) -> Self {
        let program = bench.program;
        Self {
            n,
            look,
            drawn: program.parameters.iter().map(|parameter| parameter.draw(n)).collect(),
            answers: (0..program.answers).map(|_| Captured::default()).collect(),
            returned: BTreeMap::new(),
            bench,
        }
    }

    /// From the first statement to the last; gives the rows of the answer.
    pub(super) async fn whole(mut self) -> Result<Rows, ServerError> {
        let program = self.bench.program;
        if program.transaction {
            self.send(&BEGIN.into(), Sending::Text("BEGIN")).await?;
        }
        self.acts(&program.acts).await?;
        if program.transaction {
            self.send(&COMMIT.into(), Sending::Text("ROLLBACK")).await?;
        }
        let mut last = self.returned.pop_last().map(|(_, rows)| rows).unwrap_or_default();
        last.sort_unstable();
        Ok(last)
    }

    async fn acts(&mut self, acts: &[Act]) -> Result<(), ServerError> {
        for act in acts {
            Box::pin(self.act(act)).await?;
        }
        Ok(())
    }

    async fn act(&mut self, act: &Act) -> Result<(), ServerError> {
        match act {
            Act::Run(query) => self.run(query).await.map(drop),
            Act::ForEach { answer, acts } => self.for_each(*answer, acts).await,
            Act::Repeat { times, acts } => self.repeat(*times, acts).await,
            Act::Insert(insertion) => self.insertion(insertion).await,
            Act::EachRow(query) => self.each_row(query).await,
            Act::Pause(_) => Ok(()),
        }
    }

    async fn for_each(&mut self, answer: usize, acts: &[Act]) -> Result<(), ServerError> {
        let rows = Arc::clone(&self.answers[answer].rows);
        for row in rows.iter().take(self.turns(usize::MAX)) {
            self.answers[answer].current = Some(row.clone());
            self.acts(acts).await?;
        }
        self.answers[answer].current = None;
        Ok(())
    }

    /// Ends early when a statement's answer is empty.
    async fn repeat(&mut self, times: u32, acts: &[Act]) -> Result<(), ServerError> {
        for _ in 0..self.turns(times as usize) {
            for act in acts {
                match act {
                    Act::Run(query) if self.run(query).await? == Came::Empty => return Ok(()),
                    Act::Run(_) => {}
                    act => Box::pin(self.act(act)).await?,
                }
            }
        }
        Ok(())
    }

    fn turns(&self, all: usize) -> usize {
        match self.look {
            Look::Survey => all.min(1),
            Look::Count => all,
        }
    }

    async fn insertion(&mut self, insertion: &Insertion) -> Result<(), ServerError> {
        for piece in insertion.pieces(self.n) {
            match piece {
                Piece::Statement(query, values) => self.send(&query.sql, Sending::Values(&values, Keep::Size)).await?,
                Piece::Copy(sql, rows) => self.send(sql, Sending::Rows(&rows)).await?,
            };
        }
        Ok(())
    }

    async fn each_row(&mut self, query: &Query) -> Result<(), ServerError> {
        let (answer, _) = self.ask(query, Keep::Rows).await?;
        for cell in answer.kept.into_iter().flatten() {
            if let Value::Text(sql) = cell {
                if class(&sql) != Class::Ordinary {
                    return Err(ServerError::bad_value(format!("its statement `{sql}` cannot be undone")));
                }
                self.send(&MADE_UP.into(), Sending::Text(&sql)).await?;
            }
        }
        Ok(())
    }

    async fn run(&mut self, query: &Query) -> Result<Came, ServerError> {
        // A million rows that nobody asks for are not worth their memory.
        let wanted = query.answer.is_some() || self.bench.purpose == Purpose::Answers;
        let (answer, returns) = self.ask(query, if wanted { Keep::Rows } else { Keep::Size }).await?;
        if returns && self.bench.purpose == Purpose::Answers {
            let rows =
                answer.kept.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "));
            self.returned.entry(query.slot).or_default().extend(rows);
        }
        let empty = answer.returned == 0 && (returns || query.answer.is_some());
        if let Some(place) = query.answer {
            self.answers[place].take(answer.columns, answer.kept);
        }
        Ok(if empty { Came::Empty } else { Came::Full })
    }

    async fn ask(&mut self, query: &Query, keep: Keep) -> Result<(Answer, bool), ServerError> {
        let values = query.sources.iter().map(|source| value(source, &self.drawn, &self.answers, self.bench.as_of));
        let values = values.map(|value| value.map(Value::into_owned)).collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|failure| ServerError::bad_value(failure.name().into_owned()))?;
        self.send(&query.sql, Sending::Values(&values, keep)).await
    }

    /// Sends a statement, says whether it returns rows at all, and keeps what was seen of it under its text.
    async fn send(&mut self, sql: &Arc<str>, sending: Sending<'_>) -> Result<(Answer, bool), ServerError> {
        if let (Look::Survey, Sending::Values(values, _)) = (self.look, &sending) {
            self.bench.explain(sql, values).await?;
        }
        let before = self.bench.before(sql, self.look).await?;
        let Sent { answer, returns, took, waits } = self.bench.sent(sql, sending).await?;
        self.bench.tally.sent(sql, took, waits, &answer);
        if let Some(before) = before {
            self.bench.after(sql, &before).await?;
        }
        Ok((answer, returns))
    }
}

/// What came of sending a statement.
struct Sent {
    answer: Answer,
    /// Whether it returns rows at all.
    returns: bool,
    /// From sending it to its last row.
    took: Duration,
    /// How often the client waited for the server.
    waits: u64,
}

impl Bench<'_> {
    async fn sent(&mut self, sql: &str, sending: Sending<'_>) -> Result<Sent, ServerError> {
        let session = &mut self.session;
        match sending {
            Sending::Values(values, keep) => {
                let prepared = session.prepare(sql).await?;
                let began = Instant::now();
                let (answer, waits) = match self.parses_anew {
                    true => (session.run_once(&prepared, values, keep).await?, 2),
                    false => (session.run(&prepared, values, keep).await?, 1),
                };
                Ok(Sent { answer, returns: !prepared.columns.is_empty(), took: began.elapsed(), waits })
            }
            Sending::Text(text) => {
                let began = Instant::now();
                let answer = session.run_simple(text, Keep::Size).await?;
                Ok(Sent { answer, returns: false, took: began.elapsed(), waits: 1 })
            }
            Sending::Rows(rows) => {
                let began = Instant::now();
                let mut copy = session.copy_in(sql).await?;
                copy.send(rows.as_bytes()).await?;
                let answer = Answer { affected: copy.finish().await?, ..Answer::default() };
                Ok(Sent { answer, returns: false, took: began.elapsed(), waits: 2 })
            }
        }
    }
}

/// Whether an answer had rows, of a statement that returns any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Full,
    Empty,
}
