//! What comparisons say of rounds that are written down here.

use super::*;
use crate::figures::{Account, Percentiles, PhaseFigures};
use crate::phase::Phase;
use crate::plan::Plan;

/// A round of one operation.
#[derive(Clone)]
struct Round {
    network: Duration,
    valid: bool,
    operations: Vec<OperationFigures>,
    costs: Vec<OperationCost>,
    plans: Vec<StatementPlan>,
}

fn ms(milliseconds: f64) -> Duration {
    Duration::from_secs_f64(milliseconds / 1e3)
}

/// In which half took so many milliseconds, and the slowest three times as many.
fn round(p50: f64) -> Round {
    let figures = PhaseFigures {
        phase: Some(Phase::Measure),
        length: Duration::from_secs(30),
        account: Account { scheduled: 3_000, succeeded: 3_000, ..Account::default() },
        response: Percentiles {
            count: 3_000,
            p50: ms(p50),
            p90: ms(2.0 * p50),
            p99: ms(3.0 * p50),
            ..Percentiles::default()
        },
        ..PhaseFigures::default()
    };
    Round {
        network: Duration::ZERO,
        valid: true,
        operations: vec![OperationFigures { phases: vec![figures], impact: None }],
        costs: Vec::new(),
        plans: Vec::new(),
    }
}

fn rounds(p50s: &[f64]) -> Vec<Round> {
    p50s.iter().map(|p50| round(*p50)).collect()
}

impl Round {
    fn figures(&mut self) -> &mut PhaseFigures {
        &mut self.operations[0].phases[0]
    }

    fn costing(mut self, cost: OperationCost) -> Self {
        self.costs = vec![cost];
        self
    }
}

fn cost(statements: f64, rows: f64, hit: f64, wal: f64) -> OperationCost {
    OperationCost { executions: 3, statements, rows, hit, wal, ..OperationCost::default() }
}

fn alternative<'a>(name: &'a str, rounds: &'a [Round]) -> Alternative<'a> {
    let shown = |round: &'a Round| Shown {
        round_trip: round.network,
        valid: round.valid,
        cut_short: false,
        operations: &round.operations,
        costs: &round.costs,
        plans: &round.plans,
        steps: &[],
        all_impact: None,
    };
    let operation = Compared {
        name: "page",
        is_traffic: true,
        is_closed: false,
        arrivals: "100/s",
        text: "SELECT 1",
        schedule: "",
    };
    Alternative { name, operations: vec![operation], rounds: rounds.iter().map(shown).collect() }
}

fn compared(reference: &[Round], variant: &[Round]) -> Vec<Comparison> {
    compare(&[alternative("a", reference), alternative("b", variant)])
}

fn of<'a>(comparisons: &'a [Comparison], figure: &str) -> &'a Comparison {
    comparisons.iter().find(|each| each.figure == figure).expect("it is compared")
}

const STEADY: [f64; 8] = [10.0, 10.2, 9.9, 10.1, 10.0, 9.8, 10.3, 10.0];

fn times(factor: f64) -> Vec<f64> {
    STEADY.iter().rev().map(|each| each * factor).collect()
}

#[test]
fn a_difference_is_better_worse_the_same_or_not_to_be_told() {
    let wild = [10.0, 3.0, 22.0, 8.0, 15.0, 5.0, 31.0, 9.0];
    for (what, variant, expected) in [
        ("a third", times(0.33), Conclusion::Better),
        ("a fifth more", times(1.2), Conclusion::Worse),
        ("as much", times(1.0), Conclusion::Same),
        ("a little more", times(1.05), Conclusion::CannotTell),
        ("anything", wild.to_vec(), Conclusion::CannotTell),
    ] {
        let found = compared(&rounds(&STEADY), &rounds(&variant));
        for figure in ["p50", "p90", "p99"] {
            let found = of(&found, figure);
            assert_eq!((found.conclusion, found.pairs), (expected, 8), "{what}, {figure}: {found:?}");
            let (low, high) = found.interval.expect("eight pairs have one");
            assert!(low <= found.ratio && found.ratio <= high && found.confidence >= 0.99, "{found:?}");
            assert!(found.detectable.is_some_and(|least| least > 0.05), "{found:?}");
        }
    }
}

#[test]
fn pairs_are_what_counts_where_rounds_differ_more_than_variants() {
    let drifting: Vec<f64> = (0..8).map(|turn| 10.0 * 1.3_f64.powi(turn)).collect();
    let faster: Vec<f64> = drifting.iter().zip(STEADY).map(|(each, noise)| each * noise * 0.08).collect();
    let found = compared(&rounds(&drifting), &rounds(&faster));
    assert_eq!(of(&found, "p50").conclusion, Conclusion::Better, "{found:?}");
    assert!((of(&found, "p50").ratio - 0.8).abs() < 0.01);
}

