//! One connection of a pool, which may break and be made again.

use super::program::Query;
use super::shared::Shared;
use crate::backends::Badge;
use crate::failure::Failure;
use crate::scenario::{Pool, Protocol};
use crate::server::postgres::cancel::{Backend, backend_of};
use crate::server::postgres::{Answer, Keep, Prepared, ServerError, Session, with_literals};
use crate::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// Pauses between attempts to connect, from the first to the longest.
pub(super) const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A connection as the application's pool makes it.
pub(super) struct Connection {
    shared: Arc<Shared>,
    pool: usize,
    live: Option<Live>,
    /// Whether what is prepared has to be forgotten before the next operation.
    outdated: bool,
}

/// What is there only while the server answers.
struct Live {
    session: Session,
    backend: Backend,
    badge: Badge,
    /// By the statement's place; prepared when first used on this connection, as drivers do.
    prepared: Vec<Option<Prepared>>,
}

impl Connection {
    /// A connection that is not made yet.
    pub(super) fn new(shared: Arc<Shared>, pool: usize) -> Self {
        Self { shared, pool, live: None, outdated: false }
    }

    /// The backend's process id; 0 when there is none.
    pub(super) fn pid(&self) -> i32 {
        self.live.as_ref().map_or(0, |live| live.backend.pid)
    }

    pub(super) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// Connects, and sets the session up.
    pub(super) async fn open(&mut self) -> Result<(), ServerError> {
        let shared = Arc::clone(&self.shared);
        let pool = &shared.pools[self.pool];
        let application = format!("{}/{}", self.shared.application, pool.name);
        let mut session = Session::open(&self.shared.address, &application).await?;
        let backend = backend_of(&mut session).await?;
        let badge = self.shared.backends.opened(backend.pid);
        self.shared.roster.enter(backend);
        self.live = Some(Live { session, backend, badge, prepared: vec![None; self.shared.slots] });
        self.outdated = false;
        let done = self.batch(&set_up(pool)).await;
        if done.is_err() {
            self.lose();
        }
        done.map(drop)
    }

    /// Connects, as often as it takes; `false` if traffic ends before.
    pub(super) async fn revive(&mut self) -> bool {
        let mut pause = BACK_OFF.0;
        while !self.is_live() {
            if self.shared.ending.is_stopped() {
                return false;
            }
            if self.open().await.is_ok() {
                return true;
            }
            if !self.shared.ending.rest(pause).await {
                return false;
            }
            pause = BACK_OFF.1.min(pause * 2);
        }
        true
    }

    /// From now on it works for that operation.
    pub(super) fn work_for(&self, operation: u16) {
        if let Some(live) = &self.live {
            live.badge.operation(operation);
        }
    }

    /// Runs a statement with its values. The second figure says whether it returns rows at all, which the simple
    /// protocol does not tell.
    pub(super) async fn run(
        &mut self,
        query: &Query,
        values: &[Value<'_>],
        keep: Keep,
    ) -> Result<(Answer, bool), ServerError> {
        let protocol = self.shared.pools[self.pool].protocol;
        let Some(live) = &mut self.live else { return Err(lost()) };
        let known = live.prepared[query.slot].is_some();
        let answer = live.run(protocol, query, values, keep).await;
        if let Err(error) = &answer {
            self.outdated |= known && outdates(error.failure);
        }
        self.checked(answer)
    }

    /// Runs text as it is, by the simple protocol.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<u64, ServerError> {
        let Some(live) = &mut self.live else { return Err(lost()) };
        let answer = live.session.batch(sql).await;
        self.checked(answer)
    }

    /// Runs a statement that is not kept, and that no parameter belongs to.
    pub(super) async fn run_text(&mut self, sql: &str) -> Result<Answer, ServerError> {
        let Some(live) = &mut self.live else { return Err(lost()) };
        let answer = live.session.run_simple(sql, Keep::Nothing).await;
        self.checked(answer)
    }

