//! One more value held against earlier ones: whether it is one of them.
//!
//! Runs resemble those before them, and now and then one is far off. Both make the usual prediction interval too
//! narrow, and a single value has no others beside it that would make up for it.

use super::estimate::{Estimate, mean_and_deviation};

/// How much a run resembles the one before it at worst: the largest autocorrelation of rounds that was recorded on a
/// shared machine.
const RESEMBLANCE: f64 = 0.44;
/// However many values there are, the tails beyond them are no thinner than those of so many degrees of freedom. That
/// holds false alarms where noise has the tails of Student's t of three; its own quantiles would hide twice as much.
const MOST_FREEDOM: u32 = 4;

/// How earlier values are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many.
    pub count: u32,
    /// Their mean.
    pub mean: f64,
    /// By how much one differs from another: the standard deviation.
    pub deviation: f64,
}

impl Spread {
    /// Sums up values; `None` of fewer than two.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.len() < 2 {
            return None;
        }
        let (mean, deviation) = mean_and_deviation(values);
        Some(Self { count: values.len() as u32, mean, deviation })
    }

    /// The same, taken to vary by so much at least.
    #[must_use]
    pub fn at_least(self, deviation: f64) -> Self {
        Self { deviation: self.deviation.max(deviation), ..self }
    }

    /// By how much one more value differs from these, and how far it would by chance.
    #[must_use]
    pub fn against(&self, next: f64) -> Estimate {
        Estimate {
            difference: next - self.mean,
            error: self.deviation * widened(self.count),
            deviation: self.deviation,
            freedom: (self.count - 1).min(MOST_FREEDOM),
        }
    }
}

/// By what the deviation of so many values is multiplied for the error of predicting another, far from them: they
/// vary less than their noise does, and their mean varies more, for each resembles the one before.
///
/// With a correlation ρᵏ of values k apart and its mean r̄ over all pairs of n values, the variance found in them is on
/// average σ² (1 − r̄) and that of their mean σ² (1 + (n − 1) r̄) / n.
fn widened(count: u32) -> f64 {
    let n = f64::from(count);
    let alike: f64 = (1..count).map(|apart| f64::from(count - apart) * RESEMBLANCE.powi(apart as i32)).sum();
    let alike = alike * 2.0 / (n * (n - 1.0));
    ((1.0 + (1.0 + (n - 1.0) * alike) / n) / (1.0 - alike)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_no_spread_and_alike_ones_have_what_is_taken_for_it() {
        assert_eq!(Spread::of(&[1.0]), None);
        let spread = Spread::of(&[1.0, 1.0, 1.0]).expect("three are enough").at_least(0.01);
        assert_eq!((spread.mean, spread.deviation), (1.0, 0.01));
        assert!((spread.against(1.5).difference - 0.5).abs() < 1e-12);
    }

    #[test]
    fn an_error_is_wider_than_the_deviation_and_nears_it_with_the_number_of_values() {
        // By hand for two: r̄ = 0.44, (1 + 1.44 / 2) / 0.56.
        assert!((widened(2) - (1.72_f64 / 0.56).sqrt()).abs() < 1e-12, "{}", widened(2));
        let wide: Vec<f64> = [2, 5, 6, 20, 1000].into_iter().map(widened).collect();
        assert!(wide.is_sorted_by(|a, b| a > b) && wide[4] > 1.0 && wide[4] < 1.01, "{wide:?}");
        assert!(wide[1] < 1.4 && wide[3] < 1.11, "{wide:?}");
    }
}
