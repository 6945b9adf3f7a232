//! What a number of arrivals says of the rate behind it: the Poisson distribution.

use super::share::LEVEL;
use statrs::distribution::{DiscreteCDF as _, Poisson};

/// Whether so few are unlikely (5 %) where so many are expected.
#[must_use]
pub fn rate_below(count: u64, expected: f64) -> bool {
    Poisson::new(expected).is_ok_and(|poisson| poisson.cdf(count) <= LEVEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_expected_count_once_chance_is_ruled_out() {
        for (count, expected, is_below) in [
            (0, 0.0, false),
            (0, 2.9, false),    // 5.5 % likely
            (0, 3.1, true),     // 4.5 %
            (90, 100.0, false), // 17 %
            (83, 100.0, true),  // 4.7 %
            (120, 100.0, false),
            (99_000, 100_000.0, true),
        ] {
            assert_eq!(rate_below(count, expected), is_below, "{count} where {expected} are expected");
        }
    }
}
