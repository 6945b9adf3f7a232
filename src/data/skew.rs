//! Weighted choice in constant time, and the zipf law over any number of ranks.

use super::hash::{below, fraction, mix};

/// Ranks whose weights are tabulated, 8 bytes each; beyond, the sum over ranks is an integral to 12 digits.
const HEAD: u64 = 1 << 20;

/// Choice among weights by Walker's alias method (Vose 1991): one look-up, whatever the weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alias {
    /// Of each: the part of 2^32 in which it keeps its own slot, and who has the rest.
    slots: Vec<(u32, u32)>,
}

impl Alias {
    /// From weights that are not negative and not all zero.
    pub(super) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut scaled: Vec<f64> = weights.iter().map(|weight| weight * weights.len() as f64 / total).collect();
        let mut slots: Vec<(u32, u32)> = (0..weights.len() as u32).map(|own| (u32::MAX, own)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..weights.len()).partition(|&n| scaled[n] < 1.0);
        while let (Some(less), Some(&more)) = (small.pop(), large.last()) {
            slots[less] = ((scaled[less] * f64::from(u32::MAX)) as u32, more as u32);
            scaled[more] -= 1.0 - scaled[less];
            if scaled[more] < 1.0 {
                small.extend(large.pop());
            }
        }
        Self { slots }
    }

    /// Which one; the upper bits choose the slot, the lower ones whether it keeps it.
    pub(super) fn pick(&self, bits: u64) -> u64 {
        let slot = below(bits, self.slots.len() as u64);
        let (keeps, other) = self.slots[slot as usize];
        match (bits as u32) <= keeps {
            true => slot,
            false => u64::from(other),
        }
    }
}

/// Bounded zipf: rank k, from 0, is (k + 1)^-exponent as frequent as rank 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Zipf {
    head: Alias,
    /// The number of all ranks, where some are not tabulated: these share the head's last slot.
    tail: Option<u64>,
    exponent: f64,
}

impl Zipf {
    pub(super) fn new(ranks: u64, exponent: f64) -> Self {
        let tabulated = ranks.clamp(1, HEAD);
        let mut weights: Vec<f64> = (1..=tabulated).map(|rank| (rank as f64).powf(-exponent)).collect();
        let tail = (ranks > tabulated).then_some(ranks);
        if tail.is_some() {
            let (from, to) = (tabulated as f64 + 0.5, ranks as f64 + 0.5);
            weights.push(integral(to, exponent) - integral(from, exponent));
        }
        Self { head: Alias::new(&weights), tail, exponent }
    }

    /// A rank, from 0.
    pub(super) fn rank(&self, bits: u64) -> u64 {
        let rank = self.head.pick(bits);
        match self.tail {
            Some(ranks) if rank == HEAD => self.tail_rank(ranks, mix(bits)),
            _ => rank,
        }
    }

    /// The inverse of the integral between the first and the last rank that are not tabulated.
    fn tail_rank(&self, ranks: u64, bits: u64) -> u64 {
        let from = integral(HEAD as f64 + 0.5, self.exponent);
        let to = integral(ranks as f64 + 0.5, self.exponent);
        let rank = inverse_integral(from + (to - from) * fraction(bits), self.exponent).round();
        (rank as u64).clamp(HEAD + 1, ranks) - 1
    }
}

/// The integral of x^-exponent from 1 to `x`.
fn integral(x: f64, exponent: f64) -> f64 {
    let power = 1.0 - exponent;
    match power.abs() < 1e-9 {
        true => x.ln(),
        false => (x.powf(power) - 1.0) / power,
    }
}

fn inverse_integral(area: f64, exponent: f64) -> f64 {
    let power = 1.0 - exponent;
    match power.abs() < 1e-9 {
        true => area.exp(),
        false => (area * power + 1.0).powf(1.0 / power),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::hash::Salt;

    fn shares(draws: u64, size: usize, pick: impl Fn(u64) -> u64) -> Vec<f64> {
        let salt = Salt::new(7, &["shares"]);
        let mut counts = vec![0u64; size];
        (0..draws).for_each(|n| counts[pick(salt.bits(n)) as usize] += 1);
        counts.into_iter().map(|count| count as f64 / draws as f64).collect()
    }

    #[test]
    fn weights_are_kept() {
        let alias = Alias::new(&[90.0, 8.0, 2.0, 0.0]);
        let found = shares(200_000, 4, |bits| alias.pick(bits));
        for (share, weight) in found.iter().zip([0.9, 0.08, 0.02, 0.0]) {
            assert!((share - weight).abs() < 0.003, "{found:?}");
        }
    }

    #[test]
    fn rank_k_is_a_kth_as_frequent_as_the_first() {
        let zipf = Zipf::new(1000, 1.0);
        let found = shares(400_000, 1000, |bits| zipf.rank(bits));
        for rank in [2, 3, 10, 30] {
            let expected = found[0] / rank as f64;
            assert!((found[rank - 1] / expected - 1.0).abs() < 0.1, "rank {rank}: {}", found[rank - 1]);
        }
    }

    #[test]
    fn ranks_beyond_the_table_continue_the_law() {
        let (ranks, exponent) = (4 * HEAD, 1.1);
        let zipf = Zipf::new(ranks, exponent);
        let weight = |from: u64, to: u64| (from..to).map(|rank| ((rank + 1) as f64).powf(-exponent)).sum::<f64>();
        let salt = Salt::new(3, &["tail"]);
        let draws = 300_000;
        let drawn: Vec<u64> = (0..draws).map(|n| zipf.rank(salt.bits(n))).collect();
        assert!(drawn.iter().all(|&rank| rank < ranks));
        for (from, to) in [(HEAD / 2, HEAD), (HEAD, 2 * HEAD), (2 * HEAD, ranks)] {
            let found = drawn.iter().filter(|rank| (from..to).contains(rank)).count() as f64 / draws as f64;
            let expected = weight(from, to) / weight(0, ranks);
            assert!((found / expected - 1.0).abs() < 0.1, "{from}..{to}: {found} for {expected}");
        }
    }
}
