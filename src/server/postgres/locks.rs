//! Who waits for a lock, for what, and behind whom.
//!
//! Two tiers, for `pg_locks` copies the whole lock table and `pg_blocking_pids` only the one lock that is contended:
//! at every look only waiters and those ahead of them, and only for what has not been seen yet the lock itself. No
//! query touches a relation of the user, for that would wait in the same queue.

use super::activity::{int, text};
use super::facts::OWN;
use super::mode::Mode;
use super::{Address, Keep, Prepared, Row, ServerError, Session};
use crate::value::Value;
use std::collections::BTreeMap;

/// A connection that looks at locks.
pub struct LockView {
    session: Session,
    anybody: Prepared,
    waiters: Prepared,
    /// Whether the last look saw a waiter.
    busy: bool,
    asked: Prepared,
    blockers: Prepared,
    held: Prepared,
}

/// A backend that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// The process that waits, perhaps a parallel worker.
    pub process: i32,
    /// The backend that it works for; itself, unless it is a parallel worker.
    pub pid: i32,
    /// What kind of object it waits for.
    pub kind: String,
    /// The backends ahead of it.
    pub blocked_by: Vec<i32>,
    /// When its statement began, in microseconds since 1970 by the server's clock.
    pub statement_began: i64,
    /// Its `application_name`, else what kind of backend it is.
    pub who: String,
    /// Whether it serves a client, rather than the server itself.
    pub is_client: bool,
}

/// The lock that a process waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The process.
    pub process: i32,
    /// The server's word for the object: `relation`, `transactionid`, …
    pub kind: String,
    /// The relation that it belongs to. Of a row that is locked by a transaction: where the row lies.
    pub relation: Option<u32>,
    /// Tells objects apart.
    pub identity: String,
    /// The mode asked for.
    pub mode: Option<Mode>,
    /// Since when, in microseconds since 1970; not known for a moment, nor before PostgreSQL 14.
    pub since: Option<i64>,
}

/// A session that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Its backend.
    pub pid: i32,
    /// Its `application_name`, else what kind of backend it is.
    pub who: String,
    /// Whether it serves a client, rather than the server itself.
    pub is_client: bool,
    /// `active`, `idle in transaction`, …
    pub state: String,
    /// What it runs, or ran last; its first 2,000 characters. Empty while it answers a question of our own.
    pub statement: String,
    /// Modes that it holds on the objects that were asked about, by identity.
    pub holds: Vec<(String, Mode)>,
}

/// The columns of `pg_locks` that name an object; which of them are set depends on the first alone.
const IDENTITY: &str = "concat_ws(' ', l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, \
                        l.transactionid, l.classid, l.objid, l.objsubid)";

/// Backends that work for clients; parallel workers do for the client of their leader.
const CLIENTS: &str = "'client backend', 'parallel worker'";

fn is_true(rows: &[Row], row: usize, column: usize) -> bool {
    rows.get(row).and_then(|row| row.get(column)) == Some(&Value::Bool(true))
}

fn not_ours(statement: String) -> String {
    if statement.starts_with(OWN) { String::new() } else { statement }
}

/// A look takes some hundred kilobytes for a moment. Once its backend has let go of a larger piece, glibc keeps such
/// memory (mallopt(3), `M_MMAP_THRESHOLD`) instead of asking the kernel for fresh pages each time, the dearest part of a look.
const KEEP_MEMORY: &str = "SELECT length(repeat('x', 4000000))";

impl LockView {
    /// Connects and prepares all queries.
    pub async fn open(address: &Address) -> Result<Self, ServerError> {
        let mut session = Session::open(address, "shakedown/locks").await?;
        // Never in anybody's way: should one of our own queries wait after all, it gives up.
        session.batch("SET lock_timeout = '100ms'; SET statement_timeout = '5s'; SET jit = off").await?;
        session.batch(KEEP_MEMORY).await?;
        let facts = "SELECT current_setting('server_version_num')::int8, oid::int8 FROM pg_database WHERE datname = current_database()";
        let facts = session.rows(facts, &[]).await?;
        let (version, database) = (int(&facts, 0, 0), int(&facts, 0, 1));
        let leader = if version >= 130_000 { "coalesce(a.leader_pid, a.pid)" } else { "a.pid" };
        let since = if version >= 140_000 { "w.waitstart" } else { "NULL::timestamptz" };
        let anybody = session
            .prepare(
                "SELECT FROM pg_stat_get_backend_idset() backend
                 WHERE pg_stat_get_backend_wait_event_type(backend) = 'Lock' LIMIT 1",
            )
            .await?;
        let waiters = session
            .prepare(&format!(
                "SELECT a.pid::int8, {leader}::int8, a.wait_event, pg_blocking_pids(a.pid)::text,
                        (extract(epoch FROM coalesce(a.query_start, a.backend_start)) * 1000000)::int8,
                        coalesce(nullif(a.application_name, ''), a.backend_type, ''),
                        coalesce(a.backend_type IN ({CLIENTS}), false)
                 FROM pg_stat_get_activity(NULL) a
                 WHERE a.wait_event_type = 'Lock' AND a.pid <> pg_backend_pid() AND a.datid = {database}"
            ))
            .await?;
        // Who waits for the transaction that locked a row holds a lock on that row's place, if it is the first to wait.
        let asked = session
            .prepare(&format!(
                "WITH l AS MATERIALIZED (SELECT * FROM pg_locks WHERE pid = ANY ($1::text::int[])),
                      w AS (SELECT l.*, {IDENTITY} AS identity FROM l WHERE NOT granted)
                 SELECT w.pid::int8, w.locktype, w.identity, w.mode,
                        coalesce(w.relation, (SELECT max(l.relation::int8) FROM l WHERE l.pid = w.pid AND l.locktype = 'tuple')::oid)::int8,
                        (extract(epoch FROM {since}) * 1000000)::int8
                 FROM w"
            ))
            .await?;
        let blockers = session
            .prepare(&format!(
                "SELECT pid::int8, coalesce(nullif(application_name, ''), backend_type, ''), coalesce(state, ''),
                        left(coalesce(query, ''), 2000), coalesce(backend_type IN ({CLIENTS}), false)
                 FROM pg_stat_activity WHERE pid = ANY ($1::text::int[])"
            ))
            .await?;
        let held = session
            .prepare(&format!(
                "SELECT l.pid::int8, {IDENTITY}, l.mode FROM pg_locks l
                 WHERE l.granted AND l.pid = ANY ($1::text::int[]) AND {IDENTITY} = ANY ($2::text::text[])"
            ))
            .await?;
        Ok(Self { session, anybody, waiters, busy: false, asked, blockers, held })
    }

