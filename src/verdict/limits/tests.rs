//! Limits of every kind, held against rounds that are written down here.

use super::*;
use crate::cost::OperationCost;
use crate::failure::Failure;
use crate::figures::{Account, DatabaseFigures, GaugeFigures, Impact, ImpactFigures, PhaseFigures, WaitGroup};
use crate::latency::{Time, Times};
use crate::mode::Mode;
use crate::phase::Phase;
use crate::step::{LockTaken, StepOutcome};
use crate::units::Rate;
use crate::verdict::Traffic;
use crate::wait::{Actor, Cause};
use std::time::Duration;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A round with one operation, of which so many took 10 ms and so many 100 ms.
struct Round {
    times: Times,
    by_phase: Vec<(Phase, Times)>,
    database: Option<DatabaseFigures>,
    impact: ImpactFigures,
    phases: Vec<PhaseFigures>,
    steps: Vec<StepFacts>,
    waits: Vec<WaitGroup>,
    gauge: GaugeFigures,
    cost: OperationCost,
    recovery: Option<Impact>,
}

fn round(fast: u32, slow: u32) -> Round {
    let mut times = Times::coarse();
    times.response.record_many(10_000, fast);
    times.response.record_many(100_000, slow);
    let account = Account { scheduled: u64::from(fast + slow), ..Account::default() };
    let impact = ImpactFigures { account, max: ms(100), longest_stall: ms(40), ..ImpactFigures::default() };
    let (gauge, cost) = (GaugeFigures::default(), OperationCost::default());
    Round {
        times,
        by_phase: vec![],
        database: None,
        impact,
        phases: vec![],
        steps: vec![],
        waits: vec![],
        gauge,
        cost,
        recovery: None,
    }
}

impl Round {
    fn judge(&self, subject: Subject, limit: Limit) -> Vec<Judgement> {
        let traffic = |name| Traffic {
            name,
            is_traffic: true,
            phases: &self.phases,
            impact: Some(&self.impact),
            times: &self.times,
            by_phase: &self.by_phase,
            cost: Some(&self.cost),
        };
        let measured = Measured {
            operations: vec![traffic("page")],
            all_traffic: traffic("all traffic"),
            gauges: vec![("age", &self.gauge)],
            steps: &self.steps,
            waits: &self.waits,
            impact: self.recovery,
            window: Duration::from_secs(10),
            database: self.database.as_ref(),
        };
        judge(&[Threshold { subject, limits: vec![limit] }], &measured)
    }

    fn verdict(&self, limit: Limit) -> Verdict {
        self.judge(Subject::Operation("page".to_owned()), limit)[0].verdict
    }
}

#[test]
fn a_percentile_is_judged_by_what_the_sample_can_carry() {
    use Verdict::{Fail, NotJudged, Pass};
    for (what, fast, slow, percent, most, expected) in [
        ("many, and well within", 1000, 5, 99.0, 50, Pass),
        ("many, and beyond", 1000, 20, 99.0, 50, Fail),
        ("300 clean ones", 299, 0, 99.0, 50, Pass),
        ("fewer, though clean", 200, 0, 99.0, 50, NotJudged),
        ("few, but plainly beyond", 10, 5, 99.0, 50, Fail),
        ("few, one beyond, as chance has it", 20, 1, 99.0, 50, NotJudged),
        ("a median needs five", 5, 0, 50.0, 50, Pass),
        ("a p95 needs 59", 59, 0, 95.0, 50, Pass),
        ("nothing", 0, 0, 99.0, 50, NotJudged),
    ] {
        let limit = Limit::new(Figure::Percentile { of: Time::Response, percent }, Bound::Time(ms(most)));
        assert_eq!(round(fast, slow).verdict(limit), expected, "{what}");
    }
}