#[test]
fn fewer_than_three_pairs_tell_nothing_of_time() {
    for (pairs, word) in [(1, "one pair"), (2, "two pairs")] {
        let found = compared(&rounds(&STEADY[..pairs]), &rounds(&times(0.1)[..pairs]));
        let p50 = of(&found, "p50");
        assert_eq!((p50.conclusion, p50.interval, p50.pairs), (Conclusion::CannotTell, None, pairs as u32));
        assert!(p50.remark.as_deref().is_some_and(|remark| remark.starts_with(word)), "{:?}", p50.remark);
    }
    assert_eq!(compared(&rounds(&[10.0]), &[]), [], "what was not run is not compared");
}

#[test]
fn rounds_that_cannot_be_believed_take_their_partner_with_them() {
    let mut variant = rounds(&times(1.0));
    variant[0].valid = false;
    variant[1].figures().length = Duration::from_secs(7);
    variant[2].figures().account.failed.insert("undefined_column".to_owned(), 300);
    for broken in &mut variant[..3] {
        broken.figures().response.p50 = ms(0.1);
    }
    let found = compared(&rounds(&STEADY), &variant);
    let p50 = of(&found, "p50");
    assert_eq!((p50.conclusion, p50.pairs), (Conclusion::Same, 5), "{p50:?}");
    let remark = "3 of 8 pairs are left out (cut short, invalid, too many failed)";
    assert_eq!(p50.remark.as_deref(), Some(remark));
}

#[test]
fn failures_are_compared_as_well_and_none_is_not_infinitely_better_than_some() {
    let mut variant = rounds(&times(1.0));
    for round in &mut variant {
        round.figures().account.failed.insert("deadlock_detected".to_owned(), 30);
    }
    let found = compared(&rounds(&STEADY), &variant);
    let errors = of(&found, "errors");
    assert_eq!(errors.conclusion, Conclusion::Worse);
    assert!((errors.ratio - 61.0).abs() < 0.1, "30.5 against 0.5: {}", errors.ratio);
    assert!(told(&found)[0].ends_with(" “b” fails 61 times as often."), "{:?}", told(&found));
}

#[test]
fn each_round_trip_is_compared_by_itself() {
    let far = |p50s: &[f64]| {
        let mut rounds = rounds(p50s);
        for round in &mut rounds {
            round.network = ms(5.0);
        }
        rounds
    };
    let interleaved =
        |near: Vec<Round>, far: Vec<Round>| near.into_iter().zip(far).flat_map(|(a, b)| [a, b]).collect::<Vec<_>>();
    let reference = interleaved(rounds(&STEADY), far(&times(60.0)));
    let variant = interleaved(rounds(&times(1.0)), far(&times(1.5)));
    let found = compared(&reference, &variant);
    let at = |round_trip| found.iter().find(|each| each.figure == "p50" && each.round_trip == round_trip);
    assert_eq!(at(Duration::ZERO).map(|each| each.conclusion), Some(Conclusion::Same));
    assert_eq!(at(ms(5.0)).map(|each| (each.conclusion, each.pairs)), Some((Conclusion::Better, 8)));
}

#[test]
fn other_arrivals_are_another_load() {
    let (reference, variant) = (rounds(&STEADY), rounds(&times(0.5)));
    let mut other = alternative("b", &variant);
    other.operations[0].arrivals = "10/s";
    let found = compare(&[alternative("a", &reference), other]);
    assert!(found.iter().all(|each| each.conclusion == Conclusion::CannotTell && each.remark.is_some()), "{found:?}");
}

#[test]
fn clients_that_wait_for_each_other_are_compared_by_the_time_for_each_operation() {
    let throughput = |succeeded| {
        let mut rounds = rounds(&STEADY);
        for round in &mut rounds {
            round.figures().account.succeeded = succeeded;
        }
        rounds
    };
    let (reference, variant) = (throughput(3_000), throughput(2_000));
    let [mut reference, mut variant] = [alternative("a", &reference), alternative("b", &variant)];
    reference.operations[0].is_closed = true;
    variant.operations[0].is_closed = true;
    let found = compare(&[reference, variant]);
    let each = of(&found, "time per operation");
    assert_eq!(each.conclusion, Conclusion::Worse, "less throughput is more time: {each:?}");
    assert!((each.values.0 - 0.01).abs() < 1e-9 && (each.values.1 - 0.015).abs() < 1e-9, "{:?}", each.values);
}

#[test]
fn counts_tell_from_one_round() {
    let reference = [round(10.0).costing(cost(1201.0, 1200.0, 5000.0, 0.0))];
    let variant = [round(10.0).costing(cost(3.0, 1230.0, 4800.0, 90.0))];
    let found = compared(&reference, &variant);
    for (figure, expected) in [
        ("statements", Conclusion::Better),
        ("rows", Conclusion::Same),    // 2.5 % more
        ("buffers", Conclusion::Same), // 4 % less
        ("wal", Conclusion::Same),     // bytes that do not count
    ] {
        assert_eq!(of(&found, figure).conclusion, expected, "{figure}");
    }
    assert_eq!(found[0].figure, "statements", "what differs most comes first");
    assert_eq!(of(&found, "statements").values, (1201.0, 3.0));
    assert!(found.iter().all(|each| each.ratio.is_finite()));
}

