//! A lock of three seconds is three seconds for everybody who came meanwhile.

mod support;

use shakedown::phase::Phase;
use std::time::Duration;
use support::rehearsal::{Rehearsal, said};

const SCHEMA: &str = "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);";

/// Point selects at 1,000/s for 20 s, and an exclusive lock on their table held for 3 s in the middle.
const SCENARIO: &str = "
name: An exclusive lock of three seconds
seed: { items: { rows: 10k } }
pools:
  web:  { connections: 20, acquire_timeout: 30s }
  lock: { connections: 1 }
traffic:
  point select: { pool: web, rate: 1000/s, parameters: { item: { key: items } }, sql: 'SELECT name FROM items WHERE id = :item' }
  lock: { pool: lock, at: 8s, transaction: [ LOCK TABLE items IN ACCESS EXCLUSIVE MODE, { pause: 3s } ] }
phases: { warmup: 2s, measure: 20s }
steady: false
variants: { locked: {} }
thresholds: { point select: { p99: 1s } }
";

#[test]
fn the_p99_of_a_window_with_a_three_second_lock_is_that_of_theory() {
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let output = rehearsal.run(&[]);
    let (result, _) = rehearsal.result();
    let round = &result.variants[0].rounds[0];
    let figures = |operation: usize| {
        let phases = &round.operations[operation].phases;
        phases.iter().find(|each| each.phase == Some(Phase::Measure)).expect("it was measured")
    };
    let (selects, lock) = (figures(0), figures(1));
    let account = &selects.account;
    assert!(account.adds_up(), "{account:?}");
    // Those of the last moments may still run when time is up.
    assert_eq!(account.succeeded + account.cut, account.scheduled, "{account:?}\n{}", said(&output));

    // Who arrives t after the lock was taken waits for what is left of it. One in a hundred of 20 s of arrivals are
    // those of 0.2 s: the unluckiest waited for all but 0.2 s of the lock.
    let held = lock.service.max;
    let theory = held.saturating_sub(Duration::from_millis(200));
    let error = selects.response.p99.as_secs_f64() / theory.as_secs_f64() - 1.0;
    assert!(error.abs() < 0.03, "p99 {:?}, theory {theory:?}", selects.response.p99);

    // Twenty connections had a service time of three seconds; of 20,000 that is one in a thousand.
    assert!(selects.service.p99 < held / 4, "service p99 {:?}", selects.service.p99);
    assert_eq!(output.status.code(), Some(1), "the threshold of one second was missed\n{}", said(&output));
}
