//! The example scenarios: everything that the language can say, in the situations that it was made for.

use crate::left::{AROUND, Shown, run};
use shakedown::result::model::Verdict;

#[test]
fn a_rename_breaks_old_code_and_expanding_and_contracting_does_not() {
    let short = ("pause: 10s", "pause: 1s");
    let left = run("tests/scenarios/rename.yaml", &[AROUND, short, ("pause: 5s", "pause: 1s")]);
    let renamed = left.variant("rename");
    for operation in ["profile (old code)", "rename (old code)"] {
        assert!(renamed.failed(operation, "undefined_column") > 0, "{operation}");
    }
    renamed.assert_sound("profile (new code)");
    let own = renamed.round.judgements.iter().find(|each| each.subject.to_string() == "profile (old code)");
    assert_eq!(own.map(|own| own.verdict), Some(Verdict::Fail), "it is caught by what all traffic must keep");
    assert_ne!(renamed.variant.verdict, Verdict::Fail);
    let foretold = left.result.findings.iter().filter(|each| each.message.contains("breaks at step 1 of `rename`"));
    assert_eq!(foretold.count(), 2, "{:?}", left.result.findings);

    let stepwise = left.variant("expand and contract");
    for operation in ["profile (old code)", "rename (old code)", "profile (new code)", "rename (new code)"] {
        stepwise.assert_sound(operation);
    }
    assert!(stepwise.round.checks.iter().all(|check| check.held), "{:?}", stepwise.round.checks);
    assert_eq!(stepwise.round.checks.len(), 1);
    let backfill = stepwise.round.steps.iter().find(|step| step.batches > 0).expect("one step fills");
    // The trigger has filled what old code renamed meanwhile.
    assert!((9_000..=10_000).contains(&backfill.rows) && backfill.batches >= 2, "{backfill:?}");
    for variant in [renamed, stepwise] {
        variant.assert_migrated();
    }
}

#[test]
fn workers_that_skip_locked_rows_do_each_job_once() {
    let rewrites = [
        ("warmup: 5s, measure: 180s", "warmup: 1s, measure: 4s"),
        ("at: 30s", "at: 1s"),
        ("pause: 60s", "pause: 2s"),
        (
            "thresholds:\n",
            "checks:
  a result for each job: SELECT (SELECT count(*) FROM results) = (SELECT count(*) FROM results r LEFT JOIN jobs j ON j.id = r.job_id WHERE coalesce(j.status, 'done') = 'done')
  a job for each result: SELECT (SELECT count(*) FROM jobs WHERE status = 'done') IN (0, (SELECT count(*) FROM results))
thresholds:\n",
        ),
    ];
    let left = run("tests/scenarios/queue.yaml", &rewrites);
    for name in ["mark as done", "delete"] {
        let variant = left.variant(name);
        for operation in ["enqueue", "work", "nightly report"] {
            variant.assert_sound(operation);
        }
        let work = variant.account("work");
        assert!(work.rows > work.succeeded, "several jobs at a time: {work:?}");
        assert!(variant.round.checks.iter().all(|check| check.held), "{name}: {:?}", variant.round.checks);
        assert!(variant.gauge("size").iter().all(|size| *size > 0.0));
        let backlog = variant.gauge("backlog");
        assert!(backlog.len() >= 3 && backlog.last() < backlog.first(), "{backlog:?}");
    }
}

#[test]
fn one_request_does_what_applications_do() {
    let rewrites = [
        ("warmup: 5s, measure: 30s", "warmup: 1s, measure: 6s"),
        (
            "thresholds:\n",
            "checks:
  a version for each sale: SELECT count(*) FILTER (WHERE version > 1) > 0 AND bool_and(stock <= 1000) FROM items
  two lines for each new order: SELECT count(*) = 2 * (SELECT count(*) FROM orders WHERE id > 10000) FROM order_lines WHERE order_id > 10000
  views are counted: SELECT sum(n) > count(*) FROM page_views
thresholds:\n",
        ),
    ];
    let left = run("tests/scenarios/application.yaml", &rewrites);
    let shown = left.variant("as it is");
    for operation in ["place order", "count view", "basket", "scroll"] {
        shown.assert_sound(operation);
    }
    let taken = shown.account("take from stock");
    assert!(taken.succeeded > 0 && taken.retries > 0, "popular items are sold by two at once: {taken:?}");
    assert_eq!(taken.errors(), shown.failed("take from stock", "unexpected_rows"), "{taken:?}");
    let basket = shown.account("basket");
    assert_eq!(basket.rows, 50 * basket.succeeded, "fifty different items each: {basket:?}");
    let scroll = shown.account("scroll");
    assert_eq!(scroll.rows, 200 * scroll.succeeded, "ten pages of twenty rows, each further on: {scroll:?}");
    assert!(shown.round.checks.iter().all(|check| check.held), "{:?}", shown.round.checks);
}

