//! One step: sends its statements, tries again where the scenario says so, and notes what happened.

use super::backfill::{self, Key};
use super::command;
use super::record::Record;
use super::script::{Unit, changes_rows, units};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::observation::{Observation, Observer, StatementSpan};
use crate::scenario::{Backfill, Change, Retry, Step};
use crate::server::postgres::facts::{self, Own, OwnAccount};
use crate::server::postgres::notices::Notices;
use crate::server::postgres::{Address, Answer, Keep, ServerError, Session};
use crate::sql::{Class, class};
use crate::units::{DurationRange, Rate};
use crate::value::Value;
use crate::wait::Actor;
use crate::workshop::Tools;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Why a step ended before it was done.
#[derive(Debug)]
pub(super) enum Ended {
    /// The server or a command refused.
    Failed { failure: Option<Failure>, message: String },
    /// From outside.
    Cut,
}

impl From<ServerError> for Ended {
    fn from(error: ServerError) -> Self {
        let ServerError { failure, message, hint, detail, .. } = error;
        let more = detail.into_iter().chain(hint).map(|more| format!("\n{more}"));
        Self::Failed { failure: Some(failure), message: message + &more.collect::<String>() }
    }
}

/// What is tried as a whole.
#[derive(Clone, Copy)]
enum Attempt<'a> {
    Unit(Unit<'a>),
    Transaction(&'a [String]),
    /// A statement whose rows are wanted.
    Rows(&'a str),
    Command(&'a str),
}

/// Runs a step.
pub(super) struct Runner<'a> {
    pub(super) session: &'a mut Session,
    pub(super) address: &'a Address,
    pub(super) tools: Option<&'a Tools>,
    pub(super) own: &'a OwnAccount,
    pub(super) notices: &'a Notices,
    pub(super) clock: Clock,
    pub(super) place: u16,
    pub(super) observer: &'a Observer,
    pub(super) cut: &'a CancellationToken,
    pub(super) record: Record,
}

impl Runner<'_> {
    /// Runs the step to its end, whatever that is.
    pub(super) async fn step(&mut self, step: &Step, set_rates: &impl Fn(&[(usize, Rate)])) -> Result<(), Ended> {
        let lock_timeout = self.limit_locks(step.lock_timeout).await?;
        let ended = self.change(step, set_rates).await;
        if let Some(before) = lock_timeout {
            // Of a session that is lost nothing needs to be restored.
            self.session.batch(&format!("SET lock_timeout = '{before}'")).await.ok();
        }
        ended
    }

    async fn change(&mut self, step: &Step, set_rates: &impl Fn(&[(usize, Rate)])) -> Result<(), Ended> {
        let retry = step.retry.as_ref();
        match &step.change {
            Change::Sql(statements) => {
                for unit in units(statements) {
                    self.tried(Attempt::Unit(unit), retry).await?;
                }
            }
            Change::Transaction(statements) => {
                self.tried(Attempt::Transaction(statements), retry).await?;
            }
            Change::EachRow(question) => {
                let answer = self.tried(Attempt::Rows(question), retry).await?;
                let statements: Vec<String> = answer.kept.into_iter().flatten().filter_map(as_text).collect();
                for unit in units(&statements) {
                    self.tried(Attempt::Unit(unit), retry).await?;
                }
            }
            Change::Backfill(backfill) => self.backfill(backfill, retry).await?,
            Change::Command(command) => {
                self.tried(Attempt::Command(command), retry).await?;
            }
            Change::Pause(length) => self.pause(*length).await?,
            Change::Traffic(rates) => set_rates(rates),
        }
        Ok(())
    }

    /// Sets the step's own `lock_timeout` and gives the one to restore.
    async fn limit_locks(&mut self, limit: Option<Duration>) -> Result<Option<String>, Ended> {
        let Some(limit) = limit else { return Ok(None) };
        let rows = self.session.rows("SELECT current_setting('lock_timeout')", &[]).await?;
        let before = rows.into_iter().flatten().find_map(as_text);
        // Zero would be no limit at all.
        self.session.batch(&format!("SET lock_timeout = '{}ms'", limit.as_millis().max(1))).await?;
        Ok(before)
    }

    /// Tries until it succeeds, or until there is nothing left to try.
    async fn tried(&mut self, attempt: Attempt<'_>, retry: Option<&Retry>) -> Result<Answer, Ended> {
        let mut again = 0;
        loop {
            let ended = match self.attempt(attempt).await {
                Ok(answer) => return Ok(answer),
                // An error in a migration that is being ended is that end.
                Err(_) if self.cut.is_cancelled() => return Err(Ended::Cut),
                Err(ended) => ended,
            };
            if let Ended::Failed { failure: Some(failure), .. } = &ended {
                self.record.lock_timeouts += u32::from(failure.name() == "lock_not_available");
            }
            match retry {
                Some(retry) if again < retry.times && is_for(retry, &ended) => self.pause(retry.pause).await?,
                _ => return Err(ended),
            }
            again += 1;
            self.record.retries += 1;
        }
    }

    async fn attempt(&mut self, attempt: Attempt<'_>) -> Result<Answer, Ended> {
        if self.cut.is_cancelled() {
            return Err(Ended::Cut);
        }
        match attempt {
            Attempt::Unit(Unit::Wrapped(statement)) => self.transaction(std::slice::from_ref(statement)).await,
            Attempt::Unit(Unit::Bare(statement)) => self.alone(statement, Keep::Nothing).await,
            Attempt::Unit(Unit::Block(statements)) => self.block(statements).await,
            Attempt::Transaction(statements) => self.transaction(statements).await,
            Attempt::Rows(statement) => self.alone(statement, Keep::Rows).await,
            Attempt::Command(text) => self.command(text).await,
        }
    }

    async fn alone(&mut self, statement: &str, keep: Keep) -> Result<Answer, Ended> {
        let mut spans = Vec::new();
        let sent = self.send(statement, keep, &mut spans).await;
        self.transaction_ended(spans).await;
        Ok(sent?)
    }

    /// Statements between a BEGIN and a COMMIT of ours.
    async fn transaction(&mut self, statements: &[String]) -> Result<Answer, Ended> {
        let before = self.own.ask(self.session).await?;
        let mut spans = Vec::new();
        let done = self.in_transaction(statements, &before, &mut spans).await;
        self.settle(done, spans).await
    }

    async fn in_transaction(
        &mut self,
        statements: &[String],
        before: &Own,
        spans: &mut Vec<StatementSpan>,
    ) -> Result<Answer, ServerError> {
        self.session.batch("BEGIN").await?;
        let mut answer = Answer::default();
        for statement in statements {
            answer = self.send(statement, Keep::Nothing, spans).await?;
        }
        self.account(before, spans).await?;
        // It may wait too, for deferred constraints are checked now.
        self.send("COMMIT", Keep::Nothing, spans).await?;
        Ok(answer)
    }

    /// Statements that say BEGIN themselves.
    async fn block(&mut self, statements: &[String]) -> Result<Answer, Ended> {
        let before = self.own.ask(self.session).await?;
        let mut spans = Vec::new();
        let done = self.in_block(statements, &before, &mut spans).await;
        self.settle(done, spans).await
    }

    async fn in_block(
        &mut self,
        statements: &[String],
        before: &Own,
        spans: &mut Vec<StatementSpan>,
    ) -> Result<Answer, ServerError> {
        let mut answer = Answer::default();
        for statement in statements {
            if class(statement) == Class::Ends {
                self.account(before, spans).await?;
            }
            answer = self.send(statement, Keep::Nothing, spans).await?;
        }
        Ok(answer)
    }

    /// Undoes a transaction that failed, and tells of its statements only now that its locks are gone.
    async fn settle(&mut self, done: Result<Answer, ServerError>, spans: Vec<StatementSpan>) -> Result<Answer, Ended> {
        if done.is_err() {
            // Of a session that is lost nothing needs to be undone.
            self.session.batch("ROLLBACK").await.ok();
        }
        self.transaction_ended(spans).await;
        Ok(done?)
    }

    /// Notes what the transaction has read and locked so far.
    async fn account(&mut self, before: &Own, spans: &[StatementSpan]) -> Result<(), ServerError> {
        let own = self.own.ask(self.session).await?;
        let new = |(table, scans): &(&u32, &i64)| **scans > before.scans.get(table).copied().unwrap_or(0);
        self.record.scanned.extend(own.scans.iter().filter(new).map(|(table, _)| *table));
        let sent = spans.last().map_or_else(|| self.clock.now(), |span| span.sent);
        self.record.held.extend(own.locks.into_iter().map(|(relation, mode)| (relation, mode, sent)));
        Ok(())
    }

    /// Sends one statement and notes when, and what the server said.
    async fn send(
        &mut self,
        statement: &str,
        keep: Keep,
        spans: &mut Vec<StatementSpan>,
    ) -> Result<Answer, ServerError> {
        let sent = self.clock.now();
        let answer = self.notices.listen(self.session.run_simple(statement, keep)).await;
        let ended = self.clock.now();
        let (pid, actor, failed) = (self.session.pid(), Actor::Step(self.place), answer.is_err());
        spans.push(StatementSpan { pid, actor, due: sent, sent, ended, failed });
        self.record.heard(self.notices.take());
        if let Ok(answer) = &answer
            && changes_rows(statement)
        {
            self.record.rows += answer.affected;
        }
        answer
    }

    async fn transaction_ended(&mut self, spans: Vec<StatementSpan>) {
        self.record.transactions_ended.push(self.clock.now());
        if !spans.is_empty() {
            // Whoever records has gone only when the round is over.
            self.observer.send(Observation::Statements(spans)).await.ok();
        }
    }

    async fn backfill(&mut self, backfill: &Backfill, retry: Option<&Retry>) -> Result<(), Ended> {
        let refused = |message: String| Ended::Failed { failure: None, message };
        let Some(key) = facts::primary_key(self.session, &backfill.table).await? else {
            return Err(refused(format!("there is no table \"{}\" to backfill", backfill.table)));
        };
        if key.columns.is_empty() {
            let table = &backfill.table;
            return Err(refused(format!("table \"{table}\" has no primary key to backfill along; update it in SQL")));
        }
        let mut last: Option<Key> = None;
        loop {
            let question = backfill::range_end(&key, backfill, last.as_ref());
            let answer = self.tried(Attempt::Rows(&question), retry).await?;
            let end: Option<Key> =
                answer.kept.into_iter().next().map(|row| row.into_iter().filter_map(as_text).collect());
            let update = backfill::update(&key, backfill, last.as_ref(), end.as_ref());
            // The first gives its account; the others would only add to what they cost.
            let unit = if last.is_none() { Unit::Wrapped(&update) } else { Unit::Bare(&update) };
            self.tried(Attempt::Unit(unit), retry).await?;
            self.record.batches += 1;
            if end.is_none() {
                return Ok(());
            }
            last = end;
            self.pause(backfill.pause).await?;
        }
    }

    async fn command(&mut self, text: &str) -> Result<Answer, Ended> {
        let application = command::application(self.place);
        let outcome = command::run(text, self.tools, &application, self.address, self.cut).await;
        self.transaction_ended(Vec::new()).await;
        let failed = |message: String| Ended::Failed { failure: None, message };
        let outcome = outcome.map_err(|error| failed(format!("the command could not be run: {error}")))?;
        let last = last_words(&outcome.output).to_owned();
        self.record.printed = outcome.output;
        match outcome.status.success() {
            true => Ok(Answer::default()),
            false => Err(failed(format!("the command ended with {}: {last}", outcome.status))),
        }
    }

    async fn pause(&mut self, length: DurationRange) -> Result<(), Ended> {
        // Random from run to run: a constant pause meets the same workers in step again.
        let share = RandomState::new().hash_one(0) as f64 / u64::MAX as f64;
        tokio::select! {
            () = tokio::time::sleep(length.at(share)) => Ok(()),
            () = self.cut.cancelled() => Err(Ended::Cut),
        }
    }
}

/// Whether the scenario wants another try after such an error.
fn is_for(retry: &Retry, ended: &Ended) -> bool {
    match ended {
        Ended::Cut => false,
        Ended::Failed { failure, .. } => {
            retry.errors.is_empty() || failure.is_some_and(|failure| retry.errors.contains(&failure))
        }
    }
}

/// What a tool says last; indented lines below are where in its code, or in a statement, that came from.
fn last_words(output: &[String]) -> &str {
    let said = output.iter().rfind(|line| line.starts_with(|c: char| !c.is_whitespace()));
    said.or(output.last()).map_or("", String::as_str)
}

fn as_text(value: Value<'static>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_tool_are_no_line_of_its_stack() {
        for (output, words) in [
            (vec!["run", "Error: no such table", "    at run (run.js:1:2)", ""], "Error: no such table"),
            (vec!["Traceback", "  File x", "ValueError: no"], "ValueError: no"),
            (vec!["  indented"], "  indented"),
            (vec![], ""),
        ] {
            let output: Vec<String> = output.into_iter().map(str::to_owned).collect();
            assert_eq!(last_words(&output), words);
        }
    }
}
