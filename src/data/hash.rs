//! Random bits by address: the only source of chance in the data.
//!
//! `SplitMix64` (Steele, Lea, Flood 2014): its finalizer is a bijection of 64 bits, which unique values rely on, and it
//! takes about a nanosecond. The output is part of what a seeded database is; changing it changes every fingerprint.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Scrambles 64 bits, one to one.
pub(super) fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Where a stream of random bits starts: the seed with the names of what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Salt(u64);

impl Salt {
    /// Of a seed and names; no order among tables or columns enters, so adding one leaves the others as they are.
    pub(super) fn new(seed: u64, names: &[&str]) -> Self {
        let mut state = mix(seed.wrapping_add(GOLDEN));
        for name in names {
            for byte in name.bytes() {
                // FNV-1a, 64 bits.
                state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            state = mix(state ^ name.len() as u64);
        }
        Self(state)
    }

    /// Another stream, for another use of the same name.
    pub(super) fn other(self, purpose: u64) -> Self {
        Self(mix(self.0 ^ mix(purpose.wrapping_add(GOLDEN))))
    }

    /// The bits at a place of the stream; distinct places have distinct bits.
    pub(super) fn bits(self, place: u64) -> u64 {
        mix(self.0.wrapping_add(place.wrapping_mul(GOLDEN)))
    }
}

/// A number below `size`, all equally likely but for 1 in 2^64 / `size`; 0 where `size` is 0.
pub(super) fn below(bits: u64, size: u64) -> u64 {
    ((u128::from(bits) * u128::from(size)) >> 64) as u64
}

/// A number from 0 up to, but not including, 1.
pub(super) fn fraction(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// What `bits` must stay below to happen with that probability.
pub(super) fn threshold(share: f64) -> u64 {
    (share.clamp(0.0, 1.0) * u64::MAX as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_published_generator() {
        // First outputs of SplitMix64 seeded with 0.
        assert_eq!(Salt(0).bits(1), 0xe220_a839_7b1d_cdaf);
        assert_eq!(Salt(0).bits(2), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn names_that_run_together_are_different_addresses() {
        assert_ne!(Salt::new(1, &["ab", "c"]), Salt::new(1, &["a", "bc"]));
        assert_ne!(Salt::new(1, &["ab"]), Salt::new(2, &["ab"]));
    }

    #[test]
    fn numbers_stay_below_their_size() {
        assert_eq!(below(u64::MAX, 10), 9);
        assert_eq!(below(0, 10), 0);
        assert_eq!(below(u64::MAX, 0), 0);
        assert!(fraction(u64::MAX) < 1.0);
    }
}
