//! A difference, and how sure it is.

use super::student;

/// Fewer pairs say nothing of how much they vary.
const LEAST_PAIRS: usize = 3;

/// A difference that was found, and how far the truth may lie from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The difference.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// By how much one of those that it is made of differs from another: the standard deviation.
    pub deviation: f64,
    /// Degrees of freedom of Student's t distribution that it has.
    pub freedom: u32,
}

impl Estimate {
    /// The mean of differences between pairs that were measured side by side; `None` of fewer than three. What was
    /// measured is known to `resolution` at best, so differences that agree by more agree by chance.
    #[must_use]
    pub fn of_pairs(differences: &[f64], resolution: f64) -> Option<Self> {
        if differences.len() < LEAST_PAIRS {
            return None;
        }
        let (difference, deviation) = mean_and_deviation(differences);
        let deviation = deviation.max(resolution);
        let error = deviation / (differences.len() as f64).sqrt();
        Some(Self { difference, error, deviation, freedom: differences.len() as u32 - 1 })
    }

    /// How likely a difference this far beyond the margin is, to either side, where the truth lies just within it.
    #[must_use]
    pub fn chance(&self, margin: f64) -> f64 {
        (2.0 * student::above((self.difference.abs() - margin) / self.error, self.freedom)).min(1.0)
    }

    /// Where the truth lies; outside in so large a share of all cases.
    #[must_use]
    pub fn interval(&self, level: f64) -> (f64, f64) {
        let reach = student::quantile(level / 2.0, self.freedom) * self.error;
        (self.difference - reach, self.difference + reach)
    }

    /// The smallest difference that is found beyond the margin in a share `power` of all cases, where a false alarm is
    /// raised in `level` of them. With the quantile of the central distribution, a little too large for few pairs.
    #[must_use]
    pub fn detectable(&self, margin: f64, level: f64, power: f64) -> f64 {
        let reach = student::quantile(level / 2.0, self.freedom) + student::quantile(1.0 - power, self.freedom);
        margin + reach * self.error
    }
}

/// Of two values or more, the deviation that of a sample.
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|each| (each - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Student's own: additional hours of sleep under two drugs, ten patients (The probable error of a mean, 1908);
    /// figures by R 4.2, `t.test(extra ~ group, sleep, paired = TRUE)`.
    const SLEEP: [f64; 10] = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-3 * expected.abs(), "{found} is not {expected}");
    }

    #[test]
    fn the_interval_of_ten_patients_is_that_of_the_textbook() {
        let paired = Estimate::of_pairs(&SLEEP, 0.0).expect("ten are enough");
        close(paired.difference, 1.58);
        close(paired.chance(0.0), 0.002_833);
        let (low, high) = paired.interval(0.05);
        close(low, 0.700_1);
        close(high, 2.459_9);
    }

    #[test]
    fn a_mean_beyond_a_margin_is_as_unlikely_as_its_interval_is_far_from_it() {
        let paired = Estimate::of_pairs(&SLEEP, 0.0).expect("ten are enough");
        for level in [0.2, 0.05, 0.01] {
            let (low, _) = paired.interval(level);
            close(paired.chance(low), level);
        }
        close(paired.chance(1.58), 1.0);
    }

    #[test]
    fn what_is_detectable_lies_beyond_margin_and_interval() {
        let paired = Estimate::of_pairs(&SLEEP, 0.0).expect("ten are enough");
        // t of 9 degrees of freedom: 2.262 for 2.5 % on each side, 1.383 for 10 % on one.
        close(paired.detectable(0.5, 0.05, 0.9), 0.5 + (2.2622 + 1.3830) * paired.error);
    }

    #[test]
    fn two_pairs_say_nothing_and_three_alike_no_more_than_what_can_be_read() {
        assert_eq!(Estimate::of_pairs(&[0.1, 0.1], 0.001), None);
        let alike = Estimate::of_pairs(&[0.1; 3], 0.001).expect("three are enough");
        close(alike.deviation, 0.001);
        assert!(alike.interval(0.01).0 > 0.09, "{:?}", alike.interval(0.01));
    }
}
