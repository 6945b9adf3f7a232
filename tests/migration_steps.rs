//! Steps of a migration on a real server: what is found out about each, and how they end.

mod support;

use shakedown::backends::Backends;
use shakedown::clock::Clock;
use shakedown::failure::Failure;
use shakedown::migration::{Course, Migration, Strangers};
use shakedown::observation::Observation;
use shakedown::scenario::{Backfill, Change, Place, Retry, Step};
use shakedown::server::postgres::{Address, Session};
use shakedown::step::{StepFacts, StepOutcome};
use shakedown::units::{DurationRange, Rate};
use shakedown::value::Value;
use std::cell::RefCell;
use std::time::Duration;
use support::PrivateServer;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const TABLES: &str = "CREATE TABLE parents (id int PRIMARY KEY);
    INSERT INTO parents SELECT generate_series(1, 100);
    CREATE TABLE orders (id int PRIMARY KEY, parent int NOT NULL, amount int, memo text);
    INSERT INTO orders SELECT n, 1 + n % 100, n, 'm' FROM generate_series(1, 5000) n;
    ANALYZE";

fn step(change: Change) -> Step {
    let text = format!("{change:?}");
    Step { name: text.clone(), text, change, lock_timeout: None, retry: None, place: Place::default() }
}

fn sql(statement: &str) -> Step {
    step(Change::Sql(vec![statement.to_owned()]))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn pause(least: u64, most: u64) -> DurationRange {
    DurationRange { least: ms(least), most: ms(most) }
}

fn course(stop: &CancellationToken) -> (Course, mpsc::Receiver<Observation>) {
    let (observer, observations) = mpsc::channel(4096);
    let (stop, timeout) = (stop.clone(), Duration::from_mins(1));
    let strangers = Strangers::OfTheCommand;
    (Course { clock: Clock::start(), observer, stop, timeout, tools: None, strangers }, observations)
}

async fn migrate(address: &Address, steps: &[Step]) -> Vec<StepFacts> {
    let (course, _observations) = course(&CancellationToken::new());
    let migration = Migration::open(address, &Backends::default()).await.expect("the server takes connections");
    migration.run(steps, &course, |_| {}).await
}

async fn count(session: &mut Session, question: &str) -> Value<'static> {
    session.rows(question, &[]).await.expect("it is SQL")[0][0].clone()
}

fn locks(facts: &StepFacts) -> Vec<(&str, &str)> {
    facts.locks.iter().map(|lock| (lock.relation.as_str(), lock.mode.as_str())).collect()
}

fn failed(facts: &StepFacts) -> (&str, &str) {
    match &facts.outcome {
        StepOutcome::Failed { class, message } => (class.as_deref().unwrap_or_default(), message),
        other => panic!("it did not fail but {other:?}"),
    }
}

/// What is expected of a kind of DDL.
struct Kind {
    sql: &'static str,
    rewritten: &'static [&'static str],
    scanned: &'static [&'static str],
    /// On tables that were there before.
    locks: &'static [(&'static str, &'static str)],
}

