//! What an operation costs the database, held against the server's own log, and how the server goes about it.

#![cfg(target_os = "linux")]

mod support;

use shakedown::cost::OperationCost;
use shakedown::plan::{Plan, StatementPlan};
use shakedown::result::model::{Ended, RoundResult, RunResult};
use shakedown::server::postgres::counts::Counts;
use shakedown::server::postgres::explain;
use shakedown::traffic::{Outside, cost_of, plans_by_text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::PrivateServer;
use support::rehearsal::{Rehearsal, said};

const SUBSCRIPTIONS: &str = "
    CREATE TABLE subscriptions (id bigint PRIMARY KEY, active boolean NOT NULL);
    CREATE TABLE invoices (id bigserial PRIMARY KEY, subscription_id bigint NOT NULL REFERENCES subscriptions (id),
                           amount numeric(10,2) NOT NULL);
    CREATE INDEX ON invoices (subscription_id);
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE visits (id bigint PRIMARY KEY, mood mood NOT NULL, at timestamptz NOT NULL);
    CREATE TABLE untouched (id bigserial PRIMARY KEY, word text NOT NULL);";

const OPERATIONS: &str = "
name: Costs
seed:
  subscriptions: { rows: 40, columns: { active: { choice: { true: 1 } } } }
  invoices: { rows: 2000, columns: { subscription_id: { key: subscriptions } } }
  visits: { rows: 100 }
  untouched: { rows: 10 }
pools: { web: { connections: 4 }, hasty: { connections: 1, statement_timeout: 100ms } }
traffic:
  one:
    pool: web
    rate: 10/s
    parameters: { subscription: { key: subscriptions } }
    sql: SELECT id FROM subscriptions WHERE id = :subscription
  loop:
    pool: web
    rate: 4/s
    steps:
      - { sql: SELECT id FROM subscriptions WHERE active ORDER BY id, as: subscription }
      - for_each: subscription
        sql: SELECT count(*), sum(amount) FROM invoices WHERE subscription_id = :subscription.id
  prefetch:
    pool: web
    rate: 4/s
    steps:
      - { sql: SELECT array_agg(id) AS ids FROM subscriptions WHERE active, as: active }
      - SELECT subscription_id, amount FROM invoices WHERE subscription_id = ANY (:active.ids)
  transaction:
    pool: web
    rate: 4/s
    parameters: { subscription: { key: subscriptions } }
    transaction:
      - UPDATE subscriptions SET active = active WHERE id = :subscription
      - { sql: 'INSERT INTO invoices (subscription_id, amount) VALUES (:subscription, 5) RETURNING id', as: invoice }
      - DELETE FROM invoices WHERE id = :invoice.id
  insertions:
    pool: web
    rate: 4/s
    steps:
      - insert: { table: visits, rows: 3 }
      - insert: { table: visits, rows: 3, by: multi-row }
      - insert: { table: visits, rows: 3, by: unnest }
      - insert: { table: visits, rows: 3, by: copy }
      - pause: 5ms
  never: { pool: web, rate: 0/s, sql: DELETE FROM untouched }
  slow: { pool: hasty, rate: 0/s, sql: 'SELECT pg_sleep(3)' }
  by itself: { pool: web, rate: 0/s, steps: [BEGIN, DELETE FROM untouched, COMMIT] }
  job: { pool: web, every: 1s, sql: SELECT 1 }
phases: { warmup: 1s, measure: 2s }
rounds: 1
checks:
  what is executed alone is undone: SELECT count(*) = 10 FROM untouched
  nothing of ours is left in the database: SELECT to_regnamespace('shakedown') IS NULL AND NOT EXISTS (SELECT FROM pg_extension WHERE extname LIKE 'pg_stat%')
variants: { as it is: {} }
";

/// Runs a scenario whose rounds all end.
fn run(schema: &str, scenario: &str) -> (Rehearsal, RunResult) {
    let rehearsal = Rehearsal::new(schema, scenario);
    let output = rehearsal.run(&[]);
    assert!(rehearsal.out().join("result.json").exists(), "{}", said(&output));
    let (result, _) = rehearsal.result();
    assert_eq!(result.ended, Ended::Completed, "{}", said(&output));
    let checks = result.variants.iter().flat_map(|variant| &variant.rounds).flat_map(|round| &round.checks);
    for check in checks {
        assert!(check.held, "{}: {}", check.name, check.answer);
    }
    (rehearsal, result)
}

fn cost<'a>(result: &'a RunResult, operation: &str) -> (&'a OperationCost, &'a RoundResult, usize) {
    let variant = &result.variants[0];
    let place = variant.operations.iter().position(|each| each.name == operation).expect("it is one");
    (&variant.rounds[0].costs[place], &variant.rounds[0], place)
}