#[test]
fn what_was_cut_may_have_been_slow() {
    let mut round = round(1000, 0);
    round.impact.account.cut = 5;
    let limit = || Limit::new(Figure::Percentile { of: Time::Response, percent: 99.0 }, Bound::Time(ms(50)));
    assert_eq!(round.verdict(limit()), Verdict::Pass, "five of a thousand do not matter");
    round.impact.account.cut = 50;
    let judgement = &round.judge(Subject::AllTraffic, limit())[0];
    assert_eq!(judgement.verdict, Verdict::NotJudged);
    assert_eq!((judgement.limit.as_str(), judgement.found.as_str()), ("p99 ≤ 50 ms", "≥ 10 ms"));
    assert_eq!(judgement.reason.as_deref(), Some("50 were still running when time was up"));
}

#[test]
fn errors_count_from_the_end_of_the_warm_up_on() {
    let phase = |phase, class: &str, count| PhaseFigures {
        phase: Some(phase),
        account: Account {
            scheduled: 5000,
            succeeded: 5000 - count,
            failed: [(class.to_owned(), count)].into(),
            ..Account::default()
        },
        ..PhaseFigures::default()
    };
    let mut round = round(1, 0);
    round.phases = vec![
        phase(Phase::Warmup, "deadlock_detected", 900),
        phase(Phase::Before, "deadlock_detected", 1),
        phase(Phase::During, "pool_timeout", 9),
    ];
    let deadlock = Failure::named("deadlock_detected");
    for (class, most, expected, found) in [
        (None, Bound::Count(10), Verdict::Pass, "10"),
        (None, Bound::Count(9), Verdict::Fail, "10"),
        (deadlock, Bound::Count(0), Verdict::Fail, "1"),
        (Failure::named("undefined_column"), Bound::Count(0), Verdict::Pass, "0"),
        (None, Bound::Share(0.001), Verdict::Pass, "0.1 % (10 of 10,000)"),
        (None, Bound::Share(0.0009), Verdict::Fail, "0.1 % (10 of 10,000)"),
        (None, Bound::Share(0.0), Verdict::Fail, "0.1 % (10 of 10,000)"),
    ] {
        let judgement = &round.judge(Subject::AllTraffic, Limit::new(Figure::Errors(class), most))[0];
        assert_eq!((judgement.verdict, judgement.found.as_str()), (expected, found), "{}", judgement.limit);
    }
}

#[test]
fn statements_are_those_of_one_execution_alone_or_of_clean_ones_under_load() {
    let cost = |executions, statements| OperationCost { executions, statements, ..OperationCost::default() };
    let refused = || OperationCost { unmeasured: Some("it copies rows".to_owned()), ..cost(0, 0.0) };
    let account = |succeeded, statements| Account { scheduled: succeeded, succeeded, statements, ..Account::default() };
    let repeated = |statements| Account { retries: 3, ..account(100, statements) };
    let cut = |statements| Account { scheduled: 101, cut: 1, ..account(100, statements) };
    for (what, cost, account, expected, found) in [
        ("alone", cost(5, 1201.0), account(100, 100), Verdict::Fail, "1,201 statements"),
        ("alone, few", cost(5, 2.0), account(100, 120_100), Verdict::Pass, "2 statements"),
        ("one", cost(5, 1.0), account(0, 0), Verdict::Pass, "1 statement"),
        ("a mean", cost(5, 10.2), account(100, 100), Verdict::Fail, "10.2 statements"),
        ("a mean off by rounding", cost(3, 10.000_000_000_000_002), account(9, 9), Verdict::Pass, "10 statements"),
        ("refused alone", refused(), account(100, 300), Verdict::Pass, "3 statements"),
        ("refused alone, many", refused(), account(100, 6100), Verdict::Fail, "61 statements"),
        ("refused alone, and repeated", refused(), repeated(330), Verdict::Pass, "≤ 3.3 statements"),
        ("refused alone, many or repeated", refused(), repeated(1100), Verdict::NotJudged, "≤ 11 statements"),
        ("refused alone, many or cut", refused(), cut(1100), Verdict::NotJudged, "≤ 11 statements"),
        ("an application's, not counted", cost(5, 0.0), account(100, 0), Verdict::NotJudged, "nothing"),
        ("nothing known", refused(), account(0, 0), Verdict::NotJudged, "nothing"),
    ] {
        let mut round = round(1, 0);
        (round.cost, round.impact.account) = (cost, account);
        let judgement =
            &round.judge(Subject::Operation("page".to_owned()), Limit::new(Figure::Statements, Bound::Count(10)))[0];
        assert_eq!((judgement.verdict, judgement.found.as_str()), (expected, found), "{what}");
        assert_eq!((judgement.limit.as_str(), judgement.word.as_str()), ("statements ≤ 10", "statements"));
        assert_eq!(judgement.reason.is_some(), expected == Verdict::NotJudged, "{what}");
    }
    let mut round = round(1, 0);
    round.cost = refused();
    let judgement =
        &round.judge(Subject::Operation("page".to_owned()), Limit::new(Figure::Statements, Bound::Count(10)))[0];
    assert_eq!(judgement.reason.as_deref(), Some("it copies rows"));
}

