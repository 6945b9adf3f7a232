//! Variants without a migration, held against each other on a real server.

mod support;

use shakedown::result::model::{Capacity, Comparison, Conclusion, RoundResult, RunResult, VariantResult, Verdict};
use std::time::Duration;
use support::rehearsal::{Rehearsal, said};

const SCHEMA: &str = "CREATE TABLE items (id bigint PRIMARY KEY, owner bigint NOT NULL, name text NOT NULL);";

/// What is compared is asked again and again by one client, so that the load grows no faster than it is answered.
const SCENARIO: &str = "
name: With an index and without
seed: { items: { rows: 60k, columns: { owner: { uniform: [1, 6000] } } } }
pools: { web: { connections: 1 } }
traffic:
  mine: { pool: web, clients: 1, think: 2ms, parameters: { owner: { uniform: [1, 6000] } }, sql: 'SELECT id, name FROM items WHERE owner = :owner' }
phases: { warmup: 200ms, measure: 1s }
rounds: 4
variants:
  bare: {}
  indexed: { setup: [ CREATE INDEX by_owner ON items (owner) ] }
  bare as well: {}
same_result: mine
";

fn variant<'a>(result: &'a RunResult, name: &str) -> &'a VariantResult {
    result.variants.iter().find(|variant| variant.name == name).expect("it was run")
}

fn compared<'a>(result: &'a RunResult, variant: &str, figure: &str) -> &'a Comparison {
    let mut own = result.comparisons.iter().filter(|each| each.variant == variant && each.figure == figure);
    own.next().unwrap_or_else(|| panic!("{variant} has no {figure}: {:?}", result.comparisons))
}

/// The names of the variants in the order in which their rounds began.
fn order(result: &RunResult) -> Vec<&str> {
    let rounds = result.variants.iter().flat_map(|variant| {
        let named = |round: &'_ RoundResult| (round.started.clone(), round.round);
        variant.rounds.iter().map(move |round| (named(round), variant.name.as_str()))
    });
    let mut rounds: Vec<_> = rounds.collect();
    rounds.sort();
    rounds.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn interleaved_rounds_find_the_better_variant_and_do_not_tell_equals_apart() {
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let output = rehearsal.run(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("12 rounds of 1.2 s: 14.4 s of traffic"), "{}", said(&output));
    let (result, _) = rehearsal.result();

    let there = ["bare", "indexed", "bare as well"];
    let back = ["bare as well", "indexed", "bare"];
    assert_eq!(order(&result), [there, back, there, back].concat(), "A B B A …");

    let faster = compared(&result, "indexed", "p50");
    assert_eq!((faster.conclusion, faster.pairs), (Conclusion::Better, 4), "{faster:?}");
    assert_eq!(faster.reference, "bare");
    let (low, high) = faster.interval.expect("four pairs have one");
    assert!(low <= faster.ratio && faster.ratio <= high && high < 0.95, "{faster:?}");
    assert!(compared(&result, "indexed", "time per operation").ratio < 1.0, "more was done meanwhile");
    for figure in ["p50", "p90", "p99", "time per operation"] {
        let equal = compared(&result, "bare as well", figure);
        assert!(matches!(equal.conclusion, Conclusion::Same | Conclusion::CannotTell), "{equal:?}");
        // On a busy machine a round may not see the hundred that a p99 needs.
        assert_eq!(equal.detectable.is_some(), equal.pairs >= 3, "{equal:?}");
        assert!(equal.detectable.is_none_or(|least| least > 0.05), "{equal:?}");
    }
    assert_eq!(result.comparisons[0].variant, "indexed", "what differs comes first: {:?}", result.comparisons);
    let [better, equal] = &result.conclusions[..] else { panic!("{:?}", result.conclusions) };
    assert!(better.starts_with("“indexed” answers `mine` in ") && better.contains("4 pairs of rounds"), "{better}");
    assert!(equal.contains("could not have been seen"), "{equal}");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&said(&output)).contains(&words(better)), "the terminal tells it as well: {}", said(&output));

    // Building the index is part of what it costs, and all answer alike.
    for round in &variant(&result, "indexed").rounds {
        let [(sql, took)] = &round.setup[..] else { panic!("{:?}", round.setup) };
        assert!(sql.starts_with("CREATE INDEX by_owner") && *took > Duration::ZERO, "{sql} {took:?}");
        let [judgement] = &round.judgements[..] else { panic!("{:?}", round.judgements) };
        assert_eq!((judgement.limit.as_str(), judgement.verdict), ("same result as bare", Verdict::Pass));
    }
}

