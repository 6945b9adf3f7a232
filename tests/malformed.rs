//! Malformed scenarios by the dozen: each problem at its line and column, in words that help.
//!
//! A case is a sound scenario with one text replaced, and marks where problems must be told: see `support/marked.rs`.

#[path = "support/marked.rs"]
mod marked;

use marked::{problems_of, told, unmarked};
use shakedown::scenario;
use std::path::Path;

const SOUND: &str = "\
name: Sound
schema: schema.sql
seed:
  accounts: { rows: 1k }
  transactions:
    rows: 10k
    columns:
      account_id: { key: accounts, skew: zipf 1.1 }
      tenant_id: { from: account_id.tenant_id }
      amount: { lognormal: { median: 40, p99: 900 } }
pools:
  web: { connections: 5, acquire_timeout: 3s }
  batch: { connections: 2 }
traffic:
  account page:
    pool: web
    rate: 300/s
    parameters: { account: { key: accounts } }
    sql: SELECT id FROM transactions WHERE account_id = :account.id
  payment:
    pool: web
    rate: 80/s
    parameters: { account: { key: accounts }, amount: { uniform: [1, 9] } }
    transaction:
      - { sql: \"INSERT INTO transactions VALUES (:account, :amount) RETURNING id\", as: posted }
      - { sql: \"UPDATE accounts SET last = :posted.id\", expect: 1 row }
    retry: { times: 3, pause: 5ms..50ms, errors: [deadlock_detected] }
  export: { pool: batch, clients: 1, sql: SELECT 1 }
gauges:
  age: { every: 1s, sql: SELECT 1 }
phases: { warmup: 5s, before: 20s, after: 20s }
variants:
  plain:
    fails_by: [account page longest_stall]
    migration:
      - ALTER TABLE transactions ADD COLUMN memo text
  stepwise:
    migration:
      - { sql: ALTER TABLE transactions ADD COLUMN memo text, name: add, lock_timeout: 200ms, retry: { times: 50, pause: 100ms..2s } }
      - backfill: { table: transactions, set: \"memo = ''\", where: memo IS NULL, batch: 500, pause: 20ms }
      - traffic: { account page: 100/s }
      - transaction: [ALTER TABLE a ADD b int, ALTER TABLE a DROP b]
thresholds:
  account page: { p99: 50ms, longest_stall: 500ms }
  all traffic: { errors: { deadlock_detected: 0, any: 0.1% } }
  age: { max: 15 }
  add: { duration: 1s }
checks:
  all have a memo: SELECT true
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
fn unknown_keys_are_told_with_the_nearest_known_one() {
    for (from, to, words) in [
        ("name: Sound", "name: Sound\n«nmae: x", vec!["unknown key `nmae`", "did you mean `name`?"]),
        ("rows: 10k", "«rowz: 10k", vec!["unknown key `rowz`", "did you mean `rows`?"]),
        ("skew: zipf 1.1", "«skwe: zipf 1.1", vec!["did you mean `skew`?"]),
        ("acquire_timeout", "«acquire_timeuot", vec!["did you mean `acquire_timeout`?"]),
        ("rate: 300/s", "rate: 300/s\n    «stage: []", vec!["did you mean `stages`?"]),
        ("batch: 500", "«bach: 500", vec!["did you mean `batch`?"]),
        ("- backfill:", "- «backfil:", vec!["unknown key `backfil`", "did you mean `backfill`?"]),
        ("{ lognormal:", "{ «lognromal:", vec!["did you mean `lognormal`?"]),
        ("p99: 50ms", "«p98: 50ms", vec!["did you mean `p90`?"]),
        ("warmup: 5s", "«warm_up: 5s", vec!["did you mean `warmup`?"]),
        ("fails_by:", "«fail_by:", vec!["did you mean `fails_by`?"]),
        ("every: 1s", "«evry: 1s", vec!["did you mean `every`?"]),
        ("expect: 1 row", "«exepct: 1 row", vec!["did you mean `expect`?"]),
        ("name: Sound", "name: Sound\nengine: «mysql", vec!["unknown word `mysql`", "known: postgres"]),
        ("name: Sound", "name: Sound\n«xyzzy: 1", vec!["unknown key `xyzzy`", "known: name, about, engine, schema"]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn wrong_types_are_told_with_what_was_expected() {
    for (from, to, words) in [
        ("accounts: { rows: 1k }", "accounts: «1000", vec!["expected a seeded table as a map, found a number"]),
        ("rows: 10k", "rows: «many", vec!["`many` is not a count", "120k or 5M"]),
        ("rows: 10k", "rows: «[1]", vec!["expected a text, found a list"]),
        ("rows: 10k", "rows: «-5", vec!["is not a count"]),
        ("rows: 10k", "rows: «0", vec!["out of bounds"]),
        ("rows: 10k", "rows: «99999999999999999999999999", vec!["is not a count"]),
        ("rate: 300/s", "rate: «300", vec!["`300` is not a rate", "6/min"]),
        ("rate: 300/s", "rate: «9999999999/s", vec!["more than"]),
        ("acquire_timeout: 3s", "acquire_timeout: «3", vec!["`3` is not a duration", "500us"]),
        ("retry: { times: 3,", "retry: { times: «three,", vec!["is not a count"]),
        ("pause: 5ms..50ms", "pause: «50ms..5ms", vec!["the shorter first"]),
        ("any: 0.1%", "any: «0.1", vec!["is not a count"]),
        ("any: 0.1%", "any: «120%", vec!["is not a share"]),
        ("uniform: [1, 9]", "uniform: «[1]", vec!["expected a list of 2 numbers"]),
        ("uniform: [1, 9]", "uniform: [1, «nine]", vec!["`nine` is not a number"]),
        ("skew: zipf 1.1", "skew: «zipf", vec!["`zipf` is not a skew", "60% on 1"]),
        ("expect: 1 row", "expect: «1", vec!["`1` is not a number of rows", "no rows"]),
        (
            "checks:\n  all have a memo: SELECT true",
            "checks: «SELECT true",
            vec!["expected a map of names, found a text"],
        ),
        ("{ max: 15 }", "{ max: «15s }", vec!["`15s` is not a number"]),
        ("name: Sound", "name: Sound\nsteady: «yes", vec!["expected true or false"]),
        (
            "migration:\n      - ALTER TABLE transactions ADD COLUMN memo text\n",
            "migration: «ALTER TABLE a ADD b int\n",
            vec!["expected a list"],
        ),
        ("phases: { warmup: 5s, before: 20s, after: 20s }", "phases: «20s", vec!["the phases as a map"]),
        ("name: Sound", "name: Sound\nrounds: «0", vec!["from 1 to 1000"]),
        ("p99: 50ms", "statements: «10ms", vec!["`10ms` is not a count"]),
        ("p99: 50ms", "statements: «5%", vec!["`5%` is not a count"]),
        ("p99: 50ms", "statements: «0", vec!["0 is out of bounds: from 1"]),
        ("p99: 50ms", "statements: 1k", vec![]),
        ("p99: 50ms", "wal: «5 rows", vec!["`5 rows` is not a size", "64MB"]),
        ("p99: 50ms", "wal: 64kB, rows: 0, buffers: 1k, throughput: 50/s, dropped: 0", vec![]),
        ("p99: 50ms", "throughput: «50", vec!["`50` is not a rate"]),
        ("duration: 1s", "lock: «SHARED", vec!["unknown lock mode `SHARED`", "did you mean `SHARE`?"]),
        ("duration: 1s", "lock: share row exclusive, rewrites: 0, scans: 0, longest_block: 0s, growth: 1GB", vec![]),
        ("duration: 1s", "«recovery: 5s", vec!["`recovery` is no figure of a step"]),
        ("duration: 1s", "«statements: 5", vec!["`statements` is no figure of a step", "longest_block"]),
        ("add: { duration: 1s }", "migration: { recovery: 2s, blocked: 1s, wal: 1GB }", vec![]),
        ("add: { duration: 1s }", "migration: { recovery: «1s }", vec!["at least 2 s"]),
        ("p99: 50ms", "pool_wait_p99: 5ms, service_p99.9: 1s, pool_wait_max: 1s", vec![]),
        ("p99: 50ms", "«service_p98: 5ms", vec!["unknown key `service_p98`", "did you mean `service_p90`?"]),
        ("p99: 50ms", "after: { «longest_stal: 5ms }", vec!["unknown key `longest_stal`"]),
        ("p99: 50ms", "«measure: { p99: 5ms }", vec!["a variant migrates, so there is no phase `measure`"]),
        ("p99: 50ms", "after: «5ms", vec!["expected a threshold on a phase as a map"]),
        ("add: { duration: 1s }", "add: { «after: { p99: 5ms } }", vec!["`after` is no figure of a step"]),
        ("add: { duration: 1s }", "database: { growth: 1GB, wal: 2GB, dead_rows: 100k }", vec![]),
        ("add: { duration: 1s }", "database: { «p99: 5ms }", vec!["`p99` is no figure of the database"]),
        ("add: { duration: 1s }", "«datbase: { wal: 5MB }", vec!["unknown `datbase`", "did you mean `database`?"]),
        ("p99: 50ms", "«lock: SHARE", vec!["`lock` is no figure of an operation"]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn a_relative_limit_names_a_variant_and_a_figure_that_all_have() {
    for (from, to, words) in [
        ("p99: 50ms", "p99: 0.5x plain", vec![]),
        ("p99: 50ms", "max: 2 x plain, buffers: 1.1x stepwise", vec![]),
        ("p99: 50ms", "p99: «0.5x plai", vec!["unknown variant `plai`", "did you mean `plain`?"]),
        ("p99: 50ms", "p99: «0x plain", vec!["could never be kept"]),
        ("p99: 50ms", "p99: «0.5 plain", vec!["`0.5 plain` is not a duration"]),
        ("p99: 50ms", "p99: 3x before, errors: 2x before, service_p50: 1.1x baseline, wal: 1x baseline", vec![]),
        ("p99: 50ms", "wal: «3x before", vec!["`wal` of `account page` cannot be relative to `before`"]),
        ("p99: 50ms", "p99: «3x befor", vec!["unknown variant `befor`", "did you mean `before`?"]),
        ("p99: 50ms", "after: { p99: 1.5x before, errors: 0 }, before: { service_max: 1s }", vec![]),
        ("p99: 50ms", "before: { p99: «1.5x before }", vec!["it is that phase"]),
        ("p99: 50ms", "after: { p99: «2x plain }", vec!["set it without a phase"]),
        ("p99: 50ms", "throughput: «0.9x plain", vec!["without a migration, throughput"]),
        ("p99: 50ms", "throughput: 0.9x before", vec![]),
        ("p99: 50ms", "dropped: «2x plain", vec!["`dropped` of `account page` cannot be relative"]),
        ("duration: 1s", "duration: «2x plain", vec!["`duration` of `add` cannot be relative"]),
        ("age: { max: 15 }", "age: { max: «2x plain }", vec!["`max` of `age` cannot be relative"]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn a_variant_may_have_to_fail_by_any_limit_that_is_set() {
    let set = "p99: 50ms, wal: 1kB, longest_stall: 500ms, after: { p99: 5ms }";
    for (limit, words) in [
        ("wal", vec![]),
        ("p99", vec![]),
        ("after p99", vec![]),
        ("after p50", vec!["`account page` has no limit `after p50`", "did you mean `after p99`?"]),
        ("wall", vec!["`account page` has no limit `wall`", "did you mean `wal`?"]),
        ("rows", vec!["`account page` has no limit `rows`", "known: p99, wal, longest_stall, after p99"]),
    ] {
        let mark = if words.is_empty() { "" } else { "«" };
        let text = SOUND.replace("p99: 50ms, longest_stall: 500ms", set);
        let to = format!("fails_by: [{mark}account page {limit}]");
        marked::case(&text, "fails_by: [account page longest_stall]", &to, &words);
    }
}

#[test]
fn unknown_names_are_told_with_the_nearest_known_one() {
    for (from, to, words) in [
        ("pool: batch", "pool: «bacth", vec!["unknown pool `bacth`", "did you mean `batch`?"]),
        (
            "account_id: { key: accounts,",
            "«account_id: { key: acounts,",
            vec!["not seeded", "did you mean `accounts`?"],
        ),
        (
            "{ account page: 100/s }",
            "{ «acount page: 100/s }",
            vec!["unknown operation", "did you mean `account page`?"],
        ),
        ("{ account page: 100/s }", "{ «export: 1/s }", vec!["`export` has no rate"]),
        ("  age: { max", "  «ag: { max", vec!["unknown `ag`", "did you mean `age`?"]),
        ("[account page longest_stall]", "[«acount page longest_stall]", vec!["did you mean `account page`?"]),
        ("[account page longest_stall]", "[«account page p90]", vec!["has no limit `p90`", "did you mean `p99`?"]),
        ("[account page longest_stall]", "[«account page statements]", vec!["has no limit `statements`"]),
        ("[account page longest_stall]", "[«age p99]", vec!["has no limit `p99`", "known: max"]),
        ("[account page longest_stall]", "[«longest_stall]", vec!["names no limit"]),
        ("[account page longest_stall]", "[«every memo check]", vec!["there is no check `every memo`"]),
        (
            "[deadlock_detected]",
            "[«deadlock_detectd]",
            vec!["unknown class of errors", "did you mean `deadlock_detected`?"],
        ),
        ("{ deadlock_detected: 0,", "{ «deadlok_detected: 0,", vec!["did you mean `deadlock_detected`?"]),
        ("p99: 50ms, ", "p99: 50ms, blocked_by: { «exprt: 1s }, ", vec!["did you mean `export`?"]),
        ("p99: 50ms, ", "p99: 50ms, blocked_by: { migration: 1s }, ", vec![]),
        ("name: Sound", "name: Sound\nsame_result: «acount page", vec!["did you mean `account page`?"]),
    ] {
        case(from, to, &words);
    }
    case(
        "tenant_id: { from: account_id.tenant_id }",
        "«tenant_id: { from: amount.tenant_id }",
        &["`amount` refers to no other row"],
    );
    case("tenant_id: { from: account_id.tenant_id }", "tenant_id: { from: «account_id }", &["account_id.tenant_id"]);
    case(
        "tenant_id: { from: account_id.tenant_id }",
        "«line: { number_within: account_id }",
        &["no column with `children`"],
    );
    case("lognormal: { median: 40, p99: 900 }", "kind: «emial", &["unknown word `emial`", "did you mean `email`?"]);
    case("lognormal: { median: 40, p99: 900 }", "kind: email, «uniqe: true", &["did you mean `unique`?"]);
}

#[test]
fn figures_that_a_subject_does_not_have_are_told_with_those_that_it_has() {
    for (from, to, words) in [
        ("all traffic: { ", "all traffic: { «statements: 10, ", vec!["no figure of all traffic", "longest_stall"]),
        ("age: { max: 15 }", "age: { «statements: 10 }", vec!["no figure of a gauge", "known: max, min"]),
        ("add: { duration: 1s }", "add: { «statements: 10 }", vec!["no figure of a step", "known: duration"]),
        ("add: { duration", "export: { statements: 10 }\n  add: { duration", vec![]),
        ("age: { max: 15 }", "age: { «p99: 1s }", vec!["no figure of a gauge"]),
    ] {
        case(from, to, &words);
    }
    for job in ["every: 1h", "at: 1s"] {
        let text = SOUND.replace("batch, clients: 1", &format!("batch, {job}"));
        marked::case(
            &text,
            "add: { duration",
            "export: { «statements: 10 }\n  add: { duration",
            &["no figure of a job"],
        );
    }
}

#[test]
fn parameters_that_sql_uses_must_be_defined() {
    for (from, to, words) in [
        ("= :account.id", "= «:acount.id", vec!["`:acount.id` is not defined", "did you mean `account`?"]),
        ("(:account, :amount)", "(:account, «:amonut)", vec!["`:amonut` is not defined", "did you mean `amount`?"]),
        ("(:account, :amount)", "(:account, «:amount.x)", vec!["has no columns"]),
        (":posted.id", "«:psoted.id", vec!["did you mean `posted`?"]),
        (":posted.id", "«:posted", vec!["is a whole answer"]),
        ("(:account, :amount)", "(:account, «:posted.id)", vec!["`:posted.id` is not defined"]),
        ("every: 1s, sql: SELECT 1", "every: 1s, sql: «SELECT :a", vec!["not known in a gauge"]),
        ("clients: 1, sql: SELECT 1", "clients: 1, sql: \"SELECT ':a', 1::int, :as_of\"", vec![]),
        (
            "clients: 1, sql: SELECT 1",
            "clients: 1, steps: [{ for_each: «posted, sql: SELECT 1 }]",
            vec!["names no earlier answer"],
        ),
    ] {
        case(from, to, &words);
    }
    case(
        "{ account: { key: accounts }, amount: { uniform: [1, 9] } }",
        "{ account: { key: accounts }, amount: { uniform: [1, 9] }, «posted: { key: accounts } }",
        &["`posted` is named twice"],
    );
    case(
        "clients: 1, sql: SELECT 1",
        "clients: 1, parameters: { t: 1 }, sql: «SET LOCAL app.tenant = :t",
        &["SET takes no parameters", "SELECT set_config('app.tenant', :t, true)"],
    );
}

#[test]
fn durations_that_cannot_be_are_refused() {
    for (from, to, words) in [
        ("before: 20s", "before: «500ms", vec!["500 ms is too short", "at least 1 s"]),
        ("after: 20s", "after: «0s", vec!["too short"]),
        ("after: 20s", "after: «-5s", vec!["`-5s` is not a duration"]),
        ("after: 20s", "after: 20s, «measure: 30s", vec!["say `before` and `after`"]),
        ("acquire_timeout: 3s", "acquire_timeout: «0s", vec!["too short"]),
        ("lock_timeout: 200ms", "lock_timeout: «200us", vec!["200 µs is too short", "at least 1 ms"]),
        ("every: 1s", "every: «1ms", vec!["too short"]),
        ("p99: 50ms", "p99: «0ms", vec!["too short"]),
        (
            "longest_stall: 500ms",
            "longest_stall: «20ms",
            vec!["arrivals alone leave gaps of 30.2 ms", "longer than 20 ms"],
        ),
        ("clients: 1", "at: 1s", vec![]),
        ("name: Sound", "name: Sound\nmigration_timeout: «10ms", vec!["too short"]),
    ] {
        case(from, to, &words);
    }
    case(
        "  export: { pool: batch, clients: 1",
        "  «export: { pool: batch, at: -26s",
        &["before the round begins", "-25 s or later"],
    );
}

#[test]
fn what_excludes_each_other_is_told() {
    for (from, to, words) in [
        (
            "rate: 300/s",
            "rate: 300/s\n    «clients: 3",
            vec!["`rate` and `clients` exclude each other", "`every`, `at`"],
        ),
        (
            "clients: 1, sql: SELECT 1",
            "clients: 1, sql: SELECT 1, «steps: [SELECT 2]",
            vec!["`sql` and `steps` exclude each other"],
        ),
        ("clients: 1, sql", "clients: 1, «stages: [], sql", vec!["`stages` means nothing without `rate`"]),
        ("rate: 300/s", "rate: 300/s\n    «think: 1s", vec!["`think` means nothing without `clients`"]),
    ] {
        case(from, to, &words);
    }
    case(
        "  export: { pool: batch, clients: 1,",
        "  «export: { pool: batch,",
        &["nothing says when this operation runs"],
    );
    case(
        "  export: { pool: batch, clients: 1, sql: SELECT 1 }",
        "  «export: { pool: batch, clients: 1 }",
        &["nothing says what"],
    );
    case("  export: { pool: batch, clients", "  «export: { clients", &["needs `pool`", "known: web, batch"]);
    case(
        "account_id: { key: accounts, skew: zipf 1.1 }",
        "«account_id: { key: accounts, children: 3 }",
        &["exclude each other", "children make 3,000 rows"],
    );
    case("accounts: { rows: 1k }", "«accounts: {}", &["nothing says how many rows"]);
    case("{ key: accounts, skew: zipf 1.1 }", "{ key: accounts, «delete: true }", &["unknown key `delete`"]);
    case("amount: { uniform: [1, 9] }", "«amount: {}", &["an empty map"]);
    case("amount: { uniform: [1, 9] }", "amount: «uuid", &["generates nothing", "did you mean `{ uuid: random }`?"]);
    case("amount: { uniform: [1, 9] }", "amount: «zipf", &["did you mean `{ zipf: … }`?"]);
    case("amount: { uniform: [1, 9] }", "amount: \"uuid\"", &[]);
}

#[test]
fn rows_and_children_that_agree_are_no_problem() {
    case("account_id: { key: accounts, skew: zipf 1.1 }", "account_id: { key: accounts, children: 10 }", &[]);
}

#[test]
fn names_are_given_once() {
    case(
        "  batch: { connections: 2 }",
        "  batch: { connections: 2 }\n  «web: { connections: 1 }",
        &["duplicate mapping key", "once"],
    );
    case("  age: { every", "  age: { sql: SELECT 1 }\n  «payment: { every", &["names a gauge and an operation"]);
}

#[test]
fn sql_that_yaml_has_cut_is_refused_with_the_remedy() {
    for (from, to) in [
        ("WHERE account_id = :account.id", "WHERE account_id = :account.id «#>> '{x}'"),
        ("WHERE account_id = :account.id", "WHERE account_id = :account.id   «#>> '{x}'"),
        ("WHERE account_id = :account.id", "WHERE account_id = :account.id «# 5"),
        ("all have a memo: SELECT true", "all have a memo: SELECT true «# for all"),
        (
            "- ALTER TABLE transactions ADD COLUMN memo text\n  step",
            "- ALTER TABLE transactions ADD COLUMN memo text «# now\n  step",
        ),
    ] {
        case(from, to, &["YAML cuts this off as a comment", "quotes"]);
    }
    case("WHERE account_id = :account.id", "WHERE account_id = :account.id   # the page", &[]);
    case("rate: 300/s", "rate: 300/s # often", &[]);
    case("clients: 1, sql: SELECT 1", "clients: 1, sql: SELECT 1, «2 FROM x", &["unknown key `2 FROM x`", "quotes"]);
    case("all have a memo: SELECT true", "all have a memo: SELECT a«: b", &["not YAML", "quotes"]);
}

#[test]
fn sql_that_cannot_run_where_it_stands_is_refused() {
    for (from, to, words) in [
        (
            "clients: 1, sql: SELECT 1",
            "clients: 1, sql: «SELECT 1; SELECT 2",
            vec!["2 statements where one is expected"],
        ),
        ("clients: 1, sql: SELECT 1", "clients: 1, sql: «\"\"", vec!["no statement"]),
        ("clients: 1, sql: SELECT 1", "clients: 1, transaction: [«BEGIN]", vec!["a transaction within a transaction"]),
        (
            "clients: 1, sql: SELECT 1",
            "clients: 1, transaction: [«VACUUM a]",
            vec!["the server refuses this within a transaction"],
        ),
        ("clients: 1, sql: SELECT 1", "clients: 1, transaction: «[]", vec!["an empty list"]),
        ("clients: 1, sql: SELECT 1", "clients: 1, sql: «\"\\\\d t\"", vec!["`\\d` is a command of psql"]),
        (
            "clients: 1, sql: SELECT 1",
            "clients: 1, sql: «COPY a FROM stdin",
            vec!["rows that follow `COPY … FROM stdin` are read by psql"],
        ),
        (
            "[ALTER TABLE a ADD b int,",
            "[«CREATE INDEX CONCURRENTLY i ON a (b),",
            vec!["refuses this within a transaction"],
        ),
        ("- traffic: { account page: 100/s }", "- «BEGIN; SELECT 1", vec!["begun and not ended"]),
        ("- traffic: { account page: 100/s }", "- «SELECT 1; COMMIT", vec!["not begun: COMMIT"]),
        ("- traffic: { account page: 100/s }", "- file: «nowhere.sql", vec!["cannot read", "scenario's folder"]),
        ("- traffic: { account page: 100/s }", "- file: «dump.sql", vec!["`\\connect` in `"]),
        ("schema: schema.sql", "schema: «dump.sql", vec!["`\\connect` in `"]),
        ("schema: schema.sql", "schema: «nowhere.sql", vec!["cannot read"]),
        ("{ uniform: [1, 9] }", "{ lines: «empty.txt }", vec!["has no lines"]),
    ] {
        case(from, to, &words);
    }
}

#[test]
fn distributions_that_cannot_be_are_refused() {
    for (to, words) in [
        ("uniform: «[9, 1]", "the lower end stands first"),
        ("normal: «{ mean: 1, deviation: -1 }", "not negative"),
        ("lognormal: «{ median: 9, p99: 1 }", "median ≤ p99"),
        ("zipf: «[1, 9, 99]", "an exponent of 0 to 10"),
        ("choice: «{ a: -1 }", "weights are not negative"),
        ("choice: «{}", "impossible `choice`"),
        ("between: «[now, 2 years ago]", "the earlier first"),
        ("between: [«yesterday, now]", "neither a moment nor a number"),
        ("between: «[now]", "takes two ends"),
        ("text: «40..5", "the smaller first"),
        ("array: { length: 1..3, «off: 1, of: 1 }", "did you mean `of`?"),
        ("sequence: «{ step: 0 }", "no step of 0"),
        ("json: { a: { «key: accounts } }", "unknown key `key`"),
    ] {
        case("uniform: [1, 9]", to, &[words]);
    }
}

#[test]
fn directories_of_migrations_are_read_up_to_one_that_is_there() {
    for (to, words) in [
        ("schema: migrations", &[][..]),
        ("schema: { directory: migrations, until: 1 }", &[]),
        ("schema: { directory: «nowhere }", &["cannot read `", "start from the scenario's folder"]),
        ("schema: { directory: migrations, until: «V2__c.sql }", &["did you mean `V2__b.sql`?"]),
        ("schema: { directory: migrations, «untill: 1 }", &["did you mean `until`?"]),
        ("schema: «{ until: 1 }", &["a directory of migrations needs `directory`"]),
        ("schema: «mixed", &["as of Flyway", "one directory has one layout"]),
    ] {
        case("schema: schema.sql", to, words);
    }
    for (to, words) in [
        ("- { directory: migrations, after: 1, lock_timeout: 1s, retry: { times: 3 } }", &[][..]),
        ("- { directory: migrations, after: «7 }", &["no migration `7`", "known: V1__a.sql, V2__b.sql"]),
        ("- { directory: «migrations, after: 2 }", &["no migration of `migrations` is left"]),
        ("- { directory: migrations, «name: x }", &["unknown key `name`"]),
        ("- directory: migrations\n      - { directory: «migrations, after: 1 }", &["`V2__b.sql` is named twice"]),
    ] {
        case("- transaction: [ALTER TABLE a ADD b int, ALTER TABLE a DROP b]", to, words);
    }
}

#[test]
fn phases_follow_from_whether_anything_migrates() {
    let without = SOUND.split("variants:").next().expect("they are there").to_owned();
    let (places, text) =
        unmarked(&(without.replace("before: 20s, after", "«before: 20s, «after") + "variants: { as it is: {} }\n"));
    let told = told(&text);
    assert!(told.iter().zip(&places).all(|(told, place)| told.starts_with(place)), "{told:?}");
    assert!(told.len() == 2 && told[0].contains("say `measure`"), "{told:?}");
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let text = SOUND
        .replace("rows: 10k", "rows: many")
        .replace("pool: batch", "pool: bacth")
        .replace("= :account.id", "= :acount.id")
        .replace("before: 20s", "before: 0s");
    let lines: Vec<_> = told(&text).iter().map(|told| told.split(':').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(lines, ["6", "19", "28", "31"]);
}

#[test]
fn hostile_files_give_problems_and_never_panic() {
    let deep = |open: &str, times: usize| format!("name: x\nseed: {}", open.repeat(times));
    let texts = [
        String::new(),
        "\0".to_owned(),
        "name: \0".to_owned(),
        "- a list".to_owned(),
        "just text".to_owned(),
        "name: [".to_owned(),
        "name: {a: {b: ".to_owned(),
        deep("[", 100_000),
        deep("{a: ", 100_000),
        "? {a: b}\n: c".to_owned(),
        "name: &a [*a]".to_owned(),
        "variants: ~\nseed: ~\ntraffic: ~\npools: ~\nthresholds: ~\nphases: ~\nchecks: ~\ngauges: ~".to_owned(),
        "name: x\n\"\": 1\n\"\u{1b}[31m\": 1".to_owned(),
        format!("name: {}", "9".repeat(100_000)),
        format!("rounds: {}", "9".repeat(1000)),
    ];
    for text in texts {
        let problems = problems_of(&text).unwrap_or_else(|| panic!("{} is no scenario", &text[..text.len().min(40)]));
        let drawn = problems.to_string();
        assert!(drawn.contains("error: ") && !drawn.contains(['\0', '\u{1b}']), "{drawn}");
    }
}

#[test]
fn every_cut_and_every_lost_byte_of_a_scenario_is_survived() {
    for at in (0..SOUND.len()).filter(|at| SOUND.is_char_boundary(*at)).step_by(29) {
        let cut = problems_of(&SOUND[..at]).map(|problems| problems.to_string());
        assert!(cut.is_none_or(|drawn| drawn.contains("error: ")));
        let lost = problems_of(&[&SOUND[..at], &SOUND[at + 1..]].concat()).map(|problems| problems.to_string());
        assert!(lost.is_none_or(|drawn| drawn.contains("error: ")));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_without_a_place() {
    let problems = scenario::read(Path::new("nowhere/scenario.yaml")).expect_err("it is not there");
    assert_eq!(
        problems.to_string(),
        "error: cannot read `nowhere/scenario.yaml`: No such file or directory (os error 2)"
    );
}

/// A problem as a terminal shows it, without the folder that differs from run to run.
fn drawn(text: &str) -> String {
    let mut problems = problems_of(text).expect("it is malformed");
    problems.path = "scenario.yaml".into();
    problems.to_string()
}

#[test]
fn a_problem_shows_the_line_and_the_remedy() {
    insta::assert_snapshot!(drawn(&SOUND.replace("= :account.id", "= :acount.id").replace("pool: batch", "pool: bacth")), @r#"
    error: `:acount.id` is not defined
      --> scenario.yaml:19:57
       |
    19 |     sql: SELECT id FROM transactions WHERE account_id = :acount.id
       |                                                         ^^^^^^^^^^
       |
       = help: did you mean `account`?

    error: unknown pool `bacth`
      --> scenario.yaml:28:19
       |
    28 |   export: { pool: bacth, clients: 1, sql: SELECT 1 }
       |                   ^^^^^
       |
       = help: did you mean `batch`?
    "#);
}

#[test]
fn sql_cut_by_a_comment_is_shown_with_what_was_lost() {
    insta::assert_snapshot!(drawn(&SOUND.replace("= :account.id", "= :account.id #>> '{x}'")), @r#"
    error: YAML cuts this off as a comment
      --> scenario.yaml:19:69
       |
    19 |     sql: SELECT id FROM transactions WHERE account_id = :account.id #>> '{x}'
       |                                                                     ^^^^^^^^^ not part of the SQL
       |
       = help: put the text into quotes, or write it below `|`; a real comment stands two blanks apart: `  # …`
    "#);
}

#[test]
fn what_is_not_yaml_is_shown_at_its_place() {
    insta::assert_snapshot!(drawn(&SOUND.replace("rows: 10k", "rows: 10k: x")), @r#"
    error: this is not YAML: mapping values are not allowed in this context
     --> scenario.yaml:6:14
      |
    6 |     rows: 10k: x
      |              ^
      |
      = help: a text with a colon and a blank in it must stand in quotes, or below `|`
    "#);
}