const KINDS: &[Kind] = &[
    Kind {
        sql: "ALTER TABLE orders ADD COLUMN plain int NOT NULL DEFAULT 7",
        rewritten: &[],
        scanned: &[],
        locks: &[("orders", "ACCESS EXCLUSIVE")],
    },
    Kind {
        sql: "ALTER TABLE orders ADD COLUMN drawn float DEFAULT random()",
        rewritten: &["orders", "orders_pkey"],
        scanned: &["orders"],
        locks: &[("orders", "ACCESS EXCLUSIVE"), ("orders_pkey", "ACCESS EXCLUSIVE")],
    },
    Kind {
        sql: "ALTER TABLE orders ALTER COLUMN amount TYPE bigint",
        rewritten: &["orders", "orders_pkey"],
        scanned: &["orders"],
        locks: &[("orders", "ACCESS EXCLUSIVE")],
    },
    Kind {
        sql: "ALTER TABLE orders ALTER COLUMN memo SET NOT NULL",
        rewritten: &[],
        scanned: &["orders"],
        locks: &[("orders", "ACCESS EXCLUSIVE")],
    },
    Kind {
        sql: "ALTER TABLE orders ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID",
        rewritten: &[],
        scanned: &[],
        locks: &[("orders", "ACCESS EXCLUSIVE")],
    },
    Kind {
        sql: "ALTER TABLE orders VALIDATE CONSTRAINT positive",
        rewritten: &[],
        scanned: &["orders"],
        locks: &[("orders", "SHARE UPDATE EXCLUSIVE")],
    },
    Kind {
        sql: "CREATE INDEX amounts ON orders (amount)",
        rewritten: &[],
        scanned: &["orders"],
        locks: &[("orders", "SHARE")],
    },
    Kind { sql: "CREATE INDEX CONCURRENTLY memos ON orders (memo)", rewritten: &[], scanned: &["orders"], locks: &[] },
    Kind {
        sql: "REINDEX INDEX amounts",
        rewritten: &["amounts"],
        scanned: &["orders"],
        locks: &[("orders", "SHARE"), ("amounts", "ACCESS EXCLUSIVE")],
    },
    Kind {
        sql: "ALTER TABLE orders ADD CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents",
        rewritten: &[],
        scanned: &["orders", "parents"],
        locks: &[("orders", "SHARE ROW EXCLUSIVE"), ("parents", "SHARE ROW EXCLUSIVE")],
    },
    Kind {
        sql: "ALTER TABLE orders DROP CONSTRAINT of_parent",
        rewritten: &[],
        scanned: &[],
        locks: &[("orders", "ACCESS EXCLUSIVE"), ("parents", "ACCESS EXCLUSIVE")],
    },
    Kind {
        sql: "UPDATE orders SET amount = amount + 1 WHERE memo = 'm'",
        rewritten: &[],
        scanned: &["orders"],
        locks: &[("orders", "ROW EXCLUSIVE")],
    },
    Kind { sql: "DROP INDEX amounts", rewritten: &[], scanned: &[], locks: &[("orders", "ACCESS EXCLUSIVE")] },
    Kind {
        sql: "ALTER TABLE orders RENAME COLUMN memo TO note",
        rewritten: &[],
        scanned: &[],
        locks: &[("orders", "ACCESS EXCLUSIVE")],
    },
];

#[tokio::test]
async fn rewrites_scans_and_locks_are_told_of_each_kind_of_statement() {
    let server = PrivateServer::start().await;
    server.session().await.batch(TABLES).await.expect("it is SQL");
    let steps: Vec<Step> = KINDS.iter().map(|kind| sql(kind.sql)).collect();
    let all = migrate(&server.address(), &steps).await;
    for (kind, facts) in KINDS.iter().zip(&all) {
        assert_eq!(facts.outcome, StepOutcome::Done, "{}", kind.sql);
        assert_eq!(facts.rewritten, kind.rewritten, "rewritten by {}", kind.sql);
        let scanned: Vec<&str> = facts.scanned.iter().map(String::as_str).collect();
        let missing = kind.scanned.iter().filter(|table| !scanned.contains(table)).count();
        // A foreign key may be validated through the parent's index.
        assert!(missing == 0 || kind.sql.contains("FOREIGN"), "{} scanned {scanned:?}", kind.sql);
        assert!(!kind.scanned.is_empty() || scanned.is_empty(), "{} scanned {scanned:?}", kind.sql);
        for lock in kind.locks {
            assert!(locks(facts).contains(lock), "{} locked {:?}", kind.sql, facts.locks);
        }
        assert!(facts.locks.iter().all(|lock| lock.released.is_some()), "{:?}", facts.locks);
        assert!(facts.wal_bytes > 0, "{}", kind.sql);
    }
    let update = &all[11];
    assert_eq!(update.rows, 5000);
    assert!(update.growth.iter().any(|(table, bytes)| table == "orders" && *bytes > 0), "{:?}", update.growth);
    assert!(all[1].messages.contains(&"rewriting table \"orders\"".to_owned()), "{:?}", all[1].messages);
}