#[test]
fn what_an_operation_costs_is_what_the_servers_log_and_the_load_say() {
    let (rehearsal, result) = run(SUBSCRIPTIONS, &format!("settings: {{ log_statement: all }}{OPERATIONS}"));
    let logged = logged_executions(&server_log(rehearsal.path()));
    let expected = [
        ("one", 1, 1, 1),
        ("loop", 41, 41, 80),
        ("prefetch", 2, 2, 2001),
        ("transaction", 5, 5, 3),
        ("insertions", 6, 7, 12),
    ];
    for (number, (operation, statements, waits, rows)) in expected.into_iter().enumerate() {
        let (cost, round, place) = cost(&result, operation);
        assert_eq!(cost.unmeasured, None, "{operation}");
        let found = (cost.statements, cost.round_trips, cost.rows);
        assert_eq!(found, (f64::from(statements), Some(f64::from(waits)), f64::from(rows)), "{operation}");
        let transaction = operation == "transaction";
        assert_eq!(logged[number].len() - if transaction { 0 } else { 2 }, statements as usize, "{:?}", logged[number]);
        let calls: f64 = cost.by_statement.iter().map(|each| each.calls).sum();
        assert!((calls - cost.statements).abs() < 1e-9, "the server counts {calls}: {cost:?}");
        let share: f64 = cost.by_statement.iter().map(|each| each.share).sum();
        assert!(share > 0.0 && share <= 1.000_001, "{operation}: {share}");
        assert!(cost.executions > 0 && cost.server_ms > 0.0 && cost.hit > 0.0, "{cost:?}");
        assert_eq!(cost.wal > 0.0, ["transaction", "insertions"].contains(&operation), "{operation}: {}", cost.wal);

        let accounts = round.operations[place].phases.iter().map(|phase| &phase.account);
        let (succeeded, sent) = accounts.fold((0, 0), |sum, each| (sum.0 + each.succeeded, sum.1 + each.statements));
        assert!(succeeded > 0, "{operation} ran");
        assert_eq!(sent, succeeded * statements as u64, "{operation} under load");
    }
    let (cost, ..) = self::cost(&result, "loop");
    let repeated = cost.repeated().expect("it is a loop");
    assert_eq!(repeated.text, "SELECT count(*), sum(amount) FROM invoices WHERE subscription_id = $1");
    assert_eq!((repeated.calls, repeated.rows), (40.0, 40.0));
    assert!(repeated.share > 0.5, "{cost:?}");
    assert_eq!(self::cost(&result, "prefetch").0.repeated(), None);
    assert!(self::cost(&result, "prefetch").0.bytes.is_some_and(|bytes| bytes > 10_000.0));
    let ends: Vec<_> =
        self::cost(&result, "transaction").0.by_statement.iter().map(|each| each.text.as_str()).collect();
    assert!(ends.contains(&"BEGIN") && ends.contains(&"COMMIT"), "{ends:?}");
}

#[test]
fn what_cannot_be_measured_says_why_and_without_the_extension_the_client_still_counts() {
    let (_, result) = run(SUBSCRIPTIONS, &format!("settings: {{ shared_preload_libraries: '' }}{OPERATIONS}"));
    let notes = &result.variants[0].rounds[0].notes;
    assert!(notes.iter().any(|(_, note)| note.contains("pg_stat_statements must be loaded")), "{notes:?}");
    let (cost, ..) = cost(&result, "loop");
    assert!(cost.unmeasured.as_deref().is_some_and(|why| why.contains("does not count")), "{cost:?}");
    assert_eq!((cost.statements, cost.rows, cost.server_ms), (41.0, 80.0, 0.0));
    let repeated = cost.repeated().expect("it is a loop");
    assert_eq!(repeated.text, "SELECT count(*), sum(amount) FROM invoices WHERE subscription_id = $1");
    for (operation, why) in [
        ("slow", "canceling statement due to statement timeout"),
        ("by itself", "it cannot be undone"),
        ("job", "only what belongs to the traffic"),
    ] {
        let (cost, ..) = self::cost(&result, operation);
        assert_eq!((cost.executions, cost.statements), (0, 0.0), "{operation}");
        assert!(cost.unmeasured.as_deref().is_some_and(|reason| reason.contains(why)), "{operation}: {cost:?}");
    }
    assert!(self::cost(&result, "never").0.executions > 0, "what may run is measured, whether it does or not");
}

/// The log of the one server that ran the scenario.
fn server_log(directory: &Path) -> String {
    let seeds = std::fs::read_dir(directory.join("cache/seeds")).expect("a seed is kept");
    let logs: Vec<PathBuf> = seeds.flatten().map(|seed| seed.path().join("server.log")).collect();
    String::from_utf8_lossy(&std::fs::read(&logs[0]).expect("it can be read")).into_owned()
}

