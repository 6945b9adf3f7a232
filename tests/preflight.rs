//! What is found without load: problems and warnings of whole scenarios, on a real server without rows.

mod support;

use shakedown::preflight::{Findings, check};
use shakedown::scenario::{Scenario, read};
use std::fs;
use std::path::{Path, PathBuf};
use support::PrivateServer;

/// 2026-01-01
const AS_OF: i64 = 1_767_225_600_000_000;

const SCHEMA: &str = "
    CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE);
    CREATE TABLE notes (body text);
    CREATE TYPE state AS ENUM ('open', 'closed');
    CREATE TABLE tickets (id bigserial PRIMARY KEY, state state NOT NULL);";

async fn findings(server: &PrivateServer, scenario: &Scenario) -> Findings {
    let scratch = server.database("scratch").await;
    check(scenario, &scratch, AS_OF).await.expect("the server is there")
}

/// What is found of a scenario with the schema above.
async fn findings_of(yaml: &str) -> (String, Findings) {
    let server = PrivateServer::start().await;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let path = directory.path().join("scenario.yaml");
    fs::write(directory.path().join("schema.sql"), SCHEMA).expect("it can be written");
    let head = "name: A trial\nengine: postgres\nschema: schema.sql\nseed:\n  users: { rows: 100 }\n";
    fs::write(&path, format!("{head}{yaml}")).expect("it can be written");
    let scenario = read(&path).unwrap_or_else(|problems| panic!("{problems}"));
    (scenario.text.clone(), findings(&server, &scenario).await)
}

fn said(problems: &[shakedown::scenario::Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.message.as_str()).collect()
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(name)
}

