//! What a migration does to the tables, then and now: locks, rewrites, scans. Chance has no part in these.

use super::Change;
use crate::mode::Mode;
use crate::step::{LockTaken, StepFacts, StepOutcome};
use crate::verdict::comparison::{Alternative, Conclusion};
use crate::verdict::threshold::Subject;
use std::collections::BTreeSet;
use std::time::Duration;

/// The whole migration, as limits call it.
pub(super) const WHOLE: &str = "migration";

/// What is compared: its word, and what a step did of it.
type Deeds = (&'static str, fn(&StepFacts) -> BTreeSet<String>);

const DEEDS: [Deeds; 4] = [
    ("locks", |step| step.locks.iter().map(lock).collect()),
    ("rewrites", |step| step.rewritten.iter().cloned().collect()),
    ("scans", |step| step.scanned.iter().cloned().collect()),
    ("failures", failure),
];

fn lock(lock: &LockTaken) -> String {
    format!("{}{ON}{}", lock.mode, lock.relation)
}

/// Between a mode and its relation.
const ON: &str = " on ";

/// Without the message: it may name values and times.
fn failure(step: &StepFacts) -> BTreeSet<String> {
    let said = match &step.outcome {
        StepOutcome::Failed { class, .. } => class.clone().unwrap_or_else(|| "failed".to_owned()),
        StepOutcome::Cut => "cut".to_owned(),
        StepOutcome::Done | StepOutcome::NotReached => return BTreeSet::new(),
    };
    BTreeSet::from([format!("{}: {said}", step.name)])
}

/// Of the whole migration, and of each step that both have.
pub(super) fn compare(newest: &Alternative<'_>, all: &[&Alternative<'_>], now: &Alternative<'_>) -> Vec<Change> {
    let mut names = vec![None];
    names.extend(steps(now).map(|step| step.name.as_str()).collect::<BTreeSet<_>>().into_iter().map(Some));
    let is_there = |earlier: &Alternative<'_>, name: Option<&str>| steps(earlier).any(|step| is_named(step, name));
    let mut changes = Vec::new();
    for name in names.into_iter().filter(|name| is_there(newest, *name) && is_there(now, *name)) {
        for (word, of) in DEEDS {
            let done = |alternative: &Alternative<'_>| -> BTreeSet<String> {
                steps(alternative).filter(|step| is_named(step, name)).flat_map(of).collect()
            };
            let known = all.iter().skip(1).any(|earlier| done(earlier) == done(now));
            let deeds = [done(newest), done(now)];
            // What none of them did is not worth a line.
            if deeds.iter().any(|deeds| !deeds.is_empty()) {
                changes.push(change(now.name, name.unwrap_or(WHOLE), word, &deeds, known, all.len()));
            }
        }
    }
    changes
}

/// Whether one of these is as bad: the same, or a lock at least as strong on the same relation.
fn covers(all: &BTreeSet<String>, deed: &str) -> bool {
    let lock = |deed: &str| {
        let (mode, relation) = deed.split_once(ON)?;
        Some((Mode::named(mode)?, relation.to_owned()))
    };
    let is_stronger = |each: &String| {
        lock(each).zip(lock(deed)).is_some_and(|((one, here), (other, there))| here == there && one >= other)
    };
    all.contains(deed) || all.iter().any(is_stronger)
}

fn steps<'a>(alternative: &Alternative<'a>) -> impl Iterator<Item = &'a StepFacts> {
    let steps: Vec<&[StepFacts]> = alternative.rounds.iter().map(|round| round.steps).collect();
    steps.into_iter().flatten()
}

fn is_named(step: &StepFacts, name: Option<&str>) -> bool {
    name.is_none_or(|name| step.name == name)
}

fn change(
    variant: &str,
    step: &str,
    word: &str,
    [then, now]: &[BTreeSet<String>; 2],
    is_known: bool,
    runs: usize,
) -> Change {
    let covered = |some: &BTreeSet<String>, all: &BTreeSet<String>| some.iter().all(|deed| covers(all, deed));
    let differs = match (covered(then, now), covered(now, then)) {
        (true, true) => Conclusion::Same,
        (true, false) => Conclusion::Worse,
        (false, true) => Conclusion::Better,
        (false, false) => Conclusion::CannotTell,
    };
    let is_known = is_known && differs != Conclusion::Same;
    let said = |deeds: &BTreeSet<String>| match deeds.is_empty() {
        true => "none".to_owned(),
        false => deeds.iter().cloned().collect::<Vec<_>>().join(", "),
    };
    Change {
        variant: variant.to_owned(),
        subject: Subject::Step(step.to_owned()),
        figure: word.to_owned(),
        round_trip: Duration::ZERO,
        said: (said(then), said(now)),
        values: Some((then.len() as f64, now.len() as f64)),
        ratio: None,
        runs: runs as u32,
        noise: None,
        interval: None,
        confidence: 0.0,
        detectable: None,
        conclusion: if is_known { Conclusion::CannotTell } else { differs },
        remark: is_known.then(|| "an earlier run had it so as well".to_owned()),
    }
}
