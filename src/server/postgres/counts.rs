//! What the server counts of each statement (`pg_stat_statements`), before and after.
//!
//! Nothing is reset, for on somebody's own server the counts are theirs. The view is read on a connection of its own,
//! so that it can be read in the middle of another one's transaction. Where the database lacks the extension it is
//! made in a schema that no digest looks at, and removed before anything else happens there.

use super::activity::{int, text};
use super::{Address, Keep, Prepared, Row, ServerError, Session};
use crate::value::Value;
use std::collections::HashMap;

/// Characters that are kept of a statement: a list of ten thousand constants is a text that long.
const LONGEST: usize = 2000;
/// What a text ends in that was cut; no statement does.
pub(super) const CUT: char = '…';
/// Where the extension is made.
const SCHEMA: &str = "shakedown";

/// Reads the counts of one database.
pub struct Counts {
    session: Session,
    question: Prepared,
    /// Whether the extension is ours to remove.
    made: bool,
}

/// What was counted of one statement, whatever its parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// The server's query identifier.
    pub fingerprint: i64,
    /// Its text with numbers in the place of constants, cut where it is very long.
    pub text: String,
    /// How often it was executed.
    pub calls: i64,
    /// Rows returned or changed.
    pub rows: i64,
    /// Time of execution in milliseconds, planning left out.
    pub ms: f64,
    /// Blocks found in shared buffers.
    pub hit: i64,
    /// Blocks read from outside of them.
    pub read: i64,
    /// Bytes of write-ahead log; none before PostgreSQL 13, which does not tell.
    pub wal: f64,
}

/// All counts at one moment.
#[derive(Clone, Debug, Default)]
pub struct Reading(HashMap<i64, Counted>);

impl Counts {
    /// Finds the extension in the database, or makes it for now. The error says why nothing is counted.
    pub async fn open(address: &Address) -> Result<Self, ServerError> {
        let mut session = Session::open(address, "shakedown/counts").await?;
        session.batch("SET lock_timeout = '2s'; SET statement_timeout = '10s'; SET jit = off").await?;
        let found = extension(&mut session).await?;
        let made = found.is_none();
        if made {
            let create = format!("CREATE SCHEMA {SCHEMA}; CREATE EXTENSION pg_stat_statements SCHEMA {SCHEMA}");
            session.batch(&create).await?;
        }
        match question(&mut session, found.as_deref().unwrap_or(SCHEMA)).await {
            Ok(question) => Ok(Self { session, question, made }),
            Err(error) => {
                if made {
                    remove(&mut session).await?;
                }
                Err(error)
            }
        }
    }

    /// The counts as they are now.
    pub async fn read(&mut self) -> Result<Reading, ServerError> {
        let rows = self.session.run(&self.question, &[], Keep::Rows).await?.kept;
        let counted = (0..rows.len()).map(|at| counted(&rows, at));
        Ok(Reading(counted.map(|each| (each.fingerprint, each)).collect()))
    }

    /// What was executed in this database while something else was done.
    pub async fn around<T>(&mut self, doing: impl Future<Output = T>) -> Result<(T, Vec<Counted>), ServerError> {
        let before = self.read().await?;
        let done = doing.await;
        Ok((done, self.read().await?.since(&before)))
    }

    /// Leaves the database as it was.
    pub async fn close(mut self) -> Result<(), ServerError> {
        if self.made {
            remove(&mut self.session).await?;
        }
        self.session.close().await
    }
}

impl Reading {
    /// What was executed since an earlier reading, in no order.
    #[must_use]
    pub fn since(self, earlier: &Self) -> Vec<Counted> {
        let since = self.0.into_values().map(|each| {
            let before = earlier.0.get(&each.fingerprint);
            each.without(before)
        });
        since.filter(|each| each.calls > 0).collect()
    }
}

impl Counted {
    fn without(self, earlier: Option<&Self>) -> Self {
        // Fewer than before: the server had forgotten it meanwhile, and counts from the beginning.
        let Some(earlier) = earlier.filter(|earlier| earlier.calls <= self.calls) else { return self };
        Self {
            calls: self.calls - earlier.calls,
            rows: self.rows - earlier.rows,
            ms: (self.ms - earlier.ms).max(0.0),
            hit: self.hit - earlier.hit,
            read: self.read - earlier.read,
            wal: self.wal - earlier.wal,
            ..self
        }
    }

