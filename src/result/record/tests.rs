//! Rounds made of synthetic observations, with figures that arithmetic predicts.

use super::super::event::{ArrivalModel, OperationShape};
use super::super::hlog;
use super::super::hlog::Kind;
use super::super::measured::RoundMeasured;
use super::super::recording::Recording;
use super::*;
use crate::failure::Failure;
use crate::figures::PhaseFigures;
use crate::sample::Outcome;
use crate::wait::{Blocker, Object, Waiting};

/// A millisecond's length, for times that read as milliseconds.
fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn shape() -> RoundShape {
    let operation = |name: &str, arrivals| OperationShape { name: name.to_owned(), pool: 0, arrivals };
    RoundShape {
        operations: vec![operation("page", ArrivalModel::Open), operation("totals", ArrivalModel::Job)],
        steps: vec!["rewrite".to_owned()],
        pools: vec!["web".to_owned()],
        gauges: vec!["age".to_owned()],
    }
}

/// Of operation 0: a connection at once after `queued`, and an answer a millisecond later.
fn sample(due: Duration, connected: Duration, outcome: Outcome) -> Sample {
    let finished = connected + ms(1);
    Sample { operation: 0, due, queued: due, connected, finished, outcome, retries: 0, statements: 1, rows: 1 }
}

/// A round in a directory of its own.
struct Round {
    directory: tempfile::TempDir,
    recorder: Recorder,
}

impl Round {
    fn begin() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let recording = Recording::create(directory.path()).expect("it can be created");
        Self { recorder: recording.round(0, shape()).expect("a round"), directory }
    }

    fn see(&mut self, observation: Observation) {
        self.recorder.observe(observation).expect("the disk has room");
    }

    fn phase(&mut self, phase: Phase, at: Duration) {
        self.see(Observation::Phase(phase, at));
    }

    /// 1,000 arrivals per second from `from` to `until`; those due while `locked` queue until it ends.
    fn traffic(&mut self, from: u64, until: u64, locked: std::ops::Range<u64>) {
        for millisecond in from * 1000..until * 1000 {
            let due = ms(millisecond);
            let behind = (locked.start * 1000..locked.end * 1000).contains(&millisecond);
            let connected = if behind { ms(locked.end * 1000) } else { due };
            // As it happens: nobody tells of an answer before it is there.
            if !behind {
                self.see(Observation::Samples(vec![sample(due, connected, Outcome::Succeeded)]));
            }
            if millisecond + 1 == locked.end * 1000 {
                let released = (locked.start * 1000..locked.end * 1000).map(ms);
                let released = released.map(|due| sample(due, ms(locked.end * 1000), Outcome::Succeeded));
                self.see(Observation::Samples(released.collect()));
            }
        }
    }

    fn finish(self, at: Duration) -> (RoundMeasured, tempfile::TempDir) {
        (self.recorder.finish(at).expect("the disk has room"), self.directory)
    }
}

fn figures(measured: &RoundMeasured, phase: Phase) -> &PhaseFigures {
    let found = measured.operations[0].phases.iter().find(|figures| figures.phase == Some(phase));
    found.expect("the phase took place")
}

fn close(found: Duration, expected: f64) {
    let found = found.as_secs_f64();
    assert!((found / expected - 1.0).abs() < 0.02, "{found} s is not {expected} s");
}

#[test]
fn a_stall_is_charged_to_every_arrival_that_it_delays() {
    let mut round = Round::begin();
    round.phase(Phase::Measure, Duration::ZERO);
    round.traffic(0, 20, 9..12);
    let (measured, _directory) = round.finish(seconds(20));
    let figures = figures(&measured, Phase::Measure);
    // 3,000 of 20,000 wait up to 3 s, evenly spread: one of a hundred waits longer than 3 s - 0.2 s.
    close(figures.response.p99, 2.8);
    close(figures.response.max, 3.0);
    assert!(figures.service.p99 < ms(2), "{:?}", figures.service);
    close(figures.pool_wait.p99, 2.8);
    assert_eq!(figures.account.scheduled, 20_000);
    assert!(figures.account.adds_up());
    let judged = measured.operations[0].impact.as_ref().expect("it was judged");
    close(judged.longest_stall, 3.0);
    assert_eq!(judged.waited, 2991, "those that waited 10 ms or more");
}

