//! The highest rate that a variant can bear: a search that knows nothing of how a rate is tried.

use crate::units::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The highest rate at which a variant keeps the limits of an operation, as far as it was searched for.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Capacity {
    /// The variant.
    pub variant: String,
    /// The operation whose rate was varied.
    pub operation: String,
    /// The round trip at which it was searched.
    pub round_trip: Duration,
    /// The highest rate that was kept, in 1/s; `None` where none was.
    pub kept: Option<f64>,
    /// The lowest rate that was not kept; `None` where all were.
    pub lost: Option<f64>,
    /// Every rate tried, in order.
    pub tried: Vec<Trial>,
}

/// One rate that was tried.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Trial {
    /// Arrivals a second.
    pub rate: f64,
    /// Whether all limits of the operation were kept.
    pub kept: bool,
    /// The median response time.
    pub p50: Duration,
    /// The 99th percentile of the response time.
    pub p99: Duration,
    /// Why it was not kept, in words.
    pub why: Option<String>,
}

impl Capacity {
    /// Counts one more trial.
    pub fn add(&mut self, trial: Trial, answer: Answer) {
        match answer {
            Answer::Kept => self.kept = Some(self.kept.map_or(trial.rate, |kept| kept.max(trial.rate))),
            Answer::Lost => self.lost = Some(self.lost.map_or(trial.rate, |lost| lost.min(trial.rate))),
            Answer::TooFew => {}
        }
        self.tried.push(trial);
    }

    /// What was found, as a sentence.
    #[must_use]
    pub fn told(&self) -> String {
        let Self { variant, operation, kept, lost, .. } = self;
        match (kept.map(Rate), lost.map(Rate)) {
            (Some(kept), Some(lost)) => {
                format!("“{variant}” keeps the limits of `{operation}` at {kept}, and no longer at {lost}.")
            }
            (Some(kept), None) => {
                format!("“{variant}” keeps the limits of `{operation}` at {kept}, the highest rate tried.")
            }
            (None, Some(lost)) => {
                format!("“{variant}” keeps the limits of `{operation}` at no rate tried, down to {lost}.")
            }
            (None, None) => format!("What rate of `{operation}` “{variant}” can bear could not be judged."),
        }
    }
}

/// What a trial said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All limits were kept.
    Kept,
    /// Some limit was not, or the generator could not keep up.
    Lost,
    /// Too few arrivals to judge by: only a higher rate can say more.
    TooFew,
}

/// Rates that are at most tried.
const MOST_TRIALS: usize = 8;
/// Once the rates kept and lost are so near each other, the search is over: a machine varies by as much.
const NEAR: f64 = 1.1;

/// A search for the highest rate that is kept: doubled until one is lost, then between the two.
#[derive(Clone, Debug)]
pub struct Search {
    first: f64,
    trials: usize,
    /// The highest rate that was not lost.
    low: Option<f64>,
    high: Option<f64>,
}

impl Search {
    /// Begins at a rate.
    #[must_use]
    pub fn from(first: f64) -> Self {
        Self { first, trials: 0, low: None, high: None }
    }

    /// The rate to try next; `None` once the search is over.
    #[must_use]
    pub fn next(&self) -> Option<f64> {
        let rate = match (self.low, self.high) {
            (None, None) => self.first,
            (Some(low), None) => low * 2.0,
            (None, Some(high)) => high / 2.0,
            (Some(low), Some(high)) if high > low * NEAR => (low * high).sqrt(),
            (Some(_), Some(_)) => return None,
        };
        (self.trials < MOST_TRIALS).then(|| readable(rate))
    }

    /// Learns what became of a rate.
    pub fn learn(&mut self, rate: f64, answer: Answer) {
        self.trials += 1;
        match answer {
            Answer::Kept | Answer::TooFew => self.low = Some(self.low.map_or(rate, |low| low.max(rate))),
            Answer::Lost => self.high = Some(self.high.map_or(rate, |high| high.min(rate))),
        }
    }
}

/// To three digits: nobody wants to read of 141.42135 arrivals a second.
fn readable(rate: f64) -> f64 {
    let unit = 10_f64.powf(rate.log10().floor() - 2.0);
    (rate / unit).round() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a search finds where so much is borne and as much is needed to judge, and the rates that it tried.
    fn found(first: f64, borne: f64, needed: f64) -> (Option<f64>, Option<f64>, usize) {
        let mut search = Search::from(first);
        let mut tried = 0;
        while let Some(rate) = search.next() {
            tried += 1;
            let answer = match rate {
                _ if rate < needed => Answer::TooFew,
                _ if rate <= borne => Answer::Kept,
                _ => Answer::Lost,
            };
            search.learn(rate, answer);
        }
        (search.low, search.high, tried)
    }

    #[test]
    fn the_rate_that_is_borne_lies_within_a_tenth_above_the_one_that_was_kept() {
        for (first, borne) in [(10.0, 100.0), (100.0, 97.0), (300.0, 40.0), (1.0, 1.5), (1000.0, 8_000.0)] {
            let (low, high, tried) = found(first, borne, 0.0);
            let (low, high) = (low.expect("some rate is kept"), high.expect("some rate is lost"));
            assert!(low <= borne && borne < high && high <= low * 1.11, "{low} {high} of {borne}");
            assert!(tried <= MOST_TRIALS);
        }
    }

    #[test]
    fn a_search_ends_where_all_is_kept_nothing_is_or_nothing_can_be_judged() {
        assert_eq!(found(1.0, f64::INFINITY, 0.0), (Some(128.0), None, MOST_TRIALS));
        assert_eq!(found(128.0, 0.0, 0.0), (None, Some(1.0), MOST_TRIALS));
        assert_eq!(found(1.0, 1e9, 1e9), (Some(128.0), None, MOST_TRIALS));
    }

    #[test]
    fn rates_are_readable() {
        let (_, _, tried) = found(100.0, 150.0, 0.0);
        assert_eq!(tried, 5, "100, 200, 141, 168, 154");
        assert!((readable(141.421_356) - 141.0).abs() < 1e-9);
        assert!((readable(0.123_456) - 0.123).abs() < 1e-9);
    }
}
