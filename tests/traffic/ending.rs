//! What is left when traffic has ended: exact accounts, and nothing on the server.

use crate::rig::{
    clients, evenly, failed, fixed, ms, nothing, open, operation, pool, run, sql, started, transaction, variant,
};
use crate::support::PrivateServer;
use shakedown::sample::Outcome;
use shakedown::scenario::{Action, Arrivals, Pool};
use shakedown::value::Value;
use std::time::{Duration, Instant};

const OURS: &str = "SELECT count(*)::int8 FROM pg_stat_activity WHERE application_name LIKE 'shakedown%'";

async fn backends_of_ours(server: &PrivateServer) -> Vec<Vec<Value<'static>>> {
    server.session().await.rows(OURS, &[]).await.expect("the server answers")
}

/// Statements that nothing but a cancel ends, and little patience with them. A timeout that was lifted too late ends the
/// session's last statement, and no statement of the traffic.
fn endless(pool: Pool) -> Pool {
    let session = ["SET statement_timeout = 0", "SELECT pg_sleep(0)"].map(str::to_owned).to_vec();
    Pool { statement_timeout: Some(ms(100)), session, ..pool }
}

#[tokio::test]
async fn accounts_add_up_under_a_lock_with_timeouts_and_a_cut() {
    let server = PrivateServer::start().await;
    let mut holder = server.session().await;
    holder.batch("CREATE TABLE t (id int); CREATE TABLE u (id int)").await.expect("tables can be made");
    let web =
        Pool { acquire_timeout: ms(150), max_waiting: Some(20), statement_timeout: Some(ms(250)), ..pool("web", 3) };
    let batch = Pool { acquire_timeout: ms(150), ..endless(pool("batch", 2)) };
    let mut in_batch = transaction("export", clients(3), vec![sql("TABLE t"), sql("TABLE u")]);
    in_batch.pool = 1;
    let operations = vec![
        operation("read", evenly(400.0), vec![sql("TABLE t")]),
        transaction("write", evenly(50.0), vec![sql("INSERT INTO t VALUES (1)"), Action::Pause(fixed(ms(2)))]),
        operation("refresh", Arrivals::Every(ms(50)), vec![sql("TABLE t")]),
        in_batch,
    ];
    let round = started(&server, &variant(vec![web, batch], operations)).await;
    tokio::time::sleep(ms(300)).await;
    holder.batch("BEGIN; LOCK TABLE t").await.expect("the table can be locked");
    tokio::time::sleep(ms(700)).await;
    let told = round.stop().await;
    told.assert_adds_up();
    for class in ["query_canceled", "pool_timeout", "pool_full"] {
        assert!(told.count(0, failed(class)) > 0, "no read ended in {class}");
    }
    assert!(told.count(0, Outcome::Succeeded) > 50);
    assert!(told.count(2, Outcome::Skipped) > 0);
    assert!(told.count(3, Outcome::Cut) > 0, "exports wait for ever");
    assert_eq!(told.stopped.left, 0);
}

#[tokio::test]
async fn nothing_is_left_two_seconds_after_the_end_with_the_table_still_locked() {
    let server = PrivateServer::start().await;
    let mut holder = server.session().await;
    holder.batch("CREATE TABLE t (id int)").await.expect("a table can be made");
    holder.batch("BEGIN; LOCK TABLE t").await.expect("the table can be locked");
    let web = endless(Pool { overflow: 2, ..pool("web", 6) });
    let paused =
        transaction("paused", Arrivals::At(0.0), vec![sql("SELECT 1"), Action::Pause(fixed(Duration::from_mins(1)))]);
    let round =
        started(&server, &variant(vec![web], vec![operation("read", evenly(50.0), vec![sql("TABLE t")]), paused]))
            .await;
    tokio::time::sleep(ms(300)).await;
    let stop = Instant::now();
    let told = round.stop().await;
    assert!(stop.elapsed() < ms(100) + Duration::from_secs(2), "it took {:?}", stop.elapsed());
    assert_eq!(backends_of_ours(&server).await, [[Value::Int(0)]]);
    told.assert_adds_up();
    assert_eq!((told.count(0, Outcome::Cut), told.count(1, Outcome::Cut)), (told.of(0).count(), 1));
    assert!(told.stopped.cancelled >= 6, "{:?}", told.stopped);
    assert!(told.of(0).all(|sample| sample.finished >= ms(300)), "their age at the end is what counts");
    holder.batch("ROLLBACK").await.expect("the lock was there to the last");
}

#[tokio::test]
async fn a_backend_that_cannot_be_cancelled_is_ended() {
    let server = PrivateServer::start().await;
    let stubborn =
        "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$";
    let told = run(
        &server,
        &variant(vec![endless(pool("web", 1))], vec![operation("stubborn", Arrivals::At(0.0), vec![sql(stubborn)])]),
        ms(100),
    )
    .await;
    assert_eq!(told.count(0, Outcome::Cut), 1);
    assert_eq!((told.stopped.cancelled, told.stopped.terminated, told.stopped.left), (1, 1, 0));
    assert_eq!(backends_of_ours(&server).await, [[Value::Int(0)]]);
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_no_sample() {
    let mut server = PrivateServer::start().await;
    let round = started(
        &server,
        &variant(
            vec![endless(pool("web", 2))],
            vec![operation("sleep", evenly(50.0), vec![sql("SELECT pg_sleep(60)")])],
        ),
    )
    .await;
    tokio::time::sleep(ms(200)).await;
    let frozen: Vec<_> = round.backends.pids().into_iter().map(nix::unistd::Pid::from_raw).collect();
    let to_all = |signal| frozen.iter().for_each(|pid| nix::sys::signal::kill(*pid, signal).expect("it is ours"));
    to_all(nix::sys::signal::Signal::SIGSTOP);
    let stop = Instant::now();
    let told = round.stop().await;
    let took = stop.elapsed();
    to_all(nix::sys::signal::Signal::SIGCONT);
    told.assert_adds_up();
    assert_eq!(told.count(0, Outcome::Cut), told.samples.len());
    assert_eq!(told.stopped.left, 2, "what is left is said");
    assert!(took < Duration::from_secs(5), "it gave up after {took:?}");
    server.server().restart().await.expect("nothing is stuck");
}

#[tokio::test]
async fn no_cancel_hits_the_next_statement() {
    let server = PrivateServer::start().await;
    let web = Pool { statement_timeout: Some(ms(1)), ..endless(pool("web", 4)) };
    let busy = transaction("busy", clients(4), vec![sql("SELECT pg_sleep(0.002)"), sql("SELECT pg_sleep(0.002)")]);
    let variant = variant(vec![web], vec![busy]);
    let mut cancelled = 0;
    for round in 0..150 {
        // On a busy machine the millisecond may be over before the session has lifted it.
        let Ok(begun) = open(&server.address(), &variant, nothing()).await else { continue };
        begun.traffic.start();
        tokio::time::sleep(ms(10 + round % 5)).await;
        let told = begun.stop().await;
        told.assert_none_failed();
        cancelled += told.stopped.cancelled;
        assert_eq!((told.stopped.terminated, told.stopped.left), (0, 0));
    }
    assert!(cancelled > 150, "only {cancelled} statements were cancelled");
}
