//! Distributions of durations, in microseconds.
//!
//! A histogram grows with the range of its values, never with their number: 1 µs to 4 s take about 50 KiB at three
//! digits and 7 KiB at two.

use crate::figures::Percentiles;
use crate::sample::Sample;
use hdrhistogram::Histogram;
use std::time::Duration;

/// How often each duration was seen.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u32>);

impl Latencies {
    /// To three significant digits: what percentiles are read from.
    #[must_use]
    pub fn fine() -> Self {
        Self(Histogram::new(3).expect("three digits are allowed"))
    }

    /// To two significant digits, an error of one percent at most: for single seconds.
    #[must_use]
    pub fn coarse() -> Self {
        Self(Histogram::new(2).expect("two digits are allowed"))
    }

    /// Sees one more.
    pub fn record(&mut self, duration: Duration) {
        self.record_many(duration.as_micros() as u64, 1);
    }

    /// Sees so many of so many microseconds.
    pub fn record_many(&mut self, microseconds: u64, count: u32) {
        self.0.record_n(microseconds, count).expect("a histogram that resizes itself takes any value");
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("a histogram that resizes itself takes any value");
    }

    /// How many were longer, to the precision of the histogram.
    #[must_use]
    pub fn beyond(&self, limit: Duration) -> u64 {
        let within = self.0.count_between(0, limit.as_micros() as u64);
        self.0.len() - within
    }

    /// How many were seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// So large a share lies at or below it; zero where nothing was seen.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        match self.0.is_empty() {
            true => Duration::ZERO,
            false => Duration::from_micros(self.0.value_at_quantile(share)),
        }
    }

    /// The usual points.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        percentiles(&self.0)
    }

    /// The histogram, for those who write it.
    #[must_use]
    pub fn histogram(&self) -> &Histogram<u32> {
        &self.0
    }
}

/// Which of an operation's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// From due to end.
    Response,
    /// From connection to end.
    Service,
    /// From due to connection.
    PoolWait,
}

impl Time {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Response, Self::Service, Self::PoolWait];
}

/// How long operations took, and which part of it they waited for a connection.
#[derive(Clone, Debug)]
pub struct Times {
    /// From due to end.
    pub response: Latencies,
    /// From connection to end.
    pub service: Latencies,
    /// From due to connection.
    pub pool_wait: Latencies,
}

impl Times {
    /// What percentiles are read from; waits for a connection are mostly none at all, and two digits do for them.
    #[must_use]
    pub fn fine() -> Self {
        Self { response: Latencies::fine(), service: Latencies::fine(), pool_wait: Latencies::coarse() }
    }

    /// For single seconds.
    #[must_use]
    pub fn coarse() -> Self {
        Self { response: Latencies::coarse(), service: Latencies::coarse(), pool_wait: Latencies::coarse() }
    }

    /// Sees one more. What was refused without being tried has no times, and what was given up in the queue no time
    /// of service.
    pub fn record(&mut self, sample: &Sample) {
        if !sample.was_tried() {
            return;
        }
        self.response.record(sample.response_time());
        self.pool_wait.record(sample.pool_wait());
        if sample.connected < sample.finished {
            self.service.record(sample.service_time());
        }
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.response.merge(&other.response);
        self.service.merge(&other.service);
        self.pool_wait.merge(&other.pool_wait);
    }

    /// One of them.
    #[must_use]
    pub fn of(&self, time: Time) -> &Latencies {
        match time {
            Time::Response => &self.response,
            Time::Service => &self.service,
            Time::PoolWait => &self.pool_wait,
        }
    }
}

/// The usual points of a histogram of microseconds.
#[must_use]
pub fn percentiles<C: hdrhistogram::Counter>(histogram: &Histogram<C>) -> Percentiles {
    if histogram.is_empty() {
        return Percentiles::default();
    }
    let at = |quantile| Duration::from_micros(histogram.value_at_quantile(quantile));
    Percentiles {
        count: histogram.len(),
        mean: Duration::from_secs_f64(histogram.mean() / 1e6),
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        p999: at(0.999),
        max: Duration::from_micros(histogram.max()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_uniform_distribution_are_where_they_belong() {
        let mut latencies = Latencies::fine();
        (1..=10_000).for_each(|millisecond| latencies.record(Duration::from_millis(millisecond)));
        let found = latencies.percentiles();
        for (found, expected) in [(found.p50, 5.0), (found.p90, 9.0), (found.p99, 9.9), (found.p999, 9.99)] {
            assert!((found.as_secs_f64() / expected - 1.0).abs() < 0.001, "{found:?} is not {expected} s");
        }
        assert!((found.mean.as_secs_f64() / 5.0005 - 1.0).abs() < 0.001, "{:?}", found.mean);
        assert_eq!(found.count, 10_000);
    }

    #[test]
    fn what_lies_beyond_a_limit_is_counted() {
        let mut latencies = Latencies::fine();
        (1..=1000).for_each(|millisecond| latencies.record(Duration::from_millis(millisecond)));
        for (limit, beyond) in [(0, 1000), (10, 990), (900, 100), (1000, 0), (5000, 0)] {
            assert_eq!(latencies.beyond(Duration::from_millis(limit)), beyond, "{limit} ms");
        }
    }

    #[test]
    fn an_hour_fits_and_nothing_is_zero() {
        let mut latencies = Latencies::coarse();
        assert_eq!(latencies.percentiles(), Percentiles::default());
        latencies.record(Duration::from_hours(1));
        assert!(latencies.quantile(0.5) >= Duration::from_secs(3599));
    }
}
