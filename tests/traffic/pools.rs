//! Who waits for a connection, how long, and what comes of it.

use crate::rig::{clients, evenly, failed, fixed, ms, operation, pool, run, sql, started, transaction, variant};
use crate::support::PrivateServer;
use shakedown::sample::{Outcome, Sample};
use shakedown::scenario::{Action, Arrivals, Pool};
use std::time::Duration;

async fn locked_table(server: &PrivateServer) -> shakedown::server::postgres::Session {
    let mut holder = server.session().await;
    holder.batch("CREATE TABLE t (id int)").await.expect("a table can be made");
    holder.batch("BEGIN; LOCK TABLE t").await.expect("the table can be locked");
    holder
}

#[tokio::test]
async fn a_pool_timeout_fires_at_its_deadline_with_every_worker_blocked() {
    let server = PrivateServer::start().await;
    let holder = locked_table(&server).await;
    let web = Pool { acquire_timeout: ms(200), statement_timeout: Some(ms(1500)), ..pool("web", 2) };
    let told =
        run(&server, &variant(vec![web], vec![operation("read", evenly(50.0), vec![sql("TABLE t")])]), ms(1000)).await;
    holder.close().await.expect("it can go");
    told.assert_adds_up();
    let timeouts: Vec<_> = told.of(0).filter(|sample| sample.outcome == failed("pool_timeout")).collect();
    assert!(timeouts.len() > 30, "{} pool timeouts", timeouts.len());
    for sample in timeouts {
        assert_eq!(sample.response_time(), ms(200), "{sample:?}");
        assert_eq!((sample.connected, sample.statements), (sample.finished, 0));
    }
    assert!(
        told.saturated.iter().any(|(pool, from, until)| *pool == 0 && until.saturating_sub(*from) > ms(900)),
        "{:?}",
        told.saturated
    );
}

#[tokio::test]
async fn who_finds_the_line_full_fails_at_once() {
    let server = PrivateServer::start().await;
    let _holder = locked_table(&server).await;
    let web = Pool { max_waiting: Some(3), instances: 2, ..pool("web", 1) };
    let told =
        run(&server, &variant(vec![web], vec![operation("read", evenly(100.0), vec![sql("TABLE t")])]), ms(300)).await;
    told.assert_adds_up();
    let full = told.count(0, failed("pool_full"));
    // Of some 30 that came each of two instances had one at work and three waiting.
    assert_eq!(told.samples.len() - full, 2 * 4);
    assert!(
        told.of(0)
            .filter(|sample| sample.outcome == failed("pool_full"))
            .all(|sample| sample.finished == sample.queued)
    );
}

#[tokio::test]
async fn overflow_connections_come_when_all_others_are_busy_and_go_again() {
    let server = PrivateServer::start().await;
    let web = Pool { overflow: 3, ..pool("web", 1) };
    let sleep = operation("sleep", evenly(20.0), vec![sql("SELECT pg_sleep(0.1)")]);
    let round = started(&server, &variant(vec![web], vec![sleep])).await;
    tokio::time::sleep(ms(600)).await;
    let busy = round.backends.pids().len();
    round.traffic.set_rates(&[(0, shakedown::units::Rate(0.0))]);
    tokio::time::sleep(ms(900)).await;
    let idle = round.backends.pids().len();
    let told = round.stop().await;
    told.assert_all_well();
    assert!((2..=4).contains(&busy), "{busy} connections under load");
    assert_eq!(idle, 1, "only the one that is kept stays");
}

#[tokio::test]
async fn closed_clients_run_one_after_the_other_and_think_in_between() {
    let server = PrivateServer::start().await;
    let thinking = Arrivals::Closed { clients: 4, think: fixed(ms(100)) };
    let told = run(
        &server,
        &variant(vec![pool("web", 8)], vec![operation("read", thinking, vec![sql("SELECT 1")])]),
        ms(1000),
    )
    .await;
    told.assert_all_well();
    assert!((12..=40).contains(&told.samples.len()), "{} rounds of 4 clients in a second", told.samples.len());
    assert!(told.samples.iter().all(|sample| sample.due == sample.queued && sample.queued == sample.connected));
}

#[tokio::test]
async fn more_clients_than_connections_queue_for_them() {
    let server = PrivateServer::start().await;
    let web = Pool { acquire_timeout: ms(50), ..pool("web", 1) };
    let told = run(
        &server,
        &variant(vec![web], vec![operation("sleep", clients(3), vec![sql("SELECT pg_sleep(0.03)")])]),
        ms(600),
    )
    .await;
    told.assert_adds_up();
    assert!(told.count(0, Outcome::Succeeded) > 10);
    assert!(told.of(0).any(|sample| sample.pool_wait() > ms(20)), "they share one connection");
    // 30 ms at work behind 30 ms of another: the third comes too late.
    assert!(told.count(0, failed("pool_timeout")) > 3);
}

#[tokio::test]
async fn a_job_that_still_runs_is_skipped_and_counted() {
    let server = PrivateServer::start().await;
    let job = operation("refresh", Arrivals::Every(ms(100)), vec![sql("SELECT pg_sleep(0.25)")]);
    let told = run(&server, &variant(vec![pool("jobs", 1)], vec![job]), ms(950)).await;
    told.assert_adds_up();
    let (skipped, run): (Vec<_>, Vec<_>) = told.of(0).partition(|sample| sample.outcome == Outcome::Skipped);
    assert!(skipped.len() >= 4 && run.len() >= 2, "{} skipped, {} run", skipped.len(), run.len());
    for sample in skipped {
        let running = run.iter().any(|run| run.queued <= sample.queued && sample.queued <= run.finished);
        assert!(running, "nothing ran that {sample:?} was skipped for");
    }
    for pair in run.windows(2) {
        assert!(pair[0].finished <= pair[1].queued, "{pair:?} ran at once");
    }
}

#[tokio::test]
async fn a_moment_comes_once_and_its_pause_holds_locks() {
    let server = PrivateServer::start().await;
    server.session().await.batch("CREATE TABLE t (id int)").await.expect("a table can be made");
    let holder = transaction("holder", Arrivals::At(0.1), vec![sql("LOCK TABLE t"), Action::Pause(fixed(ms(300)))]);
    let reader = operation("reader", evenly(100.0), vec![sql("TABLE t")]);
    let told = run(&server, &variant(vec![pool("web", 40)], vec![holder, reader]), ms(700)).await;
    told.assert_all_well();
    assert_eq!(told.of(0).count(), 1);
    let longest = told.of(1).map(Sample::service_time).max().unwrap_or_default();
    assert!(longest > ms(250), "the first reader behind the lock waited {longest:?}");
    let blocked = told.spans.iter().filter(|span| span.ended.saturating_sub(span.sent) > ms(100)).count();
    assert!(blocked > 10, "{blocked} spans of those who waited");
    assert!(
        told.spans.iter().all(|span| span.pid > 0 && span.ended.saturating_sub(span.sent) < Duration::from_secs(1))
    );
}