/// A migration that takes so many seconds and locks for the last three of them.
fn rehearsed(length: u64) -> (RoundMeasured, tempfile::TempDir) {
    let mut round = Round::begin();
    round.phase(Phase::Warmup, Duration::ZERO);
    round.traffic(0, 1, 0..0);
    round.phase(Phase::Before, seconds(1));
    round.traffic(1, 5, 0..0);
    round.phase(Phase::During, seconds(5));
    let end = 5 + length;
    round.traffic(5, end, end - 3..end);
    round.phase(Phase::After, seconds(end));
    round.traffic(end, end + 15, 0..0);
    round.finish(seconds(end + 15))
}

#[test]
fn a_long_migration_does_not_dilute_the_harm_that_it_does() {
    let [short, long] = [4, 60].map(|length| rehearsed(length).0);
    let worst = |measured: &RoundMeasured| measured.operations[0].impact.clone().expect("it was judged");
    for measured in [&short, &long] {
        let impact = worst(measured);
        // 3,000 of the 10,000 of its worst ten seconds.
        close(impact.worst_10s.p99, 2.9);
        close(impact.longest_stall, 3.0);
        close(impact.max, 3.0);
        assert_eq!(impact.worst_10s.count, 10_000);
    }
    assert!(figures(&long, Phase::During).response.p50 < ms(10), "the phase itself is diluted");
    assert!(figures(&short, Phase::During).response.p50 > ms(900));
    let impact = long.impact.expect("there was a migration");
    assert_eq!((impact.start, impact.recovered), (seconds(5), true));
    assert!(impact.end >= seconds(66) && impact.end <= seconds(68), "{:?}", impact.end);
    assert_eq!(worst(&long).account.scheduled, impact.end.saturating_sub(impact.start).as_secs() * 1000);
}

#[test]
fn the_excess_of_a_stall_is_what_its_arrivals_waited() {
    let (measured, _directory) = rehearsed(4);
    let excess = measured.excess.expect("there was a migration");
    // 3,000 arrivals, 1.5 s each on average.
    assert!((excess.total_ms / 4.5e6 - 1.0).abs() < 0.01, "{} ms", excess.total_ms);
    let all = measured.all_impact.expect("it was judged");
    assert!((all.excess_ms - excess.total_ms).abs() < 1.0, "{}", all.excess_ms);
}

#[test]
fn every_outcome_is_accounted_for_and_refusals_are_no_fast_answers() {
    let mut round = Round::begin();
    round.phase(Phase::Measure, Duration::ZERO);
    let timeout = Sample { connected: seconds(3), finished: seconds(3), ..sample(ms(0), ms(0), Outcome::Succeeded) };
    let outcomes = [
        sample(ms(1), ms(1), Outcome::Succeeded),
        Sample { outcome: Outcome::Failed(Failure::PoolTimeout), ..timeout },
        sample(ms(2), ms(2), Outcome::Failed(Failure::PoolFull)),
        sample(ms(3), ms(3), Outcome::Dropped),
        sample(ms(4), ms(4), Outcome::Skipped),
        sample(ms(5), ms(5), Outcome::Failed(Failure::Sqlstate(*b"40P01"))),
    ];
    round.see(Observation::Samples(outcomes.to_vec()));
    let (measured, _directory) = round.finish(seconds(5));
    let figures = figures(&measured, Phase::Measure);
    let account = &figures.account;
    assert!(account.adds_up(), "{account:?}");
    assert_eq!((account.scheduled, account.succeeded, account.errors()), (6, 1, 3));
    assert_eq!(account.failed["deadlock_detected"], 1);
    assert_eq!((figures.response.count, figures.service.count), (3, 2));
    close(figures.response.max, 3.0);
}

