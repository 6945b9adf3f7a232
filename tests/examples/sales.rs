//! A dashboard that is quick, and who pays for it.

use crate::left::{Shown, run_as};

#[test]
fn a_refresh_stops_who_looks_and_a_summary_needs_none() {
    let rewrites = [
        ("warmup: 4s, measure: 32s", "warmup: 1s, measure: 3s"),
        ("rate: 1/s, spacing: even", "rate: 20/s, spacing: even"),
        ("every: 15s", "every: 1s"),
        ("every: 500ms", "every: 200ms"),
    ];
    let left = run_as("scenarios/sales-dashboard.yaml", &rewrites, &["--scale", "0.05"]);
    let (live, refresh) = (left.variant("live"), left.variant("refresh"));
    live.assert_caught(&["dashboard buffers"]);
    refresh.assert_caught(&["dashboard blocked_by"]);
    let (beside, summary) = (left.variant("refresh concurrently"), left.variant("summary table"));
    beside.assert_kept();
    summary.assert_kept();
    for variant in [live, refresh, beside, summary] {
        variant.assert_sound("place order");
    }
    // What is shown is as old as the last refresh is long ago, and grows younger by the next one.
    let oldest = |variant: Shown<'_>| variant.gauge("age of the data").into_iter().fold(0.0, f64::max);
    assert_eq!((oldest(live), oldest(summary)), (0.0, 0.0));
    for variant in [refresh, beside] {
        let ages = variant.gauge("age of the data");
        assert!(ages.windows(2).any(|pair| pair[1] < pair[0]), "{ages:?}");
        assert!(variant.account("refresh").succeeded > 0);
    }
    // Who takes an order pays for the summary.
    assert!(summary.cost("place order").wal > live.cost("place order").wal);
}