/// Of each connection on which an operation was executed alone, in order: the statements of the last execution, from
/// BEGIN to ROLLBACK.
fn logged_executions(log: &str) -> Vec<Vec<String>> {
    let mut order: Vec<&str> = Vec::new();
    let mut statements: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in log.lines() {
        let Some((prefix, message)) = line.split_once(" shakedown/alone LOG:  ") else { continue };
        let Some(pid) = prefix.rsplit(' ').next() else { continue };
        if message.starts_with("execute ") || message.starts_with("statement: ") {
            if !statements.contains_key(pid) {
                order.push(pid);
            }
            let statement = message.split_once(": ").map_or("", |(_, statement)| statement);
            statements.entry(pid).or_default().push(statement.to_owned());
        }
    }
    let last = |pid: &str| {
        let all = &statements[pid];
        let end = all.iter().rposition(|each| each == "ROLLBACK")?;
        let begin = all[..end].iter().rposition(|each| each == "BEGIN")?;
        Some(all[begin..=end].to_vec())
    };
    order.into_iter().filter_map(last).collect()
}

const PLANS: &str = "
name: Plans
settings: { work_mem: 64kB, max_parallel_workers_per_gather: 0 }
seed:
  users: { rows: 30 }
  orders: { rows: 30000, columns: { user_id: { key: users }, region: { choice: { north: 1 } }, total: { uniform: [1, 1000] } } }
pools: { web: { connections: 4 } }
traffic:
  by index:
    pool: web
    rate: 5/s
    parameters: { user: { key: users } }
    sql: SELECT count(*) FROM orders WHERE user_id = :user
  orders of a user:
    pool: web
    rate: 5/s
    parameters: { user: { key: users } }
    sql: SELECT * FROM orders WHERE user_id = :user AND total < 0
  scan: { pool: web, rate: 1/s, sql: SELECT * FROM orders WHERE total < 0 }
  sort: { pool: web, rate: 1/s, sql: SELECT id FROM orders ORDER BY total }
  misled: { pool: web, rate: 1/s, sql: SELECT id FROM orders WHERE lower(region) = 'north' }
  turns:
    pool: web
    rate: 1/s
    steps:
      - { sql: SELECT id FROM users WHERE id < 0, as: nobody }
      - for_each: nobody
        sql: SELECT * FROM orders WHERE user_id = :nobody.id
  new user:
    pool: web
    rate: 2/s
    parameters: { user: { new_key: users } }
    steps:
      - INSERT INTO users (id) VALUES (:user)
      - set work_mem = '128kB'
phases: { warmup: 1s, before: 2s, after: 2s }
rounds: 1
variants:
  drop the index:
    migration: [DROP INDEX orders_user_id_idx, ALTER TABLE orders RENAME COLUMN region TO area]
";

fn plan_of<'a>(result: &'a RunResult, operation: &str, statement: &str) -> &'a StatementPlan {
    let variant = &result.variants[0];
    let place = variant.operations.iter().position(|each| each.name == operation).expect("it is one");
    let plans = &variant.rounds[0].plans;
    let found = plans.iter().find(|plan| usize::from(plan.operation) == place && plan.statement.contains(statement));
    found.unwrap_or_else(|| panic!("{operation} has no plan of {statement}: {plans:?}"))
}

fn has(plan: &Plan, finding: &str) -> bool {
    plan.findings.iter().any(|each| each.contains(finding))
}

