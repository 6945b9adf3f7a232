//! What a statement did to tables, read from the catalog before and after: files, sizes, locks, scans, WAL.
//!
//! Sizes open the files of a relation and so wait for its locks; all else here reads shared memory and catalogs, and
//! waits for nobody.

use super::activity::{int, text};
use super::locks::array;
use super::mode::Mode;
use super::{Keep, Prepared, ServerError, Session};
use crate::value::Value;
use std::collections::{BTreeMap, HashMap};

/// Names of tables and indexes by OID, as a reader knows them: without the schema where that is `public`.
pub type Names = HashMap<u32, String>;

/// A table or index, its name, and the file that it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<u32, (String, u32)>);

/// A lock of a backend on a table or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationLock {
    /// The table or index.
    pub relation: u32,
    /// The mode.
    pub mode: Mode,
    /// Whether it has it, or waits for it.
    pub granted: bool,
    /// Since when it waits, in microseconds since 1970.
    pub since: Option<i64>,
}

/// The primary key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The table, quoted and qualified.
    pub table: String,
    /// Its columns, quoted, with their types, in the order of the key; empty without one.
    pub columns: Vec<(String, String)>,
}

/// A relation's name as the scenario writes it.
const NAME: &str = "CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END";

/// Names of everything that has locks and files.
pub async fn names(session: &mut Session) -> Result<Names, ServerError> {
    let sql = format!("SELECT c.oid::int8, {NAME} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace");
    let rows = session.rows(&sql, &[]).await?;
    Ok((0..rows.len()).map(|place| (int(&rows, place, 0) as u32, text(&rows, place, 1))).collect())
}

/// The files of the user's tables and indexes.
pub async fn files(session: &mut Session) -> Result<Files, ServerError> {
    let sql = format!(
        "SELECT c.oid::int8, {NAME}, c.relfilenode::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm', 'i') AND c.oid >= 16384 AND n.nspname NOT LIKE 'pg\\_%'"
    );
    let rows = session.rows(&sql, &[]).await?;
    let file = |place: usize| (int(&rows, place, 0) as u32, (text(&rows, place, 1), int(&rows, place, 2) as u32));
    Ok(Files((0..rows.len()).map(file).collect()))
}

impl Files {
    /// The names of what was written anew between two looks: the same relation in another file, or another relation
    /// of the same name, as REINDEX CONCURRENTLY leaves it.
    #[must_use]
    pub fn rewritten(&self, after: &Self) -> Vec<String> {
        let mut rewritten: Vec<String> = Vec::new();
        for (oid, (name, file)) in &after.0 {
            let before = self.0.get(oid).or_else(|| self.0.values().find(|(each, _)| each == name));
            if before.is_some_and(|(_, before)| before != file) {
                rewritten.push(name.clone());
            }
        }
        rewritten.sort();
        rewritten
    }
}

/// Bytes of each table of the user with its indexes and TOAST; `None` where one is locked.
pub async fn sizes(session: &mut Session) -> Result<Option<BTreeMap<String, i64>>, ServerError> {
    let sql = format!(
        "SELECT {NAME}, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
    );
    match session.rows(&sql, &[]).await {
        Ok(rows) => Ok(Some((0..rows.len()).map(|place| (text(&rows, place, 0), int(&rows, place, 1))).collect())),
        Err(error) if error.fatal => Err(error),
        Err(_) => Ok(None),
    }
}

/// Bytes of write-ahead log that the server has written in its life.
pub async fn wal(session: &mut Session) -> Result<u64, ServerError> {
    let rows = session.rows("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8", &[]).await?;
    Ok(int(&rows, 0, 0) as u64)
}

/// A database at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// All its files.
    pub bytes: i64,
    /// Write-ahead log that the server has written in its life.
    pub wal: u64,
    /// Rows that updates and deletes have left behind, as the server estimates.
    pub dead_rows: u64,
}

/// Reads the size of the database that the session is in.
pub async fn volume(session: &mut Session) -> Result<Volume, ServerError> {
    let sql = "SELECT pg_database_size(current_database()), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8,
                      (SELECT coalesce(sum(n_dead_tup), 0)::int8 FROM pg_stat_user_tables)";
    let rows = session.rows(sql, &[]).await?;
    let count = |column| u64::try_from(int(&rows, 0, column)).unwrap_or_default();
    Ok(Volume { bytes: int(&rows, 0, 0), wal: count(1), dead_rows: count(2) })
}