#[test]
fn blocked_time_is_summed_by_whoever_caused_it() {
    let group = |cause, phase, waiter: &str, total_ms| WaitGroup {
        cause,
        object: "accounts".to_owned(),
        mode: "ROW SHARE".to_owned(),
        phase,
        waiters: vec![(waiter.to_owned(), 1, total_ms)],
        count: 1,
        total_ms,
        longest: Duration::ZERO,
        chain: Vec::new(),
    };
    let mut round = round(1, 0);
    round.steps = ["first", "second"].map(|name| StepFacts { name: name.to_owned(), ..StepFacts::default() }).into();
    round.waits = vec![
        group(Cause::Held { step: 0 }, Phase::During, "page", 100.0),
        group(Cause::Indirect { step: 1 }, Phase::During, "page", 20.0),
        group(Cause::Traffic, Phase::Before, "page", 3.0),
        group(Cause::Traffic, Phase::Warmup, "page", 500.0),
        group(Cause::Traffic, Phase::During, "second", 7.0),
    ];
    for (by, expected) in [
        (None, "123 ms"),
        (Some("first"), "100 ms"),
        (Some("second"), "20 ms"),
        (Some("migration"), "120 ms"),
        (Some("another"), "0 s"),
    ] {
        let limit = Limit::new(Figure::Blocked { by: by.map(str::to_owned) }, Bound::Time(ms(50)));
        assert_eq!(round.judge(Subject::AllTraffic, limit)[0].found, expected, "{by:?}");
    }
    let limit = Limit::new(Figure::Blocked { by: None }, Bound::Time(ms(5)));
    round.steps.iter_mut().for_each(|facts| {
        (facts.started, facts.outcome) = (Some(ms(0)), StepOutcome::Done);
    });
    let judgement = &round.judge(Subject::Step("second".to_owned()), limit)[0];
    assert_eq!((judgement.found.as_str(), judgement.verdict), ("20 ms", Verdict::Fail), "of the traffic behind it");
}

#[test]
fn a_step_is_judged_once_it_has_ended_as_it_should() {
    let facts = |name: &str, started, ended, outcome| StepFacts {
        name: name.to_owned(),
        started: Some(ms(started)),
        ended: Some(ms(ended)),
        outcome,
        ..StepFacts::default()
    };
    let mut round = round(1, 0);
    round.steps = vec![facts("a", 0, 100, StepOutcome::Done), facts("b", 150, 400, StepOutcome::Cut)];
    round.steps.push(StepFacts { name: "c".to_owned(), ..StepFacts::default() });
    for (name, most, expected) in [
        ("a", 100, Verdict::Pass),
        ("a", 99, Verdict::Fail),
        ("b", 300, Verdict::NotJudged),
        ("b", 200, Verdict::Fail),
        ("c", 100, Verdict::NotJudged),
        ("migration", 300, Verdict::Fail),
    ] {
        let found = round.judge(Subject::Step(name.to_owned()), Limit::new(Figure::Duration, Bound::Time(ms(most))));
        assert_eq!(found[0].verdict, expected, "{name} within {most} ms");
    }
    assert!(
        round.judge(Subject::Step("elsewhere".to_owned()), Limit::new(Figure::Duration, Bound::Time(ms(1)))).is_empty()
    );
}

fn step(name: &str) -> StepFacts {
    let (started, ended) = (Some(ms(1000)), Some(ms(3000)));
    StepFacts { name: name.to_owned(), started, ended, outcome: StepOutcome::Done, ..StepFacts::default() }
}

