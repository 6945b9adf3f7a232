//! Traffic goes on, whatever happens to its connections and its statements.

use crate::rig::{
    clients, evenly, failed, ms, nothing, open, operation, pool, run, sql, sql_expecting, started, transaction, variant,
};
use crate::support::PrivateServer;
use shakedown::data::shape::{Shape, Values};
use shakedown::sample::Outcome;
use shakedown::scenario::{Expect, Pool, Protocol, Retry};
use shakedown::units::DurationRange;
use std::time::Duration;

#[tokio::test]
async fn a_star_across_add_column_fails_once_on_each_connection() {
    let server = PrivateServer::start().await;
    let mut ddl = server.session().await;
    ddl.batch("CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await.expect("a table can be made");
    let read = operation("read", clients(3), vec![sql("SELECT * FROM t")]);
    let round = started(&server, &variant(vec![pool("web", 3)], vec![read])).await;
    tokio::time::sleep(ms(200)).await;
    ddl.batch("ALTER TABLE t ADD COLUMN note text").await.expect("the column can be added");
    let altered = round.clock.now();
    tokio::time::sleep(ms(200)).await;
    let told = round.stop().await;
    told.assert_adds_up();
    assert_eq!(told.count(0, failed("feature_not_supported")), 3);
    assert!(told.of(0).filter(|sample| sample.due > altered && sample.outcome == Outcome::Succeeded).count() > 30);
}

#[tokio::test]
async fn a_driver_that_keeps_its_plans_goes_on_failing_and_one_that_parses_each_time_never_does() {
    let server = PrivateServer::start().await;
    for (protocol, fails) in [(Protocol::Prepared, true), (Protocol::Extended, false), (Protocol::Simple, false)] {
        let mut ddl = server.session().await;
        ddl.batch("DROP TABLE IF EXISTS t; CREATE TABLE t (id int)").await.expect("a table can be made");
        let web = Pool { forgets_plans: false, protocol, ..pool("web", 1) };
        let round =
            started(&server, &variant(vec![web], vec![operation("read", evenly(200.0), vec![sql("TABLE t")])])).await;
        tokio::time::sleep(ms(150)).await;
        ddl.batch("ALTER TABLE t ADD COLUMN note text").await.expect("the column can be added");
        let altered = round.clock.now();
        tokio::time::sleep(ms(150)).await;
        let told = round.stop().await;
        told.assert_adds_up();
        let after: Vec<_> =
            told.of(0).filter(|sample| sample.connected > altered).map(|sample| sample.outcome).collect();
        let expected = if fails { failed("feature_not_supported") } else { Outcome::Succeeded };
        let fits = |outcome: &Outcome| *outcome == expected || *outcome == Outcome::Cut;
        assert!(after.len() > 10 && after.iter().all(fits), "{protocol:?}: {after:?}");
    }
}

#[tokio::test]
async fn a_parameter_takes_the_type_that_its_column_has_become() {
    let server = PrivateServer::start().await;
    let mut ddl = server.session().await;
    ddl.batch("CREATE TABLE t (id int4); INSERT INTO t SELECT generate_series(1, 9)")
        .await
        .expect("a table can be made");
    let mut read =
        operation("read", clients(2), vec![sql_expecting("SELECT * FROM t WHERE id = :id", Expect::Exactly(1))]);
    let values = Values::Uniform { low: 1.0, high: 9.0 };
    read.parameters = vec![("id".to_owned(), Shape { values, nulls: 0.0, unique: false, count: None })];
    let round = started(&server, &variant(vec![pool("web", 2)], vec![read])).await;
    for data_type in ["text", "int8 USING id::int8"] {
        tokio::time::sleep(ms(150)).await;
        ddl.batch(&format!("ALTER TABLE t ALTER COLUMN id TYPE {data_type}")).await.expect("the type can be changed");
    }
    tokio::time::sleep(ms(150)).await;
    let told = round.stop().await;
    told.assert_adds_up();
    let failures = told.samples.iter().filter(|sample| sample.outcome != Outcome::Succeeded).count();
    assert_eq!(failures, 4, "each connection once for each change: `text = integer` is no operator");
    assert!(told.count(0, Outcome::Succeeded) > 100);
}

#[tokio::test]
async fn a_killed_server_costs_failures_and_connections_come_back() {
    let mut server = PrivateServer::start().await;
    let web = Pool { acquire_timeout: ms(100), ..pool("web", 4) };
    let operations = vec![
        operation("read", evenly(200.0), vec![sql("SELECT 1")]),
        operation("closed", clients(1), vec![sql("SELECT 1")]),
    ];
    let round = started(&server, &variant(vec![web], operations)).await;
    tokio::time::sleep(ms(200)).await;
    let postmaster = nix::unistd::Pid::from_raw(server.server().pid().cast_signed());
    nix::sys::signal::kill(postmaster, nix::sys::signal::Signal::SIGKILL).expect("it is ours");
    tokio::time::sleep(ms(300)).await;
    server.server().restart().await.expect("it starts again");
    let back = round.clock.now() + Duration::from_millis(1200);
    tokio::time::sleep(ms(2000)).await;
    let told = round.stop().await;
    told.assert_adds_up();
    assert!(told.count(0, failed("pool_timeout")) > 10, "without connections requests wait in vain");
    for operation in [0, 1] {
        let after: Vec<_> =
            told.of(operation).filter(|sample| sample.due > back).map(|sample| sample.outcome).collect();
        assert!(after.len() > 20 && !after.iter().any(|outcome| matches!(outcome, Outcome::Failed(_))), "{after:?}");
    }
    assert_eq!(told.stopped.left, 0);
}

#[tokio::test]
async fn a_connection_that_is_ended_under_an_operation_is_made_again() {
    let server = PrivateServer::start().await;
    let mut killer = server.session().await;
    let web = Pool { session: vec!["SET lock_timeout = 1234".to_owned()], ..pool("web", 2) };
    let check = "SELECT 1 / (current_setting('lock_timeout') = '1234ms')::int FROM pg_sleep(0.02)";
    let round = started(&server, &variant(vec![web], vec![operation("sleep", evenly(60.0), vec![sql(check)])])).await;
    for _ in 0..5 {
        tokio::time::sleep(ms(100)).await;
        killer
            .rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shakedown/web'",
                &[],
            )
            .await
            .expect("they can be ended");
    }
    tokio::time::sleep(ms(200)).await;
    let told = round.stop().await;
    told.assert_adds_up();
    let (well, lost) = (
        told.count(0, Outcome::Succeeded),
        told.count(0, failed("admin_shutdown")) + told.count(0, failed("connection_lost")),
    );
    assert!((1..=10).contains(&lost) && well > 10, "{lost} lost, {well} well");
    assert_eq!(well + lost + told.count(0, Outcome::Cut), told.samples.len(), "each new session is set up alike");
}