#[tokio::test]
async fn a_lock_that_is_not_to_be_had_is_tried_again_until_it_is() {
    let server = PrivateServer::start().await;
    server.session().await.batch(TABLES).await.expect("it is SQL");
    let mut reader = server.session().await;
    reader.batch("BEGIN; SELECT count(*) FROM orders").await.expect("it is SQL");
    let reading = tokio::spawn(async move {
        tokio::time::sleep(ms(300)).await;
        reader.batch("COMMIT").await.expect("it is SQL");
    });
    let retry = Retry {
        times: 100,
        pause: pause(5, 30),
        errors: vec![Failure::named("lock_not_available").expect("it is one")],
    };
    let add = Step { lock_timeout: Some(ms(20)), retry: Some(retry), ..sql("ALTER TABLE orders ADD COLUMN extra int") };
    let setting = sql("CREATE TABLE remembered AS SELECT current_setting('lock_timeout') AS kept");
    let facts = migrate(&server.address(), &[add, setting]).await;
    reading.await.expect("the reader ends");
    assert_eq!(facts[0].outcome, StepOutcome::Done);
    assert!(facts[0].lock_timeouts >= 3, "{}", facts[0].lock_timeouts);
    assert_eq!(facts[0].attempts, facts[0].lock_timeouts + 1);
    let lock = facts[0].locks.iter().find(|lock| lock.relation == "orders").expect("it was locked");
    assert!(lock.asked < lock.granted && lock.granted <= lock.released, "{lock:?}");
    let kept = count(&mut server.session().await, "SELECT kept FROM remembered").await;
    assert_eq!(kept, Value::Text("0".into()), "the limit is the step's own");
}

#[tokio::test]
async fn a_failing_step_ends_the_migration_with_the_servers_message() {
    let server = PrivateServer::start().await;
    server.session().await.batch(TABLES).await.expect("it is SQL");
    let both = ["UPDATE orders SET amount = 0", "ALTER TABLE orders ADD COLUMN memo text"].map(str::to_owned);
    let steps = [step(Change::Transaction(both.to_vec())), sql("DROP TABLE orders")];
    let facts = migrate(&server.address(), &steps).await;
    assert_eq!(failed(&facts[0]), ("duplicate_column", "column \"memo\" of relation \"orders\" already exists"));
    assert_eq!(facts[1].outcome, StepOutcome::NotReached);
    let changed = count(&mut server.session().await, "SELECT count(*) FROM orders WHERE amount = 0").await;
    assert_eq!(changed, Value::Int(0), "the transaction was undone");
}

#[tokio::test]
async fn a_deadlock_with_traffic_is_how_the_step_ended() {
    let server = PrivateServer::start_with(&[("deadlock_timeout", "50ms")]).await;
    server.session().await.batch(TABLES).await.expect("it is SQL");
    let mut traffic = server.session().await;
    // The step's session finds the deadlock, for the other never looks.
    traffic
        .batch("SET deadlock_timeout = '1min'; BEGIN; LOCK parents IN ACCESS EXCLUSIVE MODE")
        .await
        .expect("it is SQL");
    let address = server.address();
    let statements = ["LOCK orders IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(0.2)", "LOCK parents IN SHARE MODE"];
    let steps = [step(Change::Transaction(statements.map(str::to_owned).to_vec()))];
    let migration = tokio::spawn(async move { migrate(&address, &steps).await });
    let mut observer = server.session().await;
    let held = "SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass AND mode = 'AccessExclusiveLock'";
    while count(&mut observer, held).await == Value::Int(0) {
        tokio::time::sleep(ms(5)).await;
    }
    traffic.batch("SELECT 1 FROM orders LIMIT 1; COMMIT").await.expect("the other one is the victim");
    let facts = migration.await.expect("it ends");
    assert_eq!(failed(&facts[0]).0, "deadlock_detected");
    assert!(failed(&facts[0]).1.contains("Process"), "the detail names who waited: {:?}", facts[0].outcome);
}

