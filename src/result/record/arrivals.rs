//! Which arrivals were kept waiting, each counted once though it waits for a connection, then for a lock, then another.
//!
//! An arrival is known by its operation and its due time; what it did becomes known in pieces and in any order, but
//! within seconds, so nothing is kept for longer.

use crate::sample::Sample;
use crate::wait::{Actor, Wait};
use std::collections::HashMap;
use std::time::Duration;

/// From so long a wait for a connection on, somebody was kept waiting.
const NOTEWORTHY: Duration = Duration::from_millis(10);
/// Longer than it takes until the last piece of an arrival is known.
const MEMORY: Duration = Duration::from_secs(10);

/// Arrivals of late that were kept waiting.
#[derive(Debug, Default)]
pub(super) struct KeptWaiting {
    lately: HashMap<(u16, Duration), Kept>,
}

#[derive(Debug)]
struct Kept {
    at: Duration,
    blocked: bool,
}

/// What was not known of an arrival before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// That it waited at all.
    pub(super) waited: bool,
    /// That it waited for a lock.
    pub(super) blocked: bool,
}

impl KeptWaiting {
    /// Whether this one waited for a connection, and was not known to have waited.
    pub(super) fn sample(&mut self, sample: &Sample) -> bool {
        let waited = sample.was_tried() && sample.pool_wait() >= NOTEWORTHY;
        waited && self.note((sample.operation, sample.due), sample.finished, false).waited
    }

    /// What is new of an arrival that waited for a lock.
    pub(super) fn wait(&mut self, wait: &Wait) -> News {
        match (&wait.waiter, wait.due) {
            (Actor::Operation(operation), Some(due)) => self.note((*operation, due), wait.end, true),
            // Nothing tells one arrival from the next: each wait counts.
            _ => News { waited: true, blocked: true },
        }
    }

    /// Forgets what is over.
    pub(super) fn advance(&mut self, now: Duration) {
        self.lately.retain(|_, kept| kept.at + MEMORY > now);
    }

    fn note(&mut self, arrival: (u16, Duration), at: Duration, blocked: bool) -> News {
        let known = self.lately.get(&arrival);
        let news = News { waited: known.is_none(), blocked: blocked && !known.is_some_and(|kept| kept.blocked) };
        let kept = self.lately.entry(arrival).or_insert(Kept { at, blocked });
        kept.at = kept.at.max(at);
        kept.blocked |= blocked;
        news
    }
}
