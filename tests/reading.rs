//! Whole scenarios, read: the key facts of each, and of the language between them.

use shakedown::data::shape::{Literal, Skew, Values};
use shakedown::failure::Failure;
use shakedown::scenario::{
    self, Action, Arrivals, Change, Expect, HttpRequest, Method, Operation, PhaseLengths, Protocol, Reaches, Scenario,
    Variant, json_schema,
};
use shakedown::units::Rate;
use shakedown::verdict::threshold::{Bound, Figure, Limit, Subject};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> Scenario {
    scenario::read(&root().join("tests/scenarios").join(name)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A scenario of the essentials and some text.
fn with(text: &str) -> Scenario {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("schema.sql"), "CREATE TABLE t (id bigint PRIMARY KEY)").expect("it is writable");
    fs::write(folder.path().join("cities.txt"), "Bonn\n\nKöln\n").expect("it is writable");
    let path = folder.path().join("scenario.yaml");
    fs::write(&path, format!("name: x\nschema: schema.sql\n{text}\n")).expect("it is writable");
    scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

fn variant<'a>(scenario: &'a Scenario, name: &str) -> &'a Variant {
    scenario.variants.iter().find(|variant| variant.name == name).expect("there is such a variant")
}

fn operation<'a>(variant: &'a Variant, name: &str) -> &'a Operation {
    variant.operations.iter().find(|operation| operation.name == name).expect("there is such an operation")
}

#[test]
fn what_applications_do_in_one_request() {
    let scenario = read("application.yaml");
    assert_eq!(scenario.name, "What applications do in one request");
    assert!(scenario.schema.sql.starts_with("CREATE TABLE items"));
    assert_eq!(
        scenario.phases,
        PhaseLengths::Measured { warmup: Duration::from_secs(5), measure: Duration::from_secs(30) }
    );
    let rows: Vec<_> = scenario.seed.iter().map(|table| (table.table.as_str(), table.rows)).collect();
    // The children of the lines say how many there are, and so does the file: once is kept.
    assert_eq!(rows, [("items", Some(500_000)), ("orders", Some(1_000_000)), ("order_lines", None)]);
    let [variant] = &scenario.variants[..] else { panic!("there is one variant") };
    let retry = operation(variant, "take from stock").retry.clone().expect("it is tried again");
    assert_eq!((retry.times, retry.errors), (5, vec![Failure::UnexpectedRows]));
    let Action::Repeat { times: 10, actions } = &operation(variant, "scroll").body.actions[0] else {
        panic!("it scrolls ten pages");
    };
    let Action::Sql { statement, answer, .. } = &actions[0] else { panic!("each is a statement") };
    assert_eq!((answer.as_deref(), statement.references.len()), (Some("page"), 2));
    let basket = operation(variant, "basket");
    assert_eq!(basket.parameters[0].1.count, Some(50));
    assert!(operation(variant, "place order").body.transaction);
}

#[test]
fn jobs_whose_answers_are_statements() {
    let scenario = read("audit-log.yaml");
    let detach = operation(variant(&scenario, "detach concurrently"), "retention");
    assert_eq!(detach.arrivals, Arrivals::Every(Duration::from_mins(1)));
    assert!(matches!(detach.body.actions[..], [Action::EachRow { .. }]));
    let drop = operation(variant(&scenario, "drop"), "retention");
    assert!(matches!(&drop.body.actions[..], [Action::Sql { statement, .. }] if statement.references.is_empty()));
    let by = Some("retention".to_owned());
    let blocked = Limit::new(Figure::Blocked { by }, Bound::Time(Duration::from_millis(100)));
    assert!(scenario.limits(&Subject::Operation("record change".to_owned())).any(|limit| *limit == blocked));
}

#[test]
fn gauges_and_set_up_of_one_variant() {
    let scenario = read("materialized-view.yaml");
    let view = variant(&scenario, "materialized view");
    assert_eq!(view.setup.len(), 4);
    assert_eq!(
        view.operations.iter().map(|each| each.name.as_str()).collect::<Vec<_>>(),
        ["place order", "dashboard", "refresh"]
    );
    assert_eq!(view.gauges[0].every, Duration::from_secs(1));
    assert_eq!(scenario.same_result.as_deref(), Some("dashboard"));
    assert!(
        scenario
            .limits(&Subject::Gauge("age of the data".to_owned()))
            .eq([&Limit::new(Figure::Highest, Bound::Number(15.0))])
    );
    // A comment that stands apart is one, and ends the statement.
    let Action::Sql { statement, .. } = &operation(view, "refresh").body.actions[0] else {
        panic!("it is a statement")
    };
    assert_eq!(statement.sql, "UPDATE refreshed SET at = now()");
}

