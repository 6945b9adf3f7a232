//! How often a run is called different although nothing is, and what change is found: thousands of runs of noise that
//! resembles itself from night to night and has heavy tails.

use super::time::{Simulated, simulated};
use super::{Change, Conclusion};
use crate::chance::Chance;

/// Noise between runs as large as that of rounds on a shared machine.
const LOUD: f64 = 0.20;
const AUTOCORRELATION: [f64; 2] = [0.15, 0.44];

/// A deviate with the tails of a shared machine: Student's t of three degrees of freedom, scaled to a deviation of one.
fn heavy(chance: Chance) -> f64 {
    let squares: f64 = (1..=3).map(|n| normal(chance, n).powi(2)).sum();
    normal(chance, 0) / squares.sqrt()
}

fn normal(chance: Chance, n: u64) -> f64 {
    let (length, turn) = (1.0 - chance.share(2 * n), chance.share(2 * n + 1));
    (-2.0 * length.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
}

/// Nights of which each resembles the one before.
fn nights(chance: Chance, count: usize, autocorrelation: f64, deviation: f64) -> Vec<f64> {
    let mut last = heavy(chance.within(0));
    let mut next = |n| {
        last = autocorrelation * last + (1.0 - autocorrelation.powi(2)).sqrt() * heavy(chance.within(n));
        last * deviation
    };
    (1..=count as u64).map(&mut next).collect()
}

/// One more run after so many, of which every figure of every operation has noise of its own: what is the worst case
/// for false alarms, for where all share a bad night there is less to be wrong about.
fn run(seed: u64, earlier: usize, operations: usize, noise: f64, autocorrelation: f64, factor: f64) -> Vec<Change> {
    let names: Vec<String> = (0..operations).map(|n| format!("operation {n}")).collect();
    let figures = names.iter().flat_map(|operation| ["p50", "p99", "service p50"].map(|figure| (operation, figure)));
    let figures = figures.map(|(operation, figure)| {
        let chance = Chance::of(seed, &format!("{operation} {figure}"));
        let mut nights = nights(chance, earlier + 1, autocorrelation, noise);
        let now = nights.pop().expect("there is one more") + factor.ln();
        Simulated { operation, figure, earlier: nights, now }
    });
    simulated(figures.collect())
}

fn differs(change: &Change) -> bool {
    matches!(change.conclusion, Conclusion::Better | Conclusion::Worse)
}

#[test]
fn a_run_like_those_before_it_is_called_different_in_at_most_one_of_a_hundred() {
    const RUNS: usize = 850;
    for autocorrelation in AUTOCORRELATION {
        for operations in [1, 6] {
            let mut all = 0;
            for earlier in [6, 10, 20] {
                let runs = (0..RUNS).map(|seed| run(seed as u64, earlier, operations, LOUD, autocorrelation, 1.0));
                let alarms = runs.filter(|run| run.iter().any(differs)).count();
                all += alarms;
            }
            assert!(all * 100 <= 3 * RUNS, "{all} of {}, {autocorrelation}, {operations} operations", 3 * RUNS);
        }
    }
}

#[test]
fn the_smallest_detectable_change_is_found_in_nine_of_ten_runs() {
    const RUNS: usize = 400;
    for earlier in [6, 20] {
        for operations in [1, 6] {
            let mut found = 0;
            for seed in 0..RUNS as u64 {
                let alike = run(seed, earlier, operations, 0.03, 0.3, 1.0);
                let least = alike[0].detectable.expect("there are runs enough");
                let changed = run(seed, earlier, operations, 0.03, 0.3, 1.0 + least);
                found += usize::from(
                    changed.iter().any(|each| each.figure == alike[0].figure && each.conclusion == Conclusion::Worse),
                );
            }
            assert!(found * 10 >= RUNS * 9, "{found} of {RUNS} after {earlier} nights");
        }
    }
}
