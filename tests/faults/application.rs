//! An application under test that fails, and runs that are ended while it serves.

use crate::running::{Running, SCHEMA, assert_nothing_runs, reported};
use crate::support::rehearsal::Rehearsal;
use nix::sys::signal::Signal;
use shakedown::result::model::{Ended, Verdict};

/// With an application as given, and requests for as long.
fn rehearsal(app: &str, traffic: &str, measure: &str) -> Rehearsal {
    let rehearsal = Rehearsal::new(
        SCHEMA,
        &format!(
            "
name: A site
seed: {{ items: {{ rows: 1k }} }}
app: {{ {app} }}
traffic:
  look: {{ rate: 40/s, http: GET /healthz }}
{traffic}
phases: {{ warmup: 1s, measure: {measure} }}
variants: {{ site: }}
"
        ),
    );
    std::fs::write(rehearsal.path().join("site.py"), include_str!("../support/site/site.py")).expect("it is ours");
    rehearsal
}

const SITE: &str = "command: exec python3 site.py, ready: /healthz";

#[test]
fn an_application_that_ends_by_itself_makes_no_run_that_passes() {
    let rehearsal = rehearsal(SITE, "  fatal: { at: 1s, http: GET /end }", "2s");
    let outcome = Running::start(&rehearsal, &["--rounds", "1"]).end();
    outcome.assert(&rehearsal, 4).assert_says("the application under test ended by itself (exit status: 3)");
    let (result, round) = reported(&rehearsal);
    assert_eq!((&result.ended, result.verdict), (&Ended::Completed, Verdict::Invalid));
    let application = round.application.expect("there was one");
    assert_eq!(application.ended.as_deref(), Some("exit status: 3"));
    let printed = std::fs::read_to_string(rehearsal.out().join(application.output)).expect("its output is kept");
    assert!(printed.ends_with("this was too much\n"), "{printed}");
    let (at, note) = round.notes.first().expect("a note");
    assert!(note.contains("ended by itself") && !at.is_zero(), "{at:?} {note}");
    let account = round.operations[0].phases.iter().map(|figures| &figures.account).find(|account| {
        account.adds_up() && account.failed.iter().any(|(failure, count)| failure == "connection_lost" && *count > 10)
    });
    assert!(account.is_some(), "failures are counted: {:?}", round.operations[0]);
}

#[test]
fn an_application_that_cannot_be_prepared_or_started_ends_the_run_with_its_last_words() {
    let set_up = rehearsal(&format!("setup: 'echo no such package >&2; exit 1', {SITE}"), "", "1s");
    Running::start(&set_up, &[])
        .end()
        .assert(&set_up, 3)
        .assert_says("set-up of the application failed (exit status: 1) at: echo no such package")
        .assert_says("no such package");
    let refuses = rehearsal("command: 'echo no such module >&2; exit 1', ready: /healthz", "", "1s");
    Running::start(&refuses, &[])
        .end()
        .assert(&refuses, 3)
        .assert_says("the application ended before it was ready (exit status: 1); it printed: no such module");
}

#[test]
fn a_run_that_is_interrupted_or_killed_takes_the_application_with_it() {
    let rehearsal = rehearsal(SITE, "  endless: { rate: 2/s, http: GET /slow/600, timeout: 10min }", "600s");
    let mut running = Running::start(&rehearsal, &["--rounds", "1"]);
    running.wait_for("site measure");
    running.signal(Signal::SIGINT);
    running.end().assert(&rehearsal, 130).assert_says("Interrupted");
    let (_, round) = reported(&rehearsal);
    assert_eq!(round.application.expect("there was one").ended, None);
    assert!(round.operations[0].phases.iter().all(|figures| figures.account.adds_up()));

    let mut running = Running::start(&rehearsal, &["--rounds", "1"]);
    running.wait_for("site measure");
    running.signal(Signal::SIGKILL);
    assert_eq!(running.end().status.code(), None);
    assert_nothing_runs(rehearsal.path());
}
