//! Student's t distribution: how far a mean of few lies from the truth, in standard errors.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

fn with(freedom: u32) -> StudentsT {
    StudentsT::new(0.0, 1.0, f64::from(freedom.max(1))).expect("a positive number of degrees of freedom is allowed")
}

/// How likely a value above `t` is.
pub(super) fn above(t: f64, freedom: u32) -> f64 {
    with(freedom).sf(t)
}

/// The value above which so large a share lies, 0 < share < 1.
pub(super) fn quantile(share: f64, freedom: u32) -> f64 {
    -with(freedom).inverse_cdf(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2; the last column by R 4.2, `qt`.
    const TABLE: [(u32, [(f64, f64); 4]); 5] = [
        (1, [(0.10, 3.078), (0.05, 6.314), (0.01, 31.821), (0.001, 318.309)]),
        (2, [(0.10, 1.886), (0.05, 2.920), (0.01, 6.965), (0.001, 22.327)]),
        (7, [(0.10, 1.415), (0.05, 1.895), (0.01, 2.998), (0.001, 4.785)]),
        (10, [(0.10, 1.372), (0.05, 1.812), (0.01, 2.764), (0.001, 4.144)]),
        (100, [(0.10, 1.290), (0.05, 1.660), (0.01, 2.364), (0.001, 3.174)]),
    ];

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, row) in TABLE {
            for (share, expected) in row {
                let found = quantile(share, freedom);
                assert!((found - expected).abs() < 0.001 * expected, "{found} is not {expected}: {share}, {freedom}");
            }
        }
    }

    #[test]
    fn the_share_above_a_quantile_is_that_of_the_quantile() {
        for share in [0.5, 0.1, 0.01, 1e-4, 1e-6] {
            for freedom in [1, 2, 7, 11, 999] {
                let found = above(quantile(share, freedom), freedom);
                assert!((found / share - 1.0).abs() < 1e-6, "{found} is not {share}: {freedom}");
            }
        }
    }
}
