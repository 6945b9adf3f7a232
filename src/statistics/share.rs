//! What a share found in a sample says of the share behind it: the binomial distribution.

/// The level at which a judgement is made: wrong in one of twenty at worst.
pub(super) const LEVEL: f64 = 0.05;

/// What a share found in a sample says of the share that lies behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The share behind it is at most the limit.
    Within,
    /// It is above the limit.
    Beyond,
    /// Too few were seen to say.
    TooFew,
}

/// Judges whether at most `limit` of all are bad, where `bad` of `count` were.
///
/// Few can prove a failure: when so many bad ones are unlikely (5 %) under the limit, by the binomial distribution.
/// A pass needs as many as would let a clean sample prove it, [`needed`]; from there on the sample's own share counts.
#[must_use]
pub fn share_within(bad: u64, count: u64, limit: f64) -> Evidence {
    let above = bad as f64 > limit * count as f64;
    if count >= needed(limit) {
        return if above { Evidence::Beyond } else { Evidence::Within };
    }
    match above && at_least(bad, count, limit) <= LEVEL {
        true => Evidence::Beyond,
        false => Evidence::TooFew,
    }
}

/// How many observations without a bad one prove at 95 % that at most `limit` of all are bad: 299 for 1 %.
#[must_use]
pub fn needed(limit: f64) -> u64 {
    if limit <= 0.0 {
        // No number of clean ones proves that there is none; one is taken at its word.
        return 1;
    }
    (LEVEL.ln() / (1.0 - limit).ln()).ceil().max(1.0) as u64
}

/// The probability of `bad` or more bad ones among `count` when each is bad with probability `share`.
fn at_least(bad: u64, count: u64, share: f64) -> f64 {
    // Summed from below, each term from the one before; only called below [`needed`], so the first cannot underflow.
    let mut term = (1.0 - share).powf(count as f64);
    let mut below = 0.0;
    for seen in 0..bad {
        below += term;
        term *= (count - seen) as f64 / (seen + 1) as f64 * share / (1.0 - share);
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_of_a_p99_needs_299_clean_ones() {
        assert_eq!((needed(0.01), needed(0.001), needed(0.1), needed(0.5)), (299, 2995, 29, 5));
    }

    #[test]
    fn few_can_prove_a_failure_and_never_a_pass() {
        for (bad, count, limit, expected) in [
            (0, 298, 0.01, Evidence::TooFew),
            (0, 299, 0.01, Evidence::Within),
            (1, 10, 0.01, Evidence::TooFew),  // 9.6 % likely under the limit
            (2, 10, 0.01, Evidence::Beyond),  // 0.4 %
            (1, 5, 0.01, Evidence::Beyond),   // 4.9 %
            (3, 299, 0.01, Evidence::Beyond), // its own share counts
            (2, 299, 0.01, Evidence::Within),
            (1, 1, 0.0, Evidence::Beyond),
            (0, 1, 0.0, Evidence::Within),
            (0, 0, 0.0, Evidence::TooFew),
        ] {
            assert_eq!(share_within(bad, count, limit), expected, "{bad} of {count} where {limit} is allowed");
        }
    }

    #[test]
    fn the_binomial_tail_is_that_of_the_tables() {
        for (bad, count, share, expected) in [(1, 5, 0.01, 0.049), (2, 10, 0.1, 0.2639), (0, 7, 0.3, 1.0)] {
            assert!((at_least(bad, count, share) - expected).abs() < 1e-4, "{bad} of {count} at {share}");
        }
    }
}
