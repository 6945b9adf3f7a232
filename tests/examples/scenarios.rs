//! The scenarios that the README shows: what their migrations do to tables and locks does not depend on size.

use crate::left::{SHORT, Shown, run};
use shakedown::result::model::Verdict;

#[test]
fn a_volatile_default_rewrites_the_table_and_the_steps_do_not() {
    let left = run("scenarios/add-memo.yaml", &[SHORT]);
    let (at_once, stepwise) = (left.variant("one statement"), left.variant("stepwise"));
    assert!(!at_once.rewritten().is_empty(), "{:?}", at_once.round.steps);
    assert!(at_once.held("transactions", "ACCESS EXCLUSIVE"), "{:?}", at_once.round.steps);
    assert_eq!(stepwise.rewritten(), Vec::<&str>::new());
    assert!(stepwise.round.steps.iter().any(|step| step.batches > 0 && step.rows > 0));
    let validated = stepwise.step("ALTER TABLE transactions VALIDATE");
    assert!(!validated.scanned.is_empty(), "{validated:?}");
    at_once.assert_caught(&["migration rewrites"]);
    for variant in [at_once, stepwise] {
        variant.assert_migrated();
        variant.assert_sound("account page");
        assert!(variant.round.checks.iter().all(|check| check.held), "{:?}", variant.round.checks);
    }
}

#[test]
fn an_index_is_built_under_share_unless_concurrently() {
    let left = run("scenarios/create-index.yaml", &[SHORT]);
    let (plain, beside) = (left.variant("plain"), left.variant("concurrently"));
    assert!(plain.held("events", "SHARE"), "{:?}", plain.round.steps);
    assert!(beside.held("events", "SHARE UPDATE EXCLUSIVE"), "{:?}", beside.round.steps);
    assert!(!beside.held("events", "SHARE"), "{:?}", beside.round.steps);
    plain.assert_caught(&["migration lock"]);
    assert_eq!(beside.judged("lock").verdict, Verdict::Pass, "{:?}", beside.judged("lock"));
    for variant in [plain, beside] {
        variant.assert_migrated();
        variant.assert_sound("record event");
        variant.assert_sound("event by id");
    }
    assert_eq!(plain.round.schema, beside.round.schema);
}

#[test]
fn an_instant_change_waits_behind_the_report_unless_it_gives_up_early() {
    let left = run("scenarios/add-column.yaml", &[SHORT, ("pause: 6s", "pause: 3s")]);
    let (at_once, patient) = (left.variant("at once"), left.variant("with lock_timeout"));
    for variant in [at_once, patient] {
        variant.assert_migrated();
        assert!(variant.held("orders", "ACCESS EXCLUSIVE"), "{:?}", variant.round.steps);
        assert_eq!(variant.rewritten(), Vec::<&str>::new());
    }
    let waited = at_once.round.steps[0].locks.iter().find(|lock| lock.mode == "ACCESS EXCLUSIVE");
    let waited = waited.and_then(|lock| Some(lock.granted?.saturating_sub(lock.asked?)));
    assert!(waited.is_some_and(|waited| waited.as_secs_f64() > 1.0), "{waited:?}");
    assert!(patient.round.steps[0].lock_timeouts > 0, "{:?}", patient.round.steps[0]);
    assert_eq!(at_once.round.schema, patient.round.schema);
}

#[test]
fn each_file_of_a_directory_is_a_step_of_its_own() {
    let left = run("scenarios/migrations.yaml", &[SHORT]);
    let (written, old_scale) = (left.variant("as they are written"), left.variant("with the old scale"));
    let names: Vec<&str> = written.round.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["V3__currency_of_an_order.sql", "V4__larger_totals.sql", "V5__find_orders_by_day.sql"]);
    assert_eq!(written.step("V3").rewritten, Vec::<String>::new());
    assert!(written.step("V4").rewritten.iter().any(|table| table.ends_with("orders")), "{:?}", written.step("V4"));
    assert_eq!(old_scale.rewritten(), Vec::<&str>::new());
    assert_eq!(written.judged("rewrites").verdict, Verdict::Fail, "it is caught at any scale");
    assert_eq!(old_scale.judged("rewrites").verdict, Verdict::Pass);
    let beside = |shown: Shown<'_>| shown.step("V5").locks.iter().all(|lock| lock.mode != "SHARE");
    for variant in [written, old_scale] {
        variant.assert_migrated();
        variant.assert_sound("order history");
        variant.assert_sound("place order");
        assert!(beside(variant), "{:?}", variant.step("V5"));
        assert!(variant.round.checks.iter().all(|check| check.held), "{:?}", variant.round.checks);
    }
}