fn lock(relation: &str, mode: &str) -> LockTaken {
    LockTaken { relation: relation.to_owned(), mode: mode.to_owned(), asked: None, granted: None, released: None }
}

#[test]
fn what_a_step_does_to_what_was_there_is_counted_and_named() {
    use Verdict::{Fail, NotJudged, Pass};
    let mut round = round(1, 0);
    round.steps = vec![
        StepFacts {
            locks: vec![lock("by_day", "ACCESS EXCLUSIVE"), lock("orders", "SHARE UPDATE EXCLUSIVE")],
            scanned: vec!["orders".to_owned(), "orders_new".to_owned()],
            made: vec!["by_day".to_owned(), "orders_new".to_owned()],
            wal_bytes: 3 << 20,
            growth: vec![("orders".to_owned(), 5 << 20), ("items".to_owned(), -(1 << 20))],
            ..step("index")
        },
        StepFacts {
            locks: vec![lock("items", "ACCESS EXCLUSIVE"), lock("orders", "ACCESS EXCLUSIVE")],
            rewritten: vec!["items".to_owned(), "items_pkey".to_owned()],
            wal_bytes: 1 << 20,
            sizes_unknown: true,
            ..step("alter")
        },
        step("pause"),
        StepFacts { scans_unknown: true, ..step("command") },
    ];
    let mode = |mode| Limit::new(Figure::Lock, Bound::Mode(mode));
    let limit = |figure, most| Limit::new(figure, Bound::Count(most));
    let size = |figure, most| Limit::new(figure, Bound::Bytes(most));
    for (name, limit, expected, found) in [
        ("index", mode(Mode::ShareUpdateExclusive), Pass, "SHARE UPDATE EXCLUSIVE on orders"),
        ("index", mode(Mode::RowExclusive), Fail, "SHARE UPDATE EXCLUSIVE on orders"),
        ("migration", mode(Mode::Share), Fail, "ACCESS EXCLUSIVE on items"),
        ("pause", mode(Mode::AccessShare), Pass, "none seen"),
        ("index", limit(Figure::Rewrites, 0), Pass, "0"),
        ("alter", limit(Figure::Rewrites, 1), Fail, "2 (items, items_pkey)"),
        ("migration", limit(Figure::Rewrites, 2), Pass, "2 (items, items_pkey)"),
        ("index", limit(Figure::Scans, 0), Fail, "1 (orders)"),
        ("alter", limit(Figure::Scans, 0), Pass, "0"),
        ("command", limit(Figure::Scans, 0), NotJudged, "nothing"),
        ("migration", size(Figure::Wal, 4 << 20), Pass, "4 MB"),
        ("migration", size(Figure::Wal, 1 << 20), Fail, "4 MB"),
        ("index", size(Figure::Growth, 4 << 20), Pass, "4 MB"),
        ("index", size(Figure::Growth, 1 << 20), Fail, "4 MB"),
        ("migration", size(Figure::Growth, 1 << 30), NotJudged, "nothing"),
    ] {
        let judgement = &round.judge(Subject::Step(name.to_owned()), limit)[0];
        assert_eq!((judgement.verdict, judgement.found.as_str()), (expected, found), "{name} {}", judgement.limit);
    }
    round.steps[0].outcome = StepOutcome::Cut;
    let cut = |limit| round.judge(Subject::Step("index".to_owned()), limit)[0].verdict;
    assert_eq!(cut(limit(Figure::Rewrites, 0)), NotJudged, "it might have come to that");
    assert_eq!(cut(limit(Figure::Scans, 0)), Fail);
}

