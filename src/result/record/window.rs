//! What is counted of one operation from the start of a migration until all has recovered, or of a `measure` phase.
//!
//! That a second was the last of the window is known only a little later, so the last seconds are kept apart until
//! then.

use super::arrivals::News;
use super::stall::{Ending, Stalls};
use crate::figures::ImpactFigures;
use crate::latency::Times;
use crate::sample::{Outcome, Sample};
use crate::wait::Wait;
use std::collections::BTreeMap;
use std::time::Duration;

/// The window of one operation.
#[derive(Debug)]
pub(super) struct Window {
    start: Duration,
    settled: ImpactFigures,
    /// Seconds that may turn out to lie behind the end.
    pending: BTreeMap<u64, ImpactFigures>,
    stalls: Stalls,
    /// Times of what was due in seconds before the first, and unfinished at the start.
    carried: Times,
}

impl Window {
    pub(super) fn new(start: Duration) -> Self {
        Self {
            start,
            settled: ImpactFigures::default(),
            pending: BTreeMap::new(),
            stalls: Stalls::from(start),
            carried: Times::coarse(),
        }
    }

    /// Counts one that belongs here; `waited` says whether it is the first time that this arrival is known to have
    /// been kept waiting.
    pub(super) fn sample(&mut self, sample: &Sample, waited: bool) {
        let figures = self.second(sample.due);
        figures.account.add(sample);
        if sample.was_tried() {
            figures.max = figures.max.max(sample.response_time());
            figures.waited += u64::from(waited);
            if sample.due.as_secs() < self.start.as_secs() {
                self.carried.record(sample);
            }
        }
    }

    /// Sees one that ended, whichever window it belongs to: whether anything succeeds is a matter of real time.
    pub(super) fn ended(&mut self, sample: &Sample) {
        if sample.outcome != Outcome::Skipped {
            let succeeded = sample.outcome == Outcome::Succeeded;
            self.stalls.add(Ending { finished: sample.finished, due: sample.due, succeeded });
        }
    }

    /// Counts a wait for a lock, as far as it lies behind the start.
    pub(super) fn wait(&mut self, wait: &Wait, news: News) {
        let length = wait.end.saturating_sub(wait.start.max(self.start));
        if length.is_zero() {
            return;
        }
        let figures = self.second(wait.due.unwrap_or(wait.start));
        figures.blocked += u64::from(news.blocked);
        figures.waited += u64::from(news.waited);
        figures.blocked_ms += length.as_secs_f64() * 1e3;
        figures.longest_wait = figures.longest_wait.max(length);
    }

    /// It is `now`, and the window's end is not known: seconds before `open` are part of it.
    pub(super) fn advance(&mut self, now: Duration, open: u64) {
        self.stalls.advance(now);
        while let Some(second) = self.pending.first_entry().filter(|second| *second.key() < open) {
            self.settled.merge(&second.remove());
        }
    }

    /// The sums over the window, its end known; stalls too, percentiles not.
    pub(super) fn closed(mut self, end: Duration) -> (ImpactFigures, Times) {
        let inside = self.pending.range(..(end + Duration::from_nanos(999_999_999)).as_secs());
        inside.for_each(|(_, second)| self.settled.merge(second));
        self.settled.longest_stall = self.stalls.longest(end);
        (self.settled, self.carried)
    }

    fn second(&mut self, due: Duration) -> &mut ImpactFigures {
        self.pending.entry(due.max(self.start).as_secs()).or_default()
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.pending.len() + self.stalls.kept()
    }
}
