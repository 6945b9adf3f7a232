//! Migrations by tools that others have written, installed as the scenarios say: what they send is theirs, what is found
//! out about it is ours.

use crate::left::{Left, Shown, run_as};
use shakedown::result::model::{Judgement, Verdict};
use shakedown::step::StepFacts;
use std::time::Duration;

/// Long enough to show structure; data and commands take most of the time.
const AROUND: (&str, &str) = ("warmup: 5s, before: 15s, after: 15s", "warmup: 1s, before: 2s, after: 2s");

fn rehearsed(name: &str, scale: &str) -> Left {
    let left = run_as(&format!("scenarios/{name}.yaml"), &[AROUND], &["--scale", scale]);
    for variant in &left.result.variants {
        let shown = left.variant(&variant.name);
        shown.assert_migrated();
        assert!(shown.round.checks.iter().all(|check| check.held), "{}: {:?}", variant.name, shown.round.checks);
        // What tools are prepared with is done once, and kept.
        assert_eq!(shown.round.tools.is_empty(), shown.round.round > 0, "{:?}", shown.round.tools);
    }
    left
}

/// That a variant broke these limits.
fn assert_caught(shown: Shown<'_>, limits: &[&str]) {
    for limit in limits {
        let judged = shown.judged(limit);
        assert_eq!(judged.verdict, Verdict::Fail, "{limit}: {judged:?}");
    }
}

/// That a variant broke no limit, those on waiting aside, and let an operation wait for half as long as another one at
/// most: a machine that stands still prolongs the shortest lock.
fn assert_careful(shown: Shown<'_>, operation: &str, other: Shown<'_>) {
    let broken = |judged: &&Judgement| judged.verdict == Verdict::Fail && judged.word != "blocked_by";
    let broken: Vec<_> = shown.round.judgements.iter().filter(broken).collect();
    assert!(broken.is_empty(), "{broken:?}");
    let (ours, theirs) = (blocked(shown, operation), blocked(other, operation));
    assert!(ours * 2.0 <= theirs, "{operation} waited {ours} ms, and {theirs} ms in the other");
}

/// Milliseconds that an operation waited behind the migration.
fn blocked(shown: Shown<'_>, operation: &str) -> f64 {
    let behind = shown.round.waits.iter().filter(|group| group.cause.step().is_some());
    behind.flat_map(|group| &group.waiters).filter(|(name, ..)| name == operation).map(|(.., ms)| ms).sum()
}

/// How long the only step held its strongest lock on a table, or the longest of several times.
fn held(step: &StepFacts, table: &str) -> Duration {
    let lock = step.locks.iter().find(|lock| lock.relation == table).expect("it was seen");
    lock.granted.zip(lock.released).map(|(from, until)| until.saturating_sub(from)).expect("it was given back")
}

fn sent(step: &StepFacts, words: &str) -> bool {
    step.statements.iter().any(|seen| seen.text.contains(words))
}

#[test]
fn django_builds_the_index_under_the_lock_of_the_column_and_takes_the_default_away() {
    let left = rehearsed("django-migration", "0.2");
    let generated = left.variant("as generated");
    assert_caught(generated, &["blocked by migrate", "errors"]);
    assert!(generated.failed("post payment", "not_null_violation") > 0, "{:?}", generated.account("post payment"));
    let step = generated.step("migrate");
    assert!(sent(step, "CREATE INDEX"), "{:?}", step.statements);
    assert!(step.printed.iter().any(|line| line.contains("0002_memo... OK")), "{:?}", step.printed);
    let careful = left.variant("careful");
    assert_careful(careful, "account page", generated);
    careful.assert_sound("post payment");
    assert!(sent(careful.step("migrate"), "CREATE INDEX CONCURRENTLY"), "{:?}", careful.step("migrate").statements);
}

#[test]
fn alembic_stops_writers_while_it_builds_an_index_unless_it_is_built_concurrently() {
    let left = rehearsed("alembic-migration", "0.2");
    let written = left.variant("as written");
    assert_caught(written, &["blocked by upgrade", "lock"]);
    assert_eq!(written.judged("lock").found, "SHARE on transactions");
    let careful = left.variant("careful");
    assert_careful(careful, "post payment", written);
    assert_eq!(careful.judged("lock").found, "SHARE UPDATE EXCLUSIVE on transactions");
    // A lock is charged with the time for which it was held, not with that of the command around it.
    let step = written.step("upgrade");
    let whole = step.ended.zip(step.started).map(|(ended, started)| ended.saturating_sub(started));
    assert!(whole.is_some_and(|whole| held(step, "transactions") < whole), "{step:?}");
}

#[test]
fn typeorm_makes_one_transaction_of_three_migrations_unless_it_is_told_otherwise() {
    let left = rehearsed("typeorm-migration", "0.1");
    let three = left.variant("three migrations");
    assert_careful(left.variant("one statement"), "account page", three);
    assert_caught(three, &["blocked by migrate"]);
    let careful = left.variant("careful");
    assert_careful(careful, "account page", three);
    let filled = |shown: Shown<'_>| {
        shown.step("migrate").growth.iter().any(|(table, bytes)| table == "transactions" && *bytes > 0)
    };
    assert!(filled(three) && filled(careful), "rows were written");
    assert!(held(three.step("migrate"), "transactions") > held(careful.step("migrate"), "transactions"));
}

#[test]
fn prisma_rewrites_a_table_and_builds_an_index_as_one_or_takes_small_steps() {
    let left = rehearsed("prisma-migration", "0.1");
    let generated = left.variant("as generated");
    assert_caught(generated, &["rewrites", "blocked by deploy"]);
    let careful = left.variant("careful");
    assert_careful(careful, "account page", generated);
    assert!(
        sent(careful.step("deploy"), "CREATE UNIQUE INDEX CONCURRENTLY"),
        "{:?}",
        careful.step("deploy").statements
    );
}
