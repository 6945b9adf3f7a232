//! The subscription dashboard: three ways to one answer, at a small scale and without a network.

mod support;

use shakedown::phase::Phase;
use shakedown::result::SAME_RESULT;
use shakedown::result::model::Verdict;
use support::rehearsal::{Rehearsal, said};

#[test]
fn the_dashboard_answers_alike_in_61_statements_in_1_and_in_2() {
    // A median needs five answers for a pass.
    let often = ("rate: 1/s,", "rate: 4/s,");
    let rewrites = [often, ("warmup: 2s, measure: 8s", "warmup: 1s, measure: 2s")];
    let rehearsal = Rehearsal::of("scenarios/subscription-dashboard.yaml", &rewrites);
    let output = rehearsal.run(&["--scale", "0.05", "--round-trip", "0ms", "--rounds", "1"]);
    // N+1 is caught by its statements, at any scale; 4 is a machine on which the generator was late.
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
    let (result, _) = rehearsal.result();
    let names: Vec<&str> = result.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["n+1", "annotated", "prefetch"]);
    for variant in &result.variants {
        let [round] = &variant.rounds[..] else { panic!("{} has one round", variant.name) };
        let same: Vec<_> = round.judgements.iter().filter(|each| each.word == SAME_RESULT).collect();
        let [same] = same[..] else { panic!("{} was asked", variant.name) };
        // Six arrivals were asked, and 3 of 50 subscriptions are active: 60 of 1,000.
        assert_eq!((same.verdict, same.found.as_str()), (Verdict::Pass, "360 rows in 6 answers"), "{same:?}");
        assert!(round.checks.iter().all(|check| check.held), "{:?}", round.checks);
        let each = [("n+1", 61), ("annotated", 1), ("prefetch", 2)].into_iter().find(|(name, _)| *name == variant.name);
        let (_, each) = each.expect("it is one of the three");
        let limit = round.judgements.iter().find(|judgement| judgement.word == "statements").expect("it was judged");
        let found = limit.found.split(' ').next().and_then(|count| count.parse().ok());
        assert_eq!((limit.verdict == Verdict::Fail, found), (each == 61, Some(each)), "{limit:?}");
        assert_eq!(variant.operations[0].name, "summary");
        let measured = round.operations[0].phases.iter().find(|phase| phase.phase == Some(Phase::Measure));
        let account = &measured.expect("it was measured").account;
        assert_eq!((account.succeeded, account.statements), (8, 8 * each), "{account:?}");
    }
}
