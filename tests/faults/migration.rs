//! Migrations that fail, and that meet the traffic in a deadlock.

use crate::running::{Running, SCHEMA, last_phase, reported, scenario};
use crate::support::rehearsal::{Rehearsal, said};
use shakedown::phase::Phase;
use shakedown::result::model::{Ended, Verdict};
use shakedown::step::StepOutcome;

#[test]
fn a_migration_that_fails_fails_the_run_and_the_traffic_goes_on() {
    let text = scenario("{ warmup: 1s, before: 2s, after: 2s }").replace(
        "ALTER TABLE items ADD COLUMN note text ",
        "ALTER TABLE items ADD COLUMN note text, ALTER TABLE items ALTER COLUMN note SET NOT NULL, ANALYZE items ",
    );
    let rehearsal = Rehearsal::new(SCHEMA, &text);
    Running::start(&rehearsal, &["--variant", "quick"]).end().assert(&rehearsal, 1).assert_says("contains null values");
    let (result, round) = reported(&rehearsal);
    assert_eq!((result.ended, result.verdict), (Ended::Completed, Verdict::Fail));
    let outcomes: Vec<&StepOutcome> = round.steps.iter().map(|step| &step.outcome).collect();
    let [StepOutcome::Done, StepOutcome::Failed { class, message }, StepOutcome::NotReached] = outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(class.as_deref(), Some("not_null_violation"));
    assert!(message.contains("column \"note\" of relation \"items\" contains null values"), "{message}");
    assert_eq!(last_phase(&round), Some(Phase::After));
    let after = round.operations[0].phases.last().expect("there is the last phase");
    assert!(after.account.succeeded > 0, "{:?}", after.account);
}

/// The operation locks items and then orders, the migration orders and then items; both think in between.
const DEADLOCK: &str = "
name: Deadlock
settings: { deadlock_timeout: 100ms }
seed: { items: { rows: 10 }, orders: { rows: 10 } }
pools: { web: { connections: 4 } }
traffic:
  swap:
    pool: web
    clients: 1
    transaction: [ LOCK TABLE items IN ROW EXCLUSIVE MODE, { pause: 300ms }, LOCK TABLE orders IN ROW EXCLUSIVE MODE ]
phases: { warmup: 1s, before: 1s, after: 2s }
steady: false
variants:
  crossing:
    migration:
      - transaction: [ LOCK TABLE orders IN SHARE MODE, SELECT pg_sleep(0.7) FROM items LIMIT 1, LOCK TABLE items IN SHARE MODE ]
";

#[test]
fn a_deadlock_between_migration_and_traffic_is_told_whoever_loses_it() {
    let rehearsal = Rehearsal::new(SCHEMA, DEADLOCK);
    let outcome = Running::start(&rehearsal, &[]).end();
    outcome.assert_says("deadlock detected");
    let (result, round) = reported(&rehearsal);
    assert_eq!(result.ended, Ended::Completed);
    assert_eq!(last_phase(&round), Some(Phase::After));
    let phases = &round.operations[0].phases;
    let of_traffic: u64 = phases.iter().filter_map(|each| each.account.failed.get("deadlock_detected")).sum();
    match &round.steps[0].outcome {
        StepOutcome::Done => assert!(of_traffic > 0),
        StepOutcome::Failed { class, .. } => {
            assert_eq!(class.as_deref(), Some("deadlock_detected"));
            outcome.assert(&rehearsal, 1);
        }
        other => panic!("{other:?}"),
    }
    assert!(phases.last().is_some_and(|after| after.account.succeeded > 0), "the traffic goes on");
}

#[test]
fn a_round_beyond_hope_is_ended_caught_and_not_repeated_and_the_next_variant_has_its_turn() {
    let limits = "rounds: 2
stop_when: { read: { longest_stall: 2s } }
thresholds:
  read: { longest_stall: 1s, after: { errors: 0 } }
  migration: { lock: SHARE UPDATE EXCLUSIVE, rewrites: 0, longest_block: 30s, wal: 1GB }
  database: { growth: 1GB, dead_rows: 100k }
steady: false";
    let text = scenario("{ warmup: 1s, before: 2s, after: 2s }")
        .replace("steady: false", limits)
        .replace("ALTER TABLE items ADD COLUMN note text", "CREATE INDEX CONCURRENTLY ON items (name)")
        .replace("slow:  { migration:", "slow:  { fails_by: [ read longest_stall ], migration:")
        .replace(
            "SELECT pg_sleep(600) FROM items LIMIT 1",
            "{ transaction: [ LOCK TABLE items, SELECT pg_sleep(600) ] }",
        );
    let rehearsal = Rehearsal::new(SCHEMA, &text);
    let output = rehearsal.run(&[]);
    let (result, _) = rehearsal.result();
    let [quick, slow] = &result.variants[..] else { panic!("two variants\n{}", said(&output)) };
    assert_eq!((quick.rounds.len(), slow.rounds.len()), (2, 1), "{}", said(&output));
    let round = &slow.rounds[0];
    assert!(round.is_hopeless() && round.cut_short, "{:?}", round.judgements);
    assert_eq!((&result.ended, slow.verdict), (&Ended::Completed, Verdict::Pass), "it was caught\n{}", said(&output));
    let judged = |word: &str| round.judgements.iter().find(|judgement| judgement.word == word).map(|each| each.verdict);
    assert_eq!((judged("lock"), judged("rewrites")), (Some(Verdict::Fail), Some(Verdict::NotJudged)));
    assert!(quick.rounds.iter().flat_map(|round| &round.judgements).any(|each| each.word == "after errors"));
    let index = &quick.rounds[0].judgements;
    for word in ["lock", "rewrites", "wal", "growth", "dead_rows"] {
        let judgement = index.iter().find(|judgement| judgement.word == word).expect("it is limited");
        assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:?}");
    }
}
