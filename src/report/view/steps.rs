//! The steps of the migration and their facts.

use super::badge::Badge;
use super::round::Shown;
use crate::report::chart::gantt;
use crate::report::chart::time::Origin;
use crate::report::words;
use crate::step::{LockTaken, StatementSeen, StepFacts, StepOutcome};

/// Messages, statements and locks beyond these are counted.
const LISTED: usize = 30;

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Counted from one.
    pub(crate) number: usize,
    /// On one line.
    pub(crate) name: String,
    /// In full, where that is more.
    pub(crate) text: String,
    /// How it ended.
    pub(crate) badge: Badge,
    /// How long it took; nothing where it was not reached.
    pub(crate) length: String,
    /// The server's message, where it failed.
    pub(crate) error: String,
    /// Facts with their names.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Locks.
    pub(crate) locks: Vec<Lock>,
    /// What the server said.
    pub(crate) messages: Vec<String>,
    /// What a command was seen to send, with how long that took.
    pub(crate) statements: Vec<(String, String)>,
    /// What a command printed.
    pub(crate) printed: Vec<String>,
}

/// A lock that a step took or asked for.
#[derive(Clone, Debug)]
pub(crate) struct Lock {
    /// The table or index.
    pub(crate) relation: String,
    /// The mode.
    pub(crate) mode: String,
    /// How long it was waited for.
    pub(crate) waited: String,
    /// How long it was held.
    pub(crate) held: String,
}

/// The steps of a round.
pub(crate) fn steps(shown: Shown<'_>) -> Vec<Step> {
    (0_u16..).zip(&shown.round.steps).map(|(place, facts)| step(place, facts, shown)).collect()
}

fn step(place: u16, facts: &StepFacts, shown: Shown<'_>) -> Step {
    let name = words::shorten(&facts.name, 150);
    let (badge, error) = outcome(&facts.outcome);
    let length = match (facts.started, facts.ended) {
        (Some(started), Some(ended)) => words::length(ended.saturating_sub(started)),
        _ => String::new(),
    };
    let mut locks: Vec<&LockTaken> = facts.locks.iter().collect();
    locks.sort_by_key(|lock| {
        std::cmp::Reverse(lock.granted.zip(lock.released).map(|(from, until)| until.saturating_sub(from)))
    });
    Step {
        number: usize::from(place) + 1,
        text: if name == facts.text { String::new() } else { facts.text.chars().take(8_000).collect() },
        name,
        badge,
        length,
        error,
        facts: said(place, facts, shown),
        locks: locks.into_iter().take(LISTED).map(lock).collect(),
        messages: messages(facts),
        statements: statements(facts),
        printed: facts.printed.iter().map(|line| words::shorten(line, 400)).collect(),
    }
}

fn outcome(outcome: &StepOutcome) -> (Badge, String) {
    let (label, class, error) = match outcome {
        StepOutcome::Done => ("DONE", "pass", String::new()),
        StepOutcome::NotReached => ("NOT REACHED", "unjudged", String::new()),
        StepOutcome::Cut => ("CUT", "fail", "ended from outside: the migration's timeout, or an interrupt".to_owned()),
        StepOutcome::Failed { class, message } => {
            let class = class.as_ref().map_or(String::new(), |class| format!("{}: ", class.replace('_', " ")));
            ("FAILED", "fail", format!("{class}{message}"))
        }
    };
    (Badge { label, class }, error)
}

/// What there is to say; facts that are nothing are left out, but not that nobody had to wait.
fn said(place: u16, step: &StepFacts, shown: Shown<'_>) -> Vec<(&'static str, String)> {
    if step.started.is_none() {
        return Vec::new();
    }
    let origin = Origin::of(shown.round);
    let waited = gantt::total(&gantt::waiting(place, shown.series));
    let blocking = gantt::total(&gantt::blocking(place, shown.series));
    let queueing = gantt::total(&gantt::queueing(place, shown.series));
    let harm = [("others waited for its lock", blocking), ("others queued behind it", queueing)];
    let harm = harm
        .into_iter()
        .filter(|(_, length)| !length.is_zero())
        .map(|(label, length)| (label, format!("for {}", words::length(length))));
    let quiet =
        (blocking.is_zero() && queueing.is_zero()).then(|| ("others", "nobody was seen waiting for it".to_owned()));
    let times =
        [("sent", step.started.map_or(String::new(), |at| origin.words(at))), ("waited itself", words::length(waited))];
    times.into_iter().chain(harm).chain(quiet).chain(work(step)).collect()
}

