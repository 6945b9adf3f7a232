//! Two tables locked in the opposite order to the application, in the same order, and one at a time.

use crate::left::{SHORT, run};

#[test]
fn who_locks_two_tables_the_other_way_round_kills_requests_by_deadlock() {
    let left = run("scenarios/lock-order.yaml", &[SHORT]);
    let opposite = left.variant("opposite order");
    opposite.assert_caught(&["place order errors"]);
    let killed = opposite.failed("place order", "deadlock_detected");
    assert!(killed > 0, "{:?}", opposite.account("place order"));
    assert_eq!(opposite.failed("order history", "deadlock_detected"), 0, "who reads one table closes no ring");

    for name in ["same order", "one table at a time"] {
        let repaired = left.variant(name);
        repaired.assert_kept();
        repaired.assert_migrated();
        repaired.assert_sound("place order");
        assert_eq!(repaired.round.schema, opposite.round.schema, "it ends at the same schema");
        for table in ["customers", "orders"] {
            assert!(repaired.held(table, "ACCESS EXCLUSIVE"), "{table}: {:?}", repaired.round.steps);
        }
    }
}
