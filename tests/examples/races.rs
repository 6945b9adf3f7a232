//! What goes wrong between two requests that see the same, and what keeps it from going wrong.

use crate::left::{run, run_as};

#[test]
fn only_a_constraint_keeps_one_account_for_one_address() {
    let left = run("scenarios/sign-ups.yaml", &[("warmup: 2s, measure: 10s", "warmup: 1s, measure: 3s")]);
    let asked = left.variant("asked by the application");
    asked.assert_caught(&["addresses with two accounts max"]);
    asked.assert_sound("sign up");
    // Each error of the second is an account too many of the first.
    let alone = left.variant("constraint alone");
    alone.assert_caught(&["sign up errors"]);
    assert_eq!(alone.account("sign up").errors(), alone.failed("sign up", "unique_violation"));
    let expected = left.variant("constraint, expected");
    expected.assert_kept();
    expected.assert_sound("sign up");
    for variant in [alone, expected] {
        assert!(variant.gauge("addresses with two accounts").iter().all(|count| *count == 0.0));
    }
}

#[test]
fn a_balance_is_right_where_nobody_writes_back_what_is_no_longer_so() {
    let left = run_as(
        "scenarios/balances.yaml",
        &[("warmup: 2s, measure: 10s", "warmup: 1s, measure: 2s")],
        &["--scale", "0.05"],
    );
    let lost = left.variant("read, add, write");
    lost.assert_caught(&["wrong balances max"]);
    lost.assert_sound("book");
    for name in ["one update", "locked when read", "serializable, tried again"] {
        left.variant(name).assert_kept();
        left.variant(name).assert_sound("book");
    }
    // It refuses rather than to be wrong: that is an error for whoever does not try again.
    let refused = left.variant("serializable");
    refused.assert_caught(&["book errors"]);
    assert!(refused.gauge("wrong balances").iter().all(|count| *count == 0.0));
    assert!(left.variant("serializable, tried again").account("book").retries > 0);
    // Nobody asks before, so it is a statement less.
    let statements = |name| left.variant(name).cost("book").statements;
    assert!(statements("one update") < statements("read, add, write"));
}