fn work(step: &StepFacts) -> impl Iterator<Item = (&'static str, String)> {
    let attempts = match (step.attempts, step.lock_timeouts) {
        (0 | 1, 0) => String::new(),
        (attempts, 0) => attempts.to_string(),
        (attempts, timeouts) => format!("{attempts}, {} ended in lock_timeout", words::count(u64::from(timeouts))),
    };
    let growth =
        step.growth.iter().map(|(table, change)| format!("{table} {}", words::growth(*change))).collect::<Vec<_>>();
    let nonzero = |number: u64, said: String| if number == 0 { String::new() } else { said };
    [
        ("attempts", attempts),
        ("wrote anew", words::list(&step.rewritten)),
        ("read from end to end", words::list(&step.scanned)),
        ("rows changed", nonzero(step.rows, words::count(step.rows))),
        ("batches", nonzero(step.batches, words::count(step.batches))),
        ("write-ahead log", nonzero(step.wal_bytes, words::bytes(step.wal_bytes))),
        ("growth", growth.join(", ")),
    ]
    .into_iter()
    .filter(|(_, said)| !said.is_empty())
}

fn lock(lock: &LockTaken) -> Lock {
    let waited = lock.asked.zip(lock.granted).map(|(from, until)| words::length(until.saturating_sub(from)));
    let held = lock.granted.zip(lock.released).map(|(from, until)| words::length(until.saturating_sub(from)));
    Lock {
        relation: lock.relation.clone(),
        mode: lock.mode.clone(),
        waited: waited.unwrap_or_else(|| "–".to_owned()),
        held: held.unwrap_or_else(|| if lock.granted.is_none() { "never granted" } else { "–" }.to_owned()),
    }
}

fn messages(step: &StepFacts) -> Vec<String> {
    let said = step.messages.iter().take(LISTED).map(|message| words::shorten(message, 400));
    let more = step.messages.len().saturating_sub(LISTED);
    said.chain((more > 0).then(|| format!("… and {more} more"))).collect()
}

/// Those that took longest, in the order in which they were sent.
fn statements(step: &StepFacts) -> Vec<(String, String)> {
    let mut seen: Vec<&StatementSeen> = step.statements.iter().collect();
    seen.sort_by_key(|seen| std::cmp::Reverse(seen.longest));
    seen.truncate(LISTED);
    seen.sort_by_key(|seen| seen.first);
    let said = seen.into_iter().map(|seen| {
        let length = match seen.times {
            1 => words::length(seen.longest),
            times => format!("{} times, at most {}", words::count(u64::from(times)), words::length(seen.longest)),
        };
        (words::shorten(&seen.text, 400), length)
    });
    let more = step.statements.len().saturating_sub(LISTED);
    said.chain((more > 0).then(|| (format!("… and {more} more"), String::new()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_step_says_how_long_it_waited_and_how_long_others_did() {
        let (result, series) = sample::run(20, 1);
        let of = |place: usize| Shown {
            variant: &result.variants[place],
            number: 1,
            round: &result.variants[place].rounds[0],
            series: &series[place],
        };
        let one = &steps(of(0))[0];
        assert!(
            one.facts.iter().any(|(label, said)| *label == "others waited for its lock" && said.starts_with("for 4."))
        );
        let first = &steps(of(1))[0];
        assert!(first.facts.contains(&("waited itself", "200 ms".to_owned())));
        assert!(first.facts.contains(&("attempts", "3, 2 ended in lock_timeout".to_owned())));
        assert!(steps(of(1))[3].facts.contains(&("others", "nobody was seen waiting for it".to_owned())));
    }

    #[test]
    fn a_failed_step_gives_the_message_of_the_server() {
        let failed = StepOutcome::Failed {
            class: Some("lock_not_available".to_owned()),
            message: "canceling statement".to_owned(),
        };
        assert_eq!(outcome(&failed).1, "lock not available: canceling statement");
    }
}
