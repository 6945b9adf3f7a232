//! What is measured of an operation, and when it can be used.

use crate::figures::PhaseFigures;
use crate::verdict::beyond::Standing;
use crate::verdict::comparison::pairs::Turn;
use std::time::Duration;

/// Where more than this share of an operation failed, what is left tells nothing of how fast it is.
pub(in crate::verdict) const MOST_ERRORS: f64 = 0.05;

/// A figure that is measured; less is better of all of them.
pub(in crate::verdict) struct Figure {
    pub(in crate::verdict) word: &'static str,
    /// Of fewer observations it is not what its name says.
    least_count: u64,
    of: fn(&PhaseFigures) -> f64,
    /// What may be judged of it by itself.
    pub(in crate::verdict) standing: Standing,
}

pub(in crate::verdict) const MEDIAN: Figure =
    Figure { word: "p50", least_count: 2, of: |figures| figures.response.p50.as_secs_f64(), standing: Standing::Named };
pub(in crate::verdict) const P99: Figure = Figure {
    word: "p99",
    least_count: 100,
    of: |figures| figures.response.p99.as_secs_f64(),
    standing: Standing::Named,
};
pub(in crate::verdict) const P90: Figure = Figure {
    word: "p90",
    least_count: 10,
    of: |figures| figures.response.p90.as_secs_f64(),
    standing: Standing::Follows,
};
pub(in crate::verdict) const SERVICE_P50: Figure = Figure {
    word: "service p50",
    least_count: 2,
    of: |figures| figures.service.p50.as_secs_f64(),
    standing: Standing::Named,
};
pub(in crate::verdict) const SERVICE_P90: Figure = Figure {
    word: "service p90",
    least_count: 10,
    of: |figures| figures.service.p90.as_secs_f64(),
    standing: Standing::Follows,
};
pub(in crate::verdict) const SERVICE_P99: Figure = Figure {
    word: "service p99",
    least_count: 100,
    of: |figures| figures.service.p99.as_secs_f64(),
    standing: Standing::Follows,
};
/// Of clients that wait for each other: one over the throughput.
pub(in crate::verdict) const TIME_EACH: Figure = Figure {
    word: "time per operation",
    least_count: 1,
    of: |figures| figures.length.as_secs_f64() / figures.account.succeeded as f64,
    standing: Standing::Named,
};
/// Half of one is added on both sides, for none is not infinitely better than one (Haldane 1956, Anscombe 1956).
pub(in crate::verdict) const ERRORS: Figure = Figure {
    word: "errors",
    least_count: 0,
    of: |figures| (failed(figures) as f64 + 0.5) / (figures.account.scheduled as f64 + 1.0),
    standing: Standing::Named,
};

impl Figure {
    /// How late the generator was, at the same point of the distribution.
    pub(in crate::verdict) fn lag(&self, figures: &PhaseFigures) -> Duration {
        match self.word {
            word if word.ends_with("p99") => figures.lag.p99,
            word if word.ends_with("p90") => figures.lag.p90,
            _ => figures.lag.p50,
        }
    }

    /// What it was in a round, or why it cannot be used.
    pub(in crate::verdict) fn value(&self, turn: &Turn<'_>) -> Result<f64, &'static str> {
        let figures = (*turn)?;
        let share = failed(figures) as f64 / figures.account.scheduled.max(1) as f64;
        let value = (self.of)(figures);
        match self.word == ERRORS.word {
            false if share > MOST_ERRORS => Err("too many failed"),
            false if figures.response.count < self.least_count => Err("too few observations"),
            _ if !value.is_normal() => Err("nothing was measured"),
            _ => Ok(value),
        }
    }
}

/// Failed, and refused because the generator could not even hold them.
pub(in crate::verdict) fn failed(figures: &PhaseFigures) -> u64 {
    figures.account.errors() + figures.account.dropped
}
