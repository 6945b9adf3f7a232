//! An audit log: what it keeps of a change, how it is asked, and how its months come and go.

use crate::left::{SHORT, Shown, run_as};

const BRIEF: [(&str, &str); 2] = [SHORT, ("pause: 5s", "pause: 3s")];

#[test]
fn a_diff_is_a_small_part_of_two_snapshots() {
    let rewrites = [("warmup: 3s, measure: 30s", "warmup: 1s, measure: 3s")];
    let left = run_as("scenarios/audit-log-contents.yaml", &rewrites, &["--scale", "0.01"]);
    let (snapshots, diffs) = (left.variant("snapshots"), left.variant("diffs"));
    snapshots.assert_caught(&["bytes a change max"]);
    diffs.assert_kept();
    let last = |variant: Shown<'_>, gauge: &str| variant.gauge(gauge).last().copied().expect("it was read");
    assert!(last(snapshots, "bytes a change") > 10.0 * last(diffs, "bytes a change"));
    assert!(last(snapshots, "gigabytes a month") > last(diffs, "gigabytes a month"));
    for variant in [snapshots, diffs] {
        variant.assert_sound("sign in");
        variant.assert_sound("move house");
        assert!(variant.round.checks.iter().all(|check| check.held), "{:?}", variant.round.checks);
    }
}

#[test]
fn an_index_in_the_order_of_the_question_reads_what_it_returns_and_so_do_partitions() {
    let rewrites = [("warmup: 3s, measure: 15s", "warmup: 1s, measure: 2s")];
    let left = run_as("scenarios/audit-log-lookups.yaml", &rewrites, &["--scale", "0.05"]);
    let (one, months) = (left.variant("one index for the question"), left.variant("monthly partitions"));
    left.variant("an index on each column").assert_caught(&["last 30 days of a user buffers"]);
    for variant in [one, months] {
        variant.assert_kept();
        variant.assert_sound("record a change");
    }
    // A question that names no time goes to every month.
    let blocks = |variant: Shown<'_>| variant.cost("entry by id").hit + variant.cost("entry by id").read;
    assert!(blocks(months) > 5.0 * blocks(one), "{} {}", blocks(months), blocks(one));
}

#[test]
fn a_month_is_detached_while_the_log_is_read_and_written() {
    let left = run_as("scenarios/audit-log-retention.yaml", &BRIEF, &["--scale", "0.02"]);
    let (delete, drop) = (left.variant("delete"), left.variant("drop the partition"));
    delete.assert_caught(&["migration scans"]);
    drop.assert_caught(&["record a change blocked_by"]);
    let detach = left.variant("detach, then drop");
    detach.assert_kept();
    for variant in [delete, drop, detach] {
        variant.assert_migrated();
        variant.assert_sound("record a change");
    }
    let log = |variant: Shown<'_>| variant.round.steps.iter().map(|step| step.wal_bytes).sum::<u64>();
    assert!(log(delete) > 2 * log(drop), "{} {}", log(delete), log(drop));
    // A DELETE gives nothing back.
    let growth = |variant: Shown<'_>| -> i64 {
        let steps = variant.round.steps.iter().flat_map(|step| &step.growth);
        steps.filter(|(table, _)| table.ends_with("oldest")).map(|(_, bytes)| bytes).sum()
    };
    assert!(growth(delete) >= 0 && growth(drop) < 0 && growth(detach) < 0);
}

#[test]
fn next_month_is_attached_without_the_log_being_locked_unless_there_is_a_default() {
    let left = run_as("scenarios/audit-log-next-month.yaml", &BRIEF, &["--scale", "0.02"]);
    let (at_once, beside) = (left.variant("partition of"), left.variant("attached beside a default"));
    at_once.assert_caught(&["migration lock", "record a change blocked_by"]);
    beside.assert_caught(&["migration lock", "last 30 days of a user blocked_by"]);
    assert!(at_once.held("audit_log", "ACCESS EXCLUSIVE") && beside.held("audit_log_default", "ACCESS EXCLUSIVE"));
    assert!(!beside.held("audit_log", "ACCESS EXCLUSIVE"));
    for variant in [at_once, beside] {
        variant.assert_migrated();
    }
    let apart = left.variant("made apart and attached");
    apart.assert_kept();
    apart.assert_migrated();
    for operation in ["record a change", "last 30 days of a user"] {
        apart.assert_sound(operation);
    }
}
