//! A permutation of 0..n that nobody has to store: a Feistel network with cycle walking.
//!
//! Any Feistel network is one to one, whatever its round function; walking on until the result is below n keeps it so
//! (Black, Rogaway: Ciphers with Arbitrary Finite Domains, 2002).

use super::hash::{Salt, mix};

/// An order of 0..size without any pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Permutation {
    size: u64,
    left_bits: u32,
    right_bits: u32,
    keys: [u64; 4],
}

impl Permutation {
    pub(super) fn new(size: u64, salt: Salt) -> Self {
        let bits = (u64::BITS - size.saturating_sub(1).leading_zeros()).max(2);
        Self {
            size,
            left_bits: bits / 2,
            right_bits: bits - bits / 2,
            keys: [salt.bits(1), salt.bits(2), salt.bits(3), salt.bits(4)],
        }
    }

    /// Where `place` goes. Places from `size` on stay where they are, so that what lies above the seeded rows is
    /// distinct from them and from each other.
    pub(super) fn apply(&self, place: u64) -> u64 {
        if place >= self.size {
            return place;
        }
        let mut at = place;
        loop {
            at = self.scramble(at);
            if at < self.size {
                return at;
            }
        }
    }

    /// One to one over the next power of two; an even number of rounds leaves halves of unequal width where they were.
    fn scramble(&self, value: u64) -> u64 {
        let (mut left_bits, mut right_bits) = (self.left_bits, self.right_bits);
        let mut left = value >> right_bits;
        let mut right = value & mask(right_bits);
        for key in self.keys {
            let turned = (left ^ mix(right.wrapping_add(key))) & mask(left_bits);
            (left, right) = (right, turned);
            (left_bits, right_bits) = (right_bits, left_bits);
        }
        (left << right_bits) | right
    }
}

fn mask(bits: u32) -> u64 {
    (1u64 << bits) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_taken_exactly_once() {
        for size in [1, 2, 3, 4, 5, 7, 16, 17, 100, 1000, 1024, 4097, 65_537] {
            let permutation = Permutation::new(size, Salt::new(size, &["t"]));
            let mut taken = vec![false; size as usize];
            for place in 0..size {
                let to = permutation.apply(place) as usize;
                assert!(!taken[to], "{to} of {size} is taken twice");
                taken[to] = true;
            }
        }
    }

    #[test]
    fn places_above_the_permuted_ones_stay() {
        let permutation = Permutation::new(100, Salt::new(1, &["t"]));
        assert_eq!((permutation.apply(100), permutation.apply(u64::MAX)), (100, u64::MAX));
    }

    #[test]
    fn neighbours_do_not_stay_neighbours() {
        let permutation = Permutation::new(10_000, Salt::new(1, &["t"]));
        let kept = (1..10_000).filter(|&n| permutation.apply(n).abs_diff(permutation.apply(n - 1)) == 1).count();
        assert!(kept < 20, "{kept} pairs are still side by side");
    }
}
