//! How large the database is, how much write-ahead log the server has written, and how many dead rows there are.
//!
//! Read at the two ends of the judged time, never in between: walking all files of a database is no work for a tick.

use crate::figures::DatabaseFigures;
use crate::server::postgres::facts::{self, Volume};
use crate::server::postgres::{Address, ServerError, Session};

/// A database that is walked longer has no size that could be told.
const LIMITS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '500ms'; SET jit = off";

/// The connection that reads, and what it read first.
pub struct VolumeMeter {
    session: Session,
    began: Option<Volume>,
}

impl VolumeMeter {
    /// Connects: before the load.
    pub async fn open(address: &Address) -> Result<Self, ServerError> {
        let mut session = Session::open(address, "shakedown/volume").await?;
        session.batch(LIMITS).await?;
        Ok(Self { session, began: None })
    }

    /// The judged time begins.
    pub async fn begin(&mut self) {
        // What cannot be read is not judged.
        self.began = facts::volume(&mut self.session).await.ok();
    }

    /// The judged time is over: what became of the database; `None` where either end could not be read.
    pub async fn end(mut self) -> Option<DatabaseFigures> {
        let (before, after) = self.began.zip(facts::volume(&mut self.session).await.ok())?;
        // The figures are there, whether or not the server hears the good-bye.
        self.session.close().await.ok();
        Some(DatabaseFigures {
            growth: after.bytes - before.bytes,
            wal: after.wal.saturating_sub(before.wal),
            dead_rows: after.dead_rows,
        })
    }
}
