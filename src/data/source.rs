//! Which of a domain's values a row gets: the choosing half of a column.

use super::children::Children;
use super::column::Scratch;
use super::fitting::Fitting;
use super::hash::{Salt, below, fraction, mix};
use super::permutation::Permutation;
use super::skew::{Alias, Zipf};
use super::tuple::Tuple;
use std::sync::Arc;

/// Chooses an index below `size` for each row. Columns that must fit each other share one.
#[derive(Debug)]
pub(super) struct Source {
    salt: Salt,
    /// How many values the domain has.
    pub(super) size: u64,
    pub(super) choice: Choice,
}

/// How an index is chosen.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// The row is the index: sequences.
    Row,
    /// Each index at most once, in no order.
    Permuted(Permutation),
    /// All equally likely.
    Uniform,
    /// By weight.
    Weighted(Alias),
    /// By rank; the index is the rank.
    Ranked(Arc<Zipf>),
    /// By rank; which index has which rank is a matter of the permutation.
    Skewed(Arc<Zipf>, Permutation),
    /// The first so many share what lies below the threshold, all others the rest.
    Favoured { threshold: u64, first: u64 },
    /// A number from a distribution, on the grid of the domain.
    Real(Real),
    /// Growing or falling with the row, over so many rows.
    Spread { rows: u64, falling: bool },
    /// The parent of the row.
    Parent(Arc<Children>),
    /// Which child of its parent the row is.
    Number(Arc<Children>),
    /// One part of a combination that no other row has.
    Part(Arc<Tuple>, usize),
    /// A row that agrees with this one in some columns, or [`NOWHERE`].
    Fitting(Arc<Fitting>),
    /// A row below this one; the first refers to itself, unless it is NULL.
    Below,
}

/// A distribution of real numbers on a grid: index = (number - low) × `per_unit`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Real {
    pub(super) law: Law,
    pub(super) low: f64,
    pub(super) per_unit: f64,
}

/// A law of chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Law {
    Normal {
        mean: f64,
        deviation: f64,
    },
    /// The logarithm is normal.
    Lognormal {
        mean: f64,
        deviation: f64,
    },
}

/// The standard normal's 99th percentile.
const Z99: f64 = 2.326_347_874_040_841;

impl Law {
    /// Lognormal by its median and 99th percentile.
    pub(super) fn lognormal(median: f64, p99: f64) -> Self {
        Self::Lognormal { mean: median.ln(), deviation: (p99.ln() - median.ln()) / Z99 }
    }

    /// The number at `z` standard deviations.
    pub(super) fn at(self, z: f64) -> f64 {
        match self {
            Self::Normal { mean, deviation } => mean + deviation * z,
            Self::Lognormal { mean, deviation } => (mean + deviation * z).exp(),
        }
    }
}

/// The index of no row at all, whose cells are NULL.
pub(super) const NOWHERE: u64 = u64::MAX;

impl Source {
    pub(super) fn new(salt: Salt, size: u64, choice: Choice) -> Self {
        Self { salt, size, choice }
    }

    /// The same bits and size with another choice.
    pub(super) fn choosing(&self, choice: Choice) -> Self {
        Self { salt: self.salt, size: self.size, choice }
    }

    /// The index for a row. Sequences and permutations may pass `size` for rows above the seeded ones.
    pub(super) fn index(&self, row: u64, scratch: &mut Scratch) -> u64 {
        match &self.choice {
            Choice::Row => row,
            Choice::Permuted(permutation) => permutation.apply(row),
            Choice::Uniform => below(self.salt.bits(row), self.size),
            Choice::Weighted(alias) => alias.pick(self.salt.bits(row)),
            Choice::Ranked(zipf) => zipf.rank(self.salt.bits(row)),
            Choice::Skewed(zipf, permutation) => permutation.apply(zipf.rank(self.salt.bits(row))),
            Choice::Favoured { threshold, first } => self.favoured(self.salt.bits(row), *threshold, *first),
            Choice::Real(real) => self.real(real, self.salt.bits(row)),
            Choice::Spread { rows, falling } => self.spread(row, *rows, *falling),
            Choice::Parent(children) => children.place(row, scratch).parent,
            Choice::Number(children) => children.place(row, scratch).number,
            Choice::Part(tuple, part) => tuple.part(row, *part, scratch),
            Choice::Fitting(fitting) => fitting.pick(row, self.salt.bits(row), self.size, scratch),
            Choice::Below => below(self.salt.bits(row), row.min(self.size)),
        }
    }