#[test]
fn pools_of_two_instances_and_a_long_reader() {
    let scenario = read("pool-starvation.yaml");
    let alter = variant(&scenario, "alter");
    let web = &alter.pools[0];
    assert_eq!((web.capacity(), web.max_waiting, web.protocol), (30, Some(100), Protocol::Prepared));
    let report = operation(alter, "report");
    assert_eq!((report.pool, &report.arrivals), (1, &Arrivals::At(-1.0)));
    assert_eq!(alter.fails_by[0].subject, Subject::Operation("product page".to_owned()));
    let step = &variant(&scenario, "alter with lock_timeout").migration[0];
    assert_eq!(
        (step.lock_timeout, step.name.as_str()),
        (Some(Duration::from_millis(100)), "ALTER TABLE orders ADD COLUMN note text")
    );
    assert!(step.retry.as_ref().expect("it is tried again").errors.is_empty());
}

#[test]
fn a_variant_that_changes_one_operations_body() {
    let scenario = read("queue.yaml");
    assert!(!scenario.steady);
    assert_eq!(scenario.settings, [("autovacuum_naptime".to_owned(), "5s".to_owned())]);
    for (name, statements) in [("mark as done", "SELECT id FROM jobs"), ("delete", "DELETE FROM jobs")] {
        let work = operation(variant(&scenario, name), "work");
        assert!(matches!(work.arrivals, Arrivals::Closed { clients: 8, .. }));
        let [Action::Sql { statement, .. }, Action::ForEach { answer, actions }] = &work.body.actions[..] else {
            panic!("a statement and a loop over its rows");
        };
        assert!(statement.sql.starts_with(statements) && answer == "job", "{}", statement.sql);
        assert!(matches!(actions[0], Action::Pause(pause) if pause.most == Duration::from_millis(30)));
    }
}

#[test]
fn a_rolling_deploy_in_the_middle_of_a_migration() {
    let scenario = read("rename.yaml");
    let rename = variant(&scenario, "rename");
    assert!(
        matches!(&rename.migration[2].change, Change::Traffic(rates) if rates[..2] == [(0, Rate(100.0)), (2, Rate(100.0))])
    );
    assert_eq!(rename.fails_by[0].limit, "errors");
    let stepwise = variant(&scenario, "expand and contract");
    assert!(matches!(&stepwise.migration[1].change, Change::Sql(statements) if statements.len() == 1));
    let Change::Backfill(backfill) = &stepwise.migration[3].change else { panic!("it fills batches") };
    assert_eq!((backfill.set.as_str(), backfill.filter.as_deref()), ("full_name = name", Some("full_name IS NULL")));
    assert!(matches!(&stepwise.migration[9].change, Change::Transaction(statements) if statements.len() == 2));
    let none = Limit::new(Figure::Errors(Failure::named("undefined_column")), Bound::Count(0));
    assert!(scenario.limits(&Subject::AllTraffic).any(|limit| *limit == none));
    assert_eq!(scenario.checks[0].name, "nobody is without a name");
}

#[test]
fn each_file_of_a_directory_is_a_step_and_those_before_are_the_schema() {
    let scenario =
        scenario::read(&root().join("scenarios/migrations.yaml")).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(scenario.schema.sql.contains("orders_customer") && !scenario.schema.sql.contains("currency"));
    assert_eq!(scenario.schema.parts.len(), 2);
    let steps = &variant(&scenario, "as they are written").migration;
    let kinds: Vec<_> = steps.iter().map(|step| matches!(step.change, Change::Transaction(_))).collect();
    assert_eq!(kinds, [true, true, false], "Flyway wraps each file, unless nothing in it bears that");
    assert_eq!(steps[1].name, "V4__larger_totals.sql");
    let patient: Vec<_> =
        variant(&scenario, "with the old scale").migration.iter().map(|s| s.retry.is_some()).collect();
    assert_eq!(patient, [true, true, false]);
}

#[test]
fn tenants_of_very_different_size() {
    let scenario = read("../../scenarios/tenant-isolation.yaml");
    let Values::Key(key) = &scenario.seed[1].columns[0].1.values else { panic!("it refers to tenants") };
    assert_eq!(key.skew, Skew::Share { share: 0.3, rows: 1 });
    let web = &scenario.variants[0].pools[0];
    assert_eq!(web.session, ["SET ROLE app"]);
    let newest = operation(variant(&scenario, "policies"), "newest tasks");
    assert!(matches!(newest.body.actions[1], Action::Sql { expect: Some(Expect::Exactly(0)), .. }));
}

