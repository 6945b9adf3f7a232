//! Several judgements at once: the more are made, the surer each must be.

/// The level at which each of a family may be judged, so that none of them is a false alarm in more than `level` of
/// all cases (Holm: A simple sequentially rejective multiple test procedure, 1979).
///
/// Takes how likely each finding is by chance. The strongest is judged as if it were one of all, the next as if it
/// were one of the others, and so on until one does not stand; those behind it are judged as that one is.
#[must_use]
pub fn holm(chances: &[f64], level: f64) -> Vec<f64> {
    let mut strongest_first: Vec<usize> = (0..chances.len()).collect();
    strongest_first.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    let mut levels = vec![level; chances.len()];
    let mut others = chances.len();
    for place in strongest_first {
        levels[place] = level / others as f64;
        if chances[place] <= levels[place] {
            others -= 1;
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_that_stands_leaves_more_room_for_the_next_and_none_overtakes_one_that_fell() {
        let close = |found: Vec<f64>, expected: [f64; 4]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} is not {expected:?}");
        };
        close(holm(&[0.9, 0.001, 0.004, 0.0001], 0.01), [0.01, 0.01 / 3.0, 0.005, 0.0025]);
        // 0.004 falls at 0.01 / 3, so 0.006, which would stand at 0.01, is not judged at that.
        close(holm(&[0.006, 0.004, 0.0061, 0.0001], 0.01), [0.01 / 3.0, 0.01 / 3.0, 0.01 / 3.0, 0.0025]);
        assert_eq!(holm(&[], 0.01), Vec::<f64>::new());
        assert_eq!(holm(&[0.5], 0.01), [0.01]);
    }
}
