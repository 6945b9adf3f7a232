//! In which order variants run.

/// Places of variants, round after round: A B, B A, A B, …, so that a drift of the machine hits all alike.
pub(super) fn order(variants: &[usize], rounds: u32) -> Vec<usize> {
    (0..rounds)
        .flat_map(|round| {
            let mut each = variants.to_vec();
            if round % 2 == 1 {
                each.reverse();
            }
            each
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn every_second_round_runs_backwards() {
        assert_eq!(order(&[0, 1], 3), [0, 1, 1, 0, 0, 1]);
        assert_eq!(order(&[2], 2), [2, 2]);
    }
}