#[tokio::test]
async fn a_backfill_walks_any_primary_key_and_changes_every_row_once() {
    let server = PrivateServer::start().await;
    let mut session = server.session().await;
    session
        .batch(
            "CREATE TABLE single (id bigint PRIMARY KEY, memo text);
             INSERT INTO single SELECT n * 3, NULL FROM generate_series(1, 1000) n;
             CREATE TABLE composite (a text, \"B\" uuid, memo text, hits int DEFAULT 0, PRIMARY KEY (a, \"B\"));
             INSERT INTO composite SELECT chr(65 + n % 7) || '''', gen_random_uuid() FROM generate_series(1, 1000) n;
             CREATE TABLE keyless (memo text);
             CREATE TABLE empty (id int PRIMARY KEY, memo text)",
        )
        .await
        .expect("it is SQL");
    let backfill = |table: &str, set: &str, filter: Option<&str>, batch| {
        let filter = filter.map(str::to_owned);
        step(Change::Backfill(Backfill { table: table.into(), set: set.into(), filter, batch, pause: pause(0, 1) }))
    };
    let steps = [
        backfill("single", "memo = 'x'", Some("memo IS NULL"), 300),
        backfill("composite", "hits = hits + 1", None, 70),
        backfill("empty", "memo = 'x'", None, 10),
        backfill("keyless", "memo = 'x'", None, 10),
    ];
    let facts = migrate(&server.address(), &steps).await;
    assert_eq!((facts[0].rows, facts[0].batches), (1000, 4));
    assert_eq!((facts[1].rows, facts[1].batches), (1000, 15));
    assert_eq!((facts[2].rows, facts[2].batches), (0, 1));
    assert!(failed(&facts[3]).1.contains("no primary key"), "{:?}", facts[3].outcome);
    assert!(locks(&facts[0]).contains(&("single", "ROW EXCLUSIVE")), "{:?}", facts[0].locks);
    for question in ["SELECT count(*) FROM single WHERE memo = 'x'", "SELECT count(*) FROM composite WHERE hits = 1"] {
        assert_eq!(count(&mut session, question).await, Value::Int(1000), "{question}");
    }
}

#[tokio::test]
async fn all_other_kinds_of_steps_run_too() {
    let server = PrivateServer::start().await;
    server.session().await.batch(TABLES).await.expect("it is SQL");
    let block = ["BEGIN", "CREATE TABLE one ()", "CREATE TABLE two ()", "COMMIT", "VACUUM one"].map(str::to_owned);
    let steps = [
        step(Change::Sql(block.to_vec())),
        step(Change::EachRow("SELECT format('DROP TABLE %I', name) FROM unnest('{one,two}'::text[]) name".into())),
        step(Change::Pause(pause(20, 20))),
        step(Change::Traffic(vec![(3, Rate(5.0))])),
        step(Change::Command("psql -qc 'CREATE TABLE by_command ()' \"$DATABASE_URL\" && echo made".into())),
        step(Change::Command("echo no such migration >&2; exit 4".into())),
    ];
    let (course, _observations) = course(&CancellationToken::new());
    let migration = Migration::open(&server.address(), &Backends::default()).await.expect("it connects");
    let rates = RefCell::new(Vec::new());
    let facts = migration.run(&steps, &course, |changed| rates.borrow_mut().extend_from_slice(changed)).await;
    for facts in &facts[..5] {
        assert_eq!(facts.outcome, StepOutcome::Done, "{}", facts.name);
    }
    assert!(
        facts[2].ended.zip(facts[2].started).is_some_and(|(ended, started)| ended.saturating_sub(started) >= ms(20))
    );
    assert_eq!(rates.take(), [(3, Rate(5.0))]);
    assert_eq!(facts[4].printed, ["made"]);
    assert_eq!(failed(&facts[5]), ("", "the command ended with exit status: 4: no such migration"));
    let tables = "SELECT count(*) FROM pg_class WHERE relname IN ('one', 'two', 'by_command')";
    assert_eq!(count(&mut server.session().await, tables).await, Value::Int(1));
}

#[tokio::test]
async fn of_a_command_locks_and_statements_are_told_whatever_its_sessions_call_themselves() {
    let server = PrivateServer::start().await;
    server.session().await.batch(TABLES).await.expect("it is SQL");
    // Somebody who was there before is no session of the command.
    let mut other = server.session().await;
    other.batch("SET application_name = 'other'; BEGIN; LOCK parents IN SHARE MODE").await.expect("it is SQL");
    let index = "BEGIN; CREATE INDEX ON orders (amount); SELECT pg_sleep(0.3); COMMIT";
    let shell = |before: &str| {
        let psql = format!("{before} psql -X -q \"$DATABASE_URL\" -c '{index}' >/dev/null; sleep 0.3");
        step(Change::Command(psql))
    };
    // As a driver does that does not heed PGAPPNAME, or gives itself a name of its own.
    let steps = [shell(""), shell("env -u PGAPPNAME"), shell("PGAPPNAME=tool")];
    let facts = migrate(&server.address(), &steps).await;
    for facts in &facts {
        assert_eq!(facts.outcome, StepOutcome::Done, "{}", facts.name);
        assert!(!facts.locks.iter().any(|lock| lock.relation.starts_with("parents")), "{:?}", facts.locks);
        let share = facts.locks.iter().find(|lock| lock.relation == "orders").expect("it was locked");
        let held = share.granted.zip(share.released).map(|(from, until)| until.saturating_sub(from));
        let whole = facts.ended.zip(facts.started).map(|(ended, started)| ended.saturating_sub(started));
        // Given back long before the command has ended.
        assert!(held.zip(whole).is_some_and(|(held, whole)| held >= ms(200) && held + ms(200) <= whole), "{facts:?}");
        let sleeping = facts.statements.iter().find(|seen| seen.text.contains("pg_sleep")).expect("it was seen");
        assert!(sleeping.longest >= ms(200) && sleeping.times == 1, "{:?}", facts.statements);
    }
}

#[tokio::test]
async fn a_command_that_is_cut_leaves_no_session_behind_whatever_its_name() {
    let server = PrivateServer::start().await;
    let stop = CancellationToken::new();
    let (course, _observations) = course(&stop);
    let migration = Migration::open(&server.address(), &Backends::default()).await.expect("it connects");
    let steps = [step(Change::Command("PGAPPNAME=tool psql -c 'SELECT pg_sleep(600)' \"$DATABASE_URL\"".into()))];
    let mut observer = server.session().await;
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tool'";
    let cutting = tokio::spawn(async move {
        while count(&mut observer, sleeping).await == Value::Int(0) {
            tokio::time::sleep(ms(5)).await;
        }
        stop.cancel();
        observer
    });
    let facts = migration.run(&steps, &course, |_| {}).await;
    assert_eq!(facts[0].outcome, StepOutcome::Cut);
    let mut observer = cutting.await.expect("it has come");
    tokio::time::sleep(ms(300)).await;
    assert_eq!(count(&mut observer, sleeping).await, Value::Int(0));
}

#[tokio::test]
async fn a_step_that_waits_for_ever_is_cut_and_leaves_nobody_waiting() {
    let server = PrivateServer::start().await;
    server.session().await.batch(TABLES).await.expect("it is SQL");
    let mut reader = server.session().await;
    reader.batch("BEGIN; SELECT count(*) FROM orders").await.expect("it is SQL");
    let stop = CancellationToken::new();
    let (course, _observations) = course(&stop);
    let migration = Migration::open(&server.address(), &Backends::default()).await.expect("it connects");
    let steps = [sql("ALTER TABLE orders ADD COLUMN extra int"), sql("SELECT 1")];
    tokio::spawn(async move {
        tokio::time::sleep(ms(150)).await;
        stop.cancel();
    });
    let facts = migration.run(&steps, &course, |_| {}).await;
    assert_eq!((&facts[0].outcome, &facts[1].outcome), (&StepOutcome::Cut, &StepOutcome::NotReached));
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'shakedown/%'";
    tokio::time::sleep(ms(100)).await;
    assert_eq!(count(&mut server.session().await, waiting).await, Value::Int(0));
}