#[test]
fn the_longest_block_is_that_of_the_traffic_behind_the_step() {
    let group = |cause, waiter: &str, longest| WaitGroup {
        cause,
        object: "orders".to_owned(),
        mode: "ROW EXCLUSIVE".to_owned(),
        phase: Phase::During,
        waiters: vec![(waiter.to_owned(), 1, 1.0)],
        count: 1,
        total_ms: 1.0,
        longest: ms(longest),
        chain: Vec::new(),
    };
    let mut round = round(1, 0);
    round.steps = vec![step("first"), step("second")];
    round.waits = vec![
        group(Cause::Traffic, "page", 900),
        group(Cause::Held { step: 0 }, "autovacuum worker", 800),
        group(Cause::Queued { step: 0, root: Actor::Operation(0) }, "page", 300),
        group(Cause::Indirect { step: 0 }, "page", 250),
        group(Cause::Held { step: 1 }, "page", 100),
    ];
    for (name, expected) in [("first", "300 ms"), ("second", "100 ms"), ("migration", "300 ms")] {
        let limit = Limit::new(Figure::LongestBlock, Bound::Time(ms(200)));
        let judgement = &round.judge(Subject::Step(name.to_owned()), limit)[0];
        assert_eq!((judgement.found.as_str(), judgement.limit.as_str()), (expected, "longest block ≤ 200 ms"));
        assert_eq!(judgement.verdict == Verdict::Fail, expected == "300 ms", "{name}");
    }
}

#[test]
fn a_recovery_that_was_not_seen_took_at_least_until_the_end() {
    let mut round = round(1, 0);
    round.steps = vec![step("first"), StepFacts { ended: Some(ms(5000)), ..step("second") }];
    for (end, recovered, most, expected, found) in [
        (8000, true, 5, Verdict::Pass, "3 s"),
        (12_000, true, 5, Verdict::Fail, "7 s"),
        (12_000, false, 5, Verdict::Fail, "≥ 7 s"),
        (8000, false, 5, Verdict::NotJudged, "≥ 3 s"),
    ] {
        round.recovery = Some(Impact { start: ms(1000), end: ms(end), recovered });
        let limit = Limit::new(Figure::Recovery, Bound::Time(Duration::from_secs(most)));
        let judgement = &round.judge(Subject::Step("migration".to_owned()), limit)[0];
        assert_eq!((judgement.verdict, judgement.found.as_str()), (expected, found));
    }
}

#[test]
fn what_one_execution_costs_is_known_where_it_was_measured_alone() {
    let mut round = round(1, 0);
    let judge = |round: &Round, figure, bound| {
        let judgement = round.judge(Subject::Operation("page".to_owned()), Limit::new(figure, bound)).remove(0);
        (judgement.verdict, judgement.found)
    };
    round.cost =
        OperationCost { executions: 3, statements: 1.0, rows: 20.0, hit: 90.0, read: 10.5, wal: 2048.0, ..round.cost };
    for (figure, bound, expected, found) in [
        (Figure::Rows, Bound::Count(20), Verdict::Pass, "20"),
        (Figure::Rows, Bound::Count(19), Verdict::Fail, "20"),
        (Figure::Buffers, Bound::Count(100), Verdict::Fail, "100.5"),
        (Figure::Wal, Bound::Bytes(2048), Verdict::Pass, "2 kB"),
    ] {
        assert_eq!(judge(&round, figure, bound), (expected, found.to_owned()));
    }
    let unmeasured = Some("it copies rows".to_owned());
    round.cost = OperationCost { unmeasured, ..OperationCost::default() };
    let judgement =
        &round.judge(Subject::Operation("page".to_owned()), Limit::new(Figure::Buffers, Bound::Count(1)))[0];
    assert_eq!((judgement.verdict, judgement.reason.as_deref()), (Verdict::NotJudged, Some("it copies rows")));
}

#[test]
fn fewer_successes_than_wanted_are_a_failure_once_chance_is_ruled_out() {
    let mut round = round(1, 0);
    for (succeeded, expected) in
        [(510, Verdict::Pass), (500, Verdict::Pass), (480, Verdict::NotJudged), (400, Verdict::Fail)]
    {
        round.impact.account.succeeded = succeeded;
        let limit = Limit::new(Figure::Throughput, Bound::Rate(Rate(50.0)));
        let judgement = &round.judge(Subject::AllTraffic, limit)[0];
        assert_eq!(judgement.verdict, expected, "{succeeded} in 10 s: {}", judgement.found);
        assert_eq!(judgement.limit, "throughput ≥ 50/s");
    }
}

