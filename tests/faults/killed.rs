//! Servers, backends and the program itself, killed in the middle of their work.

use crate::running::{Running, SCHEMA, assert_nothing_runs, last_phase, postmaster, reported, scenario};
use crate::support::rehearsal::Rehearsal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use shakedown::phase::Phase;
use shakedown::result::model::{Ended, RoundResult};
use shakedown::step::StepOutcome;
use std::time::{Duration, Instant};

/// A child of the postmaster that runs a SELECT.
fn reader(postmaster: Pid) -> Pid {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let processes = std::fs::read_dir("/proc").expect("there is one").flatten();
        let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let mut readers = pids.filter(|pid| {
            let read = |file| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
            read("status").contains(&format!("PPid:\t{postmaster}\n")) && read("cmdline").contains("SELECT")
        });
        match readers.next() {
            Some(pid) => return Pid::from_raw(pid),
            None => assert!(Instant::now() < deadline, "nobody reads"),
        }
    }
}

fn failures(round: &RoundResult) -> u64 {
    round.operations.iter().flat_map(|each| &each.phases).flat_map(|each| each.account.failed.values()).sum()
}

#[test]
fn a_server_that_is_killed_ends_the_run_with_what_was_measured() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario("{ warmup: 1s, before: 600s, after: 1s }"));
    let mut running = Running::start(&rehearsal, &["--variant", "quick"]);
    running.wait_for("quick before");
    kill(postmaster(&rehearsal), Signal::SIGKILL).expect("it runs");
    running.end().assert(&rehearsal, 3).assert_says("the server is gone and did not come back");
    let (result, round) = reported(&rehearsal);
    assert!(matches!(result.ended, Ended::Failed(_)));
    assert_eq!(last_phase(&round), Some(Phase::Before));
    let log = std::fs::read_to_string(rehearsal.out().join("server.log")).expect("the server's log is kept");
    assert!(log.contains("database system is ready to accept connections"), "{log}");
    assert!(failures(&round) > 0 && round.operations[0].phases.iter().all(|each| each.account.adds_up()));

    // Earlier rounds are kept, and so are the data; the server dies under a migration this time.
    rehearsal.rewrite(&scenario("{ warmup: 1s, before: 1s, after: 1s }"));
    let mut running = Running::start(&rehearsal, &[]);
    running.wait_for("slow during");
    kill(postmaster(&rehearsal), Signal::SIGKILL).expect("it runs");
    running.end().assert(&rehearsal, 3).assert_says("Could not be finished");
    let (result, round) = reported(&rehearsal);
    assert!(result.seed.restored);
    assert_eq!(result.variants.iter().map(|variant| variant.rounds.len()).collect::<Vec<_>>(), [1, 1]);
    assert!(matches!(round.steps[0].outcome, StepOutcome::Failed { .. }), "{:?}", round.steps[0].outcome);
    assert_eq!(result.variants[0].rounds[0].steps[0].outcome, StepOutcome::Done);

    let next = Running::start(&rehearsal, &["--variant", "quick"]).end();
    assert!(matches!(next.status.code(), Some(0 | 4)), "{}\n{}", next.out, next.err);
    assert!(!rehearsal.out().join("server.log").exists(), "nothing failed this time");
}

#[test]
fn a_server_that_is_killed_while_seeding_is_an_error_and_the_next_run_seeds_again() {
    let text =
        scenario("{ warmup: 1s, before: 2s, after: 1s }").replace("orders: { rows: 1k }", "orders: { rows: 50M }");
    let rehearsal = Rehearsal::new(SCHEMA, &text);
    let mut running = Running::start(&rehearsal, &[]);
    running.wait_for("items: 1,000 rows");
    kill(postmaster(&rehearsal), Signal::SIGKILL).expect("it runs");
    running.end().assert(&rehearsal, 3).assert_says("error: ");
    assert!(!rehearsal.out().exists(), "nothing was measured, so there is nothing to report");
    let next = Running::start(&rehearsal, &["--scale", "0.00002", "--variant", "quick"]).end();
    assert!(matches!(next.status.code(), Some(0 | 4)), "{}\n{}", next.out, next.err);
}

#[test]
fn a_run_survives_a_server_that_restarts_after_the_crash_of_a_backend() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario("{ warmup: 1s, before: 1s, after: 8s }"));
    let mut running = Running::start(&rehearsal, &["--variant", "slow"]);
    running.wait_for("slow during");
    // All others go down with it, the migration's among them.
    kill(reader(postmaster(&rehearsal)), Signal::SIGKILL).expect("it runs");
    running.end().assert(&rehearsal, 1).assert_says("failed");
    let (result, round) = reported(&rehearsal);
    assert_eq!(result.ended, Ended::Completed);
    assert_eq!(last_phase(&round), Some(Phase::After));
    let after = round.operations[0].phases.last().expect("there is the last phase");
    assert!(after.account.succeeded > 0, "connections come back: {:?}", after.account);
    assert!(failures(&round) > 0);
    let looks = round.health.phases.last().expect("there is the last phase");
    assert!(looks.ticks > 100, "the lock sampler comes back, too: {looks:?}");
    let noted = |text: &str| round.notes.iter().any(|(_, note)| note.contains(text));
    assert!(noted("nobody looks at the locks any more") && noted("looked at again, after"), "{:?}", round.notes);
}

#[test]
fn a_program_that_is_killed_takes_its_server_with_it() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario("{ warmup: 1s, before: 2s, after: 1s }"));
    let mut running = Running::start(&rehearsal, &["--variant", "slow"]);
    running.wait_for("slow during");
    running.signal(Signal::SIGKILL);
    assert_eq!(running.end().status.code(), None);
    assert_nothing_runs(rehearsal.path());
    let next = Running::start(&rehearsal, &["--variant", "quick"]).end();
    assert!(matches!(next.status.code(), Some(0 | 4)), "{}\n{}", next.out, next.err);
    assert!(rehearsal.result().0.seed.restored, "the data were complete");
}
