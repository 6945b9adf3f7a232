//! Runs made up figure by figure.

use super::*;
use crate::cost::OperationCost;
use crate::figures::{Account, ImpactFigures, OperationFigures, Percentiles, PhaseFigures};
use crate::phase::Phase;
use crate::plan::{Plan, StatementPlan};
use crate::step::{LockTaken, StepFacts, StepOutcome};
use crate::verdict::comparison::{Compared, Shown};

/// What one round showed of one operation.
#[derive(Clone)]
struct Round {
    operations: Vec<OperationFigures>,
    costs: Vec<OperationCost>,
    plans: Vec<StatementPlan>,
    steps: Vec<StepFacts>,
    impact: Option<ImpactFigures>,
    valid: bool,
}

fn millis(ms: f64) -> Duration {
    Duration::from_secs_f64(ms / 1e3)
}

fn percentiles(p50: f64, p99: f64) -> Percentiles {
    let (p50, p90, p99) = (millis(p50), millis(p50 * 2.0), millis(p99));
    Percentiles { count: 1_000, p50, p90, p99, ..Percentiles::default() }
}

/// A round of so many milliseconds at the median, of which `service` are the database's.
fn round(response: f64, service: f64, phase: Phase) -> Round {
    let account = Account { scheduled: 1_000, succeeded: 1_000, ..Account::default() };
    let figures = PhaseFigures {
        phase: Some(phase),
        length: Duration::from_secs(10),
        account,
        response: percentiles(response, response * 8.0),
        service: percentiles(service, service * 8.0),
        ..PhaseFigures::default()
    };
    Round {
        operations: vec![OperationFigures { phases: vec![figures], impact: None }],
        costs: vec![OperationCost { executions: 3, statements: 1.0, rows: 10.0, hit: 4.0, ..OperationCost::default() }],
        plans: vec![plan("Index Scan on items using by_owner", 4)],
        steps: Vec::new(),
        impact: None,
        valid: true,
    }
}

fn plan(shape: &str, hit: u64) -> StatementPlan {
    let plan = Plan { executed: true, shape: shape.to_owned(), hit, ..Plan::default() };
    StatementPlan { after: Some(plan), ..StatementPlan::default() }
}

/// One that adds a column in so many milliseconds and stalls the traffic for as long.
fn migrating(took: f64, mode: &str, rewritten: &[&str]) -> Round {
    let step = StepFacts {
        name: "add".to_owned(),
        text: "ALTER TABLE items ADD COLUMN note text".to_owned(),
        started: Some(Duration::ZERO),
        ended: Some(millis(took)),
        outcome: StepOutcome::Done,
        locks: vec![LockTaken {
            relation: "items".to_owned(),
            mode: mode.to_owned(),
            asked: None,
            granted: None,
            released: None,
        }],
        rewritten: rewritten.iter().map(|name| (*name).to_owned()).collect(),
        ..StepFacts::default()
    };
    let impact = ImpactFigures { longest_stall: millis(took), ..ImpactFigures::default() };
    Round { steps: vec![step], impact: Some(impact), ..round(1.0, 0.5, Phase::Before) }
}

fn seen<'a>(number: usize, rounds: &'a [Round], text: &'a str) -> Seen<'a> {
    let shown = |round: &'a Round| Shown {
        round_trip: Duration::ZERO,
        valid: round.valid,
        cut_short: false,
        operations: &round.operations,
        costs: &round.costs,
        plans: &round.plans,
        steps: &round.steps,
        all_impact: round.impact.as_ref(),
    };
    let operation =
        Compared { name: "page", is_traffic: true, is_closed: false, arrivals: "100/s", text, schedule: "ab12" };
    let variant =
        Alternative { name: "as it is", operations: vec![operation], rounds: rounds.iter().map(shown).collect() };
    let fact = |what: &str, value: &str, rule| Fact { what: what.to_owned(), value: value.to_owned(), rule };
    let run = Earlier { directory: format!("night {number}"), started: format!("2026-03-{number:02}T02:00:00Z") };
    let facts = vec![fact("scale", "1", Rule::Equal), fact("statements of page", text, Rule::Free)];
    Seen { run, facts, variants: vec![variant] }
}

/// Nights that differ by 2 % or so, the newest first.
fn nights(count: usize, of: impl Fn(f64) -> Round) -> Vec<Vec<Round>> {
    let luck = [1.0, 1.02, 0.98, 1.01, 0.97, 1.03, 0.99, 1.0];
    (0..count).map(|night| vec![of(luck[night % luck.len()])]).collect()
}

fn held(now: &[Round], nights: &[Vec<Round>]) -> Against {
    let earlier: Vec<Seen<'_>> =
        nights.iter().zip((1..=nights.len()).rev()).map(|(rounds, night)| seen(night, rounds, "SELECT 1")).collect();
    hold(&seen(31, now, "SELECT 1"), &earlier)
}