#[test]
fn the_audit_log_loses_its_oldest_partitions() {
    let rewrites = [
        ("warmup: 5s, measure: 180s", "warmup: 1s, measure: 3s"),
        ("every: 60s", "every: 1100ms"),
        ("every: 5s", "every: 500ms"),
        (
            "thresholds:\n",
            "checks:
  three partitions are gone, or none: SELECT count(*) IN (24, 27) FROM pg_inherits WHERE inhparent = 'audit_log'::regclass
thresholds:\n",
        ),
    ];
    let left = run("tests/scenarios/audit-log.yaml", &rewrites);
    for name in ["detach concurrently", "drop", "delete"] {
        let variant = left.variant(name);
        for operation in ["record change", "changes of a user", "retention"] {
            variant.assert_sound(operation);
        }
        let retention = variant.account("retention");
        assert_eq!((retention.scheduled, retention.succeeded + retention.skipped), (3, 3), "{retention:?}");
        assert!(variant.round.checks.iter().all(|check| check.held), "{name}: {:?}", variant.round.checks);
        let judged = variant.judged("blocked by retention");
        assert!(matches!(judged.verdict, Verdict::Pass | Verdict::Fail), "{judged:?}");
        let size = variant.gauge("size of the log");
        let shrinks = size.last() < size.first();
        assert_eq!(shrinks, name != "delete", "a DELETE gives nothing back: {size:?}");
    }
    let detaching = left.variant("detach concurrently").account("retention");
    assert_eq!(detaching.statements, 3 * detaching.succeeded, "the query, DETACH and DROP: {detaching:?}");
}

#[test]
fn a_materialized_view_gives_the_same_result_and_ages() {
    let rewrites = [("warmup: 5s, measure: 60s", "warmup: 1s, measure: 5s"), ("every: 10s", "every: 2s")];
    let left = run("tests/scenarios/materialized-view.yaml", &rewrites);
    let (live, view) = (left.variant("live aggregate"), left.variant("materialized view"));
    for variant in [live, view] {
        variant.assert_sound("place order");
        variant.assert_sound("dashboard");
        assert_eq!(variant.judged("max").verdict, Verdict::Pass, "the age is judged");
        assert_eq!(variant.judged("same result").verdict, Verdict::Pass, "{:?}", variant.judged("same result"));
    }
    assert_eq!(view.judged("same result").limit, "same result as live aggregate");
    view.assert_sound("refresh");
    assert!(live.gauge("age of the data").iter().all(|age| *age == 0.0));
    let ages = view.gauge("age of the data");
    assert!(ages.windows(2).any(|pair| pair[1] < pair[0]), "a refresh makes it young again: {ages:?}");
}

#[test]
fn variants_that_answer_otherwise_fail_and_show_the_rows() {
    let rewrites = [
        ("warmup: 5s, measure: 60s", "warmup: 1s, measure: 1s"),
        ("SELECT day, category, region, revenue FROM", "SELECT day, category, region, revenue + 1 FROM"),
    ];
    let left = run("tests/scenarios/materialized-view.yaml", &rewrites);
    let judged = left.variant("materialized view").judged("same result");
    assert_eq!((judged.verdict, left.result.verdict), (Verdict::Fail, Verdict::Fail));
    let reason = judged.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("only here, such as (20") && reason.contains("only in live aggregate"), "{reason}");
    let told = left.result.confessions.iter().filter(|each| each.contains("does not answer as the others do"));
    assert_eq!(told.count(), 1, "{:?}", left.result.confessions);
}

#[test]
fn pages_that_never_touch_the_table_starve_behind_the_lock_of_their_pool() {
    let rewrites =
        [("warmup: 5s, before: 20s, after: 30s", "warmup: 1s, before: 2s, after: 3s"), ("pause: 8s", "pause: 4s")];
    let left = run("tests/scenarios/pool-starvation.yaml", &rewrites);
    let (alter, patient) = (left.variant("alter"), left.variant("alter with lock_timeout"));
    for variant in [alter, patient] {
        variant.assert_migrated();
    }
    assert!(alter.failed("product page", "pool_full") > 0, "{:?}", alter.account("product page"));
    let stall = |variant: Shown<'_>| {
        variant.round.operations[1].impact.as_ref().map(|impact| impact.longest_stall).expect("it was judged")
    };
    assert!(stall(alter) > stall(patient), "{:?} {:?}", stall(alter), stall(patient));
    let lost = |variant: Shown<'_>| variant.failed("product page", "pool_full");
    assert!(lost(alter) > lost(patient), "{} {}", lost(alter), lost(patient));
    assert!(patient.round.steps[0].lock_timeouts > 0, "{:?}", patient.round.steps[0]);
    assert_eq!(alter.round.steps[0].attempts, 1);
}