#[test]
fn what_is_cut_enters_with_its_age_as_a_lower_bound() {
    let mut round = Round::begin();
    round.phase(Phase::Measure, Duration::ZERO);
    round.see(Observation::Samples(vec![sample(ms(10), ms(10), Outcome::Succeeded)]));
    let cut = Sample { finished: seconds(20), ..sample(seconds(2), seconds(2), Outcome::Cut) };
    round.see(Observation::Samples(vec![cut]));
    let (measured, _directory) = round.finish(seconds(20));
    let figures = figures(&measured, Phase::Measure);
    assert!(figures.lower_bound);
    close(figures.response.max, 18.0);
    close(measured.operations[0].impact.as_ref().expect("judged").longest_stall, 18.0);
}

#[test]
fn what_is_unfinished_when_the_first_step_is_sent_belongs_to_the_migration() {
    let mut round = Round::begin();
    round.phase(Phase::Before, Duration::ZERO);
    round.see(Observation::Samples(vec![sample(seconds(1), seconds(1), Outcome::Succeeded)]));
    round.phase(Phase::During, seconds(5));
    // Due 4 s before the migration, and answered in the middle of it.
    round.see(Observation::Samples(vec![sample(seconds(1), seconds(6), Outcome::Succeeded)]));
    round.phase(Phase::After, seconds(8));
    let (measured, _directory) = round.finish(seconds(20));
    assert_eq!(figures(&measured, Phase::Before).account.scheduled, 1);
    assert_eq!(figures(&measured, Phase::During).account.scheduled, 1);
    let impact = measured.operations[0].impact.as_ref().expect("judged");
    assert_eq!(impact.account.scheduled, 1);
    assert_eq!(impact.worst_10s.count, 1, "and is part of its worst seconds");
    close(impact.worst_10s.p99, 5.0);
    close(impact.longest_stall, 1.0);
}

fn tick(at: Duration, waiting: bool) -> Observation {
    let waiter = Waiting {
        pid: 7,
        actor: Actor::Operation(0),
        since: Some(seconds(6)),
        statement_began: seconds(6),
        object: Some(Object { kind: "relation".into(), relation: Some("accounts".into()), identity: "1".into() }),
        mode: Some("ROW SHARE".into()),
        blocked_by: vec![9],
        held_by: vec![9],
    };
    let blocker = Blocker {
        pid: 9,
        actor: Actor::Step(0),
        statement: "ALTER TABLE accounts …".into(),
        state: "active".into(),
        holds: vec![("1".into(), "ACCESS EXCLUSIVE".into())],
    };
    let (waiting, blockers) = if waiting { (vec![waiter], vec![blocker]) } else { (vec![], vec![]) };
    Observation::Tick(Tick { at, waiting, blockers })
}