    /// Sends rows by COPY; gives their number.
    pub(super) async fn copy(&mut self, sql: &str, rows: &[u8]) -> Result<u64, ServerError> {
        let Some(live) = &mut self.live else { return Err(lost()) };
        let answer = live.copy(sql, rows).await;
        self.checked(answer)
    }

    /// Forgets what is prepared, where a failure has shown that it is outdated and the application's driver would.
    pub(super) async fn renew(&mut self) {
        let pool = &self.shared.pools[self.pool];
        // Who parses each time has nothing to keep but our own knowledge of its types.
        let forgets = pool.forgets_plans || pool.protocol == Protocol::Extended;
        let Some(live) = self.live.as_mut().filter(|_| std::mem::take(&mut self.outdated) && forgets) else { return };
        live.prepared.fill(None);
        if live.session.forget_statements().await.is_err() {
            self.lose();
        }
    }

    /// Says good-bye to the server.
    pub(super) async fn close(&mut self) {
        let Some(live) = self.live.take() else { return };
        self.shared.backends.closed(live.backend.pid);
        // Only one whose backend surely ends by itself needs no cancelling.
        if live.session.close().await.is_ok() {
            self.shared.roster.leave(&live.backend);
        }
    }

    /// Lets go of a connection that broke.
    fn lose(&mut self) {
        if let Some(live) = self.live.take() {
            self.shared.backends.closed(live.backend.pid);
            self.shared.roster.leave(&live.backend);
        }
    }

    fn checked<T>(&mut self, answer: Result<T, ServerError>) -> Result<T, ServerError> {
        if answer.as_ref().is_err_and(|error| error.fatal) {
            self.lose();
        }
        answer
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(live) = &self.live {
            self.shared.backends.closed(live.backend.pid);
        }
    }
}

impl Live {
    async fn run(
        &mut self,
        protocol: Protocol,
        query: &Query,
        values: &[Value<'_>],
        keep: Keep,
    ) -> Result<(Answer, bool), ServerError> {
        if protocol == Protocol::Simple {
            let text = with_literals(&query.sql, values)?;
            let answer = self.session.run_simple(&text, keep).await?;
            let returns = answer.returned > 0;
            return Ok((answer, returns));
        }
        if self.prepared[query.slot].is_none() {
            self.prepared[query.slot] = Some(self.session.prepare(&query.sql).await?);
            if protocol == Protocol::Extended {
                // Only the types were wanted: what stays prepared would not be parsed each time.
                self.session.forget_statements().await?;
            }
        }
        let Some(prepared) = &self.prepared[query.slot] else { return Err(lost()) };
        let answer = match protocol {
            Protocol::Extended => self.session.run_once(prepared, values, keep).await?,
            _ => self.session.run(prepared, values, keep).await?,
        };
        Ok((answer, !prepared.columns.is_empty()))
    }

    async fn copy(&mut self, sql: &str, rows: &[u8]) -> Result<u64, ServerError> {
        let mut copy = self.session.copy_in(sql).await?;
        copy.send(rows).await?;
        copy.finish().await
    }
}

/// What is run on each new connection, in one message: a short `statement_timeout` is in force only behind it.
fn set_up(pool: &Pool) -> String {
    let timeout =
        pool.statement_timeout.map(|timeout| format!("SET statement_timeout = {}", timeout.as_millis().max(1)));
    timeout.into_iter().chain(pool.session.iter().cloned()).collect::<Vec<_>>().join(";\n")
}

/// Failures after which a prepared statement is no longer what it was: *cached plan must not change result type*,
/// and all that says that a name or a type has changed (class 42).
fn outdates(failure: Failure) -> bool {
    matches!(failure, Failure::Sqlstate(code) if code == *b"0A000" || code.starts_with(b"42"))
}

fn lost() -> ServerError {
    ServerError {
        failure: Failure::ConnectionLost,
        message: "the connection is gone".to_owned(),
        hint: None,
        detail: None,
        position: None,
        fatal: true,
    }
}
