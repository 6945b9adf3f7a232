//! When each arrival is due.
//!
//! A schedule is arithmetic: it owns no clock and never sleeps, so a table can test it and a late worker
//! cannot bend it. Arrival `n` is a point on an axis of unit rate, a function of (seed, operation, n) alone;
//! the rates over time only say when the clock reaches that point. So a change of rates moves arrivals, and
//! never makes others of them. It has no end: nobody knows how long a migration takes.

use crate::chance::Chance;
use crate::units::Rate;
use std::time::Duration;

/// An unbounded sequence of arrivals.
#[derive(Clone, Debug)]
pub struct Schedule {
    gaps: Gaps,
    stretches: Vec<Stretch>,
    /// The next arrival's number.
    next: u64,
    /// The next arrival's point on the axis of unit rate.
    point: f64,
}

/// Distances between arrivals at unit rate.
#[derive(Clone, Copy, Debug)]
enum Gaps {
    /// Exponential, with mean 1.
    Exponential(Chance),
    /// 1.
    Equal,
}

/// A time over which the rate changes evenly, or not at all. The last one lasts for ever and is constant.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// When it starts, in seconds.
    from: f64,
    /// How many arrivals are expected before it starts.
    before: f64,
    /// The rate at its start.
    rate: f64,
    /// How much the rate grows in a second.
    slope: f64,
}

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number, from 0.
    pub n: u64,
    /// When it is due.
    pub at: Duration,
}

impl Schedule {
    /// Independent arrivals (a Poisson process) from `begins` on.
    #[must_use]
    pub fn poisson(chance: Chance, begins: Duration, rate: Rate) -> Self {
        Self::new(Gaps::Exponential(chance), begins, rate)
    }

    /// Arrivals at equal distances; the first at `begins`.
    #[must_use]
    pub fn even(begins: Duration, rate: Rate) -> Self {
        Self::new(Gaps::Equal, begins, rate)
    }

    fn new(gaps: Gaps, begins: Duration, rate: Rate) -> Self {
        let stretch = Stretch { from: begins.as_secs_f64(), before: 0.0, rate: rate.0, slope: 0.0 };
        Self { gaps, stretches: vec![stretch], next: 0, point: gaps.before(0) }
    }

    /// Ramps evenly to another rate over a time, which begins where the last ramp ended.
    #[must_use]
    pub fn ramp(mut self, over: Duration, to: Rate) -> Self {
        let last = self.stretches.last_mut().expect("a schedule has a stretch from the start");
        let seconds = over.as_secs_f64();
        if seconds > 0.0 {
            last.slope = (to.0 - last.rate) / seconds;
        }
        let end =
            Stretch { from: last.from + seconds, before: last.before + last.area(seconds), rate: to.0, slope: 0.0 };
        self.stretches.push(end);
        self
    }

    /// The rate from `at` on, whatever was planned; what was due before stays.
    pub fn set_rate(&mut self, at: Duration, rate: Rate) {
        let from = at.as_secs_f64().max(self.stretches[0].from);
        let kept = self.stretches.partition_point(|stretch| stretch.from < from).max(1);
        self.stretches.truncate(kept);
        let last = self.stretches.last_mut().expect("at least one was kept");
        let changed = Stretch { from, before: last.before + last.area(from - last.from), rate: rate.0, slope: 0.0 };
        if (last.from - from).abs() < f64::EPSILON {
            *last = changed;
        } else {
            self.stretches.push(changed);
        }
    }

    /// The next arrival; `None` where the rate stays zero.
    #[must_use]
    pub fn peek(&self) -> Option<Due> {
        let at = self.time(self.point)?;
        Some(Due { n: self.next, at: Duration::try_from_secs_f64(at).ok()? })
    }

    /// Goes on to the arrival after the next.
    pub fn advance(&mut self) {
        self.next += 1;
        self.point += self.gaps.before(self.next);
    }

    /// When so many arrivals are expected, in seconds: the inverse of the cumulative rate.
    fn time(&self, point: f64) -> Option<f64> {
        // Of equal points the last: a pause at rate zero is passed over, not begun.
        let place = self.stretches.partition_point(|stretch| stretch.before <= point).max(1) - 1;
        let stretch = self.stretches[place];
        let is_last = place + 1 == self.stretches.len();
        if is_last && stretch.rate <= 0.0 {
            return None;
        }
        Some(stretch.from + stretch.reach(point - stretch.before))
    }
}

impl Iterator for Schedule {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        let due = self.peek()?;
        self.advance();
        Some(due)
    }
}

impl Gaps {
    /// The distance from the arrival before `n` to `n`, at unit rate.
    fn before(self, n: u64) -> f64 {
        match self {
            // 1 - share lies in (0, 1], so the logarithm is finite.
            Self::Exponential(chance) => -(1.0 - chance.share(n)).ln(),
            Self::Equal if n == 0 => 0.0,
            Self::Equal => 1.0,
        }
    }
}

impl Stretch {
    /// How many arrivals are expected in its first `seconds`.
    fn area(&self, seconds: f64) -> f64 {
        seconds * (self.rate + self.slope * seconds / 2.0)
    }

