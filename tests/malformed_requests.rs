//! Malformed applications, requests and networks: each problem at its line and column, in words that help.

#[path = "support/marked.rs"]
mod marked;

use marked::told;

const SOUND: &str = "\
name: Sound
schema: schema.sql
seed:
  accounts: { rows: 1k }
network: { round_trip: [0ms, 500us, 5ms] }
pools:
  web: { connections: 5 }
app:
  command: exec serve --port {port}
  setup: ['make {kept}/venv']
  environment: { DATABASE: \"{database_url}\", WORKERS: 4 }
  ready: /healthz
  ready_within: 10s
traffic:
  summary: { rate: 5/s, http: GET /summary }
  order:
    clients: 3
    parameters: { account: { key: accounts }, amount: { uniform: [1, 9] } }
    steps:
      - { http: \"POST /accounts/:account.id/orders\", headers: { X-Tenant: \":account.id\" }, json: { amount: \":amount\", items: [1, null] }, expect: { status: 201, json: { /total: 12 } }, timeout: 5s }
      - pause: 1ms..2ms
      - { repeat: 3, steps: [{ http: GET /orders, expect: 200 }] }
    retry: { times: 2, errors: [pool_timeout] }
  payment: { rate: 9/s, sql: SELECT 1 }
phases: { warmup: 5s, measure: 20s }
variants:
  plain:
  other:
    app: { command: exec serve --fast, environment: { WORKERS: 8 } }
    traffic: { payment: }
thresholds:
  summary: { p99: 50ms }
same_result: summary
";

#[track_caller]
fn case(from: &str, to: &str, words: &[&str]) {
    marked::case(SOUND, from, to, words);
}

#[test]
fn the_scenario_that_the_cases_change_is_sound() {
    assert_eq!(told(SOUND), Vec::<String>::new());
}

#[test]
fn round_trips_are_possible_and_in_order() {
    let all = "[0ms, 500us, 5ms]";
    for (to, words) in [
        ("1ms", vec![]),
        ("[0s]", vec![]),
        ("[500us, «0ms, 5ms]", vec!["listed once each, the shorter first", "[0ms, 500us, 5ms]"]),
        ("[1ms, «1000us]", vec!["listed once each"]),
        ("«2s", vec!["2 s is longer than any round trip", "at most 1 s"]),
        ("«[]", vec!["nothing to measure at"]),
        ("«5", vec!["`5` is not a duration"]),
        ("«-1ms", vec!["is not a duration"]),
        ("[0ms, «fast]", vec!["`fast` is not a duration"]),
        ("«{ a: 1 }", vec!["expected a text, found a map"]),
    ] {
        case(all, to, &words);
    }
    case("{ round_trip: [0ms, 500us, 5ms] }", "«1ms", &["expected the network as a map, found a text"]);
    case("{ round_trip: [0ms", "{ «roundtrip: [0ms", &["unknown key `roundtrip`", "did you mean `round_trip`?"]);
    case("{ round_trip: [0ms, 500us, 5ms] }", "«{}", &["the network needs `round_trip`"]);
}

#[test]
fn an_application_says_how_it_is_started_and_when_it_is_ready() {
    for (from, to, words) in [
        ("  ready: /healthz\n", "  «redy: /healthz\n", vec!["unknown key `redy`", "did you mean `ready`?"]),
        ("ready: /healthz", "ready: «healthz", vec!["`healthz` is not a path", "/healthz"]),
        ("ready: /healthz", "ready: «http://localhost/healthz", vec!["is not a path", "behind host and port"]),
        ("ready: /healthz", "ready: «/is it up", vec!["is not a path"]),
        ("ready_within: 10s", "ready_within: «10", vec!["is not a duration"]),
        ("ready_within: 10s", "ready_within: «10ms", vec!["too short"]),
        ("ready_within: 10s", "folder: «nowhere", vec!["there is no folder `", "start from the scenario's folder"]),
        ("ready_within: 10s", "folder: «schema.sql", vec!["there is no folder `"]),
        ("ready_within: 10s", "folder: .", vec![]),
        ("setup: ['make {kept}/venv']", "setup: make {kept}/venv", vec![]),
        ("setup: ['make {kept}/venv']", "setup: «\"\"", vec!["there is no command in it"]),
        ("setup: ['make {kept}/venv']", "setup: [make, «{ a: 1 }]", vec!["expected a text, found a map"]),
        ("command: exec serve --port {port}", "command: «[exec, serve]", vec!["expected a text, found a list"]),
        ("WORKERS: 4", "«WORK-ERS: 4", vec!["cannot be the name of a variable"]),
        ("WORKERS: 4", "WORKERS: «[4]", vec!["expected a text, found a list"]),
        ("command: exec serve --port {port}", "command: exec serve «#1", vec!["YAML cuts this off"]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn what_an_application_lacks_is_told_where_it_begins() {
    let without = SOUND.replace("  ready: /healthz\n", "");
    let told = told(&without);
    let places: Vec<_> = told.iter().map(|told| told.split("; ").next().unwrap_or_default()).collect();
    assert_eq!(places, ["8:1: an application needs `ready`", "28:5: an application needs `ready`"]);
}

#[test]
fn placeholders_are_the_three_that_a_round_gives() {
    for (from, to, words) in [
        ("--port {port}", "--port «{prot}", vec!["unknown `{prot}`", "did you mean `port`?"]),
        ("\"{database_url}\"", "\"«{databse_url}\"", vec!["did you mean `database_url`?"]),
        (
            "['make {kept}/venv']",
            "['make «{folder}/venv']",
            vec!["unknown `{folder}`", "known: database_url, port, kept"],
        ),
        ("--port {port}", "--port ${PORT:-1} {1..3} {a,b} \\\\{word}", vec![]),
        ("['make {kept}/venv']", "[\"awk '{print}' x\", 'curl -w %{http_code} localhost', '{ make; }']", vec![]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn requests_say_a_known_method_and_a_path() {
    for (to, words) in [
        ("GET /summary?limit=10&at=12:30", vec![]),
        ("«/summary", vec!["does not say method and path", "GET /orders"]),
        ("«get /summary", vec!["unknown method `get`", "did you mean `GET`?"]),
        ("«FETCH /summary", vec!["unknown method `FETCH`", "known: GET, HEAD, POST"]),
        ("«GET summary", vec!["does not start with `/`"]),
        ("«GET http://localhost/summary", vec!["does not start with `/`", "host and port"]),
        ("«GET /summary of all", vec!["has a blank", "%20"]),
        ("«GET /summary#top", vec!["never sent"]),
        ("«[GET, /]", vec!["expected a text, found a list"]),
        ("\"GET /summary/«:account\"", vec!["`:account` is not defined"]),
    ] {
        case("http: GET /summary", &format!("http: {to}"), &words);
    }
}

#[test]
fn what_requests_send_and_expect_is_possible() {
    for (from, to, words) in [
        ("X-Tenant: \":account.id\"", "«\"X Tenant\": a", vec!["cannot be the name of a header"]),
        ("X-Tenant: \":account.id\"", "«Content-Length: 5", vec!["follows from the request"]),
        ("X-Tenant: \":account.id\"", "X-Tenant: «\"a\\nb\"", vec!["a header is one line"]),
        ("X-Tenant: \":account.id\"", "X-Tenant: \"«:acount.id\"", vec!["did you mean `account`?"]),
        ("amount: \":amount\"", "amount: «\":amuont\"", vec!["`:amuont` is not defined", "did you mean `amount`?"]),
        ("amount: \":amount\"", "amount: [{ a: «\":amount.x\" }]", vec!["has no columns"]),
        ("amount: \":amount\"", "note: \"at 12:30, a :b\"", vec![]),
        ("status: 201", "status: «20", vec!["`20` is not a status of HTTP"]),
        ("status: 201", "status: «100", vec!["is not a status of HTTP"]),
        ("expect: 200", "expect: «1 row", vec!["is not a status of HTTP"]),
        ("expect: 200", "expect: { «code: 200 }", vec!["unknown key `code`"]),
        ("{ /total: 12 }", "{ «total: 12 }", vec!["`total` is not a JSON pointer"]),
        ("{ /total: 12 }", "{ «/a~b: 12 }", vec!["is not a JSON pointer", "`~` is `~0`"]),
        ("{ /total: 12 }", "{ /a~1b/0: { c: [1] } }", vec![]),
        ("{ /total: 12 }", "{ /total: «\":amount\" }", vec!["not known in an answer", "a constant"]),
        ("timeout: 5s", "timeout: «5", vec!["is not a duration"]),
        ("timeout: 5s", "timeout: «0s", vec!["too short"]),
        ("timeout: 5s", "«sql: SELECT 1", vec!["unknown key `sql`", "known: http, headers"]),
        ("http: GET /summary", "http: GET /summary, expect: 204, timeout: 1s, headers: { A: b }, json: [1]", vec![]),
        ("http: GET /summary", "http: HEAD /summary, expect: { json: «{ /a: 1 } }", vec!["without a body"]),
        ("sql: SELECT 1", "sql: SELECT 1, «timeout: 1s", vec!["`timeout` means nothing without `http`"]),
        ("sql: SELECT 1", "sql: SELECT 1, expect: «201", vec!["`201` is not a number of rows"]),
        ("[pool_timeout]", "[«pool_timeuot]", vec!["did you mean `pool_timeout`?"]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn an_operation_over_http_holds_nothing_that_needs_a_session() {
    for (from, to, words) in [
        ("http: GET /summary", "http: GET /summary, «sql: SELECT 1", vec!["`http` and `sql` exclude each other"]),
        ("http: GET /summary", "http: GET /summary, «pool: web", vec!["takes no `pool`", "the application's own"]),
        ("- pause: 1ms..2ms", "- «SELECT 1", vec!["cannot stand beside a request", "of its own"]),
        ("- pause: 1ms..2ms", "- { «sql: SELECT 1 }", vec!["cannot stand beside a request"]),
        ("- pause: 1ms..2ms", "- { «insert: { table: accounts } }", vec!["cannot stand beside a request"]),
        ("- pause: 1ms..2ms", "- { «each_row: SELECT 'x' }", vec!["cannot stand beside a request"]),
        ("- pause: 1ms..2ms", "- { repeat: 2, sql: «SELECT 1 }", vec!["cannot stand beside a request"]),
        ("- pause: 1ms..2ms", "- { repeat: 2, steps: [«SELECT 1] }", vec!["cannot stand beside a request"]),
        ("    steps:\n", "    «transaction:\n", vec!["no transaction can hold a request", "`steps`"]),
        ("web: { connections: 5 }", "«visitors: {}", vec!["those who use the application", "another name"]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn requests_need_an_application_and_an_application_requests() {
    let own = "app: { command: exec serve --fast, environment: { WORKERS: 8 } }";
    let without = told(&SOUND.replace(own, "app:"));
    assert_eq!(without.len(), 1, "{without:?}");
    assert!(without[0].starts_with("15:3: `summary` asks an application, and `other` has none; say how it is started"));

    let over_http = SOUND.find("  summary:").expect("it is there")..SOUND.find("  payment:").expect("it is there");
    let mut idle = SOUND.replace(&SOUND[over_http], "").replace("same_result: summary", "same_result: payment");
    idle = idle.replace("  summary: { p99", "  payment: { p99").replace("    traffic: { payment: }\n", "");
    let lines: Vec<_> = told(&idle).iter().map(|told| told.split("; ").next().unwrap_or_default().to_owned()).collect();
    let message = "no operation asks this application";
    assert_eq!(lines, [format!("8:1: {message}"), format!("20:5: {message}")]);
}

const TOOLS: &str = "\
name: Tools
schema: schema.sql
seed: { accounts: { rows: 1k } }
traffic: { read: { rate: 5/s, sql: SELECT 1 } }
tools:
  setup: [ 'make {kept}/venv' ]
  environment: { DATABASE: \"{database_url}\" }
variants:
  one:
    migration: [ { command: '{kept}/venv/bin/migrate' } ]
  other:
    tools: { environment: { SAFE: 1 } }
    migration: [ { command: 'migrate {database_url}' } ]
";

#[test]
fn tools_are_prepared_where_commands_use_them() {
    for (from, to, words) in [
        ("name: Tools", "name: Others", vec![]),
        ("  setup: [", "  «setpu: [", vec!["unknown key `setpu`", "did you mean `setup`?"]),
        (
            "  setup: [",
            "  folder: «nowhere\n  setup: [",
            vec!["there is no folder `", "start from the scenario's folder"],
        ),
        ("'make {kept}/venv'", "'make «{kpet}/venv'", vec!["unknown `{kpet}`", "did you mean `kept`?"]),
        ("'make {kept}/venv'", "'serve «{port}'", vec!["unknown `{port}`", "known: database_url, kept"]),
        ("'make {kept}/venv'", "«''", vec!["there is no command in it"]),
        ("'{kept}/venv/bin/migrate'", "'«{ketp}/venv/bin/migrate'", vec!["unknown `{ketp}`", "did you mean `kept`?"]),
        ("'{kept}/venv/bin/migrate'", "«''", vec!["there is no command in it"]),
        ("{ SAFE: 1 }", "{ «SA-FE: 1 }", vec!["cannot be the name of a variable"]),
    ] {
        marked::case(TOOLS, from, to, &words);
    }
    let none = told(&TOOLS.replace("tools: { environment: { SAFE: 1 } }", "tools:"));
    assert_eq!(none.len(), 1, "{none:?}");
    assert!(
        none[0].starts_with("13:38: nothing stands for `{database_url}`; say what prepares the command"),
        "{none:?}"
    );
    let idle = told(
        &TOOLS
            .replace("{ command: '{kept}/venv/bin/migrate' }", "SELECT 1")
            .replace("{ command: 'migrate {database_url}' }", "SELECT 2"),
    );
    let places: Vec<_> = idle.iter().map(|told| told.split("; ").next().unwrap_or_default()).collect();
    assert_eq!(places, ["5:1: no step uses these tools", "12:5: no step uses these tools"]);
}

#[test]
fn a_variant_takes_away_only_what_is_there() {
    case(
        "{ payment: }",
        "{ «paiment: }",
        &["there is no `paiment` that this could take away", "did you mean `payment`?"],
    );
    case("traffic: { payment: }", "pools: { web:, «db: }", &["there is no `db`", "known: web"]);
}