#[test]
fn a_scale_changes_every_table_and_leaves_each_a_row() {
    let mut scenario = read("../../scenarios/tenant-isolation.yaml");
    scenario.scale(0.0001);
    let rows: Vec<_> = scenario.seed.iter().map(|table| table.rows).collect();
    assert_eq!(rows, [Some(1), Some(10), Some(100), Some(200)]);
}

#[test]
fn what_is_left_out_has_a_default() {
    let scenario = with("traffic: { a: { rate: 1/s, sql: SELECT 1 } }\nvariants: { as it is: }");
    assert_eq!(
        scenario.phases,
        PhaseLengths::Measured { warmup: Duration::from_secs(5), measure: Duration::from_secs(30) }
    );
    assert_eq!((scenario.rounds, scenario.steady, scenario.same_schema), (1, true, false));
    assert_eq!(scenario.migration_timeout, Duration::from_mins(30));
    let [variant] = &scenario.variants[..] else { panic!("there is one variant") };
    let [pool] = &variant.pools[..] else { panic!("there is one pool") };
    assert_eq!((pool.name.as_str(), pool.capacity(), pool.acquire_timeout), ("default", 10, Duration::from_secs(30)));
    let compares = with("traffic: { a: { rate: 1/s, sql: SELECT 1 } }\nvariants: { as it is: , as it was: }");
    assert_eq!(compares.rounds, 8, "one round cannot tell which is faster");
    let migrates = with("variants: { a: { migration: [SELECT 1] } }");
    let seconds = Duration::from_secs;
    assert_eq!(migrates.phases, PhaseLengths::Around { warmup: seconds(5), before: seconds(20), after: seconds(20) });
}

/// The requests of an operation, in order.
fn requests(operation: &Operation) -> Vec<&HttpRequest> {
    let mut requests = Vec::new();
    for action in &operation.body.actions {
        if let Action::Http(request) = action {
            requests.push(request);
        }
    }
    requests
}

