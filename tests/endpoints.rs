//! Endpoints of an application, compared by the whole program.

mod support;

use shakedown::result::model::Verdict;
use support::rehearsal::{Rehearsal, said};

fn rehearsal(other: &str) -> Rehearsal {
    let rehearsal = Rehearsal::new(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);",
        &format!(
            "
name: Two lists
seed: {{ items: {{ rows: 1k }} }}
app:
  setup: echo made > {{kept}}/here
  command: test -f {{kept}}/here && exec python3 site.py
  ready: /healthz
traffic:
  visitor: {{ clients: 2, think: 20ms, steps: [ {{ http: GET /sign-in }}, {{ pause: 1ms }}, {{ http: GET /private }} ] }}
  order:
    rate: 20/s
    parameters: {{ item: {{ key: items }} }}
    http: POST /items/:item/orders?note=a%20b
    json: {{ item: ':item', 'note': ':item.name' }}
    expect: {{ json: {{ /method: POST, /query/note: a b }} }}
phases: {{ warmup: 1s, measure: 2s }}
same_result: list
thresholds: {{ all traffic: {{ errors: 0 }} }}
variants:
  up: {{ traffic: {{ list: {{ rate: 20/s, http: GET /rows?up=1 }} }} }}
  other: {{ traffic: {{ list: {{ rate: 20/s, http: GET {other} }} }} }}
"
        ),
    );
    std::fs::write(rehearsal.path().join("site.py"), include_str!("support/site/site.py")).expect("it is ours");
    rehearsal
}

#[test]
fn endpoints_that_answer_alike_are_loaded_side_by_side_and_each_round_has_its_application() {
    let rehearsal = rehearsal("/rows");
    let output = rehearsal.run(&["--rounds", "1"]);
    let (result, _) = rehearsal.result();
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
    assert!(result.confessions.iter().any(|sentence| sentence.contains("application's own pool cannot be seen")));
    let mut logs = Vec::new();
    for variant in &result.variants {
        for round in &variant.rounds {
            let application = round.application.as_ref().expect("there was one");
            assert_eq!(application.setup.len(), usize::from(round.round == 0), "what it makes is kept");
            logs.push(application.output.clone());
            let printed = std::fs::read_to_string(rehearsal.out().join(&application.output)).expect("it is kept");
            assert!(printed.starts_with("serving"), "{printed}");
            for (operation, facts) in round.operations.iter().zip(&variant.operations) {
                let account = operation.phases.iter().fold((0, 0), |(well, badly), figures| {
                    (well + figures.account.succeeded, badly + figures.account.failed.values().sum::<u64>())
                });
                assert!(account.0 > 20 && account.1 == 0, "{}: {account:?}", facts.name);
            }
            let same = round.judgements.iter().find(|judgement| judgement.word == "same_result");
            assert_eq!(same.map(|same| same.verdict), Some(Verdict::Pass), "{same:?}");
        }
    }
    logs.sort();
    logs.dedup();
    assert_eq!(logs.len(), result.variants.iter().map(|variant| variant.rounds.len()).sum::<usize>());
}

#[test]
fn endpoints_that_answer_differently_are_no_alternatives() {
    let rehearsal = rehearsal("/rows?other=1");
    let output = rehearsal.run(&["--rounds", "1"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let (result, _) = rehearsal.result();
    let reason = result.confessions.iter().find(|sentence| sentence.contains("does not answer as the others do"));
    let shown = r#"only here, such as (rows: {"id":2,"total":7})"#;
    assert!(reason.is_some_and(|reason| reason.contains(shown)), "{:?}", result.confessions);
}

#[test]
fn a_serializer_that_asks_for_each_subscription_is_told_from_one_that_does_not() {
    let folder = concat!("folder: ", env!("CARGO_MANIFEST_DIR"), "/scenarios/subscription-endpoints");
    let rewrites = [
        ("folder: subscription-endpoints", folder),
        ("warmup: 6s, measure: 24s", "warmup: 1s, measure: 4s"),
        ("rate: 0.3/s", "rate: 4/s"),
    ];
    let rehearsal = Rehearsal::of("scenarios/subscription-endpoints.yaml", &rewrites);
    let output = rehearsal.run(&["--rounds", "1", "--scale", "0.02", "--round-trip", "500us"]);
    assert!(rehearsal.out().join("result.json").exists(), "{}", said(&output));
    let (result, _) = rehearsal.result();
    let found: Vec<_> = result
        .variants
        .iter()
        .map(|variant| {
            let round = variant.rounds.first().unwrap_or_else(|| panic!("{}", said(&output)));
            let summary = variant.operations.iter().position(|operation| operation.name == "summary");
            let summary = summary.expect("it is asked");
            let same = round.judgements.iter().find(|judgement| judgement.word == "same_result");
            assert_eq!(same.map(|same| same.verdict), Some(Verdict::Pass), "{same:?}");
            assert_eq!(round.application.as_ref().and_then(|application| application.ended.as_ref()), None);
            let succeeded: u64 = round.operations[summary].phases.iter().map(|phase| phase.account.succeeded).sum();
            assert!(succeeded > 0, "{:?}", round.operations[summary]);
            let limit = round.judgements.iter().find(|judgement| judgement.word == "statements");
            assert_eq!(limit.map(|limit| limit.verdict == Verdict::Fail), Some(variant.name == "n+1"), "{limit:?}");
            let cost = &round.costs[summary];
            // The application waits for each answer; what it connects anew comes on top.
            assert!(cost.round_trips.is_some_and(|trips| trips >= cost.statements), "{cost:?}");
            assert!(cost.bytes.is_some_and(|bytes| bytes > 100.0), "{cost:?}");
            cost.statements
        })
        .collect();
    // 400 subscriptions, three of fifty active: the list, and a sum for each.
    assert_eq!(found, [25.0, 1.0], "{}", said(&output));
    // N+1 is caught by its statements, and the other keeps its limits.
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
}
