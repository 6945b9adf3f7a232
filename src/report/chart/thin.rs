//! Seconds merged until they can be drawn: an hour has more of them than a screen has columns.
//!
//! Latency keeps its worst second, rates their mean: a stall must not vanish because a run was long.

use super::time::Origin;
use crate::result::series::Second;
use std::collections::BTreeMap;
use std::time::Duration;

/// Some seconds as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bucket {
    /// Its beginning on the shared axis.
    pub(crate) from: f64,
    /// Its end.
    pub(crate) to: f64,
    /// The worst second's p50, p99 and maximum in seconds; nothing where nothing was due.
    pub(crate) response: Option<[f64; 3]>,
    /// Due, per second.
    pub(crate) due: f64,
    /// Succeeded, per second.
    pub(crate) succeeded: f64,
    /// Failed, per second, by class.
    pub(crate) errors: BTreeMap<String, f64>,
}

/// How many seconds make one point, so that `end` needs at most `most` points.
pub(crate) fn seconds_per_point(end: Duration, most: usize) -> usize {
    (end.as_secs_f64().ceil() as usize).div_ceil(most.max(1)).max(1)
}

/// A round's seconds in buckets of equal length; the last is as long as what is left.
pub(crate) fn thin(seconds: &[Second], end: Duration, most: usize, origin: Origin) -> Vec<Bucket> {
    let width = seconds_per_point(end, most) as f64;
    let total = end.as_secs_f64();
    let mut buckets: Vec<Bucket> = (0..(total / width).ceil() as usize)
        .map(|n| {
            let from = n as f64 * width;
            let until = (from + width).min(total);
            Bucket {
                from: origin.at(Duration::from_secs_f64(from)),
                to: origin.at(Duration::from_secs_f64(until)),
                ..Bucket::default()
            }
        })
        .collect();
    for second in seconds {
        if let Some(bucket) = buckets.get_mut((second.start.as_secs_f64() / width) as usize) {
            bucket.add(second);
        }
    }
    // A sliver at the end would turn a handful of arrivals into any rate whatever.
    buckets.retain(|bucket| bucket.to - bucket.from > 0.25);
    buckets
}

impl Bucket {
    fn add(&mut self, second: &Second) {
        let length = self.to - self.from;
        self.due += second.scheduled as f64 / length;
        self.succeeded += second.succeeded as f64 / length;
        for (class, count) in &second.errors {
            *self.errors.entry(class.clone()).or_default() += *count as f64 / length;
        }
        if second.response.count > 0 {
            let [p50, p99, max] = self.response.unwrap_or_default();
            let seen = &second.response;
            self.response = Some([
                p50.max(seen.p50.as_secs_f64()),
                p99.max(seen.p99.as_secs_f64()),
                max.max(seen.max.as_secs_f64()),
            ]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::result::model::Percentiles;

    fn second(start: u64, max_ms: u64, scheduled: u64) -> Second {
        let max = Duration::from_millis(max_ms);
        let response = Percentiles { count: scheduled, p50: max, p99: max, max, ..Percentiles::default() };
        Second { start: Duration::from_secs(start), response, scheduled, succeeded: scheduled, errors: BTreeMap::new() }
    }

    fn origin() -> Origin {
        Origin::of(&sample::run(20, 1).0.variants[0].rounds[0])
    }

    #[test]
    fn a_stall_of_one_second_is_seen_in_an_hour() {
        let seconds: Vec<Second> = (0..3_600).map(|s| second(s, if s == 1_801 { 4_000 } else { 2 }, 100)).collect();
        let buckets = thin(&seconds, Duration::from_hours(1), 600, origin());
        assert_eq!(buckets.len(), 600);
        assert!(buckets.iter().any(|bucket| bucket.response.is_some_and(|[.., max]| max > 3.9)));
        assert!(buckets.iter().all(|bucket| (bucket.due - 100.0).abs() < 1e-6));
    }

    #[test]
    fn a_second_in_which_nothing_was_due_is_a_gap_and_not_a_zero() {
        let buckets = thin(&[second(0, 2, 10), second(2, 2, 10)], Duration::from_secs(3), 600, origin());
        assert_eq!(buckets.iter().map(|bucket| bucket.response.is_some()).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn a_part_of_a_second_at_the_end_is_no_drop_in_throughput() {
        let buckets = thin(&[second(0, 2, 100), second(1, 2, 50)], Duration::from_millis(1_500), 600, origin());
        assert!((buckets[1].succeeded - 100.0).abs() < 1e-6);
    }
}
