//! In which order variants run, and at which round trips.

use super::Plan;
use std::time::Duration;

/// Places of variants with the round trip at which they run, so that a drift of the machine hits all alike.
///
/// Round after round every round trip has its pass over the variants: A B, B A, A B, … Every second round takes the
/// round trips backwards, which turns the pass at each of them round from one round to the next.
pub(super) fn order(plan: &Plan) -> Vec<(usize, Duration)> {
    let rounds = (0..plan.rounds).flat_map(|round| turned(&plan.round_trips, round));
    let passes = rounds.zip(0..);
    passes
        .flat_map(|(round_trip, pass)| {
            turned(&plan.variants, pass).into_iter().map(move |variant| (variant, round_trip))
        })
        .collect()
}

/// Forwards the first time, backwards the second, and so on.
fn turned<T: Copy>(all: &[T], time: u32) -> Vec<T> {
    match time % 2 {
        0 => all.to_vec(),
        _ => all.iter().rev().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variants: &[usize], rounds: u32, round_trips: &[u64]) -> Vec<(usize, u64)> {
        let round_trips = round_trips.iter().map(|round_trip| Duration::from_millis(*round_trip)).collect();
        let order = order(&Plan { variants: variants.to_vec(), rounds, round_trips, capacity: None });
        order.into_iter().map(|(variant, round_trip)| (variant, round_trip.as_millis() as u64)).collect()
    }

    #[test]
    fn every_second_pass_runs_backwards() {
        assert_eq!(of(&[0, 1], 3, &[0]), [(0, 0), (1, 0), (1, 0), (0, 0), (0, 0), (1, 0)]);
        assert_eq!(of(&[2], 2, &[0]), [(2, 0), (2, 0)]);
    }

    #[test]
    fn at_every_round_trip_the_pass_turns_round_from_round_to_round() {
        let two = of(&[0, 1], 2, &[0, 5]);
        assert_eq!(two, [(0, 0), (1, 0), (1, 5), (0, 5), (0, 5), (1, 5), (1, 0), (0, 0)]);
        for round_trips in [&[0, 1][..], &[0, 1, 5]] {
            let all = of(&[0, 1], 4, round_trips);
            for round_trip in round_trips {
                let first = all.iter().filter(|(_, at)| at == round_trip).step_by(2).map(|(variant, _)| *variant);
                let first: Vec<usize> = first.collect();
                assert!(first == [0, 1, 0, 1] || first == [1, 0, 1, 0], "at {round_trip} ms: {first:?} came first");
            }
        }
    }
}