fn of<'a>(against: &'a Against, figure: &str) -> &'a Change {
    against.changes.iter().find(|each| each.figure == figure).unwrap_or_else(|| panic!("{figure} of {against:?}"))
}

fn steady(luck: f64) -> Round {
    round(1.0 * luck, 0.5 * luck, Phase::Measure)
}

#[test]
fn a_night_like_the_others_is_not_worse_and_one_that_takes_twice_as_long_is() {
    let nights = nights(8, steady);
    let alike = held(&[steady(1.01)], &nights);
    assert!(alike.changes.iter().all(|each| each.conclusion != Conclusion::Worse), "{:?}", alike.told);
    let slow = held(&[steady(2.0)], &nights);
    assert_eq!(slow.conclusion, Some(Conclusion::Worse));
    for figure in ["p50", "p90", "p99", "service p50", "service p90", "service p99"] {
        let change = of(&slow, figure);
        assert_eq!((change.conclusion, change.runs), (Conclusion::Worse, 8), "{change:?}");
        assert!(change.ratio.is_some_and(|ratio| (ratio - 2.0).abs() < 0.01), "{change:?}");
        assert!(change.noise.is_some_and(|noise| (0.01..0.04).contains(&noise)), "{change:?}");
    }
    assert!(slow.told[0].starts_with("`page` of “as it is” is worse in "), "{:?}", slow.told);
    let fast = held(&[steady(0.5)], &nights);
    assert_eq!(fast.conclusion, Some(Conclusion::Better));
}

#[test]
fn service_time_tells_where_response_time_is_too_noisy() {
    // Waiting for a connection differs by half from night to night, the database by 2 %.
    let luck = [1.0, 1.6, 0.6, 1.3, 0.7, 1.5, 0.8, 1.1];
    let nights: Vec<Vec<Round>> =
        luck.iter().map(|luck| vec![round(5.0 * luck, 0.5 * (1.0 + (luck - 1.0) / 25.0), Phase::Measure)]).collect();
    let against = held(&[round(6.0, 1.0, Phase::Measure)], &nights);
    assert_eq!(of(&against, "service p50").conclusion, Conclusion::Worse);
    assert_eq!(of(&against, "p50").conclusion, Conclusion::CannotTell);
}

#[test]
fn one_earlier_run_tells_of_counts_and_nothing_of_time() {
    let mut now = round(9.0, 9.0, Phase::Measure);
    now.costs[0].hit = 1_204.0;
    now.plans = vec![plan("Seq Scan on items", 1_204)];
    let against = held(&[now], &nights(1, steady));
    assert_eq!(against.conclusion, Some(Conclusion::Worse));
    let buffers = of(&against, "buffers");
    assert_eq!((buffers.conclusion, buffers.values), (Conclusion::Worse, Some((4.0, 1_204.0))));
    let plan = of(&against, "plan");
    assert_eq!(plan.said, ("Index Scan on items using by_owner".to_owned(), "Seq Scan on items".to_owned()));
    let p50 = of(&against, "p50");
    assert_eq!((p50.conclusion, p50.detectable), (Conclusion::CannotTell, None));
    assert!(p50.remark.as_ref().is_some_and(|remark| remark.contains("6 are needed")), "{p50:?}");
    assert!(against.told.iter().any(|said| said.contains("buffers: 1,204 blocks, was 4 blocks")), "{:?}", against.told);
}

#[test]
fn a_count_that_an_earlier_night_had_as_well_is_told_and_not_judged() {
    let with = |hit: f64| {
        let mut round = steady(1.0);
        round.costs[0].hit = hit;
        vec![round]
    };
    let against = held(&with(9.0), &[with(4.0), with(9.0)]);
    assert_eq!(of(&against, "buffers").conclusion, Conclusion::CannotTell);
    let against = held(&with(9.0), &[with(4.0), with(4.0)]);
    assert_eq!(of(&against, "buffers").conclusion, Conclusion::Worse);
}

#[test]
fn what_fails_far_more_often_than_ever_is_worse() {
    let failing = |failed: u64| {
        let mut round = steady(1.0);
        let account = &mut round.operations[0].phases[0].account;
        account.succeeded -= failed;
        account.failed.insert("pool_timeout".to_owned(), failed);
        vec![round]
    };
    for (now, expected) in [(100, Conclusion::Worse), (20, Conclusion::CannotTell), (3, Conclusion::Same)] {
        let against = held(&failing(now), &[failing(0), failing(2)]);
        assert_eq!(of(&against, "errors").conclusion, expected, "{now} of 1,000");
    }
    let none = held(&failing(0), &[failing(0)]);
    assert!(none.changes.iter().all(|each| each.figure != "errors"));
}