#[test]
fn endpoints_of_an_application_with_all_that_a_request_may_say() {
    let scenario = read("endpoints.yaml");
    assert_eq!(scenario.round_trips, [0, 500, 5000].map(Duration::from_micros));
    assert_eq!((scenario.rounds, scenario.same_result.as_deref()), (8, Some("summary")));
    let [shop, fast] = &scenario.variants[..] else { panic!("there are two variants") };
    let app = shop.app.as_ref().expect("it has an application");
    assert_eq!(app.workshop.folder, root().join("tests/scenarios").join("."));
    assert_eq!(
        (app.workshop.setup.len(), app.ready.as_str(), app.ready_within),
        (2, "/healthz", Duration::from_mins(1))
    );
    assert_eq!(app.workshop.environment[1], ("WORKERS".to_owned(), "4".to_owned()));
    assert_eq!(&scenario.text[app.workshop.place.0.clone()], "app");
    let faster = fast.app.as_ref().expect("it has one too");
    assert_eq!((faster.workshop.setup.as_slice(), faster.ready.as_str()), (app.workshop.setup.as_slice(), "/healthz"));
    assert_eq!(faster.workshop.environment[1].1, "8");
    assert!(app.command.starts_with("exec shop") && faster.command.starts_with("exec fast-shop"));

    let users = shop.pools.last().expect("users come last");
    assert_eq!((users.name.as_str(), users.reaches, users.capacity()), ("visitors", Reaches::Application, 500));
    let order = operation(shop, "order");
    assert_eq!((operation(shop, "summary").pool, order.pool, operation(shop, "payment").pool), (1, 1, 0));
    let [post, get] = requests(order)[..] else { panic!("two requests stand beside a pause and a loop") };
    assert_eq!((post.method, post.path.written.as_str()), (Method::Post, "/accounts/:account.id/orders"));
    assert_eq!(post.references().len(), 3);
    let body = post.json.as_ref().expect("it has a body");
    assert_eq!(body.to_string(), r#"{"amount":":amount","note":"12","items":[1,null,true,1.5]}"#);
    assert_eq!((post.expect.status, post.timeout), (Some(201), Duration::from_secs(5)));
    assert_eq!(post.expect.json, [("/total".to_owned(), 12.into())]);
    assert_eq!((get.expect.status, get.timeout), (Some(302), Duration::from_secs(30)));
    let inside =
        |action: &Action| matches!(action, Action::Repeat { actions, .. } if matches!(actions[..], [Action::Http(_)]));
    assert!(order.body.actions.iter().any(inside));
}

#[test]
fn without_sql_and_without_pools_nobody_has_a_session() {
    let app = "app: { command: serve, ready: / }\nvariants: { as it is: }";
    let scenario = with(&format!("traffic: {{ a: {{ rate: 1/s, http: GET / }} }}\n{app}"));
    let [variant] = &scenario.variants[..] else { panic!("there is one variant") };
    assert_eq!(variant.pools.iter().map(|pool| pool.name.as_str()).collect::<Vec<_>>(), ["visitors"]);
    assert_eq!(variant.operations[0].pool, 0);
    assert_eq!(variant.app.as_ref().map(|app| app.ready_within), Some(Duration::from_secs(30)));
    assert_eq!(scenario.round_trips, [Duration::ZERO]);
}

#[test]
fn an_application_that_a_variant_does_not_ask_is_not_started_for_it() {
    let scenario = with(
        "app: { command: serve, ready: / }
traffic: { a: { rate: 1/s, http: GET / } }
variants: { over http: , in sql: { traffic: { a: { sql: SELECT 1 } } } }",
    );
    let over_http = variant(&scenario, "over http");
    assert!(over_http.app.is_some() && variant(&scenario, "in sql").app.is_none());
    assert!(variant(&scenario, "in sql").pools.iter().all(|pool| pool.reaches == Reaches::Database));
}

#[test]
fn variants_without_a_migration_replace_add_and_take_away() {
    let scenario = with(
        "rounds: 8
pools: { web: { connections: 4 }, reports: {} }
traffic:
  list: { pool: web, rate: 5/s, sql: SELECT 1, expect: 1 row }
  report: { pool: reports, clients: 1, sql: SELECT 2 }
gauges: { age: { sql: SELECT 3 } }
phases: { warmup: 1s, measure: 10s }
variants:
  as it is:
  in a loop:
    setup: [CREATE INDEX i ON t (id)]
    pools: { web: { connections: 9 }, reports: }
    traffic:
      list: { steps: [{ sql: SELECT id FROM t, as: one }, { for_each: one, sql: \"SELECT :one.id\" }] }
      report:
      other: { clients: 2, sql: SELECT 4 }
    gauges: { age: }",
    );
    assert_eq!(scenario.rounds, 8);
    let seconds = Duration::from_secs;
    assert_eq!(scenario.phases, PhaseLengths::Measured { warmup: seconds(1), measure: seconds(10) });
    let (base, looped) = (variant(&scenario, "as it is"), variant(&scenario, "in a loop"));
    let names = |variant: &Variant| variant.operations.iter().map(|each| each.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(base), names(looped)),
        (vec!["list".into(), "report".into()], vec!["list".into(), "other".into()])
    );
    assert_eq!((base.pools.len(), looped.pools.len(), looped.pools[0].connections), (2, 1, 9));
    assert_eq!((base.gauges.len(), looped.gauges.len(), looped.setup.len()), (1, 0, 1));
    let list = operation(looped, "list");
    assert!(matches!(list.body.actions[..], [Action::Sql { expect: None, .. }, Action::ForEach { .. }]));
    assert!(matches!(list.arrivals, Arrivals::Open { .. }));
}

#[test]
fn every_shape_can_be_said() {
    let scenario = with(
        "seed:
  parents: { rows: 10, columns: { code: 007 text, n: 7, f: 1.5, none: null, yes: true } }
  t:
    columns:
      parent: { key: parents, children: { uniform: [0, 5] }, nulls: 5% }
      line: { number_within: parent }
      number: { normal: { mean: 5, deviation: 2 }, unique: true }
      size: { sequence: { start: 10, step: -5 } }
      city: { lines: cities.txt }
      uuid: { uuid: random }
      tags: { array: { of: { kind: word }, length: 2 } }
      state: { choice: { 1: 1, true: 2, '2': 3, on hold: 4 } }
      doc: { json: { a: 1, b: { text: 3..9 } } }
      fixed: { constant: now }
variants: { a: { migration: [SELECT 1] } }",
    );
    let constants: Vec<_> = scenario.seed[0].columns.iter().map(|(_, shape)| shape.values.clone()).collect();
    let expected = [
        Literal::Text("007 text".to_owned()),
        Literal::Int(7),
        Literal::Float(1.5),
        Literal::Null,
        Literal::Bool(true),
    ];
    assert_eq!(constants, expected.map(Values::Constant));
    let shape = |name: &str| {
        let column = scenario.seed[1].columns.iter().find(|(column, _)| column == name);
        column.map(|(_, shape)| shape.clone()).expect("there is such a column")
    };
    assert!((shape("parent").nulls - 0.05).abs() < 1e-12);
    assert!(shape("number").unique);
    assert_eq!(shape("size").values, Values::Sequence { start: 10, step: -5 });
    assert_eq!(shape("city").values, Values::Lines(["Bonn".to_owned(), "Köln".to_owned()].into()));
    assert!(matches!(shape("tags").values, Values::Array { least: 2, most: 2, .. }));
    let Values::Choice(states) = shape("state").values else { panic!("it is a choice") };
    let literals: Vec<_> = states.into_iter().map(|(literal, _)| literal).collect();
    let text = |text: &str| Literal::Text(text.to_owned());
    assert_eq!(literals, [Literal::Int(1), Literal::Bool(true), text("2"), text("on hold")]);
}

#[test]
fn names_in_the_order_of_the_file_keep_their_places() {
    let scenario = read("queue.yaml");
    for operation in &scenario.variants[0].operations {
        assert_eq!(&scenario.text[operation.place.0.clone()], operation.name);
    }
    for gauge in &scenario.variants[0].gauges {
        assert_eq!(&scenario.text[gauge.place.0.clone()], gauge.name);
    }
}

/// Every scenario of the project.
fn scenarios() -> Vec<PathBuf> {
    let folders = ["scenarios", "tests/scenarios"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("it can be read"));
    let paths = files.map(|entry| entry.expect("its entries can be read").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
}

#[test]
fn every_scenario_is_read_and_fits_the_json_schema() {
    let validator = jsonschema::validator_for(&json_schema()).expect("it is a JSON Schema");
    let paths = scenarios();
    assert!(paths.len() >= 7);
    for path in paths {
        scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"));
        let text = fs::read_to_string(&path).expect("it can be read");
        let document: serde_json::Value = serde_saphyr::from_str(&text).expect("it is YAML");
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}\n{}", path.display(), errors.join("\n"));
    }
}

#[test]
fn the_json_schema_refuses_what_the_check_refuses() {
    let validator = jsonschema::validator_for(&json_schema()).expect("it is a JSON Schema");
    let base = "name: x\nschema: s\nvariants: { a: {} }\n";
    let fits = |text: &str| {
        let document: serde_json::Value = serde_saphyr::from_str(&format!("{base}{text}")).expect("it is YAML");
        validator.is_valid(&document)
    };
    assert!(fits("") && fits("seed: { t: { rows: 5M } }") && fits("traffic: { o: { rate: 6/min, sql: SELECT 1 } }"));
    for text in [
        "nmae: x",
        "engine: mysql",
        "rounds: many",
        "phases: { before: 5 }",
        "seed: { t: { rows: -1 } }",
        "seed: { t: { columns: { c: { kind: emial } } } }",
        "seed: { t: { columns: { c: { uniform: [1] } } } }",
        "seed: { t: { columns: { c: { key: t, delete: true } } } }",
        "traffic: { o: { rate: 300 } }",
        "traffic: { o: { rate: 3/s, clients: 1 } }",
        "traffic: { o: { steps: [{ for_each: a, sql: SELECT 1, steps: [] }] } }",
        "traffic: { o: { sql: SELECT 1, expect: 1 } }",
        "thresholds: { o: { p98: 1ms } }",
        "gauges: { g: { every: often } }",
        "network: {}",
        "network: { round_trip: 5 }",
        "app: { ready: healthz }",
        "app: { command: [a] }",
        "traffic: { o: { http: /summary } }",
        "traffic: { o: { http: GET /, sql: SELECT 1 } }",
        "traffic: { o: { http: GET /, expect: 20 } }",
        "traffic: { o: { steps: [{ http: GET /, expect: 1 row }] } }",
    ] {
        assert!(!fits(text), "{text}");
    }
}

#[test]
fn every_key_says_what_it_is_for() {
    fn walk(value: &serde_json::Value, path: &str) {
        for (key, property) in value.get("properties").and_then(|all| all.as_object()).into_iter().flatten() {
            let says = property.get("description").and_then(|says| says.as_str()).unwrap_or_default();
            assert!(says.len() > 5, "{path}.{key}");
        }
        for (key, inner) in value.as_object().into_iter().flatten() {
            walk(inner, &format!("{path}.{key}"));
        }
    }
    walk(&json_schema(), "");
}

#[test]
fn the_committed_json_schema_is_current() {
    let path = root().join("scenarios/schema.json");
    let current = format!("{:#}\n", json_schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &current).expect("it is writable");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == current, "write it anew: shakedown schema > scenarios/schema.json");
}