#[tokio::test]
async fn a_server_with_too_few_connections_is_an_error_that_names_the_pools() {
    let server = PrivateServer::start_with(&[("max_connections", "8")]).await;
    let read = operation("read", evenly(1.0), vec![sql("SELECT 1")]);
    let variant = variant(vec![Pool { overflow: 5, ..pool("web", 10) }, pool("batch", 2)], vec![read]);
    let Err(error) = open(&server.address(), &variant, nothing()).await else { panic!("it has only 8") };
    let message = format!("{error:#}");
    assert!(message.contains("`web` 15, `batch` 2") && message.contains("max_connections"), "{message}");
    // The error leaves nothing behind.
    tokio::time::sleep(ms(200)).await;
    let left = server
        .session()
        .await
        .rows("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'shakedown%'", &[])
        .await;
    assert_eq!(left.expect("the server answers").len(), 0);
}

#[tokio::test]
async fn deadlocks_are_failures_and_retries_answer_them() {
    let server = PrivateServer::start_with(&[("deadlock_timeout", "20ms")]).await;
    let mut setup = server.session().await;
    setup
        .batch("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)")
        .await
        .expect("a table");
    let update = |id: u32| sql(&format!("UPDATE t SET n = n + 1 FROM pg_sleep(0.01) WHERE id = {id}"));
    let mut there = transaction("there", clients(1), vec![update(1), update(2)]);
    let mut back = transaction("back", clients(1), vec![update(2), update(1)]);
    let web = || vec![Pool { statement_timeout: None, ..pool("web", 2) }];
    let told = run(&server, &variant(web(), vec![there.clone(), back.clone()]), ms(800)).await;
    told.assert_adds_up();
    assert!(told.samples.iter().any(|sample| sample.outcome == failed("deadlock_detected")));
    let retry = Retry {
        times: 100,
        pause: DurationRange { least: ms(1), most: ms(20) },
        errors: vec![shakedown::failure::Failure::Sqlstate(*b"40P01")],
    };
    there.retry = Some(retry.clone());
    back.retry = Some(retry);
    let told = run(&server, &variant(web(), vec![there, back]), ms(800)).await;
    told.assert_all_well();
    assert!(told.samples.iter().any(|sample| sample.retries > 0), "nothing was tried again");
}