    /// After how many seconds `area` arrivals are expected.
    fn reach(&self, area: f64) -> f64 {
        if area <= 0.0 {
            return 0.0;
        }
        // The root of rate × t + slope × t² / 2 = area, in the form that loses no digits when the slope is small.
        let under = self.rate * self.rate + 2.0 * self.slope * area;
        2.0 * area / (self.rate + under.max(0.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(5);

    fn seconds(due: Due) -> f64 {
        due.at.as_secs_f64()
    }

    fn poisson(rate: f64) -> Schedule {
        Schedule::poisson(Chance::of(1, "page"), START, Rate(rate))
    }

    #[test]
    fn poisson_gaps_have_the_mean_and_the_variance_of_the_exponential_distribution() {
        for rate in [0.5, 300.0, 20_000.0] {
            let due: Vec<f64> = poisson(rate).take(50_000).map(seconds).collect();
            let gaps: Vec<f64> = due.windows(2).map(|pair| (pair[1] - pair[0]) * rate).collect();
            let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
            let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
            assert!((mean - 1.0).abs() < 0.02, "mean {mean} at {rate}/s");
            assert!((variance - 1.0).abs() < 0.05, "variance {variance} at {rate}/s");
        }
    }

    #[test]
    fn even_arrivals_stand_at_equal_distances_and_do_not_drift() {
        let mut schedule = Schedule::even(START, Rate(3.0));
        assert_eq!(schedule.next().map(seconds), Some(5.0));
        let late = schedule.nth(299_998).map(seconds);
        assert!(late.is_some_and(|at| (at - (5.0 + 299_999.0 / 3.0)).abs() < 1e-6), "{late:?}");
    }

    #[test]
    fn a_ramp_brings_exactly_the_area_below_it() {
        // From 0 to 100/s over 10 s: 500 arrivals, and half the time brings a quarter of them.
        let schedule = Schedule::even(START, Rate(0.0)).ramp(Duration::from_secs(10), Rate(100.0));
        let due: Vec<f64> = schedule.take(601).map(seconds).collect();
        for (n, expected) in [(0, 5.0), (125, 10.0), (500, 15.0), (600, 16.0)] {
            assert!((due[n] - expected).abs() < 1e-9, "arrival {n} at {}", due[n]);
        }
    }

    #[test]
    fn ramps_follow_one_another_down_to_zero_and_then_nothing_comes() {
        let schedule = Schedule::even(START, Rate(10.0))
            .ramp(Duration::from_secs(2), Rate(20.0))
            .ramp(Duration::from_secs(4), Rate(0.0));
        let due: Vec<f64> = schedule.clone().map_while(|due| Some(seconds(due))).collect();
        let came = schedule.take(200).count();
        assert_eq!(came, 70, "30 on the way up and 40 on the way down");
        assert!(due.iter().all(|at| (5.0..11.0).contains(at)));
    }

    #[test]
    fn a_rate_of_zero_waits_for_the_change() {
        for mut schedule in [poisson(0.0), Schedule::even(START, Rate(0.0))] {
            assert_eq!(schedule.peek(), None);
            schedule.set_rate(Duration::from_mins(1), Rate(100.0));
            let first = schedule.next().map(seconds);
            assert!(first.is_some_and(|at| (60.0..60.2).contains(&at)), "{first:?}");
        }
    }

    #[test]
    fn a_change_moves_only_what_was_due_after_it() {
        let unchanged: Vec<Due> = poisson(100.0).take(400).collect();
        let mut changed = poisson(100.0);
        changed.set_rate(START + Duration::from_secs(2), Rate(50.0));
        let changed: Vec<Due> = changed.take(400).collect();
        let border = seconds(Due { n: 0, at: START }) + 2.0;
        for (before, after) in unchanged.iter().zip(&changed) {
            let at = seconds(*before);
            let expected = if at < border { at } else { border + (at - border) * 2.0 };
            assert!((seconds(*after) - expected).abs() < 1e-6, "{before:?} became {after:?}");
        }
    }

    #[test]
    fn changes_are_alike_whenever_they_become_known() {
        let mut early = poisson(100.0);
        early.set_rate(Duration::from_secs(10), Rate(10.0));
        let mut late = poisson(100.0);
        let mut seen: Vec<Due> = Vec::new();
        while late.peek().is_some_and(|due| due.at < Duration::from_secs(10)) {
            seen.extend(late.next());
        }
        late.set_rate(Duration::from_secs(10), Rate(10.0));
        seen.extend(late.take(50));
        assert_eq!(seen, early.take(seen.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_change_replaces_the_ramps_that_were_to_come() {
        let mut schedule = Schedule::even(START, Rate(10.0)).ramp(Duration::from_secs(10), Rate(1000.0));
        schedule.set_rate(START, Rate(1.0));
        let due: Vec<f64> = schedule.take(3).map(seconds).collect();
        assert_eq!(due, [5.0, 6.0, 7.0]);
    }
}
