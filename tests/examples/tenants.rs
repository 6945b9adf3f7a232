//! Many tenants in the same tables.

use crate::left::{SHORT, Shown, run, run_as};

const BRIEF: (&str, &str) = ("warmup: 3s, measure: 15s", "warmup: 1s, measure: 2s");

#[test]
fn tenants_see_their_own_rows_alone_until_a_scope_is_forgotten_or_a_policy_lets_everybody_in() {
    let left = run("scenarios/tenant-isolation.yaml", &[BRIEF, ("rate: 5/s", "rate: 20/s")]);
    let (scoped, policies) = (left.variant("scoped queries"), left.variant("policies"));
    for variant in [scoped, policies] {
        variant.assert_kept();
        for operation in ["board", "newest tasks", "finish task"] {
            variant.assert_sound(operation);
        }
    }
    // A policy is a condition that somebody else adds: the same plans, the same blocks.
    let blocks = |variant: Shown<'_>| variant.cost("board").hit + variant.cost("board").read;
    assert!(blocks(policies) <= 1.1 * blocks(scoped), "{} {}", blocks(policies), blocks(scoped));
    for name in ["one scope forgotten", "one policy too many"] {
        let broken = left.variant(name);
        broken.assert_caught(&["newest tasks errors"]);
        let account = broken.account("newest tasks");
        assert_eq!(broken.failed("newest tasks", "unexpected_rows"), account.scheduled - account.cut, "{account:?}");
        broken.assert_sound("finish task");
    }
    left.variant("loaded one by one").assert_caught(&["board statements"]);
    assert!(
        !left.result.findings.iter().any(|each| each.message.contains("row-level security")),
        "the pool takes a role"
    );
}

#[test]
fn an_index_helps_a_tenant_whom_it_puts_in_front() {
    let left = run_as("scenarios/tenant-index.yaml", &[BRIEF, ("rate: 10/s", "rate: 30/s")], &["--scale", "0.05"]);
    for name in ["no index", "tenant behind"] {
        left.variant(name).assert_caught(&["due this month buffers"]);
    }
    left.variant("tenant in front").assert_kept();
}

#[test]
fn a_column_with_one_value_for_all_is_added_at_once_and_one_of_their_own_rewrites_the_table() {
    let left = run("scenarios/tenant-add-column.yaml", &[SHORT]);
    let rewrite = left.variant("one of its own");
    rewrite.assert_caught(&["migration rewrites"]);
    assert!(rewrite.rewritten().contains(&"projects"), "{:?}", rewrite.round.steps);
    let (at_once, stepwise) = (left.variant("the same for all"), left.variant("one of its own, step by step"));
    for variant in [at_once, stepwise] {
        variant.assert_kept();
        variant.assert_migrated();
        variant.assert_sound("project page");
    }
    assert_eq!(at_once.round.steps[0].scanned, Vec::<String>::new());
    let backfill = stepwise.round.steps.iter().find(|step| step.batches > 0).expect("one step fills");
    assert!(backfill.rows > 90_000 && backfill.batches >= 20, "{backfill:?}");
}
