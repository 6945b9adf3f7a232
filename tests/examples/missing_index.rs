//! A foreign key without an index: what one read and one DELETE of a parent touch.

use crate::left::{Shown, run_as};
use shakedown::cost::OperationCost;

const BLOCK: f64 = 8192.0;

/// How the orders of a customer are found.
fn shape(shown: Shown<'_>) -> &str {
    let plan = shown.round.plans.iter().find(|plan| plan.statement.starts_with("SELECT id, total, status"));
    plan.and_then(|plan| plan.before.as_ref()).map(|plan| plan.shape.as_str()).expect("it was explained")
}

fn buffers(cost: &OperationCost) -> f64 {
    cost.hit + cost.read
}

#[test]
fn without_its_index_a_foreign_key_reads_the_whole_table_for_a_read_and_for_a_delete_of_the_parent() {
    let short = ("warmup: 2s, measure: 15s", "warmup: 1s, measure: 2s");
    let left = run_as("scenarios/missing-index.yaml", &[short], &["--scale", "0.02"]);
    let (without, with) = (left.variant("without an index"), left.variant("with an index"));
    without.assert_caught(&["orders of a customer buffers", "close account buffers"]);
    with.assert_kept();

    let orders = left.result.seed.tables.iter().find(|table| table.name == "orders").expect("it is seeded");
    for operation in ["orders of a customer", "close account"] {
        let (all, few) = (buffers(without.cost(operation)), buffers(with.cost(operation)));
        // Its primary key is a fifth of it or so.
        assert!(all * BLOCK > 0.7 * orders.bytes as f64, "{operation} reads {all} blocks of {} bytes", orders.bytes);
        assert!(few * 8.0 < all, "{operation} reads {few} blocks instead of {all}");
        // The same work is done by both.
        let [much, little] = [without, with].map(|variant| variant.cost(operation).rows);
        assert!((much - little).abs() < 0.01, "{operation}: {much} rows, {little} rows");
    }
    assert!(shape(without).contains("Seq Scan on orders"), "{}", shape(without));
    assert!(shape(with).contains("using orders_customer"), "{}", shape(with));
    for variant in [without, with] {
        variant.assert_sound("close account");
        variant.assert_sound("order page");
    }
}
