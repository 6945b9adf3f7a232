//! What is noted while a step runs, and the facts that come of it.

use super::attendant::{AllSeen, Seen};
use crate::server::postgres::Session;
use crate::server::postgres::facts::{self, Files, Names};
use crate::server::postgres::mode::Mode;
use crate::step::{LockTaken, StepFacts};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// More messages of the server than these are left out.
const MOST_MESSAGES: usize = 200;

/// The database as it was at the edge of a step; what could not be read is left out.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) names: Names,
    files: Files,
    sizes: Option<BTreeMap<String, i64>>,
    wal: Option<u64>,
}

impl Snapshot {
    /// Reads it; a lost server shows in the step itself.
    pub(super) async fn take(session: &mut Session) -> Self {
        Self {
            names: facts::names(session).await.unwrap_or_default(),
            files: facts::files(session).await.unwrap_or_default(),
            sizes: facts::sizes(session).await.ok().flatten(),
            wal: facts::wal(session).await.ok(),
        }
    }
}

/// What a step's own connection noted.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) retries: u32,
    pub(super) lock_timeouts: u32,
    pub(super) rows: u64,
    pub(super) batches: u64,
    /// Tables that its transactions read from end to end.
    pub(super) scanned: BTreeSet<u32>,
    /// Locks that its transactions held at their ends, with when the statement before had been sent.
    pub(super) held: Vec<(u32, Mode, Duration)>,
    /// When locks were given back.
    pub(super) transactions_ended: Vec<Duration>,
    /// What a command printed when it was run last.
    pub(super) printed: Vec<String>,
    messages: Vec<String>,
}

impl Record {
    pub(super) fn heard(&mut self, messages: Vec<String>) {
        for message in messages {
            if self.messages.len() < MOST_MESSAGES && !self.messages.contains(&message) {
                self.messages.push(message);
            }
        }
    }

    /// Everything known of the step; `existing` are the names of what was there before the migration.
    pub(super) fn facts(
        self,
        facts: StepFacts,
        existing: &Names,
        (before, after): (&Snapshot, &Snapshot),
        seen: AllSeen,
    ) -> StepFacts {
        let name = |oid: &u32| before.names.get(oid).or_else(|| after.names.get(oid)).cloned();
        let mut scanned: BTreeSet<String> = self.scanned.iter().filter_map(name).collect();
        scanned.extend(self.messages.iter().filter_map(|message| table_read(message)));
        // A new TOAST table is read when its index is built, which says nothing of the user's rows.
        scanned.retain(|name| !name.starts_with("pg_"));
        let (locks, rewritten) = (self.locks(seen, &name), before.files.rewritten(&after.files));
        let mut made: BTreeSet<String> = locks.iter().map(|lock| lock.relation.clone()).collect();
        made.extend(rewritten.iter().chain(&scanned).cloned());
        made.retain(|name| is_made(name, existing, [&before.names, &after.names]));
        StepFacts {
            attempts: self.retries + 1,
            lock_timeouts: self.lock_timeouts,
            locks,
            rewritten,
            scanned: scanned.into_iter().collect(),
            made: made.into_iter().collect(),
            rows: self.rows,
            batches: self.batches,
            wal_bytes: before.wal.zip(after.wal).map_or(0, |(before, after)| after.saturating_sub(before)),
            growth: growth(before.sizes.as_ref(), after.sizes.as_ref()),
            sizes_unknown: before.sizes.is_none() || after.sizes.is_none(),
            messages: self.messages,
            printed: self.printed,
            ..facts
        }
    }

    /// The strongest lock on each table and index of the user.
    fn locks(&self, mut seen: AllSeen, name: &impl Fn(&u32) -> Option<String>) -> Vec<LockTaken> {
        for (relation, mode, sent) in &self.held {
            let entry = seen.entry((*relation, *mode)).or_default();
            // Held for less than the time between two looks: granted after the last that saw it wait, if it did wait.
            entry.granted = entry.granted.or(entry.waited.max(Some(*sent)));
            entry.held = entry.held.max(entry.granted);
        }
        let mut strongest: BTreeMap<u32, (Mode, Seen)> = BTreeMap::new();
        // Modes come in the order of their strength, so the last one of a relation stays.
        for ((relation, mode), seen) in seen.into_iter().filter(|((relation, _), _)| *relation >= FIRST_OF_USER) {
            strongest.insert(relation, (mode, seen));
        }
        let released = |held: Duration| self.transactions_ended.iter().copied().find(|ended| *ended >= held);
        let taken = |(relation, (mode, seen)): (u32, (Mode, Seen))| {
            let relation = name(&relation).filter(|name| !name.starts_with("pg_"))?;
            let end = seen.gone.or(seen.held.and_then(released));
            let (granted, released) = match end.and_then(|end| seen.longer(end)) {
                Some((granted, released)) => (Some(granted), Some(released)),
                None => (seen.granted, end),
            };
            Some(LockTaken { relation, mode: mode.words().to_owned(), asked: seen.asked, granted, released })
        };
        strongest.into_iter().filter_map(taken).collect()
    }
}

