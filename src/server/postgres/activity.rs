//! What backends do at the moment, the server's clock, and ending what a backend does.

use super::locks::array;
use super::{Address, Keep, Prepared, Row, ServerError, Session};
use crate::value::Value;
use std::time::SystemTime;

/// Asks what active backends wait for.
pub struct WaitEvents {
    session: Session,
    question: Prepared,
}

impl WaitEvents {
    /// Prepares the question on a connection of its own.
    pub async fn new(mut session: Session) -> Result<Self, ServerError> {
        session.batch("SET lock_timeout = '100ms'; SET statement_timeout = '5s'; SET jit = off").await?;
        let question = session
            .prepare(
                "SELECT pid::int8, coalesce(wait_event_type, 'CPU') FROM pg_stat_activity
                 WHERE state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock' AND pid <> pg_backend_pid()
                   AND datid = (SELECT oid FROM pg_database WHERE datname = current_database())",
            )
            .await?;
        Ok(Self { session, question })
    }

    /// Active backends with the class of what they wait for, `CPU` for none; those that wait for locks left out.
    pub async fn look(&mut self) -> Result<Vec<(i32, String)>, ServerError> {
        let rows = self.session.run(&self.question, &[], Keep::Rows).await?.kept;
        Ok((0..rows.len()).map(|place| (int(&rows, place, 0) as i32, text(&rows, place, 1))).collect())
    }
}

/// By how many microseconds the server's clock is ahead of ours: none on this machine, elsewhere as estimated by the
/// quickest of some answers.
pub async fn clock_ahead(address: &Address, session: &mut Session) -> Result<i64, ServerError> {
    if address.is_local() {
        return Ok(0);
    }
    let question = session.prepare("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8").await?;
    let mut best = (i64::MAX, 0);
    for _ in 0..15 {
        let sent = microseconds(SystemTime::now());
        let rows = session.run(&question, &[], Keep::Rows).await?.kept;
        let round_trip = microseconds(SystemTime::now()) - sent;
        best = best.min((round_trip, int(&rows, 0, 0) - sent - round_trip / 2));
    }
    Ok(best.1)
}

/// Asks a backend to end its statement.
pub async fn cancel(session: &mut Session, pid: i32) -> Result<(), ServerError> {
    session.rows("SELECT pg_cancel_backend($1)", &[Value::Int(pid.into())]).await.map(|_| ())
}

/// Ends those sessions.
pub async fn terminate(session: &mut Session, pids: &[i32]) -> Result<(), ServerError> {
    let ended = "SELECT pg_terminate_backend(pid) FROM unnest($1::text::int[]) pid";
    session.rows(ended, &[array(pids)]).await.map(|_| ())
}

/// A session of a client, and the statement that it runs or ran last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Its backend.
    pub pid: i32,
    /// Its `application_name`, empty without one.
    pub name: String,
    /// The statement; its first 2,000 characters.
    pub statement: String,
    /// When that began, in microseconds since 1970 by the server's clock; nothing before the first.
    pub began: Option<i64>,
    /// When it was done, likewise.
    pub ended: Option<i64>,
}

/// Who is in the database.
pub struct Guests {
    question: Prepared,
}

impl Guests {
    /// Prepares the question.
    pub async fn prepare(session: &mut Session) -> Result<Self, ServerError> {
        let micros = |time: &str| format!("(extract(epoch FROM {time}) * 1000000)::int8");
        let sql = format!(
            "SELECT pid::int8, coalesce(application_name, ''), left(coalesce(query, ''), 2000), {}, CASE WHEN state <> 'active' THEN {} END
             FROM pg_stat_activity
             WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
               AND pid <> ALL ($1::text::int[])",
            micros("query_start"),
            micros("state_change")
        );
        Ok(Self { question: session.prepare(&sql).await? })
    }

    /// All sessions of clients but these and the one that asks.
    pub async fn but(&self, session: &mut Session, pids: &[i32]) -> Result<Vec<Guest>, ServerError> {
        let rows = session.run(&self.question, &[array(pids)], Keep::Rows).await?.kept;
        let time = |place: usize, column: usize| match rows[place][column] {
            Value::Int(micros) => Some(micros),
            _ => None,
        };
        let guest = |place: usize| Guest {
            pid: int(&rows, place, 0) as i32,
            name: text(&rows, place, 1),
            statement: text(&rows, place, 2),
            began: time(place, 3),
            ended: time(place, 4),
        };
        Ok((0..rows.len()).map(guest).collect())
    }
}

fn microseconds(time: SystemTime) -> i64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

/// An integer of an answer; zero where there is none.
pub(super) fn int(rows: &[Row], row: usize, column: usize) -> i64 {
    match rows.get(row).and_then(|row| row.get(column)) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    }
}

/// A text of an answer; empty where there is none.
pub(super) fn text(rows: &[Row], row: usize, column: usize) -> String {
    match rows.get(row).and_then(|row| row.get(column)) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}
