//! Ctrl-C and a polite kill, in every phase.

use crate::running::{Running, SCHEMA, last_phase, reported, scenario};
use crate::support::rehearsal::Rehearsal;
use nix::sys::signal::Signal;
use shakedown::phase::Phase;
use shakedown::result::model::{Ended, Verdict};

#[test]
fn an_interrupted_run_reports_what_was_measured_until_then() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario("{ warmup: 600s, before: 1s, after: 1s }"));
    for (phase, variant, phases, signal) in [
        (Phase::Warmup, "quick", "{ warmup: 600s, before: 1s, after: 1s }", Signal::SIGINT),
        (Phase::Before, "quick", "{ warmup: 1s, before: 600s, after: 1s }", Signal::SIGTERM),
        (Phase::During, "slow", "{ warmup: 1s, before: 1s, after: 1s }", Signal::SIGINT),
        (Phase::After, "quick", "{ warmup: 1s, before: 1s, after: 600s }", Signal::SIGTERM),
    ] {
        rehearsal.rewrite(&scenario(phases));
        let mut running = Running::start(&rehearsal, &["--variant", variant]);
        running.wait_for(&format!("{variant} {}", phase.name()));
        running.signal(signal);
        running.end().assert(&rehearsal, 130).assert_says("Interrupted");
        let (result, round) = reported(&rehearsal);
        assert_eq!(result.ended, Ended::Interrupted);
        assert_eq!(last_phase(&round), Some(phase), "no phase is told of that was not reached");
        assert!(round.operations[0].phases.iter().all(|figures| figures.account.adds_up()), "{phase:?}");
        assert_ne!(result.verdict, Verdict::Pass, "what was not finished has not passed");
        assert_eq!(result.seed.restored, phase != Phase::Warmup, "the data outlive an interrupted run");
    }
}

#[test]
fn a_run_that_is_interrupted_while_seeding_leaves_nothing_but_what_the_next_one_removes() {
    let text =
        scenario("{ warmup: 1s, before: 2s, after: 1s }").replace("orders: { rows: 1k }", "orders: { rows: 50M }");
    let rehearsal = Rehearsal::new(SCHEMA, &text);
    let mut running = Running::start(&rehearsal, &[]);
    running.wait_for("items: 1,000 rows");
    running.signal(Signal::SIGINT);
    running.end().assert(&rehearsal, 130).assert_says("interrupted before anything was measured");
    assert!(!rehearsal.out().exists(), "nothing was measured, so there is nothing to report");
    let next = rehearsal.run(&["--scale", "0.00002", "--variant", "quick"]);
    assert!(matches!(next.status.code(), Some(0 | 4)), "{}", String::from_utf8_lossy(&next.stderr));
    let seeds = std::fs::read_dir(rehearsal.path().join("cache/seeds")).expect("there are seeds").flatten();
    assert_eq!(seeds.filter(|entry| entry.path().is_dir()).count(), 1, "the unfinished seed is gone");
}

#[test]
fn who_asks_twice_does_not_wait_for_a_command_that_will_not_end() {
    let text = scenario("{ warmup: 1s, before: 1s, after: 1s }")
        .replace("[ SELECT pg_sleep(600) FROM items LIMIT 1 ]", "[ { command: \"trap '' TERM; sleep 600\" } ]");
    let rehearsal = Rehearsal::new(SCHEMA, &text);
    let mut running = Running::start(&rehearsal, &["--variant", "slow"]);
    running.wait_for("slow during");
    running.signal(Signal::SIGINT);
    running.wait_for("once more to end at once");
    running.signal(Signal::SIGINT);
    let outcome = running.end();
    outcome.assert(&rehearsal, 130);
    assert_eq!(outcome.out, "", "it did not stay to tell what was measured");
}
