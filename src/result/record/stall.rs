//! The longest time in which nothing succeeded although something was due.
//!
//! Between two successes, a stall begins with the first arrival that is unanswered by then, or has failed since: while
//! nothing is due, silence is no stall. A long operation makes every silence within its own span one, and it
//! is known only once it ends, so the silences of the past are kept: of these only such as are longer than all later
//! ones, for whoever looks back sees up to the present. That is a handful.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Workers report in batches, and none holds one back for so long.
const LATEST_REPORT: Duration = Duration::from_secs(1);

/// One operation that ended, as far as stalls are concerned; ordered by its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ending {
    pub(super) finished: Duration,
    pub(super) due: Duration,
    pub(super) succeeded: bool,
}

/// Follows one operation, or all, from a moment on.
#[derive(Debug)]
pub(super) struct Stalls {
    /// Ended, but others that ended before may still be reported.
    unordered: BinaryHeap<Reverse<Ending>>,
    last_success: Duration,
    /// The first arrival that has failed since.
    failing_since: Option<Duration>,
    /// Silences between successes, from the oldest and longest to the newest and shortest.
    silences: Vec<(Duration, Duration)>,
    start: Duration,
    longest: Duration,
}

impl Stalls {
    /// Looks from `start` on; what was due earlier and is unanswered counts from there.
    pub(super) fn from(start: Duration) -> Self {
        Self {
            unordered: BinaryHeap::new(),
            last_success: start,
            failing_since: None,
            silences: Vec::new(),
            start,
            longest: Duration::ZERO,
        }
    }

    /// One ended, in any order within [`LATEST_REPORT`].
    pub(super) fn add(&mut self, ending: Ending) {
        self.unordered.push(Reverse(ending));
    }

    /// It is `now`.
    pub(super) fn advance(&mut self, now: Duration) {
        let settled = now.saturating_sub(LATEST_REPORT);
        while self.unordered.peek().is_some_and(|Reverse(ending)| ending.finished <= settled) {
            if let Some(Reverse(ending)) = self.unordered.pop() {
                self.see(ending);
            }
        }
    }

    /// The longest until `end`; what ended later is seen as unanswered until then.
    pub(super) fn longest(mut self, end: Duration) -> Duration {
        while let Some(Reverse(ending)) = self.unordered.pop() {
            if ending.finished <= end {
                self.see(ending);
            } else if ending.due < end {
                self.see(Ending { finished: end, succeeded: false, ..ending });
            }
        }
        match self.failing_since {
            Some(since) => self.longest.max(end.saturating_sub(since)),
            None => self.longest,
        }
    }

    fn see(&mut self, ending: Ending) {
        if ending.finished <= self.start {
            return;
        }
        let due = ending.due.max(self.start);
        let past = self.silences.iter().map(|(from, until)| until.saturating_sub(due.max(*from)));
        self.longest = self.longest.max(past.max().unwrap_or_default());

        let unanswered = due.max(self.last_success);
        let since = self.failing_since.map_or(unanswered, |failing| failing.min(unanswered));
        self.longest = self.longest.max(ending.finished.saturating_sub(since));
        if !ending.succeeded {
            self.failing_since = Some(since);
        } else if ending.finished > self.last_success {
            self.silence(self.last_success, ending.finished);
            self.last_success = ending.finished;
            self.failing_since = None;
        }
    }

    fn silence(&mut self, from: Duration, until: Duration) {
        let length = |(from, until): (Duration, Duration)| until.saturating_sub(from);
        while self.silences.last().is_some_and(|last| length(*last) <= length((from, until))) {
            self.silences.pop();
        }
        self.silences.push((from, until));
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.silences.len() + self.unordered.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Due and finished in milliseconds, and whether it succeeded; looked at from 0 to 10,000.
    fn longest(endings: &[(u64, u64, bool)]) -> u128 {
        let mut stalls = Stalls::from(Duration::ZERO);
        for &(due, finished, succeeded) in endings {
            let [due, finished] = [due, finished].map(Duration::from_millis);
            stalls.add(Ending { finished, due, succeeded });
            stalls.advance(finished);
        }
        stalls.longest(Duration::from_secs(10)).as_millis()
    }

    #[test]
    fn a_stall_is_silence_while_something_is_due() {
        for (what, endings, expected) in [
            ("nothing at all", &[][..], 0),
            ("nothing due for long is no stall", &[(100, 110, true), (9000, 9010, true)], 10),
            ("one that waits", &[(100, 110, true), (200, 3200, true)], 3000),
            ("the first of many that wait", &[(100, 110, true), (200, 3200, true), (300, 3201, true)], 3000),
            ("an answer ends it", &[(100, 110, true), (200, 3200, true), (3100, 3210, true)], 3000),
            ("a failure is no answer", &[(100, 600, false), (700, 1200, false), (1300, 1310, true)], 1210),
            ("a failure is not outstanding for ever once answered", &[(100, 600, false), (700, 710, true)], 610),
            ("never answered until the end", &[(4000, 4500, false)], 6000),
            ("another's answer in between", &[(0, 4000, true), (10, 20, true), (2000, 2020, true)], 2000),
            ("one that spans silences", &[(0, 10, true), (3000, 3005, true), (2000, 4000, true)], 1005),
            ("what was due before the start", &[(0, 2500, true)], 2500),
            ("cut at the end", &[(1000, 1001, true), (6000, 10_000, false)], 4000),
        ] {
            assert_eq!(longest(endings), expected, "{what}");
        }
    }

    #[test]
    fn the_order_of_reports_within_a_second_does_not_matter() {
        let mut endings = [(0, 10, true), (20, 520, true), (400, 530, true), (530, 560, false), (700, 900, true)];
        let expected = longest(&endings);
        endings.reverse();
        assert_eq!(longest(&endings), expected);
        assert_eq!(expected, 500);
    }

    #[test]
    fn what_is_kept_does_not_grow_with_what_was_seen() {
        let mut stalls = Stalls::from(Duration::ZERO);
        let mut most = 0;
        for each in 0..200_000_u64 {
            let due = Duration::from_millis(each);
            // Answer times that vary without a pattern in time.
            let finished = due + Duration::from_micros(each.wrapping_mul(6_364_136_223_846_793_005) >> 50);
            stalls.add(Ending { finished, due, succeeded: each % 7 > 0 });
            stalls.advance(due);
            most = most.max(stalls.kept());
        }
        assert!(most < 1_200, "{most} kept, more than arrive within a second");
    }
}