#[tokio::test]
async fn a_renamed_column_breaks_old_code_at_the_step_that_renames_it() {
    let server = PrivateServer::start().await;
    let scenario = read(&scenario("rename.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
    let found = findings(&server, &scenario).await;
    assert_eq!(said(&found.problems), Vec::<&str>::new());
    let expected = [
        "`profile (old code)` breaks at step 1 of `rename` (ALTER TABLE users RENAME COLUMN name TO full_name): \
         column \"name\" does not exist",
        "`rename (old code)` breaks at step 1 of `rename` (ALTER TABLE users RENAME COLUMN name TO full_name): \
         column \"name\" of relation \"users\" does not exist",
    ];
    assert_eq!(said(&found.warnings), expected);
}

#[tokio::test]
async fn every_example_is_possible() {
    let server = PrivateServer::start().await;
    let mut names: Vec<PathBuf> =
        fs::read_dir(scenario("")).expect("it is there").flatten().map(|entry| entry.path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    names.sort();
    assert!(names.len() >= 7, "{names:?}");
    for (number, path) in names.iter().enumerate() {
        let scenario = read(path).unwrap_or_else(|problems| panic!("{problems}"));
        let scratch = server.database(&format!("scratch_{number}")).await;
        let found = check(&scenario, &scratch, AS_OF).await.expect("the server is there");
        assert_eq!(said(&found.problems), Vec::<&str>::new(), "{}", path.display());
        assert!(!found.schema.tables.is_empty());
    }
}

const PLAIN: &str = "
pools: { web: { connections: 2 } }
phases: { warmup: 1s, before: 2s, after: 2s }
";

#[tokio::test]
async fn a_statement_that_can_never_be_prepared_is_a_problem_at_the_word_that_is_wrong() {
    let (text, found) = findings_of(&format!(
        "{PLAIN}
traffic:
  page: {{ pool: web, rate: 1/s, parameters: {{ user: {{ key: users }} }}, sql: SELECT nmae FROM users WHERE id = :user }}
  list: {{ pool: web, rate: 1/s, sql: SELECT id FROM usres }}
variants: {{ one: {{ migration: [ ALTER TABLE users ADD COLUMN memo text ] }} }}"
    ))
    .await;
    let marked: Vec<&str> = found.problems.iter().map(|problem| &text[problem.place.0.clone()]).collect();
    assert_eq!(marked, ["nmae", "usres"]);
    let helps: Vec<_> = found.problems.iter().map(|problem| problem.help.as_deref()).collect();
    assert_eq!(helps, [Some("did you mean `name`?"), Some("did you mean `users`?")]);
    assert_eq!(
        said(&found.problems),
        [
            "`page` can never run in `one`: column \"nmae\" does not exist",
            "`list` can never run in `one`: relation \"usres\" does not exist"
        ]
    );
}

#[tokio::test]
async fn a_step_that_takes_long_without_rows_is_given_up_and_pauses_are_not_waited_for() {
    let slow = "INSERT INTO notes SELECT pg_sleep(600)::text";
    let began = std::time::Instant::now();
    let (text, found) = findings_of(&format!(
        "{PLAIN}
traffic:
  page: {{ pool: web, rate: 1/s, sql: SELECT id FROM users }}
variants:
  pause: {{ migration: [ SELECT pg_sleep(600), {{ pause: 600s }}, ALTER TABLE users DROP COLUMN id ] }}
  slow: {{ migration: [ {slow}, ALTER TABLE users DROP COLUMN id ] }}
  slow set-up: {{ setup: [ {slow} ], migration: [ DROP TABLE users ] }}"
    ))
    .await;
    assert!(began.elapsed() < std::time::Duration::from_mins(5), "it waited for a pause");
    assert_eq!(said(&found.problems), Vec::<&str>::new());
    let expected = [
        "`page` breaks at step 3 of `pause` (ALTER TABLE users DROP COLUMN id): column \"id\" does not exist",
        "step 1 of `slow` could not be rehearsed on the empty schema: it took longer than 10 s",
        "the set-up of `slow set-up` could not be rehearsed on the empty schema: it took longer than 10 s",
    ];
    assert_eq!(said(&found.warnings), expected);
    assert_eq!(&text[found.warnings[1].place.0.clone()], slow);
}

#[tokio::test]
async fn requests_use_columns_that_the_seeded_rows_have() {
    let (text, found) = findings_of(
        "
traffic:
  page: { rate: 1/s, parameters: { user: { key: users } }, http: \"GET /:user.id/:user.nmae\" }
app: { command: serve, ready: / }
variants: { one: }",
    )
    .await;
    assert_eq!(said(&found.problems), ["`:user.nmae`: the rows of `user` have no column `nmae`"]);
    assert!(text[found.problems[0].place.0.clone()].contains("GET /:user.id"));
}

#[tokio::test]
async fn a_word_that_is_no_label_of_an_enum_is_marked_with_the_nearest_that_is() {
    let traffic = format!(
        "{PLAIN}
traffic:
  close: {{ pool: web, rate: 1/s, parameters: {{ state: {{ choice: {{ open: 1, clsed: 1 }} }} }}, sql: UPDATE tickets SET state = :state }}
  park: {{ pool: web, rate: 0/s, parameters: {{ state: {{ constant: parked }} }}, sql: UPDATE tickets SET state = :state }}
variants: {{ one: {{ migration: [ ALTER TYPE state ADD VALUE 'parked', {{ traffic: {{ park: 1/s }} }} ] }} }}"
    );
    let seed = "  tickets: { rows: 10, columns: { state: { choice: { open: 1, closd: 2 } } } }\n";
    for (yaml, word, expected) in [
        (format!("{seed}{traffic}"), "closd", "`tickets.state`: `closd` is no label of the column's type"),
        (
            traffic,
            "clsed",
            "parameter `state` of `close`: `clsed` is no label of the type that the statement wants there",
        ),
    ] {
        let (text, found) = findings_of(&yaml).await;
        assert_eq!(said(&found.problems), [expected]);
        let problem = &found.problems[0];
        assert_eq!((&text[problem.place.0.clone()], problem.help.as_deref()), (word, Some("did you mean `closed`?")));
    }
}

#[tokio::test]
async fn columns_that_change_under_a_prepared_statement_are_foretold() {
    let (_, found) = findings_of(&format!(
        "{PLAIN}
traffic:
  page: {{ pool: web, rate: 1/s, sql: SELECT * FROM users LIMIT 1 }}
variants: {{ one: {{ migration: [ ALTER TABLE users ADD COLUMN memo text ] }} }}"
    ))
    .await;
    assert_eq!(said(&found.problems), Vec::<&str>::new());
    let [warning] = said(&found.warnings)[..] else { panic!("{:?}", found.warnings) };
    assert!(warning.contains("answers with other columns after step 1"), "{warning}");
    assert!(warning.contains("cached plan must not change result type"), "{warning}");
}

#[tokio::test]
async fn what_does_not_work_yet_is_a_warning_only_while_it_runs() {
    let (_, found) = findings_of(&format!(
        "{PLAIN}
traffic:
  early: {{ pool: web, rate: 1/s, sql: SELECT memo FROM users LIMIT 1 }}
  deployed: {{ pool: web, rate: 0/s, sql: SELECT memo FROM users LIMIT 2 }}
variants:
  one:
    migration:
      - ALTER TABLE users ADD COLUMN memo text
      - traffic: {{ deployed: 1/s }}"
    ))
    .await;
    assert_eq!(said(&found.problems), Vec::<&str>::new());
    let expected = "`early` does not work before step 1 of `one` (ALTER TABLE users ADD COLUMN memo text): \
                    column \"memo\" does not exist";
    assert_eq!(said(&found.warnings), [expected]);
}

#[tokio::test]
async fn checks_gauges_and_backfills_are_tried_too() {
    let (_, found) = findings_of(&format!(
        "{PLAIN}
traffic:
  page: {{ pool: web, rate: 1/s, sql: SELECT name FROM users LIMIT 1 }}
gauges:
  age: {{ every: 1s, sql: SELECT name FROM users LIMIT 1 }}
checks:
  all have one: SELECT count(*) FROM users
  none is left: SELECT count(*) = 0 FROM leftovers
variants:
  one: {{ migration: [ ALTER TABLE users ADD COLUMN memo text ] }}
  two: {{ migration: [ {{ backfill: {{ table: notes, set: \"body = ''\", batch: 10 }} }} ] }}"
    ))
    .await;
    let expected = [
        "gauge `age` must give one number, and gives `name`",
        "check `all have one` must give true or false, and gives `count`",
        "check `none is left` cannot be asked at the end of `one`: relation \"leftovers\" does not exist",
        "step 1 of `two` fails, on empty tables already: table `notes` has no primary key by whose ranges it could be \
         filled",
    ];
    assert_eq!(said(&found.problems), expected);
}

#[tokio::test]
async fn names_of_the_seed_and_of_keys_are_looked_up() {
    let (text, found) = findings_of(&format!(
        "  orders: {{ rows: 5 }}
{PLAIN}
traffic:
  page: {{ pool: web, rate: 1/s, sql: SELECT name FROM users LIMIT 1 }}
variants: {{ one: {{ migration: [ ALTER TABLE users ADD COLUMN memo text ] }} }}"
    ))
    .await;
    assert_eq!(said(&found.problems), ["`orders`: there is no such table"]);
    assert_eq!(&text[found.problems[0].place.0.clone()], "orders");

    let (_, found) = findings_of(&format!(
        "{PLAIN}
traffic:
  page: {{ pool: web, rate: 1/s, parameters: {{ user: {{ key: users }} }}, sql: SELECT name FROM users WHERE id = :user.idd }}
variants: {{ one: {{ migration: [ ALTER TABLE users ADD COLUMN memo text ] }} }}"
    ))
    .await;
    assert_eq!(said(&found.problems), ["`:user.idd`: the rows of `user` have no column `idd`"]);
}

#[tokio::test]
async fn a_pool_that_passes_by_policies_is_warned_of() {
    let (_, found) = findings_of(
        "
pools: { web: { connections: 2 }, app: { connections: 2, session: [ SET ROLE pg_monitor ] } }
phases: { warmup: 1s, measure: 2s }
traffic:
  own: { pool: app, rate: 1/s, sql: SELECT 1 }
  page: { pool: web, rate: 1/s, sql: SELECT name FROM users LIMIT 1 }
variants: { one: { setup: [ ALTER TABLE users ENABLE ROW LEVEL SECURITY ] } }",
    )
    .await;
    let expected =
        "`page` uses users, whose row-level security does not apply to a superuser, as whom pool `web` works";
    assert_eq!(said(&found.warnings), [expected]);
}

#[tokio::test]
async fn a_schema_that_fails_is_shown_with_its_line() {
    let server = PrivateServer::start().await;
    let directory = tempfile::tempdir().expect("a directory can be made");
    for file in ["rename.yaml", "rename.sql"] {
        fs::copy(scenario(file), directory.path().join(file)).expect("it can be copied");
    }
    fs::write(directory.path().join("rename.sql"), "CREATE TABLE t (\n  id bigint,\n  name txet)").expect("it is ours");
    let scenario = read(&directory.path().join("rename.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
    let found = findings(&server, &scenario).await;
    let [problem] = said(&found.problems)[..] else { panic!("{:?}", found.problems) };
    assert!(problem.ends_with("rename.sql:3: type \"txet\" does not exist"), "{problem}");
}

#[tokio::test]
async fn a_value_that_does_not_fit_what_the_server_infers_is_a_problem_of_its_parameter() {
    let (text, found) = findings_of(&format!(
        "{PLAIN}
traffic:
  page: {{ pool: web, rate: 1/s, parameters: {{ user: {{ kind: email }} }}, sql: SELECT name FROM users WHERE id = :user }}
  post: {{ pool: web, rate: 1/s, parameters: {{ memo: \"uuid\" }}, sql: INSERT INTO memos (id) VALUES (:memo) }}
  late: {{ pool: web, rate: 0/s, parameters: {{ many: {{ uniform: [1, 100000] }} }}, sql: UPDATE users SET small = :many }}
  fine: {{ pool: web, rate: 1/s, parameters: {{ memo: {{ uuid: random }} }}, sql: INSERT INTO memos (id) VALUES (:memo) }}
variants:
  one:
    setup: [ CREATE TABLE memos (id uuid) ]
    migration: [ ALTER TABLE users ADD COLUMN small smallint ]"
    ))
    .await;
    let marked: Vec<&str> = found.problems.iter().map(|problem| &text[problem.place.0.clone()]).collect();
    assert_eq!(marked, ["user", "memo", "many"], "{:?}", said(&found.problems));
    assert!(said(&found.problems)[1].contains("`post`: `uuid` does not fit"), "{:?}", said(&found.problems));
    assert!(found.problems[1].help.as_deref().is_some_and(|help| help.contains("{ uuid: random }")));
}