#[test]
fn a_migration_is_held_against_itself_by_locks_rewrites_duration_and_stall() {
    let nights = nights(6, |luck| migrating(100.0 * luck, "ACCESS EXCLUSIVE", &[]));
    let alike = held(&[migrating(101.0, "ACCESS EXCLUSIVE", &[])], &nights);
    assert!(alike.changes.iter().all(|each| each.conclusion != Conclusion::Worse), "{:?}", alike.told);
    let rewriting = held(&[migrating(900.0, "ACCESS EXCLUSIVE", &["items"])], &nights);
    for figure in ["rewrites", "duration", "longest stall"] {
        assert_eq!(of(&rewriting, figure).conclusion, Conclusion::Worse, "{figure}");
    }
    assert_eq!(of(&rewriting, "rewrites").said, ("none".to_owned(), "items".to_owned()));
    assert_eq!(of(&rewriting, "locks").conclusion, Conclusion::Same);
    assert_eq!(of(&rewriting, "p50").conclusion, Conclusion::Same, "what came before it is as it was");
    let weaker = held(&[migrating(100.0, "SHARE UPDATE EXCLUSIVE", &[])], &nights);
    assert_eq!(of(&weaker, "locks").conclusion, Conclusion::Better);
    let nights = [vec![migrating(100.0, "SHARE UPDATE EXCLUSIVE", &[])]];
    let stronger = held(&[migrating(100.0, "ACCESS EXCLUSIVE", &[])], &nights);
    assert_eq!(of(&stronger, "locks").conclusion, Conclusion::Worse);
    assert_eq!(of(&stronger, "locks").said.1, "ACCESS EXCLUSIVE on items");
}

#[test]
fn runs_that_do_not_match_are_left_out_and_refused_where_none_is_left() {
    let nights = nights(7, steady);
    let mut earlier: Vec<Seen<'_>> = nights.iter().map(|rounds| seen(1, rounds, "SELECT 1")).collect();
    let now = [steady(1.0)];
    let mut now = seen(31, &now, "SELECT 2");
    "0.1".clone_into(&mut earlier[0].facts[0].value);
    let against = hold(&now, &earlier);
    assert_eq!((against.runs.len(), against.left_out.len()), (6, 1));
    assert_eq!(against.left_out[0].why, "scale: 1, was 0.1");
    assert!(against.refused.is_empty() && against.conclusion.is_some());
    assert_eq!(against.differences[0].told(), "SELECT 2, was SELECT 1");

    "0.5".clone_into(&mut now.facts[0].value);
    let against = hold(&now, &earlier);
    assert_eq!((against.conclusion, against.changes.len()), (None, 0));
    assert_eq!(
        against.refused,
        [Difference { what: "scale".to_owned(), old: "0.1".to_owned(), new: "0.5".to_owned() }]
    );
    assert_eq!(against.told[1], "scale: 0.5, was 0.1.");
}

#[test]
fn rounds_that_cannot_be_believed_carry_nothing() {
    let nights = nights(6, steady);
    let against = held(&[Round { valid: false, ..steady(9.0) }], &nights);
    let p50 = of(&against, "p50");
    assert_eq!(
        (p50.conclusion, p50.remark.as_deref()),
        (Conclusion::CannotTell, Some("no round can be used: invalid"))
    );
    let twice: Vec<Vec<Round>> = nights.iter().map(|night| [night.clone(), night.clone()].concat()).collect();
    let against = held(&[steady(9.0)], &twice);
    let remark = of(&against, "p50").remark.clone().unwrap_or_default();
    assert_eq!(remark, "1 round varies more than the 2 of an earlier run");
}

#[test]
fn a_time_that_the_generator_was_late_for_is_none() {
    let nights = nights(6, steady);
    let mut late = steady(9.0);
    late.operations[0].phases[0].lag.p50 = millis(1.0);
    let against = held(&[late], &nights);
    for (figure, expected) in [("p50", Conclusion::CannotTell), ("p99", Conclusion::Worse)] {
        assert_eq!(of(&against, figure).conclusion, expected, "{:?}", of(&against, figure));
    }
    assert!(of(&against, "p50").remark.as_ref().is_some_and(|why| why.contains("was late")), "{against:?}");
}

#[test]
fn noise_is_what_runs_differ_by_and_says_what_could_be_seen() {
    let nights = nights(6, steady);
    let runs: Vec<Seen<'_>> = nights.iter().map(|rounds| seen(1, rounds, "SELECT 1")).collect();
    let all = noise(&runs);
    let p50 = all.iter().find(|each| each.figure == "service p50").expect("it is measured");
    assert!(p50.between.is_some_and(|noise| (0.01..0.04).contains(&noise)), "{p50:?}");
    assert!(p50.detectable.is_some_and(|least| (0.1..1.0).contains(&least)), "{p50:?}");
    assert!((p50.value / 0.0005 - 1.0).abs() < 0.05, "{p50:?}");
    assert!(noise(&runs[..3]).iter().all(|each| each.detectable.is_none() && each.between.is_some()));
}