#[test]
fn the_rest_is_held_against_what_was_found() {
    let mut round = round(10, 0);
    assert_eq!(round.verdict(Limit::new(Figure::Max(Time::Response), Bound::Time(ms(99)))), Verdict::Fail);
    assert_eq!(round.verdict(Limit::new(Figure::LongestStall, Bound::Time(ms(40)))), Verdict::Pass);
    let gauge = |round: &Round, limit| round.judge(Subject::Gauge("age".to_owned()), limit)[0].clone();
    assert_eq!(gauge(&round, Limit::new(Figure::Highest, Bound::Number(3.0))).verdict, Verdict::NotJudged);
    for value in [Some(1.0), Some(3.5), None] {
        round.gauge.add(value);
    }
    let judgement = gauge(&round, Limit::new(Figure::Highest, Bound::Number(3.0)));
    assert_eq!((judgement.verdict, judgement.found.as_str()), (Verdict::Fail, "3.5"));
    assert_eq!(gauge(&round, Limit::new(Figure::Lowest, Bound::Number(1.0))).verdict, Verdict::Pass);
}

/// A round around a migration: `before` in which half took 10 ms, and `after` in which half took 30.
fn migrated() -> Round {
    let mut round = round(1000, 0);
    let phase = |phase, median_ms: u32, failed| {
        let mut times = Times::coarse();
        times.response.record_many(u64::from(median_ms) * 1000, 600);
        times.service.record_many(2000, 600);
        times.pool_wait.record_many(u64::from(median_ms - 2) * 1000, 600);
        let account = Account {
            scheduled: 600,
            succeeded: 600 - failed,
            failed: [("pool_timeout".to_owned(), failed)].into(),
            ..Account::default()
        };
        let [response, service, pool_wait] =
            [&times.response, &times.service, &times.pool_wait].map(crate::latency::Latencies::percentiles);
        let figures = PhaseFigures {
            phase: Some(phase),
            length: Duration::from_secs(6),
            account,
            response,
            service,
            pool_wait,
            ..PhaseFigures::default()
        };
        (figures, (phase, times))
    };
    (round.phases, round.by_phase) = [phase(Phase::Before, 10, 3), phase(Phase::After, 30, 0)].into_iter().unzip();
    round.times = round.by_phase[1].1.clone();
    round
}

#[test]
fn each_of_the_times_is_judged_in_the_window_and_in_each_phase() {
    let round = migrated();
    let p50 = |of| Figure::Percentile { of, percent: 50.0 };
    let time = |figure, phase, most| Limit { figure, phase, bound: Bound::Time(ms(most)) };
    let (before, after) = (Some(Phase::Before), Some(Phase::After));
    for (limit, expected, words) in [
        (time(p50(Time::Response), None, 20), Verdict::Fail, "p50 ≤ 20 ms"),
        (time(p50(Time::Response), before, 20), Verdict::Pass, "before p50 ≤ 20 ms"),
        (time(p50(Time::Response), after, 20), Verdict::Fail, "after p50 ≤ 20 ms"),
        (time(p50(Time::Service), None, 3), Verdict::Pass, "service p50 ≤ 3 ms"),
        (time(p50(Time::PoolWait), after, 20), Verdict::Fail, "after pool wait p50 ≤ 20 ms"),
        (time(Figure::Max(Time::PoolWait), before, 10), Verdict::Pass, "before pool wait max ≤ 10 ms"),
        (time(Figure::Max(Time::Service), None, 1), Verdict::Fail, "service max ≤ 1 ms"),
        (time(p50(Time::Response), Some(Phase::During), 20), Verdict::NotJudged, "during p50 ≤ 20 ms"),
        (
            Limit { figure: Figure::Errors(None), phase: after, bound: Bound::Count(0) },
            Verdict::Pass,
            "after errors ≤ 0",
        ),
        (Limit::new(Figure::Errors(None), Bound::Count(0)), Verdict::Fail, "errors ≤ 0"),
        (
            Limit { figure: Figure::Throughput, phase: after, bound: Bound::Rate(Rate(99.0)) },
            Verdict::Pass,
            "after throughput ≥ 99/s",
        ),
    ] {
        let judgement = &round.judge(Subject::Operation("page".to_owned()), limit)[0];
        assert_eq!((judgement.verdict, judgement.limit.as_str()), (expected, words), "{judgement:?}");
    }
}