#[test]
fn a_faster_variant_that_answers_otherwise_fails() {
    let fast = "traffic: { mine: { sql: 'SELECT id, name FROM items WHERE owner = :owner AND id > 30000' } }";
    let wrong = SCENARIO.replace("setup: [ CREATE INDEX by_owner ON items (owner) ]", fast);
    let rehearsal = Rehearsal::new(SCHEMA, &wrong);
    let output = rehearsal.run(&["--variant", "bare", "--variant", "indexed", "--rounds", "1"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let (result, _) = rehearsal.result();
    let [judgement] = &variant(&result, "indexed").rounds[0].judgements[..] else { panic!("it is judged") };
    let reason = judgement.reason.as_deref().unwrap_or_default();
    assert!(judgement.verdict == Verdict::Fail && reason.contains("only in bare, such as ("), "{reason}");
    let p50 = compared(&result, "indexed", "p50");
    assert_eq!((p50.conclusion, p50.pairs), (Conclusion::CannotTell, 1), "one round tells nothing of time");
}

const SLEEPY: &str = "
name: As much as two connections bear
pools: { web: { connections: 2 } }
traffic:
  nap: { pool: web, rate: 50/s, sql: SELECT pg_sleep(0.02) }
  look: { clients: 1, think: 50ms, sql: SELECT 1 }
phases: { warmup: 500ms, measure: 2s }
variants: { as it is: {} }
thresholds: { nap: { p90: 300ms } }
";

#[test]
fn the_capacity_of_a_pool_is_found_between_a_rate_that_is_kept_and_one_that_is_lost() {
    let rehearsal = Rehearsal::new("", SLEEPY);
    let output = rehearsal.run(&["--capacity", "nap"]);
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
    let (result, _) = rehearsal.result();
    let [capacity] = &result.capacities[..] else { panic!("{:?}", result.capacities) };
    let Capacity { variant: name, operation, kept: Some(kept), lost: Some(lost), tried, .. } = capacity else {
        panic!("{capacity:?}")
    };
    assert_eq!((name.as_str(), operation.as_str()), ("as it is", "nap"));
    // Each nap takes 20 ms at least, so two connections bear a hundred a second at most; a queue of 300 ms may hide
    // a little more for as long as a trial lasts.
    assert!(kept < lost && *kept <= 125.0 && *kept >= 12.5, "{capacity:?}");
    assert!(lost / kept < 1.5 && tried.len() <= 8, "{capacity:?}");
    assert!(tried.iter().all(|trial| trial.kept == trial.why.is_none()), "{tried:?}");
    assert_eq!(variant(&result, "as it is").rounds.len(), 1, "trials are no rounds");
    assert!(said(&output).contains("keeps the limits of `nap` at"), "{}", said(&output));
}

#[test]
fn a_capacity_that_cannot_be_searched_for_is_refused_before_anything_is_begun() {
    let rehearsal = Rehearsal::new("", SLEEPY);
    for (operation, expected) in
        [("npa", "did you mean `nap`?"), ("look", "`look` has no `rate` in `as it is` that could be raised")]
    {
        let output = rehearsal.run(&["--capacity", operation]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
    rehearsal.rewrite(&SLEEPY.replace("thresholds: { nap: { p90: 300ms } }", ""));
    let output = rehearsal.run(&["--capacity", "nap"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("`thresholds` has no limit on `nap`"), "{}", said(&output));
}
