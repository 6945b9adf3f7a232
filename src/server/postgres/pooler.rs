//! Finds out whether a pooler such as PgBouncer stands between us and the server.
//!
//! Behind one, backends are lent: a lock cannot be followed from a connection to its backend, nor settings of a
//! session relied on.

use super::{Address, Keep, ServerError, Session};
use crate::value::Value;

/// Whether the address leads to backends that existed before we connected: only a pooler has such.
///
/// The first connection tells the server's time and ends, which leaves its backend to the pooler; a server of its
/// own gives the second one a backend that is younger than that.
pub async fn is_pooled(address: &Address) -> Result<bool, ServerError> {
    let mut first = Session::open(address, "shakedown").await?;
    let told = microseconds(&mut first, "clock_timestamp()").await?;
    first.close().await?;
    let mut second = Session::open(address, "shakedown").await?;
    let sql = "(SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())";
    let started = microseconds(&mut second, sql).await?;
    second.close().await?;
    Ok(started < told)
}

/// By the simple protocol, which leaves no prepared statements that the next one to be lent the backend would meet.
async fn microseconds(session: &mut Session, expression: &str) -> Result<Option<i64>, ServerError> {
    let sql = format!("SELECT (extract(epoch FROM {expression}) * 1000000)::int8");
    let answer = session.run_simple(&sql, Keep::Rows).await?;
    Ok(match answer.kept.first().map(Vec::as_slice) {
        Some([Value::Text(digits)]) => digits.parse().ok(),
        _ => None,
    })
}
