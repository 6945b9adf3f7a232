//! Random numbers that are addressed, not drawn: each is a function of whom it is for and of its number.
//!
//! Nothing is shared and nothing advances, so an arrival, a pause or a retry has the same luck in every variant.

/// A source of numbers for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance(u64);

/// The odd number nearest to 2⁶⁴ divided by the golden ratio (Steele, Lea, Flood: Fast splittable generators, 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    /// The source that belongs to a seed and a name.
    #[must_use]
    pub fn of(seed: u64, name: &str) -> Self {
        // FNV-1a, then mixed: names that differ in their last letter must not run side by side.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self(mix(seed.wrapping_add(GOLDEN) ^ mix(hash)))
    }

    /// The source within this one that belongs to a number.
    #[must_use]
    pub fn within(self, number: u64) -> Self {
        Self(mix(self.0 ^ mix(number.wrapping_add(GOLDEN))))
    }

    /// The number at `n`: 0 ≤ share < 1, in steps of 2⁻⁵³.
    #[must_use]
    pub fn share(self, n: u64) -> f64 {
        (mix(self.0.wrapping_add(n.wrapping_mul(GOLDEN))) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The finalizer of `SplitMix64`.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_spread_evenly_over_the_unit_interval() {
        let chance = Chance::of(7, "account page");
        let shares: Vec<f64> = (0..10_000).map(|n| chance.share(n)).collect();
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            let inside = shares.iter().filter(|share| (low..low + 0.1).contains(*share)).count();
            assert!((850..1150).contains(&inside), "{inside} of 10,000 in the tenth from {low}");
        }
    }

    #[test]
    fn seed_name_and_number_each_matter() {
        let first = Chance::of(1, "a");
        for other in [Chance::of(2, "a"), Chance::of(1, "b"), first.within(0), first.within(1)] {
            assert!((first.share(0) - other.share(0)).abs() > 1e-9);
        }
    }
}
