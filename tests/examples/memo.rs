//! The memo on 23 million transactions: which of six changes write the table anew or read all of it shows in 1 % of it.

use crate::left::{SHORT, run};
use shakedown::result::model::Verdict;

#[test]
fn a_memo_is_instant_rewrites_or_scans_by_how_it_is_asked_for() {
    let left = run("scenarios/add-memo-to-23-million.yaml", &[SHORT]);
    let [constant, volatile, set, changed, wider, steps] =
        ["constant default", "volatile default", "set not null", "type change", "wider varchar", "in steps"]
            .map(|name| left.variant(name));

    volatile.assert_caught(&["migration rewrites"]);
    changed.assert_caught(&["migration rewrites"]);
    for rewriting in [volatile, changed] {
        // The table, and both of its indexes with it.
        assert_eq!(rewriting.rewritten(), ["transactions", "transactions_account", "transactions_pkey"]);
        assert!(rewriting.held("transactions", "ACCESS EXCLUSIVE"), "{:?}", rewriting.round.steps);
        assert!(rewriting.round.all_impact.as_ref().is_some_and(|impact| impact.blocked > 0), "somebody waited for it");
    }
    set.assert_caught(&["forbid nulls scans"]);
    assert!(set.rewritten().is_empty() && set.held("transactions", "ACCESS EXCLUSIVE"), "{:?}", set.round.steps);
    // The statement of the incident, and its neighbour: as strong a lock, and nothing to do under it.
    for instant in [constant, wider] {
        let [step] = &instant.round.steps[..] else { panic!("it is one step") };
        assert!(instant.held("transactions", "ACCESS EXCLUSIVE"), "{step:?}");
        assert!(step.rewritten.is_empty() && step.scanned.is_empty() && step.rows == 0, "{step:?}");
    }
    let [verified, forbidden] = ["verify", "forbid nulls"].map(|name| steps.step(name));
    assert_eq!((&verified.scanned[..], &forbidden.scanned[..]), (&["transactions".to_owned()][..], &[][..]));
    let filled = steps.step("backfill");
    // What is paid while it runs gets its default, and is behind the end of the walk.
    assert!(filled.rows >= 230_000 && filled.batches >= 46, "{filled:?}");
    for (variant, limits) in
        [(constant, &["rewrites"][..]), (wider, &["rewrites"]), (steps, &["rewrites", "scans", "lock"])]
    {
        for limit in limits {
            assert_eq!(variant.judged(limit).verdict, Verdict::Pass, "{:?}", variant.judged(limit));
        }
        assert_eq!(variant.judged("pool timeout").verdict, Verdict::Pass, "{:?}", variant.judged("pool timeout"));
    }
    for variant in [constant, volatile, set, changed, wider, steps] {
        variant.assert_migrated();
    }
}