#[test]
fn plans_say_what_matters_and_how_a_migration_changes_them() {
    let schema = "
        CREATE TABLE users (id bigint PRIMARY KEY);
        CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, region text NOT NULL, total int NOT NULL);
        CREATE INDEX ON orders (user_id);";
    let (_, result) = run(schema, PLANS);
    let before = |operation| plan_of(&result, operation, "").before.as_ref().expect("it has a plan");

    let indexed = plan_of(&result, "by index", "user_id = :user");
    let (first, second) = (before("by index"), indexed.after.as_ref().expect("it still works"));
    assert!(has(first, "uses index `orders_user_id_idx`") && first.executed, "{first:?}");
    assert!(has(second, "reads all 30,000 rows of `orders`, for "), "{second:?}");
    assert_ne!(first.shape, second.shape);
    assert_eq!(second.shape, "Aggregate(Seq Scan on orders)");
    assert!(second.text.contains("Rows removed by filter: ") && second.hit + second.read > 0, "{}", second.text);
    assert_eq!(indexed.missing, None);

    let removed = before("orders of a user");
    assert!(has(removed, "keeps 0 of"), "{removed:?}");
    let scan = plan_of(&result, "scan", "");
    assert!(has(before("scan"), "reads all 30,000 rows of `orders`, for 0 of them"), "{scan:?}");
    assert_eq!(Some(&before("scan").shape), scan.after.as_ref().map(|plan| &plan.shape), "nothing has changed");
    let sort = before("sort");
    assert!(has(sort, "sorts on disk: ") && sort.text.contains("Disk: "), "{sort:?}");

    let misled = plan_of(&result, "misled", "");
    assert!(has(before("misled"), "expects 150 rows from `orders` and gets 30,000"), "{misled:?}");
    assert_eq!((&misled.after, misled.missing.as_deref()), (&None, Some("column \"region\" does not exist")));
    let turns = plan_of(&result, "turns", "FROM orders");
    assert!(turns.missing.as_deref().is_some_and(|why| why.contains("had no turn")), "{turns:?}");
    let insertion = plan_of(&result, "new user", "INSERT");
    assert!(insertion.before.is_some() && insertion.after.is_some(), "each takes a new row: {insertion:?}");
    let places: Vec<u16> = result.variants[0].rounds[0].plans.iter().map(|plan| plan.operation).collect();
    assert_eq!(places, [0, 1, 2, 3, 4, 5, 5, 6], "SET has no plan");
}

#[tokio::test]
async fn statements_of_an_application_are_counted_and_planned_by_their_text_alone() {
    let server = PrivateServer::start_with(&[("shared_preload_libraries", "pg_stat_statements")]).await;
    let mut application = server.session().await;
    let setup = "CREATE EXTENSION pg_stat_statements; CREATE TABLE orders (id int PRIMARY KEY, total int);
                 INSERT INTO orders SELECT n, n FROM generate_series(1, 5000) n; ANALYZE orders";
    application.batch(setup).await.expect("it is SQL");
    let mut counts = Counts::open(&server.address()).await.expect("the extension is there");
    let doing = async {
        for id in 1..=20 {
            application.batch(&format!("SELECT total FROM orders WHERE id = {id}")).await.expect("it is SQL");
        }
        let list = (0..2000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        application.batch(&format!("SELECT count(*) FROM orders WHERE id IN ({list})")).await.expect("it is SQL");
    };
    let ((), mut counted) = counts.around(doing).await.expect("they are counted");
    counted.sort_by_key(|each| each.calls);
    assert_eq!(counted.iter().map(|each| (each.calls, each.rows)).collect::<Vec<_>>(), [(1, 1), (20, 20)]);
    assert_eq!(counted[1].text, "SELECT total FROM orders WHERE id = $1");
    assert_eq!(counted[0].text.chars().count(), 2001, "a long text is cut, and ends in an ellipsis");
    counts.close().await.expect("it closes");

    let outside = Outside { executions: 1, ..Outside::default() };
    let cost = cost_of(&outside, counted.clone());
    assert_eq!((cost.statements, cost.repeated().map(|each| each.calls)), (21.0, Some(20.0)));
    let looked = plans_by_text(&server.address(), &cost.by_statement).await.expect("the server answers");
    let mut planned: Vec<bool> = looked.iter().map(|each| each.plan.is_ok()).collect();
    planned.sort_unstable();
    assert_eq!(planned, [false, true], "one is too long: {looked:?}");

    let mut session = server.session().await;
    let plan = explain::generic(&mut session, &counted[1].text).await.expect("it has a plan");
    assert_eq!((plan.executed, plan.shape.as_str()), (false, "Index Scan on orders using orders_pkey"));
    let plan = explain::generic(&mut session, "DELETE FROM orders WHERE total = $1").await.expect("it has a plan");
    assert_eq!(plan.findings, ["would read `orders` from one end to the other"]);
    for (text, expected) in [
        (counted[0].text.as_str(), "too long"),
        ("SELECT 1; DROP TABLE orders", "cannot insert multiple commands"),
        ("SELECT * FROM nowhere WHERE id = $1", "does not exist"),
        ("TRUNCATE orders", "syntax error"),
    ] {
        let error = explain::generic(&mut session, text).await.expect_err(text);
        assert!(error.message.contains(expected), "{text}: {error}");
    }
    let left = "SELECT count(*)::int8 FROM pg_prepared_statements WHERE name = 'shakedown_plan'
                UNION ALL SELECT count(*) FROM orders UNION ALL SELECT count(*) FROM pg_extension WHERE extname LIKE 'pg_stat%'";
    let left = session.rows(left, &[]).await.expect("the connection is as it was");
    assert_eq!(format!("{left:?}"), "[[Int(0)], [Int(5000)], [Int(1)]]");
}
