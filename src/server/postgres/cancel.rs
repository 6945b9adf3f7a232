//! Ending what other backends do.
//!
//! A process id may have been given to another backend meanwhile, so it counts only together with the time
//! at which the backend started.

use super::{ServerError, Session};
use crate::value::Value;

/// A backend that can be told from all others, past ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Backend {
    /// Its process id.
    pub pid: i32,
    /// When it started, in microseconds since 1970 by the server's clock.
    pub started: i64,
}

/// Asks backends to end their statements; gives how many were asked.
///
/// The request may reach a backend when it runs another statement already: whoever uses the connection must
/// have been told to send no more.
pub async fn cancel(control: &mut Session, backends: &[Backend]) -> Result<u64, ServerError> {
    signal(control, "SELECT pg_cancel_backend(pid)", backends).await
}

/// Ends backends; gives how many were asked.
pub async fn terminate(control: &mut Session, backends: &[Backend]) -> Result<u64, ServerError> {
    signal(control, "SELECT pg_terminate_backend(pid)", backends).await
}

/// How many of the backends still exist.
pub async fn remaining(control: &mut Session, backends: &[Backend]) -> Result<u64, ServerError> {
    signal(control, "SELECT 1", backends).await
}

async fn signal(control: &mut Session, what: &str, backends: &[Backend]) -> Result<u64, ServerError> {
    if backends.is_empty() {
        return Ok(0);
    }
    let pairs: Vec<String> = backends.iter().map(|each| format!("({}, {})", each.pid, each.started)).collect();
    let sql = format!(
        "{what} FROM pg_stat_get_activity(NULL) \
         WHERE (pid, (extract(epoch FROM backend_start) * 1000000)::int8) IN ({})",
        pairs.join(", ")
    );
    Ok(control.run_simple(&sql, super::Keep::Nothing).await?.returned)
}

/// The backend of a connection.
pub async fn backend_of(session: &mut Session) -> Result<Backend, ServerError> {
    let sql = "SELECT (extract(epoch FROM backend_start) * 1000000)::int8 FROM pg_stat_get_activity(pg_backend_pid())";
    let answer = session.run_simple(sql, super::Keep::Rows).await?;
    let started = match answer.kept.first().and_then(|row| row.first()) {
        Some(Value::Text(text)) => text.parse().ok(),
        _ => None,
    };
    let started =
        started.ok_or_else(|| ServerError::bad_value("the server does not say when a backend started".to_owned()))?;
    Ok(Backend { pid: session.pid(), started })
}
