//! A server that exists, by its URL: what happens on it, and somebody else's lock that never ends.

use crate::running::{Running, SCHEMA, last_phase, reported, scenario};
use crate::support::PrivateServer;
use crate::support::rehearsal::{Rehearsal, said};
use shakedown::phase::Phase;
use shakedown::server::postgres::Session;
use shakedown::step::StepOutcome;
use std::time::{Duration, Instant};

/// The databases of the server, but those that are always there.
async fn databases(server: &PrivateServer) -> Vec<String> {
    let sql = "SELECT datname::text FROM pg_database WHERE datname !~ '^(postgres|template.)$' ORDER BY 1";
    let rows = server.session().await.rows(sql, &[]).await.expect("the server answers");
    rows.iter().map(|row| row[0].to_string()).collect()
}

async fn sessions(server: &PrivateServer) -> usize {
    let sql = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'shakedown%'";
    server.session().await.rows(sql, &[]).await.expect("the server answers").len()
}

#[tokio::test]
async fn a_database_that_nobody_gave_away_is_refused() {
    let server = PrivateServer::start().await;
    let precious = server.database("precious").await;
    let mut owner = Session::open(&precious, "test").await.expect("it takes connections");
    owner
        .batch("CREATE TABLE items AS SELECT 1 AS id; CREATE ROLE app LOGIN; GRANT ALL ON DATABASE precious TO app")
        .await
        .expect("it is SQL");
    let rehearsal = Rehearsal::new(SCHEMA, &scenario("{ warmup: 1s, before: 2s, after: 1s }"));
    let url = precious.secret_url().replacen("postgres@", "app@", 1);
    let output = rehearsal.run(&["--database", &url]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let remedy = "COMMENT ON DATABASE precious IS 'shakedown: disposable'";
    assert!(said(&output).contains("is refused") && said(&output).contains(remedy), "{}", said(&output));
    assert_eq!(owner.rows("SELECT id FROM items", &[]).await.expect("it is there").len(), 1);
    assert_eq!(databases(&server).await, ["precious"]);
}

#[tokio::test]
async fn a_migration_behind_a_lock_that_never_ends_is_ended_and_leaves_nobody_waiting() {
    let server = PrivateServer::start().await;
    let text = scenario("{ warmup: 1s, before: 1s, after: 1s }")
        + "migration_timeout: 1s\nchecks: { there are items: SELECT count(*) > 0 FROM items }\n";
    let rehearsal = Rehearsal::new(SCHEMA, &text);
    let url = server.address().secret_url();
    let mut running = Running::start(&rehearsal, &["--variant", "quick", "--keep", "--database", &url]);
    running.wait_for("quick before");
    let run = server.address().database("shakedown_run");
    let mut somebody = Session::open(&run, "somebody").await.expect("the copy takes connections");
    somebody.batch("BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE").await.expect("it can be locked");
    let outcome = tokio::task::spawn_blocking(|| running.end()).await.expect("it ends");
    let ended = Instant::now();
    while sessions(&server).await > 0 {
        assert!(ended.elapsed() < Duration::from_secs(2), "somebody is left on the server");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    somebody.batch("COMMIT").await.expect("the lock was held all the while");
    somebody.close().await.expect("the server answers");

    outcome.assert(&rehearsal, 1).assert_says("did not end").assert_says("there are items");
    outcome.assert_says("the database of the last round is kept").assert_says("-U postgres shakedown_run");
    let (_, round) = reported(&rehearsal);
    assert_eq!(round.steps[0].outcome, StepOutcome::Cut);
    assert_eq!(last_phase(&round), Some(Phase::After));
    assert!(round.operations[0].phases.iter().all(|each| each.account.adds_up()));

    // What was kept goes with the next run, which leaves the seeded data alone.
    let outcome = tokio::task::spawn_blocking(move || {
        Running::start(&rehearsal, &["--variant", "quick", "--database", &url]).end()
    });
    let outcome = outcome.await.expect("it ends");
    assert!(matches!(outcome.status.code(), Some(0 | 4)), "{}\n{}", outcome.out, outcome.err);
    assert!(outcome.err.contains("data are kept"), "{}", outcome.err);
    let left = databases(&server).await;
    assert!(left.len() == 1 && left[0].starts_with("shakedown_seed_"), "{left:?}");
}