#[test]
fn waits_are_grouped_and_a_wait_that_lasts_delays_the_recovery() {
    let mut round = Round::begin();
    round.phase(Phase::Before, Duration::ZERO);
    round.traffic(0, 5, 0..0);
    round.phase(Phase::During, seconds(5));
    round.traffic(5, 8, 0..0);
    round.phase(Phase::After, seconds(8));
    (600..1300).for_each(|each| round.see(tick(ms(each * 10), true)));
    assert_eq!(round.recorder.recovered, None);
    let span = crate::observation::StatementSpan {
        pid: 7,
        actor: Actor::Operation(0),
        due: seconds(6),
        sent: seconds(6),
        ended: seconds(13),
        failed: false,
    };
    round.see(Observation::Statements(vec![span]));
    (1300..1400).for_each(|each| round.see(tick(ms(each * 10), false)));
    round.traffic(13, 18, 0..0);
    let (measured, directory) = round.finish(seconds(20));
    let impact = measured.impact.expect("there was a migration");
    assert!(impact.end > seconds(13) && impact.recovered, "{impact:?}");
    let group = &measured.waits[0];
    assert_eq!((group.object.as_str(), group.mode.as_str(), group.phase), ("accounts", "ROW SHARE", Phase::During));
    assert_eq!((group.waiters[0].0.as_str(), group.count), ("page", 1));
    close(group.longest, 7.0);
    let figures = measured.operations[0].impact.as_ref().expect("judged");
    assert_eq!((figures.blocked, figures.waited), (1, 1));
    close(figures.longest_wait, 7.0);
    let events = std::fs::read_to_string(directory.path().join("events.jsonl")).expect("they were written");
    assert!(events.lines().any(|line| line.contains(r#""event":"wait""#)), "{events}");
}

#[test]
fn a_time_without_looks_at_locks_is_charged_to_the_phases_that_it_fell_into() {
    let mut round = Round::begin();
    round.phase(Phase::Before, Duration::ZERO);
    (0..400).for_each(|each| round.see(tick(ms(each * 10), false)));
    round.phase(Phase::During, seconds(5));
    round.phase(Phase::After, seconds(6));
    // From 3.99 s on nobody looked, and then with a pause that is nothing unusual.
    round.see(tick(seconds(7), false));
    round.see(tick(ms(7400), false));
    let (measured, _directory) = round.finish(seconds(10));
    let blind: Vec<_> = measured.health.iter().map(|phase| (phase.phase, phase.blind)).collect();
    let (before, during, after) = (Some(Phase::Before), Some(Phase::During), Some(Phase::After));
    assert_eq!(blind, [(before, ms(1010)), (during, seconds(1)), (after, seconds(1) + ms(2600))]);
}

#[test]
fn a_reading_of_the_machine_belongs_to_the_phase_that_most_of_it_fell_into() {
    let mut round = Round::begin();
    round.phase(Phase::Before, Duration::ZERO);
    round.phase(Phase::During, ms(1800));
    round.phase(Phase::After, ms(2100));
    for (at, client) in [(1, 0.5), (2, 0.7), (3, 0.1)] {
        let (at, length) = (seconds(at), seconds(1));
        round.see(Observation::Health(crate::observation::Health { at, length, client, ..Default::default() }));
    }
    let (measured, _directory) = round.finish(seconds(3));
    let used: Vec<_> = measured.health.iter().map(|phase| phase.client_cpu).collect();
    assert_eq!(used, [Some(0.6), None, Some(0.1)]);
}

#[test]
fn memory_does_not_grow_with_the_length_of_a_round() {
    let mut round = Round::begin();
    round.phase(Phase::Before, Duration::ZERO);
    round.phase(Phase::During, seconds(1));
    let mut most = 0;
    for second in 1..300 {
        for each in 0..20 {
            let due = seconds(second) + ms(each * 50);
            // Each tenth ends long after its second.
            let connected = if each % 10 == 0 { due + seconds(second % 60) } else { due };
            round.see(Observation::Samples(vec![sample(due, connected, Outcome::Succeeded)]));
        }
        let judged = round.recorder.judged.as_ref().expect("it is judged");
        let kept: usize = round.recorder.operations.iter().map(OperationRecord::seconds).sum();
        let windows: usize = judged.windows.iter().map(Window::kept).sum();
        most = most.max(kept + windows);
    }
    assert!(most < 1500, "{most} seconds and endings kept");
    let (measured, directory) = round.finish(seconds(400));
    assert_eq!(figures(&measured, Phase::During).account.scheduled, 299 * 20);
    let mut logged = 0;
    let of_seconds = |label: Label, _| label.kind == Kind::Response;
    let count = |interval: hlog::Interval| logged += interval.histogram.len();
    hlog::read(&directory.path().join("latency.hlog"), 0, of_seconds, count).expect("it can be read");
    assert_eq!(logged, 299 * 20, "late lines add up to all");
}
