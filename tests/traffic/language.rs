//! What an operation can say.

use crate::rig::{evenly, failed, fixed, ms, operation, pool, run, sql, sql_as, sql_expecting, transaction, variant};
use crate::support::PrivateServer;
use shakedown::failure::Failure;
use shakedown::sample::Outcome;
use shakedown::scenario::{Action, Arrivals, Expect, Operation, Place, Pool, Protocol, Retry};
use shakedown::sql::Statement;
use shakedown::value::Value;

const PROTOCOLS: [Protocol; 3] = [Protocol::Prepared, Protocol::Extended, Protocol::Simple];

/// Runs an operation once, by each protocol, on fresh tables; gives its outcome, statements and rows, and what a query answers then.
async fn once(operation: impl Fn() -> Operation, question: &str) -> Vec<(Outcome, u32, u64, Vec<Vec<Value<'static>>>)> {
    let server = PrivateServer::start().await;
    let mut session = server.session().await;
    let mut results = Vec::new();
    for protocol in PROTOCOLS {
        let fresh = "DROP TABLE IF EXISTS t, log; CREATE TABLE t (id int PRIMARY KEY, name text);
                     INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 25) i; CREATE TABLE log (id int, name text)";
        session.batch(fresh).await.expect("tables can be made");
        let told = run(&server, &variant(vec![Pool { protocol, ..pool("web", 1) }], vec![operation()]), ms(150)).await;
        told.assert_adds_up();
        assert_eq!(told.samples.len(), 1, "{protocol:?}");
        let sample = &told.samples[0];
        let answer = session.rows(question, &[]).await.expect("the server answers");
        results.push((sample.outcome, sample.statements, sample.rows, answer));
    }
    results
}

fn at_start(actions: Vec<Action>) -> Operation {
    operation("once", Arrivals::At(0.0), actions)
}

#[tokio::test]
async fn a_loop_runs_for_each_row_of_an_answer() {
    let operation = || {
        at_start(vec![
            sql_as("SELECT id, name FROM t WHERE id <= 3 ORDER BY id", "found"),
            Action::ForEach {
                answer: "found".to_owned(),
                actions: vec![sql("INSERT INTO log VALUES (:found.id, :found.name)"), Action::Pause(fixed(ms(1)))],
            },
            sql("INSERT INTO log VALUES (:found.id + 100, 'last')"),
        ])
    };
    for (outcome, statements, rows, answer) in
        once(operation, "SELECT count(*)::int8, sum(id)::int8, string_agg(name, ',' ORDER BY id) FROM log").await
    {
        assert_eq!((outcome, statements, rows), (Outcome::Succeeded, 5, 3));
        assert_eq!(answer, [[Value::Int(4), Value::Int(1 + 2 + 3 + 103), Value::Text("n1,n2,n3,last".into())]]);
    }
}

#[tokio::test]
async fn pages_are_turned_until_one_is_empty() {
    let page = "SELECT id FROM t WHERE id > coalesce(:page.id::int, 0) ORDER BY id LIMIT 10";
    let operation = || at_start(vec![Action::Repeat { times: 10, actions: vec![sql_as(page, "page")] }]);
    for (outcome, statements, rows, _) in once(operation, "SELECT 1").await {
        assert_eq!((outcome, statements, rows), (Outcome::Succeeded, 4, 25), "three pages, and the empty one");
    }
}

#[tokio::test]
async fn an_unexpected_number_of_rows_undoes_the_transaction() {
    for (expect, succeeds) in [(Expect::Exactly(1), false), (Expect::Exactly(0), true), (Expect::Some, false)] {
        let operation = || {
            transaction(
                "once",
                Arrivals::At(0.0),
                vec![
                    sql_expecting("INSERT INTO log VALUES (1)", Expect::Exactly(1)),
                    sql_expecting("UPDATE t SET name = '' WHERE id = 99", expect),
                ],
            )
        };
        for (outcome, statements, _, answer) in once(operation, "SELECT count(*)::int8 FROM log").await {
            let expected = if succeeds { Outcome::Succeeded } else { failed("unexpected_rows") };
            assert_eq!((outcome, statements, answer), (expected, 4, vec![vec![Value::Int(i64::from(succeeds))]]));
        }
    }
}

#[tokio::test]
async fn each_row_of_an_answer_is_a_statement() {
    let statement = Statement::parse(
        "SELECT format('INSERT INTO log VALUES (%s)', id), NULL::text FROM t WHERE id < 4 ORDER BY id",
    );
    let operation = || at_start(vec![Action::EachRow { statement: statement.clone(), place: Place::default() }]);
    for (outcome, statements, rows, answer) in once(operation, "SELECT sum(id)::int8 FROM log").await {
        assert_eq!((outcome, statements, rows, answer), (Outcome::Succeeded, 4, 3, vec![vec![Value::Int(6)]]));
    }
}

#[tokio::test]
async fn a_retry_starts_over_with_the_same_arrival() {
    let operation = || {
        let mut operation = at_start(vec![
            sql("INSERT INTO log VALUES (1)"),
            sql_as("SELECT count(*)::int AS n FROM log", "tries"),
            sql_expecting("SELECT 1 WHERE :tries.n::int >= 3", Expect::Some),
        ]);
        operation.retry = Some(Retry { times: 5, pause: fixed(ms(1)), errors: vec![Failure::UnexpectedRows] });
        operation
    };
    for (outcome, statements, _, answer) in once(operation, "SELECT count(*)::int8 FROM log").await {
        assert_eq!((outcome, statements, answer), (Outcome::Succeeded, 9, vec![vec![Value::Int(3)]]));
    }
}

#[tokio::test]
async fn as_of_is_a_moment_in_every_protocol() {
    let operation = || at_start(vec![sql("INSERT INTO log SELECT extract(epoch FROM :as_of::timestamptz)::int")]);
    for (outcome, _, _, answer) in once(operation, "SELECT id::int8 FROM log").await {
        assert_eq!((outcome, answer), (Outcome::Succeeded, vec![vec![Value::Int(1_700_000_000)]]));
    }
}

#[tokio::test]
async fn rates_change_on_the_way() {
    let server = PrivateServer::start().await;
    let round = crate::rig::started(
        &server,
        &variant(
            vec![pool("web", 2)],
            vec![
                operation("old", evenly(200.0), vec![sql("SELECT 1")]),
                operation("new", evenly(0.0), vec![sql("SELECT 1")]),
            ],
        ),
    )
    .await;
    tokio::time::sleep(ms(300)).await;
    let changed = round.clock.now();
    round.traffic.set_rates(&[(0, shakedown::units::Rate(0.0)), (1, shakedown::units::Rate(100.0))]);
    tokio::time::sleep(ms(300)).await;
    let told = round.stop().await;
    told.assert_all_well();
    assert!(told.of(0).all(|sample| sample.due <= changed + ms(1)) && told.of(0).count() > 50);
    assert!(told.of(1).all(|sample| sample.due >= changed) && told.of(1).count() > 20);
}