    /// The backend of this connection.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.session.pid()
    }

    /// Everybody in this database who waits for a lock.
    pub async fn waiters(&mut self) -> Result<Vec<Waiter>, ServerError> {
        // Nearly always nobody waits, and to find that out takes half of what a list of all sessions does.
        if !self.busy && self.session.run(&self.anybody, &[], Keep::Nothing).await?.returned == 0 {
            return Ok(Vec::new());
        }
        let rows = self.session.run(&self.waiters, &[], Keep::Rows).await?.kept;
        let waiter = |place: usize| Waiter {
            process: int(&rows, place, 0) as i32,
            pid: int(&rows, place, 1) as i32,
            kind: text(&rows, place, 2),
            blocked_by: pids(&text(&rows, place, 3)),
            statement_began: int(&rows, place, 4),
            who: text(&rows, place, 5),
            is_client: is_true(&rows, place, 6),
        };
        self.busy = !rows.is_empty();
        Ok((0..rows.len()).map(waiter).collect())
    }

    /// What those processes wait for, as far as they still do.
    pub async fn asked(&mut self, processes: &[i32]) -> Result<Vec<Asked>, ServerError> {
        let rows = self.session.run(&self.asked, &[array(processes)], Keep::Rows).await?.kept;
        let known = |place: usize, column: usize| match rows[place][column] {
            Value::Int(number) => Some(number),
            _ => None,
        };
        let asked = |place: usize| Asked {
            process: int(&rows, place, 0) as i32,
            kind: text(&rows, place, 1),
            identity: text(&rows, place, 2),
            mode: Mode::of_server(&text(&rows, place, 3)),
            relation: known(place, 4).map(|oid| oid as u32),
            since: known(place, 5),
        };
        Ok((0..rows.len()).map(asked).collect())
    }

    /// Who those backends are, and in which modes they hold the objects of those identities.
    pub async fn ahead(&mut self, backends: &[i32], identities: &[&str]) -> Result<Vec<Ahead>, ServerError> {
        let rows = self.session.run(&self.blockers, &[array(backends)], Keep::Rows).await?.kept;
        let mut holds: BTreeMap<i32, Vec<(String, Mode)>> = BTreeMap::new();
        if !identities.is_empty() {
            let quoted: Vec<String> = identities.iter().map(|each| format!("\"{each}\"")).collect();
            let wanted = Value::Text(format!("{{{}}}", quoted.join(",")).into());
            let rows = self.session.run(&self.held, &[array(backends), wanted], Keep::Rows).await?.kept;
            for place in 0..rows.len() {
                if let Some(mode) = Mode::of_server(&text(&rows, place, 2)) {
                    let held = holds.entry(int(&rows, place, 0) as i32).or_default();
                    held.push((text(&rows, place, 1), mode));
                }
            }
        }
        let ahead = |place: usize| {
            let pid = int(&rows, place, 0) as i32;
            let who = text(&rows, place, 1);
            let holds = holds.remove(&pid).unwrap_or_default();
            let (state, is_client) = (text(&rows, place, 2), is_true(&rows, place, 4));
            Ahead { pid, who, is_client, state, statement: not_ours(text(&rows, place, 3)), holds }
        };
        Ok((0..rows.len()).map(ahead).collect())
    }

    /// The connection itself, for questions about the catalog.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }
}

pub(super) fn array(pids: &[i32]) -> Value<'static> {
    let pids: Vec<String> = pids.iter().map(i32::to_string).collect();
    Value::Text(format!("{{{}}}", pids.join(",")).into())
}

/// Reads `{1,2}`.
fn pids(array: &str) -> Vec<i32> {
    let mut pids: Vec<i32> = Vec::new();
    for pid in array.trim_matches(['{', '}']).split(',').filter_map(|pid| pid.parse().ok()) {
        // A blocker that holds several modes is named once for each.
        if !pids.contains(&pid) {
            pids.push(pid);
        }
    }
    pids
}
