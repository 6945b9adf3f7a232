//! Limits on a step, or on the whole migration.

use super::{Figure, Finding};
use crate::figures::WaitGroup;
use crate::mode::Mode;
use crate::phase::Phase;
use crate::step::{LockTaken, StepFacts, StepOutcome};
use crate::units::{human, thousands};
use crate::verdict::Measured;
use crate::verdict::judgement::Verdict;

/// So many are named, and the others counted.
const MOST_NAMED: usize = 3;

/// Of steps with their places, at least one.
pub(super) fn finding(figure: &Figure, bound: f64, steps: &[(usize, &StepFacts)], measured: &Measured<'_>) -> Finding {
    let facts = || steps.iter().map(|(_, facts)| *facts);
    if facts().all(|facts| facts.started.is_none()) {
        return Finding::nothing("it was not reached");
    }
    let finding = match figure {
        Figure::Duration => took(steps, bound),
        Figure::Lock => lock(steps, bound),
        Figure::Rewrites => named(figure, steps, bound, |facts| &facts.rewritten),
        Figure::Scans if facts().any(|facts| facts.scans_unknown) => {
            Finding::nothing("what a command reads from end to end is not known")
        }
        Figure::Scans => named(figure, steps, bound, |facts| &facts.scanned),
        Figure::LongestBlock => {
            let longest = behind(steps, measured).map(|group| group.longest).max();
            Finding::held(figure, longest.unwrap_or_default().as_secs_f64(), bound)
        }
        Figure::Blocked { by: None } => Finding::held(figure, blocked_behind(steps, measured), bound),
        Figure::Wal => Finding::held(figure, facts().map(|facts| facts.wal_bytes as f64).sum(), bound),
        Figure::Growth => growth(steps, bound),
        Figure::Recovery => return recovery(steps, bound, measured),
        _ => return Finding::nothing("not a limit for a step"),
    };
    // What it had not done yet may have broken the limit.
    match finding.verdict {
        Verdict::Pass if facts().any(|facts| facts.outcome != StepOutcome::Done) => {
            finding.unsure("it did not end as it should".to_owned())
        }
        _ => finding,
    }
}

/// From the start of the first to the end of the last.
fn took(steps: &[(usize, &StepFacts)], most: f64) -> Finding {
    let started = steps.iter().filter_map(|(_, facts)| facts.started).min();
    let ended = steps.iter().filter_map(|(_, facts)| facts.ended).max();
    let (Some(started), Some(ended)) = (started, ended) else { return Finding::nothing("it did not end") };
    Finding::held(&Figure::Duration, ended.saturating_sub(started).as_secs_f64(), most)
}

/// The strongest lock on what the migration did not make itself.
fn lock<'a>(steps: &[(usize, &'a StepFacts)], most: f64) -> Finding {
    let old = |facts: &'a StepFacts| facts.locks.iter().filter(|lock| !facts.made.contains(&lock.relation));
    let locks = steps.iter().flat_map(|(_, facts)| old(facts));
    let mut locks: Vec<(Mode, &LockTaken)> = locks.filter_map(|lock| Some((Mode::named(&lock.mode)?, lock))).collect();
    // Of equals the first: that is the step to begin with.
    locks.reverse();
    let Some((mode, lock)) = locks.into_iter().max_by_key(|(mode, _)| *mode) else {
        return Finding {
            reason: Some("a lock held for less than the 10 ms between two looks may have gone unseen".to_owned()),
            ..Finding::new("none seen".to_owned(), None, Verdict::Pass)
        };
    };
    let verdict = if f64::from(mode as u8) > most { Verdict::Fail } else { Verdict::Pass };
    Finding::new(format!("{} on {}", mode.words(), lock.relation), None, verdict)
}

/// How many things that the migration did not make itself, and which.
fn named<'a>(figure: &Figure, steps: &[(usize, &'a StepFacts)], most: f64, of: fn(&StepFacts) -> &[String]) -> Finding {
    let old = |facts: &'a StepFacts| of(facts).iter().filter(|name| !facts.made.contains(name));
    let names: Vec<&str> = steps.iter().flat_map(|(_, facts)| old(facts)).map(String::as_str).collect();
    let finding = Finding::held(figure, names.len() as f64, most);
    let mut told = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMED {
        told.push_str(", …");
    }
    match names.is_empty() {
        true => finding,
        false => Finding { found: format!("{} ({told})", thousands(names.len() as u64)), ..finding },
    }
}

/// Waits of operations that one of the steps is to blame for; warm-up left out.
fn behind<'a>(
    steps: &'a [(usize, &StepFacts)],
    measured: &'a Measured<'_>,
) -> impl Iterator<Item = &'a WaitGroup> + use<'a> {
    let is_blamed = |group: &&WaitGroup| {
        let blamed = group.cause.step().map(usize::from);
        group.phase != Phase::Warmup && steps.iter().any(|(place, _)| blamed == Some(*place))
    };
    let waited = |group: &&WaitGroup| group.waiters.iter().any(|(name, ..)| is_operation(name, measured));
    measured.waits.iter().filter(is_blamed).filter(waited)
}

fn blocked_behind(steps: &[(usize, &StepFacts)], measured: &Measured<'_>) -> f64 {
    let waiters = behind(steps, measured).flat_map(|group| &group.waiters);
    waiters.filter(|(name, ..)| is_operation(name, measured)).map(|(.., ms)| ms / 1e3).sum::<f64>().max(0.0)
}

fn is_operation(name: &str, measured: &Measured<'_>) -> bool {
    measured.operations.iter().any(|traffic| traffic.name == name)
}

fn growth(steps: &[(usize, &StepFacts)], most: f64) -> Finding {
    if steps.iter().any(|(_, facts)| facts.sizes_unknown) {
        return Finding::nothing("a table was locked when sizes were read");
    }
    let grown: i64 = steps.iter().flat_map(|(_, facts)| &facts.growth).map(|(_, bytes)| bytes).sum();
    Finding::held(&Figure::Growth, grown as f64, most)
}

/// From the end of the last step on. What had not recovered at the end of the round took at least until then.
fn recovery(steps: &[(usize, &StepFacts)], most: f64, measured: &Measured<'_>) -> Finding {
    let ended = steps.iter().filter_map(|(_, facts)| facts.ended).max();
    let (Some(impact), Some(ended)) = (measured.impact, ended) else {
        return Finding::nothing("the round ended before it could recover");
    };
    let took = impact.end.saturating_sub(ended);
    let finding = Finding::held(&Figure::Recovery, took.as_secs_f64(), most);
    if impact.recovered {
        return finding;
    }
    let found = format!("≥ {}", human(took));
    match finding.verdict {
        Verdict::Fail => Finding { found, ..finding },
        _ => Finding { found, ..finding }.unsure("it had not recovered when the round ended".to_owned()),
    }
}
