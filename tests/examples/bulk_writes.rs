//! Rows in five ways: how many statements and round trips each takes. A hundred of them show it as well as a thousand.

use crate::left::run_as;

#[test]
fn a_hundred_rows_are_a_hundred_statements_one_by_one_and_one_statement_at_once() {
    // A median needs five answers for a pass.
    let rewrites = [
        ("rate: 1/s,", "rate: 3/s,"),
        ("rows: 1000,", "rows: 100,"),
        ("warmup: 2s, measure: 10s", "warmup: 1s, measure: 2s"),
    ];
    let left = run_as("scenarios/bulk-writes.yaml", &rewrites, &["--scale", "0.01", "--round-trip", "0ms"]);
    for (name, statements, round_trips) in [
        ("one by one", 100.0, 100.0),
        // BEGIN and COMMIT are two more.
        ("one by one in a transaction", 102.0, 102.0),
        ("multi-row", 1.0, 1.0),
        ("unnest", 1.0, 1.0),
        // The server says first that it is ready to take the rows.
        ("copy", 1.0, 2.0),
    ] {
        let variant = left.variant(name);
        match statements > 10.0 {
            true => variant.assert_caught(&["import statements"]),
            false => variant.assert_kept(),
        }
        let cost = variant.cost("import");
        assert_eq!((cost.statements, cost.round_trips, cost.rows), (statements, Some(round_trips), 100.0), "{name}");
        variant.assert_sound("latest readings");
        variant.assert_sound("import");
    }
}