/// Whether whatever bears that name at an edge of the step came with the migration. A name that is given on, as when
/// tables are swapped, counts as that of the older one.
fn is_made(name: &str, existing: &Names, edges: [&Names; 2]) -> bool {
    let bearers = || edges.into_iter().flatten().filter(|(_, each)| *each == name).map(|(oid, _)| oid);
    // Where the names before the migration could not be read, nothing is known to be new.
    !existing.is_empty() && bearers().next().is_some() && bearers().all(|oid| !existing.contains_key(oid))
}

/// OIDs below are those of the system (`FirstNormalObjectId`).
const FIRST_OF_USER: u32 = 16_384;

/// The table that a DEBUG1 message says is read as a whole.
fn table_read(message: &str) -> Option<String> {
    let behind = ["rewriting table \"", "verifying table \""].iter().find_map(|start| message.strip_prefix(start));
    let built =
        || message.strip_prefix("building index ").and_then(|rest| rest.split_once("on table \"")).map(|it| it.1);
    behind.or_else(built)?.split('"').next().map(str::to_owned)
}

fn growth(before: Option<&BTreeMap<String, i64>>, after: Option<&BTreeMap<String, i64>>) -> Vec<(String, i64)> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    let tables: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let size = |sizes: &BTreeMap<String, i64>, table| sizes.get(table).copied().unwrap_or(0);
    let grown = tables.into_iter().map(|table| (table.clone(), size(after, table) - size(before, table)));
    grown.filter(|(_, bytes)| *bytes != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn messages_name_the_table_that_is_read() {
        let cases = [
            ("rewriting table \"orders\"", Some("orders")),
            ("verifying table \"orders\"", Some("orders")),
            ("building index \"i\" on table \"orders\" serially", Some("orders")),
            (
                "existing constraints on column \"orders.a\" are sufficient to prove that it does not contain nulls",
                None,
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(table_read(message).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn a_table_is_listed_once_with_its_strongest_lock_until_the_transaction_ended() {
        let record = Record {
            held: vec![
                (20_000, Mode::AccessExclusive, ms(50)),
                (20_001, Mode::Share, ms(50)),
                (1_259, Mode::Share, ms(50)),
            ],
            transactions_ended: vec![ms(20), ms(60)],
            ..Record::default()
        };
        let waited = Seen { asked: Some(ms(30)), granted: Some(ms(45)), held: Some(ms(45)), ..Seen::default() };
        let seen =
            AllSeen::from([((20_000, Mode::AccessShare), Seen::default()), ((20_000, Mode::AccessExclusive), waited)]);
        let names = Names::from([(20_000, "orders".to_owned()), (20_001, "pg_toast.x".to_owned())]);
        let locks = record.locks(seen, &|oid| names.get(oid).cloned());
        let expected = LockTaken {
            relation: "orders".into(),
            mode: "ACCESS EXCLUSIVE".into(),
            asked: Some(ms(30)),
            granted: Some(ms(45)),
            released: Some(ms(60)),
        };
        assert_eq!(locks, [expected]);
    }

    #[test]
    fn a_lock_that_was_held_between_two_looks_was_waited_for_until_then() {
        let record = Record {
            held: vec![(20_000, Mode::AccessExclusive, ms(50))],
            transactions_ended: vec![ms(95)],
            ..Record::default()
        };
        let waited = Seen { asked: Some(ms(51)), waited: Some(ms(90)), ..Seen::default() };
        let names = Names::from([(20_000, "orders".to_owned())]);
        let seen = AllSeen::from([((20_000, Mode::AccessExclusive), waited)]);
        let lock = record.locks(seen, &|oid| names.get(oid).cloned()).remove(0);
        assert_eq!((lock.asked, lock.granted, lock.released), (Some(ms(51)), Some(ms(90)), Some(ms(95))));
    }

    #[test]
    fn what_the_migration_made_is_told_from_what_was_there() {
        let names =
            |names: &[(u32, &str)]| names.iter().map(|(oid, name)| (*oid, (*name).to_owned())).collect::<Names>();
        let existing = names(&[(1, "orders"), (2, "orders_pkey")]);
        // A copy was made in an earlier step, and takes the place of the old table in this one.
        let edges = [
            names(&[(1, "orders"), (2, "orders_pkey"), (3, "orders_new")]),
            names(&[(1, "orders_old"), (2, "orders_pkey"), (3, "orders"), (4, "by_day")]),
        ];
        for (name, expected) in
            [("orders", false), ("orders_pkey", false), ("orders_new", true), ("by_day", true), ("nobody", false)]
        {
            assert_eq!(is_made(name, &existing, [&edges[0], &edges[1]]), expected, "{name}");
            assert!(!is_made(name, &Names::new(), [&edges[0], &edges[1]]), "{name} where nothing is known");
        }
    }

    #[test]
    fn growth_counts_tables_that_come_and_go() {
        let before = BTreeMap::from([("a".to_owned(), 8), ("b".to_owned(), 5), ("c".to_owned(), 1)]);
        let after = BTreeMap::from([("a".to_owned(), 16), ("c".to_owned(), 1), ("d".to_owned(), 3)]);
        let expected = [("a".to_owned(), 8), ("b".to_owned(), -5), ("d".to_owned(), 3)];
        assert_eq!(growth(Some(&before), Some(&after)), expected);
        assert!(growth(None, Some(&after)).is_empty());
    }
}
