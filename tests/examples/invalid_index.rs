//! CREATE INDEX CONCURRENTLY that fails, that is tried again in the wrong way, and that is left in peace.

use crate::left::{SHORT, run};
use shakedown::step::StepOutcome;

#[test]
fn an_invalid_index_is_noticed_whether_its_migration_failed_or_not() {
    let left = run("scenarios/invalid-index.yaml", &[SHORT, ("pause: 4s", "pause: 2s")]);
    let [duplicate, again, patient, cleared] =
        ["with a duplicate", "tried again", "patiently", "cleared away"].map(|name| left.variant(name));

    for wrecked in [duplicate, again] {
        wrecked.assert_caught(&["every index is valid check"]);
        assert!(wrecked.round.sentence.contains("`customers_email` is left invalid"), "{}", wrecked.round.sentence);
        wrecked.assert_sound("sign up");
    }
    let failed = &duplicate.round.steps[0].outcome;
    let is_unique = |class: &Option<String>| class.as_deref() == Some("unique_violation");
    assert!(matches!(failed, StepOutcome::Failed { class, .. } if is_unique(class)), "{failed:?}");
    // The migration that was tried again is green.
    again.assert_migrated();
    let step = &again.round.steps[0];
    assert_eq!((step.lock_timeouts, step.attempts), (1, 2), "{step:?}");

    for whole in [patient, cleared] {
        whole.assert_kept();
        whole.assert_migrated();
        assert!(whole.round.checks.iter().all(|check| check.held), "{:?}", whole.round.checks);
        assert!(!whole.round.sentence.contains("invalid"), "{}", whole.round.sentence);
        assert_eq!(whole.account("sign up").errors(), 0);
    }
}
