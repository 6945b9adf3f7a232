//! Whether the time before a migration was steady enough to hold anything against it.
//!
//! Meant to catch caches that still fill and queues that still grow, not the noise of a shared machine: halves are
//! compared by medians over their seconds, and only a change by half, beyond what chance explains, counts.

use crate::figures::FullSecond;
use crate::statistics::median;
use crate::units::human;
use std::time::Duration;

/// Fewer seconds than this in each half say nothing.
const LEAST_SECONDS: usize = 5;
/// Medians that differ by less are the machine's noise (a checkpoint, a neighbour), however large their ratio.
const LEAST_DIFFERENCE: Duration = Duration::from_millis(5);
/// By so much a half may differ from the other.
const MOST_CHANGE: f64 = 1.5;
/// Medians of response times vary more than counts do.
const MOST_CHANGE_OF_MEDIAN: f64 = 2.0;
/// Deviations of the rank sum (Wilcoxon, Mann, Whitney) from chance: five seconds of each half, wholly apart, reach it.
const BEYOND_CHANCE: f64 = 2.5;

/// Why the seconds before the migration are not steady; `None` where they are, or are too few to tell.
#[must_use]
pub fn unsteady(operation: &str, seconds: &[FullSecond]) -> Option<String> {
    let (first, second) = seconds.split_at(seconds.len() / 2);
    if first.len() < LEAST_SECONDS {
        return None;
    }
    counts_changed(operation, first, second).or_else(|| medians_changed(operation, first, second))
}

fn counts_changed(operation: &str, first: &[FullSecond], second: &[FullSecond]) -> Option<String> {
    let rate = |half: &[FullSecond]| half.iter().map(|each| each.count).sum::<u64>() as f64 / half.len() as f64;
    let (before, after) = (rate(first), rate(second));
    // Four standard deviations of the difference between two Poisson counts.
    let chance = 4.0 * (before / first.len() as f64 + after / second.len() as f64).sqrt();
    let changed = before.max(after) > MOST_CHANGE * before.min(after) && (before - after).abs() > chance;
    changed.then(|| {
        format!("`{operation}` was not steady before the migration: {before:.1}/s in the first half, {after:.1}/s in the second")
    })
}

fn medians_changed(operation: &str, first: &[FullSecond], second: &[FullSecond]) -> Option<String> {
    let medians = |half: &[FullSecond]| -> Vec<f64> {
        half.iter().filter(|each| each.count > 0).map(|each| each.p50.as_secs_f64()).collect()
    };
    let (mut first, mut second) = (medians(first), medians(second));
    if first.len().min(second.len()) < LEAST_SECONDS || rank_deviation(&first, &second) < BEYOND_CHANCE {
        return None;
    }
    let [before, after] = [median(&mut first), median(&mut second)].map(Duration::from_secs_f64);
    let (short, long) = (before.min(after), before.max(after));
    let changed = long > short.mul_f64(MOST_CHANGE_OF_MEDIAN) && long.saturating_sub(short) > LEAST_DIFFERENCE;
    changed.then(|| {
        let (before, after) = (human(before), human(after));
        format!("`{operation}` was not steady before the migration: a median of {before} in the first half, {after} in the second")
    })
}

/// How far apart two samples lie by rank, in standard deviations of what chance gives: with few seconds of few
/// arrivals each, their medians differ by much more than a factor of two.
fn rank_deviation(first: &[f64], second: &[f64]) -> f64 {
    let above = |value: &f64, other: &f64| {
        if value > other {
            1.0
        } else if value < other {
            0.0
        } else {
            0.5
        }
    };
    let wins: f64 = first.iter().map(|value| second.iter().map(|other| above(value, other)).sum::<f64>()).sum();
    let (n, m) = (first.len() as f64, second.len() as f64);
    (wins - n * m / 2.0).abs() / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    fn seconds(counts: &[u64], medians: &[u64]) -> Vec<FullSecond> {
        let second = |(count, p50): (&u64, &u64)| FullSecond {
            count: *count,
            p50: Duration::from_millis(*p50),
            ..FullSecond::default()
        };
        counts.iter().zip(medians).map(second).collect()
    }

    #[test]
    fn only_a_drift_that_no_chance_explains_is_unsteady() {
        let steady = [300; 10];
        for (what, counts, medians, is_unsteady) in [
            ("the same all along", steady, [4; 10], false),
            (
                "one bad second",
                [300, 300, 20, 300, 300, 300, 300, 300, 300, 300],
                [4, 4, 900, 4, 4, 4, 4, 4, 4, 4],
                false,
            ),
            ("few, as chance has it", [1, 0, 2, 1, 0, 3, 2, 1, 2, 2], [4; 10], false),
            ("noise of a shared machine", steady, [1, 1, 2, 1, 1, 3, 4, 3, 3, 2], false),
            ("a queue that grows", steady, [4, 5, 6, 7, 8, 30, 50, 80, 120, 200], true),
            ("caches that fill", steady, [40, 38, 36, 31, 28, 9, 8, 8, 7, 7], true),
            ("a rate that doubles", [100, 100, 100, 100, 100, 200, 200, 200, 200, 200], [4; 10], true),
        ] {
            assert_eq!(unsteady("page", &seconds(&counts, &medians)).is_some(), is_unsteady, "{what}");
        }
    }

    #[test]
    fn a_few_seconds_cannot_be_unsteady() {
        assert_eq!(unsteady("page", &seconds(&[10, 10, 900, 900], &[1, 1, 90, 90])), None);
    }

    /// A steady load of few arrivals, whose times scatter as waiting times do.
    fn by_chance(round: u64, length: u64, rate: f64) -> Vec<FullSecond> {
        let chance = Chance::of(round, "steady");
        let second = |second: u64| {
            let chance = chance.within(second);
            let exponential = |n: u64| -(1.0 - chance.share(n)).ln();
            let (mut count, mut at) = (0, exponential(0) / rate);
            while at < 1.0 {
                count += 1;
                at += exponential(count) / rate;
            }
            let mut times: Vec<f64> = (0..count).map(|n| 0.02 * exponential(1000 + n)).collect();
            FullSecond { count, p50: Duration::from_secs_f64(median(&mut times)), ..FullSecond::default() }
        };
        (0..length).map(second).collect()
    }

    #[test]
    fn few_arrivals_that_scatter_are_steady() {
        for (length, rate) in [(10, 1.0), (15, 2.0), (15, 10.0), (60, 1.0), (60, 20.0)] {
            let alarms = (0..1000).filter(|round| unsteady("page", &by_chance(*round, length, rate)).is_some()).count();
            assert!(alarms <= 10, "{alarms} false alarms in 1,000 rounds of {length} s at {rate}/s");
        }
    }
}
