//! A column filled by one UPDATE and in batches: the same rows, the same WAL, and another size of the transactions.

use crate::left::run;

#[test]
fn a_giant_update_is_one_giant_transaction_for_the_subscriber_and_batches_are_small_ones() {
    let short = ("warmup: 5s, before: 15s, after: 20s", "warmup: 1s, before: 2s, after: 4s");
    let left = run("scenarios/giant-update.yaml", &[short]);
    let (giant, batched) = (left.variant("at once"), left.variant("in batches"));
    giant.assert_caught(&["spilled max"]);
    batched.assert_kept();
    for variant in [giant, batched] {
        variant.assert_migrated();
        variant.assert_sound("buy");
        variant.assert_sound("subscriber");
        assert_eq!(variant.round.steps[0].rows, 50_000, "{:?}", variant.round.steps);
    }
    assert_eq!(batched.round.steps[0].batches, 11, "the last finds nothing");
    // Batches are no way to write less: one row is one row.
    let [once, bit_by_bit] = [giant, batched].map(|variant| variant.round.steps[0].wal_bytes as f64);
    assert!((0.7..1.5).contains(&(bit_by_bit / once)), "{once} {bit_by_bit}");
}