    /// Adds what was counted of the same statement another time.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.rows += other.rows;
        self.ms += other.ms;
        self.hit += other.hit;
        self.read += other.read;
        self.wal += other.wal;
    }
}

/// The schema, quoted, that the extension is in.
async fn extension(session: &mut Session) -> Result<Option<String>, ServerError> {
    let sql = "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
               WHERE e.extname = 'pg_stat_statements'";
    let rows = session.rows(sql, &[]).await?;
    Ok((!rows.is_empty()).then(|| text(&rows, 0, 0)))
}

async fn remove(session: &mut Session) -> Result<(), ServerError> {
    session.batch(&format!("DROP EXTENSION pg_stat_statements; DROP SCHEMA {SCHEMA}")).await.map(drop)
}

/// The question in the words of this version of the extension, asked once: without the library it is refused.
async fn question(session: &mut Session, schema: &str) -> Result<Prepared, ServerError> {
    let view = format!("{schema}.pg_stat_statements");
    let sql = "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0";
    let columns = session.rows(sql, &[Value::Text(view.as_str().into())]).await?;
    let has = |name: &str| columns.iter().any(|row| *row == [Value::Text(name.into())]);
    // PostgreSQL docs, F.32 pg_stat_statements: 13 tells planning from execution and counts the log, 14 tells
    // statements of functions from those of clients.
    let time = if has("total_exec_time") { "total_exec_time" } else { "total_time" };
    let wal = if has("wal_bytes") { "sum(wal_bytes)::float8" } else { "0::float8" };
    let clients = if has("toplevel") { "AND toplevel" } else { "" };
    // The alias is how the question knows itself: what it costs is not what is asked for.
    let sql = format!(
        "SELECT queryid::int8, left(min(query), {}), sum(calls)::int8, sum(rows)::int8, sum({time})::float8,
                sum(shared_blks_hit)::int8, sum(shared_blks_read)::int8, {wal}
         FROM {view} AS shakedown_counts
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
           AND query NOT LIKE '%shakedown\\_counts%' {clients}
         GROUP BY queryid",
        LONGEST + 1
    );
    let question = session.prepare(&sql).await?;
    session.run(&question, &[], Keep::Nothing).await?;
    Ok(question)
}

fn counted(rows: &[Row], at: usize) -> Counted {
    let float = |column: usize| match rows[at].get(column) {
        Some(Value::Float(number)) => *number,
        _ => 0.0,
    };
    let mut query = text(rows, at, 1);
    if let Some((end, _)) = query.char_indices().nth(LONGEST) {
        query.truncate(end);
        query.push(CUT);
    }
    Counted {
        fingerprint: int(rows, at, 0),
        text: query,
        calls: int(rows, at, 2),
        rows: int(rows, at, 3),
        ms: float(4),
        hit: int(rows, at, 5),
        read: int(rows, at, 6),
        wal: float(7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(counts: &[(i64, i64, f64)]) -> Reading {
        let counted = |&(fingerprint, calls, ms): &(i64, i64, f64)| {
            (fingerprint, Counted { fingerprint, calls, ms, ..Counted::default() })
        };
        Reading(counts.iter().map(counted).collect())
    }

    #[test]
    fn only_what_was_executed_in_between_is_counted_and_what_was_forgotten_counts_from_the_beginning() {
        let before = reading(&[(1, 5, 10.0), (2, 7, 3.0), (3, 100, 9.0)]);
        let mut since = reading(&[(1, 6, 12.5), (2, 7, 3.0), (3, 2, 0.5), (4, 1, 1.0)]).since(&before);
        since.sort_by_key(|each| each.fingerprint);
        let found: Vec<_> = since.iter().map(|each| (each.fingerprint, each.calls, each.ms)).collect();
        assert_eq!(found, [(1, 1, 2.5), (3, 2, 0.5), (4, 1, 1.0)]);
    }
}