/// Locks on tables and indexes, looked at from outside.
pub struct Locks {
    question: Prepared,
}

impl Locks {
    /// Prepares the question.
    pub async fn prepare(session: &mut Session) -> Result<Self, ServerError> {
        let version = int(&session.rows("SELECT current_setting('server_version_num')::int8", &[]).await?, 0, 0);
        let since = if version >= 140_000 { "waitstart" } else { "NULL::timestamptz" };
        let sql = format!(
            "SELECT relation::int8, mode, granted, (extract(epoch FROM {since}) * 1000000)::int8 FROM pg_locks
             WHERE locktype = 'relation' AND pid = ANY ($1::text::int[])"
        );
        Ok(Self { question: session.prepare(&sql).await? })
    }

    /// Of those backends.
    pub async fn of(&self, session: &mut Session, pids: &[i32]) -> Result<Vec<RelationLock>, ServerError> {
        let rows = session.run(&self.question, &[array(pids)], Keep::Rows).await?.kept;
        let lock = |row: &super::Row| {
            let [Value::Int(relation), Value::Text(mode), Value::Bool(granted), since] = row.as_slice() else {
                return None;
            };
            let since = if let Value::Int(since) = since { Some(*since) } else { None };
            Some(RelationLock { relation: *relation as u32, mode: Mode::of_server(mode)?, granted: *granted, since })
        };
        Ok(rows.iter().filter_map(lock).collect())
    }
}

/// A transaction's own account of itself: how often each table was read from end to end, and the locks held.
pub struct OwnAccount {
    question: Prepared,
}

/// What a transaction has done so far.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Full scans by table, of this transaction and of those before that are not reported to the statistics yet.
    pub scans: BTreeMap<u32, i64>,
    /// Locks on tables and indexes.
    pub locks: Vec<(u32, Mode)>,
}

/// What our own question begins with, asked between the statements of a step: it is nothing that the step does.
pub(super) const OWN: &str = "/* shakedown */";

impl OwnAccount {
    /// Prepares the question, for it is asked while locks are held.
    pub async fn prepare(session: &mut Session) -> Result<Self, ServerError> {
        // Not through `pg_stat_xact_user_tables`, which groups all tables by their indexes first.
        let sql = format!(
            "{OWN} SELECT c.oid::int8, pg_stat_get_xact_numscans(c.oid)::int8, '' FROM pg_class c
                   WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND pg_stat_get_xact_numscans(c.oid) > 0
                   UNION ALL
                   SELECT relation::int8, 0, mode FROM pg_locks
                   WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted AND relation >= 16384"
        );
        Ok(Self { question: session.prepare(&sql).await? })
    }

    /// Asks, on the session whose account it is.
    pub async fn ask(&self, session: &mut Session) -> Result<Own, ServerError> {
        let rows = session.run(&self.question, &[], Keep::Rows).await?.kept;
        let mut own = Own::default();
        for place in 0..rows.len() {
            let relation = int(&rows, place, 0) as u32;
            match Mode::of_server(&text(&rows, place, 2)) {
                Some(mode) => own.locks.push((relation, mode)),
                None => {
                    own.scans.insert(relation, int(&rows, place, 1));
                }
            }
        }
        Ok(own)
    }
}

/// The primary key of a table, as the scenario writes its name; `None` where there is no such table.
pub async fn primary_key(session: &mut Session, table: &str) -> Result<Option<PrimaryKey>, ServerError> {
    let found = format!(
        "SELECT c.oid::int8, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND ({NAME} = $1::text OR c.oid = to_regclass($1::text))
         ORDER BY {NAME} = $1::text DESC LIMIT 1"
    );
    let tables = session.rows(&found, &[Value::Text(table.into())]).await?;
    if tables.is_empty() {
        return Ok(None);
    }
    let columns = "SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)
                   FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                   WHERE i.indisprimary AND i.indrelid = $1::int8::oid ORDER BY k.place";
    let rows = session.rows(columns, &[Value::Int(int(&tables, 0, 0))]).await?;
    let columns = (0..rows.len()).map(|place| (text(&rows, place, 0), text(&rows, place, 1))).collect();
    Ok(Some(PrimaryKey { table: text(&tables, 0, 1), columns }))
}
