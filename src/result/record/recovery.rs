//! Whether all is as it was before the migration.
//!
//! Seconds are counted by when operations *ended*: that is known at once, where the fate of what is still due is not.
//! The time before gives the worst second; a later one that is no worse, in full behind the last step, with no wait
//! left that began earlier, is the first good one. Response time has the queue in it: no worse means that it is empty.

use crate::figures::FullSecond;
use crate::latency::Latencies;
use crate::sample::{Outcome, Sample};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long after a second's end all that ended in it has been reported.
const LATEST_REPORT: Duration = Duration::from_millis(500);

/// Watches all traffic, second by second.
#[derive(Debug)]
pub(super) struct Recovery {
    operations: usize,
    seconds: BTreeMap<u64, Vec<Ended>>,
    /// The first second not looked at yet.
    next: u64,
    ordinary: Vec<Ordinary>,
}

/// What ended of one operation in a second.
#[derive(Clone, Debug)]
struct Ended {
    count: u64,
    errors: u64,
    response: Latencies,
}

/// The seconds of `before`, of one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Ordinary {
    pub(super) seconds: Vec<FullSecond>,
}

impl Ordinary {
    /// Whether a second is no worse than the worst.
    fn allows(&self, second: &FullSecond) -> bool {
        if self.seconds.is_empty() {
            return true;
        }
        let answered = self.seconds.iter().all(|each| each.count > 0);
        let slowest = self.seconds.iter().map(|each| each.p99).max().unwrap_or_default();
        let most_errors = self.seconds.iter().map(|each| each.errors).fold(0.0, f64::max);
        match second.count {
            0 => !answered,
            _ => second.p99 <= slowest && second.errors <= most_errors,
        }
    }
}

/// A full second, complete.
pub(super) struct Complete {
    pub(super) start: Duration,
    pub(super) end: Duration,
    pub(super) operations: Vec<FullSecond>,
}

impl Recovery {
    pub(super) fn new(operations: usize) -> Self {
        Self { operations, seconds: BTreeMap::new(), next: 0, ordinary: vec![Ordinary::default(); operations] }
    }

    /// Sees one that ended.
    pub(super) fn ended(&mut self, sample: &Sample) {
        let second = sample.finished.as_secs();
        if second < self.next || matches!(sample.outcome, Outcome::Dropped | Outcome::Skipped) {
            return;
        }
        let none = || vec![Ended { count: 0, errors: 0, response: Latencies::coarse() }; self.operations];
        let seconds = self.seconds.entry(second).or_insert_with(none);
        if let Some(ended) = seconds.get_mut(usize::from(sample.operation)) {
            ended.count += 1;
            ended.errors += u64::from(matches!(sample.outcome, Outcome::Failed(_)));
            if sample.was_tried() {
                ended.response.record(sample.response_time());
            }
        }
    }

    /// The next second, once it is complete.
    pub(super) fn complete(&mut self, now: Duration) -> Option<Complete> {
        let start = Duration::from_secs(self.next);
        let end = start + Duration::from_secs(1);
        if now < end + LATEST_REPORT {
            return None;
        }
        let ended = self.seconds.remove(&self.next);
        let operations = match ended {
            Some(ended) => ended.iter().map(Ended::summed).collect(),
            None => vec![FullSecond::default(); self.operations],
        };
        self.next += 1;
        Some(Complete { start, end, operations })
    }

    /// That second was an ordinary one.
    pub(super) fn ordinary(&mut self, second: &Complete) {
        for (ordinary, each) in self.ordinary.iter_mut().zip(&second.operations) {
            ordinary.seconds.push(*each);
        }
    }

    /// Whether that second is no worse than ordinary ones, for each operation that counts.
    pub(super) fn is_over(&self, second: &Complete, counts: impl Fn(usize) -> bool) -> bool {
        let mut operations = self.ordinary.iter().zip(&second.operations).enumerate();
        operations.all(|(place, (ordinary, second))| !counts(place) || ordinary.allows(second))
    }

    /// The time before, by operation.
    pub(super) fn before(&self) -> &[Ordinary] {
        &self.ordinary
    }
}

impl Ended {
    fn summed(&self) -> FullSecond {
        FullSecond {
            count: self.count,
            errors: self.errors as f64 / self.count.max(1) as f64,
            p50: self.response.quantile(0.5),
            p99: self.response.quantile(0.99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_no_worse_than_the_worst_before_is_ordinary() {
        let second =
            |count, errors, p99| FullSecond { count, errors, p50: Duration::ZERO, p99: Duration::from_millis(p99) };
        let busy = Ordinary { seconds: vec![second(10, 0.0, 5), second(12, 0.1, 9)] };
        let sparse = Ordinary { seconds: vec![second(0, 0.0, 0), second(1, 0.0, 3)] };
        for (what, ordinary, found, allowed) in [
            ("as before", &busy, second(11, 0.0, 9), true),
            ("slower", &busy, second(11, 0.0, 10), false),
            ("more errors", &busy, second(11, 0.2, 5), false),
            ("silence where there was none", &busy, second(0, 0.0, 0), false),
            ("silence where there was some", &sparse, second(0, 0.0, 0), true),
            ("nothing to compare with", &Ordinary::default(), second(0, 0.0, 0), true),
        ] {
            assert_eq!(ordinary.allows(&found), allowed, "{what}");
        }
    }
}