#[test]
fn a_limit_may_be_so_many_times_what_was_before() {
    let mut round = migrated();
    let limit = |figure, factor| Limit::new(figure, Bound::Times(factor, Reference::Before));
    let p50 = || Figure::Percentile { of: Time::Response, percent: 50.0 };
    let p999 = || Figure::Percentile { of: Time::Response, percent: 99.9 };
    for (limit, expected, found) in [
        (limit(p50(), 4.0), Verdict::Pass, "30.1 ms (10 ms before)"),
        (limit(p50(), 2.0), Verdict::Fail, "30.1 ms (10 ms before)"),
        (limit(Figure::Errors(None), 1.0), Verdict::Pass, "0.25 % (3 of 1,200) (0.5 % before)"),
        (limit(Figure::Max(Time::Service), 1.0), Verdict::Pass, "2.01 ms (2.01 ms before)"),
        (limit(p999(), 5.0), Verdict::NotJudged, "nothing"),
    ] {
        let judgement = &round.judge(Subject::AllTraffic, limit)[0];
        assert_eq!((judgement.verdict, judgement.found.as_str()), (expected, found), "{judgement:?}");
    }
    round.by_phase.remove(0);
    let judgement = &round.judge(Subject::AllTraffic, limit(p50(), 2.0))[0];
    assert_eq!(judgement.reason.as_deref(), Some("there is no phase before"));
}

#[test]
fn the_database_is_judged_where_it_could_be_read() {
    let mut round = round(1, 0);
    let limit = |figure, bound| Limit::new(figure, bound);
    let judge = |round: &Round, limit| {
        let judgement = round.judge(Subject::Database, limit).remove(0);
        (judgement.verdict, judgement.found)
    };
    assert_eq!(judge(&round, limit(Figure::Wal, Bound::Bytes(1))).0, Verdict::NotJudged);
    round.database = Some(DatabaseFigures { growth: -(3 << 20), wal: 5 << 20, dead_rows: 1200 });
    for (figure, bound, expected, found) in [
        (Figure::Growth, Bound::Bytes(0), Verdict::Pass, "−3 MB"),
        (Figure::Wal, Bound::Bytes(4 << 20), Verdict::Fail, "5 MB"),
        (Figure::DeadRows, Bound::Count(1200), Verdict::Pass, "1,200"),
    ] {
        assert_eq!(judge(&round, limit(figure, bound)), (expected, found.to_owned()));
    }
}

#[test]
fn a_judgement_says_what_is_left_of_its_limit_and_where_to_look() {
    let mut round = migrated();
    round.impact.longest_stall = ms(750);
    round.impact.account.succeeded = 1200;
    let time = |most| Bound::Time(ms(most));
    for (figure, bound, margin, anchor) in [
        (Figure::LongestStall, time(1000), Some(0.25), "operations"),
        (Figure::LongestStall, time(500), Some(-0.5), "operations"),
        (Figure::Errors(None), Bound::Count(4), Some(0.25), "operations"),
        (Figure::Errors(None), Bound::Count(0), None, "operations"),
        (Figure::Throughput, Bound::Rate(Rate(100.0)), Some(0.2), "operations"),
        (Figure::Blocked { by: None }, time(10), Some(1.0), "waits"),
        (Figure::Rows, Bound::Count(10), None, "operations"),
    ] {
        let mut judgement = round.judge(Subject::AllTraffic, Limit::new(figure, bound)).remove(0);
        let close = match (judgement.margin, margin) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
            (found, expected) => found == expected,
        };
        assert!(close, "{}: {:?} is not {margin:?}", judgement.limit, judgement.margin);
        assert_eq!(judgement.anchor, anchor);
        judgement.place(1);
        assert_eq!(judgement.anchor, if anchor == "costs" { anchor.to_owned() } else { format!("{anchor}-2") });
    }
}
