//! Who waited for how long, and whose fault it was: the whole program against the server's own log.

mod support;

use shakedown::phase::Phase;
use shakedown::result::model::{Excess, PoolCause, RoundResult, VariantResult};
use shakedown::wait::{Actor, Cause, Wait};
use std::collections::BTreeMap;
use std::time::Duration;
use support::rehearsal::{Rehearsal, said};

const SCHEMA: &str = "
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE others (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE journal (item bigint NOT NULL);
CREATE TABLE slots (id int PRIMARY KEY);
";

/// Ways to be in the way: to hold a table, to queue for it behind a reader once or often, to hold up writers alone.
/// `other` shares the pool and never touches the table; `slot` fails by a unique key for all but its first ten rows.
/// The checks cannot hold: what the server says about them is how many rows it has.
const SCENARIO: &str = "
name: Who waited for whom
seed: { items: { rows: 20k }, others: { rows: 1k } }
settings: { log_lock_waits: on, deadlock_timeout: 10ms, log_line_prefix: '%n ' }
pools:
  web:    { connections: 8, acquire_timeout: 30s }
  writer: { connections: 8, acquire_timeout: 500ms }
  etl:    { connections: 1 }
traffic:
  read:  { pool: web, rate: 150/s, parameters: { item: { key: items } }, sql: SELECT name FROM items WHERE id = :item }
  other: { pool: web, rate: 50/s, parameters: { item: { key: others } }, sql: SELECT name FROM others WHERE id = :item }
  write:
    pool: writer
    rate: 100/s
    parameters: { item: { key: items } }
    transaction: [ UPDATE items SET name = 'new' WHERE id = :item, INSERT INTO journal VALUES (:item) ]
  slot: { pool: writer, rate: 20/s, parameters: { slot: { uniform: [1, 10] } }, sql: INSERT INTO slots VALUES (:slot) }
phases: { warmup: 1s, before: 3s, after: 3s }
steady: false
variants:
  held:
    migration: [ { transaction: [ ALTER TABLE items ADD COLUMN note text, SELECT pg_sleep(1) ] } ]
  queued:
    traffic:
      report: { pool: etl, at: -1s, transaction: [ SELECT count(*) FROM items, { pause: 2s } ] }
    migration: [ ALTER TABLE items ADD COLUMN note text ]
  index:
    migration: [ { transaction: [ CREATE INDEX names ON items (name), SELECT pg_sleep(1) ] } ]
  retried:
    traffic:
      report: { pool: etl, at: -1s, transaction: [ SELECT count(*) FROM items, { pause: 2500ms } ] }
    migration:
      - { sql: ALTER TABLE items ADD COLUMN note text, lock_timeout: 150ms, retry: { times: 100, pause: 200ms } }
checks:
  journal: SELECT (count(*) || ' rows')::boolean FROM journal
  slots: SELECT (count(*) || ' rows')::boolean FROM slots
";

/// What everybody below looks at: one run, for it takes its time.
struct Run {
    variants: Vec<VariantResult>,
    waits: Vec<Vec<Wait>>,
    log: String,
    said: String,
}

fn run() -> Run {
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let output = rehearsal.run(&[]);
    assert!(rehearsal.out().join("result.json").exists(), "{}", said(&output));
    let (result, series) = rehearsal.result();
    let seeds = std::fs::read_dir(rehearsal.path().join("cache/seeds")).expect("the seed is kept");
    let logs = seeds.map(|seed| seed.expect("it can be listed").path().join("server.log")).filter(|log| log.exists());
    let log = logs.map(|log| std::fs::read_to_string(log).expect("the server keeps a log")).collect();
    let waits = series.into_iter().map(|round| round.waits).collect();
    Run { variants: result.variants, waits, log, said: said(&output) }
}

#[test]
fn the_whole_program_agrees_with_the_server_and_with_theory() {
    let run = run();
    for (variant, waits) in run.variants.iter().zip(&run.waits) {
        let round = &variant.rounds[0];
        agrees_with_the_log(waits, &logged(&run.log, round), lateness(round), &variant.name);
        adds_up(round.excess.as_ref().expect("there was a migration"), &variant.name);
        every_operation_is_accounted_for(variant);
    }
    let [held, queued, index, retried] = &run.variants[..] else { panic!("four variants were run: {}", run.said) };
    for variant in [held, queued, index] {
        is_explained(variant.rounds[0].excess.as_ref().expect("there was a migration"));
    }
    whoever_comes_while_a_table_is_held_waits_for_the_step(&held.rounds[0]);
    whoever_queues_behind_a_step_is_told_of_the_reader(queued);
    an_index_in_the_making_holds_up_writers_alone(&index.rounds[0]);
    each_attempt_is_told_with_its_victims(retried, &run.waits[3]);
    for sentence in run.variants.iter().map(|variant| &variant.sentence) {
        assert!(sentence.contains("requests waited"), "{sentence}");
    }
}

/// A wait that ended, as the server's own log tells it.
struct Logged {
    pid: i32,
    ended: Duration,
    length: Duration,
}

/// The waits that ended in a round. Its clock starts a moment after `started`, by much less than a second.
fn logged(log: &str, round: &RoundResult) -> Vec<Logged> {
    let started: jiff::Timestamp = round.started.parse().expect("a round says when it began");
    let origin = started.as_microsecond() as f64 / 1e6;
    let wait = |line: &str| {
        let ended: f64 = line.split(' ').next()?.parse().ok()?;
        let ended = Duration::try_from_secs_f64(ended - origin).ok()?;
        let pid = line.split("process ").nth(1)?.split(' ').next()?.parse().ok()?;
        let milliseconds: f64 = line.split(" after ").nth(1)?.split(' ').next()?.parse().ok()?;
        Some(Logged { pid, ended, length: Duration::from_secs_f64(milliseconds / 1e3) })
    };
    let over = round.phases.ended.expect("it came to its end");
    let waits = log.lines().filter(|line| line.contains(" acquired ")).filter_map(wait);
    waits.filter(|wait| wait.ended < over).collect()
}

/// How late this machine let the program notice that something was due, at p99: so late it may notice an answer, too.
fn lateness(round: &RoundResult) -> Duration {
    let phases = round.operations.iter().flat_map(|operation| &operation.phases);
    phases
        .filter(|figures| figures.phase != Some(Phase::Warmup))
        .map(|figures| figures.lag.p99)
        .max()
        .unwrap_or_default()
}

/// Every wait of 20 ms or more was found, and each backend's waits are as long as the server says, within 5 % and
/// what the machine is late for each.
fn agrees_with_the_log(waits: &[Wait], log: &[Logged], late: Duration, variant: &str) {
    let mut blocked: BTreeMap<i32, (Duration, Duration, u32)> = BTreeMap::new();
    for theirs in log.iter().filter(|theirs| theirs.length >= Duration::from_millis(20)) {
        let ours = waits.iter().filter(|wait| wait.pid == theirs.pid);
        let ours = ours.min_by_key(|wait| wait.end.abs_diff(theirs.ended)).map(Wait::duration).unwrap_or_default();
        assert!(ours >= theirs.length / 2, "{variant}, backend {}: of {:?} only {ours:?}", theirs.pid, theirs.length);
        let sums = blocked.entry(theirs.pid).or_default();
        *sums = (sums.0 + ours, sums.1 + theirs.length, sums.2 + 1);
    }
    assert!(blocked.len() >= 8, "{variant}: {} backends waited for long", blocked.len());
    for (pid, (ours, theirs, count)) in blocked {
        let most = theirs.max(Duration::from_millis(100)).mul_f64(0.05) + late * count;
        assert!(
            ours.abs_diff(theirs) < most,
            "{variant}, backend {pid}: {ours:?}, says the server {theirs:?} ± {most:?}"
        );
    }
}

/// `total = lag + pool wait + blocked + slowdown + unexplained`, as it stands in the result.
fn adds_up(excess: &Excess, variant: &str) {
    let sum: f64 = excess.parts().sum();
    assert!((sum - excess.total_ms).abs() < 1e-3 * excess.total_ms.abs().max(1.0), "{variant}: {sum} of {excess:?}");
    let operations: f64 = excess.operations.iter().map(|operation| operation.total_ms).sum();
    assert!((operations - excess.total_ms).abs() < 1.0, "{variant}: the operations have {operations} of {excess:?}");
}

/// Beside a step that blocks for a second, what a machine does by itself is little.
fn is_explained(excess: &Excess) {
    assert!(!excess.inconclusive && excess.unexplained_ms.abs() <= 0.1 * excess.total_ms, "{excess:?}");
}

/// Nothing is lost between scheduling and accounting, and the tables have a row for each success and no other.
fn every_operation_is_accounted_for(variant: &VariantResult) {
    let round = &variant.rounds[0];
    for (figures, facts) in round.operations.iter().zip(&variant.operations) {
        for phase in &figures.phases {
            assert!(phase.account.adds_up(), "{}: {:?}", facts.name, phase.account);
        }
    }
    for (table, operation) in [("journal", "write"), ("slots", "slot")] {
        let rows = round.checks.iter().find(|check| check.name == table).expect("it was counted");
        let place = variant.operations.iter().position(|facts| facts.name == operation).expect("it ran");
        let accounts = round.operations[place].phases.iter().map(|figures| &figures.account);
        let (succeeded, cut) =
            accounts.fold((0, 0), |(succeeded, cut), each| (succeeded + each.succeeded, cut + each.cut));
        let rows: u64 = rows.answer.split(['"', ' ']).find_map(|word| word.parse().ok()).expect("it says how many");
        // Nobody knows whether one that was cut had come to its commit; on a machine that keeps up none is.
        let agree = (succeeded..=succeeded + cut).contains(&rows);
        assert!(agree, "{}: {rows} rows in {table}, {succeeded} succeeded, {cut} cut", variant.name);
    }
}

/// Milliseconds by cause of those who waited from the first step on.
fn waited(round: &RoundResult, operation: &str) -> BTreeMap<Cause, f64> {
    let mut sums = BTreeMap::new();
    for group in round.waits.iter().filter(|group| matches!(group.phase, Phase::During | Phase::After)) {
        for (_, _, ms) in group.waiters.iter().filter(|(name, ..)| name == operation) {
            *sums.entry(group.cause.clone()).or_default() += ms;
        }
    }
    sums
}

/// The share of one cause in all.
fn share(sums: &BTreeMap<Cause, f64>, cause: &Cause) -> f64 {
    sums.get(cause).copied().unwrap_or_default() / sums.values().sum::<f64>().max(1.0)
}

fn whoever_comes_while_a_table_is_held_waits_for_the_step(round: &RoundResult) {
    let held = Cause::Held { step: 0 };
    for operation in ["read", "write"] {
        let sums = waited(round, operation);
        assert!(share(&sums, &held) > 0.9, "{operation}: {sums:?}");
    }
    assert!(waited(round, "other").is_empty(), "it never touches the table");

    // Eight connections are blocked within a tenth of a second; from then on everybody waits for a connection, and
    // most of that time no lock is to be seen by those who do, nor at all once it is released and the queue drains.
    let excess = round.excess.as_ref().expect("there was a migration");
    let queued: f64 = excess.pool_wait.iter().map(|(_, ms)| ms).sum();
    let charged = excess.pool_wait.iter().find(|(cause, _)| *cause == PoolCause::Blocked(held.clone()));
    let charged = charged.map_or(0.0, |(_, ms)| *ms);
    // What drains on a busy machine works longer than before; that is the machine's, and said to be.
    let slower =
        excess.pool_wait.iter().find(|(cause, _)| *cause == PoolCause::Slowdown).map_or(0.0, |(_, ms)| ms.max(0.0));
    assert!(queued > excess.total_ms / 2.0, "{excess:?}");
    assert!(charged > 0.95 * (queued - slower), "{charged} of {queued}: {:?}", excess.pool_wait);
}

fn whoever_queues_behind_a_step_is_told_of_the_reader(variant: &VariantResult) {
    let report = variant.operations.iter().position(|facts| facts.name == "report").expect("it ran") as u16;
    let queued = Cause::Queued { step: 0, root: Actor::Operation(report) };
    let round = &variant.rounds[0];
    for operation in ["read", "write"] {
        let sums = waited(round, operation);
        assert!(share(&sums, &queued) > 0.9, "{operation}: {sums:?}");
    }
    assert!(variant.sentence.contains("behind `report` (idle in transaction)"), "{}", variant.sentence);
}

fn an_index_in_the_making_holds_up_writers_alone(round: &RoundResult) {
    let held = Cause::Held { step: 0 };
    let writers = waited(round, "write");
    assert!(share(&writers, &held) > 0.9, "{writers:?}");
    for reader in ["read", "other"] {
        assert!(waited(round, reader).is_empty(), "{reader} goes on: {:?}", waited(round, reader));
    }
}

fn each_attempt_is_told_with_its_victims(variant: &VariantResult, waits: &[Wait]) {
    let step = &variant.rounds[0].steps[0];
    assert!(step.lock_timeouts >= 2, "{step:?}");
    assert_eq!(step.attempts, step.lock_timeouts + 1, "the last one succeeded");
    let attempts: Vec<&Wait> = waits.iter().filter(|wait| wait.waiter == Actor::Step(0)).collect();
    let given_up = attempts.iter().filter(|wait| wait.failed).count();
    assert_eq!(given_up as u32, step.lock_timeouts, "each attempt waited: {attempts:?}");

    let queued = |wait: &&Wait| wait.stretches.iter().any(|stretch| matches!(stretch.cause, Cause::Queued { .. }));
    let victims: Vec<&Wait> = waits.iter().filter(queued).collect();
    assert!(!victims.is_empty(), "somebody came meanwhile");
    for victim in victims {
        let behind = attempts.iter().any(|attempt| attempt.start <= victim.start && victim.start <= attempt.end);
        assert!(behind, "{victim:?} began while no attempt was under way");
    }
    let expected = format!("was tried {} times, each time waiting up to", step.attempts);
    assert!(variant.sentence.contains(&expected), "{}", variant.sentence);
}