    /// Whether no two rows get the same index.
    pub(super) fn is_injective(&self) -> bool {
        match &self.choice {
            Choice::Row | Choice::Permuted(_) => true,
            Choice::Spread { rows, .. } => self.size >= *rows,
            _ => false,
        }
    }

    fn favoured(&self, bits: u64, threshold: u64, first: u64) -> u64 {
        let within = mix(bits);
        match bits < threshold || first >= self.size {
            true => below(within, first.min(self.size)),
            false => first + below(within, self.size - first),
        }
    }

    fn real(&self, real: &Real, bits: u64) -> u64 {
        // Half a step inside, for both ends are infinite.
        let z = quantile(fraction(bits) + 0.5 / (1u64 << 53) as f64);
        let index = ((real.law.at(z) - real.low) * real.per_unit).round();
        // A cast of a float saturates: below the grid is its lowest point.
        (index as u64).min(self.size.saturating_sub(1))
    }

    /// Somewhere within the row's own stretch, so the order is kept without being regular.
    fn spread(&self, row: u64, rows: u64, falling: bool) -> u64 {
        if row >= rows {
            // Above the seeded rows: on from the end.
            return (self.size - 1).saturating_add(row - rows + 1);
        }
        let at = |row: u64| (u128::from(row) * u128::from(self.size) / u128::from(rows)) as u64;
        let (from, to) = (at(row), at(row + 1));
        let index = from + below(self.salt.bits(row), to - from);
        match falling {
            true => self.size - 1 - index,
            false => index,
        }
    }
}

/// The standard normal's quantile, to nine digits (Acklam's rational approximation).
fn quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let polynomial = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, each| sum * x + each);
    let tail = |p: f64| {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / (polynomial(&D, q) * q + 1.0)
    };
    match p {
        p if p < 0.02425 => tail(p),
        p if p > 1.0 - 0.02425 => -tail(1.0 - p),
        p => {
            let q = p - 0.5;
            polynomial(&A, q * q) * q / (polynomial(&B, q * q) * q * q + 1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices(source: &Source, rows: u64) -> Vec<u64> {
        (0..rows).map(|row| source.index(row, &mut Scratch::default())).collect()
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, z) in [(0.5, 0.0), (0.975, 1.959_964), (0.99, 2.326_348), (0.001, -3.090_232)] {
            assert!((quantile(p) - z).abs() < 1e-6, "{p}: {}", quantile(p));
        }
    }

    #[test]
    fn a_lognormal_has_the_median_and_the_percentile_that_were_asked_for() {
        let real = Real { law: Law::lognormal(40.0, 900.0), low: 0.0, per_unit: 100.0 };
        let mut drawn = indices(&Source::new(Salt::new(1, &["a"]), 10_000_000, Choice::Real(real)), 100_000);
        drawn.sort_unstable();
        assert!((drawn[50_000] as f64 / 4000.0 - 1.0).abs() < 0.03, "{}", drawn[50_000]);
        assert!((drawn[99_000] as f64 / 90_000.0 - 1.0).abs() < 0.1, "{}", drawn[99_000]);
    }

    #[test]
    fn a_share_goes_to_the_first_rows() {
        let choice = Choice::Favoured { threshold: crate::data::hash::threshold(0.6), first: 1 };
        let drawn = indices(&Source::new(Salt::new(1, &["a"]), 1000, choice), 50_000);
        let share = drawn.iter().filter(|&&index| index == 0).count() as f64 / 50_000.0;
        assert!((share - 0.6).abs() < 0.01, "{share}");
        assert!(drawn.iter().all(|&index| index < 1000));
    }

    #[test]
    fn an_order_is_kept_without_being_regular() {
        let grow =
            indices(&Source::new(Salt::new(1, &["a"]), 1_000_000, Choice::Spread { rows: 1000, falling: false }), 1000);
        assert!(grow.is_sorted());
        assert!(grow.windows(3).any(|three| three[1] - three[0] != three[2] - three[1]));
        let fall =
            indices(&Source::new(Salt::new(1, &["a"]), 1_000_000, Choice::Spread { rows: 1000, falling: true }), 1000);
        assert!(fall.iter().rev().is_sorted());
    }

    #[test]
    fn a_reference_to_oneself_goes_to_a_row_below() {
        let drawn = indices(&Source::new(Salt::new(1, &["a"]), 1000, Choice::Below), 1000);
        assert!(drawn.iter().enumerate().skip(1).all(|(row, &index)| index < row as u64));
    }
}