#[test]
fn a_cost_that_could_not_be_measured_is_not_compared() {
    let unmeasured = OperationCost { unmeasured: Some("no such extension".to_owned()), ..OperationCost::default() };
    let found = compared(&[round(10.0).costing(unmeasured)], &[round(10.0).costing(cost(1.0, 1.0, 1.0, 0.0))]);
    assert!(found.iter().all(|each| each.figure != "statements"), "{found:?}");
}

#[test]
fn another_plan_is_told_by_the_blocks_that_it_touches() {
    let planned = |shape: &str, hit| {
        let plan = Plan { executed: true, shape: shape.to_owned(), hit, ..Plan::default() };
        Round { plans: vec![StatementPlan { after: Some(plan), ..StatementPlan::default() }], ..round(10.0) }
    };
    for (shape, blocks, expected) in [
        ("Seq Scan items", 900, Conclusion::Same),
        ("Index Scan items_owner_idx", 12, Conclusion::Better),
        ("Index Scan items_name_idx", 4000, Conclusion::Worse),
        ("Bitmap Heap Scan items", 430, Conclusion::CannotTell),
    ] {
        let found = compared(&[planned("Seq Scan items", 430)], &[planned(shape, blocks)]);
        assert_eq!(of(&found, "plan").conclusion, expected, "{shape}");
    }
}

#[test]
fn jobs_and_what_only_one_variant_does_are_not_compared() {
    let (reference, variant) = (rounds(&STEADY), rounds(&STEADY));
    let [mut job, mut alone] = [alternative("b", &variant), alternative("c", &variant)];
    job.operations[0].is_traffic = false;
    alone.operations[0].name = "other";
    assert_eq!(compare(&[alternative("a", &reference), job, alone]), []);
}

#[test]
fn the_conclusion_is_a_sentence() {
    let costing = |rounds: Vec<Round>, statements: f64| -> Vec<Round> {
        rounds.into_iter().map(|round| round.costing(cost(statements, 1200.0, 40.0, 0.0))).collect()
    };
    for (reference, variant, expected) in [
        (
            costing(rounds(&STEADY), 1201.0),
            costing(rounds(&times(1.0 / 24.0)), 3.0),
            "“b” answers `page` in 1/24 of the time of “a” at the median (between 1/24 and 1/24; 8 pairs of rounds), \
             with 3 statements instead of 1,201.",
        ),
        (
            rounds(&STEADY),
            rounds(&times(1.4)),
            "“b” answers `page` in 140 % of the time of “a” at the median (between 138 % and 142 %; 8 pairs of rounds).",
        ),
        (
            costing(rounds(&STEADY[..1]), 1201.0),
            costing(rounds(&times(0.1)[..1]), 3.0),
            "“b” needs 3 statements instead of 1,201 for each `page`. The data cannot tell whether “b” or “a” answers \
             `page` faster: one pair of rounds says nothing of how much rounds vary, 3 are needed.",
        ),
        (
            rounds(&STEADY),
            rounds(&times(1.05)),
            "The data cannot tell whether “b” or “a” answers `page` faster at the median: “b” takes between 104 % and \
             106 % of the time (8 pairs of rounds; a difference of less than 7 % could not have been seen).",
        ),
        (
            rounds(&STEADY),
            rounds(&times(1.0)),
            "“b” answers `page` as fast as “a” at the median: in between 99 % and 101 % of its time (8 pairs of rounds; \
             a difference of less than 7 % could not have been seen).",
        ),
    ] {
        assert_eq!(told(&compared(&reference, &variant)), [expected]);
    }
}

#[test]
fn the_conclusion_tells_of_the_longest_round_trip_of_the_tail_and_of_other_operations() {
    let mut reference = rounds(&STEADY);
    let mut variant = rounds(&times(0.5));
    for round in &mut variant {
        round.figures().response.p99 = ms(93.0);
    }
    for (rounds, p50s) in [(&mut reference, times(40.0)), (&mut variant, times(1.0))] {
        rounds.extend(p50s.iter().map(|p50| Round { network: ms(5.0), ..round(*p50) }));
        for round in rounds {
            let slower = PhaseFigures { response: round.figures().response, ..round.figures().clone() };
            round.operations.push(OperationFigures { phases: vec![slower], impact: None });
        }
    }
    let [mut reference, mut variant] = [alternative("a", &reference), alternative("b", &variant)];
    for each in [&mut reference, &mut variant] {
        each.operations.push(Compared { name: "list", ..each.operations[0] });
    }
    let told = told(&compare(&[reference, variant]));
    assert_eq!(
        told,
        [
            "“b” answers `page` in 50 % of the time of “a” at the median (between 49 % and 51 %; 8 pairs of rounds), at a \
          round trip of 5 ms in 1/40 of it; but in 3.1 times that time at p99. `list` takes 50 % of the time at the \
          median (between 49 % and 51 %)."
        ]
    );
}
