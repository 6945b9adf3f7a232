//! Limits on stalls that the arrivals alone would break.
//!
//! Poisson arrivals leave gaps: of n exponential gaps at rate r the longest has the median (ln n − ln ln 2) / r,
//! by the Gumbel limit. A limit below that would fail by luck (`longest_stall` at 2/s over a minute: 2.6 s).

use super::reader::Reader;
use crate::scenario::written::node::Node;
use crate::scenario::{Arrivals, Operation, PhaseLengths, Problem, Spacing, Variant};
use crate::units::{Rate, human};
use crate::verdict::threshold::{Bound, Figure, Subject, Threshold};
use std::time::Duration;

/// −ln ln 2.
const MEDIAN_OF_GUMBEL: f64 = 0.366_512_920_581_664_3;

/// The median of the longest gap that arrivals leave by themselves within a window.
fn longest_gap(spacing: Spacing, rate: Rate, window: Duration) -> Duration {
    let arrivals = rate.0 * window.as_secs_f64();
    let gap = match spacing {
        Spacing::Even => 1.0 / rate.0,
        Spacing::Poisson => (arrivals.max(1.0).ln() + MEDIAN_OF_GUMBEL) / rate.0,
    };
    Duration::try_from_secs_f64(gap).unwrap_or(Duration::MAX)
}

impl Reader<'_> {
    /// Checks each `longest_stall` under `thresholds` against the traffic of each variant.
    pub(super) fn stalls(
        &mut self,
        node: Option<&Node>,
        thresholds: &[Threshold],
        variants: &[Variant],
        phases: PhaseLengths,
    ) {
        let window = match phases {
            PhaseLengths::Around { after, .. } => after,
            PhaseLengths::Measured { measure, .. } => measure,
        };
        for threshold in thresholds {
            let Some((subject, limit)) = name(&threshold.subject).zip(stall(threshold)) else { continue };
            let place = node.and_then(|node| node.get(subject)?.get("longest_stall")).map(|limit| limit.place.clone());
            let gaps = variants.iter().filter_map(|variant| gap(&threshold.subject, &variant.operations, window));
            if let Some(gap) = gaps.max().filter(|gap| *gap > limit) {
                let gap_text = human(gap);
                let message = format!("arrivals alone leave gaps of {gap_text}, longer than {}", human(limit));
                let problem = Problem::at(place.unwrap_or_default(), message);
                self.problem(problem.help(format!("allow more than {gap_text}, or raise the rate")));
            }
        }
    }
}

fn name(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Operation(name) => Some(name),
        Subject::AllTraffic => Some("all traffic"),
        Subject::Gauge(_) | Subject::Step(_) | Subject::Check(_) | Subject::Database => None,
    }
}

fn stall(threshold: &Threshold) -> Option<Duration> {
    threshold.limits.iter().find_map(|limit| match (&limit.figure, &limit.bound) {
        (Figure::LongestStall, Bound::Time(most)) => Some(*most),
        _ => None,
    })
}

/// The gap that a subject's arrivals leave in one variant; `None` where they depend on answers, or never come.
fn gap(subject: &Subject, operations: &[Operation], window: Duration) -> Option<Duration> {
    match subject {
        Subject::Operation(name) => {
            let operation = operations.iter().find(|operation| operation.name == *name)?;
            match &operation.arrivals {
                Arrivals::Open { spacing, .. } => {
                    let rate = highest(&operation.arrivals)?;
                    Some(longest_gap(*spacing, rate, window))
                }
                Arrivals::Every(every) => Some(*every),
                Arrivals::Closed { .. } | Arrivals::At(_) => None,
            }
        }
        _ if operations.iter().any(|operation| matches!(operation.arrivals, Arrivals::Closed { .. })) => None,
        _ => {
            let rates = operations.iter().filter_map(|operation| highest(&operation.arrivals));
            let sum = Rate(rates.map(|rate| rate.0).sum());
            (sum.0 > 0.0).then(|| longest_gap(Spacing::Poisson, sum, window))
        }
    }
}

/// The highest rate of the open model: only what even that cannot keep is refused.
fn highest(arrivals: &Arrivals) -> Option<Rate> {
    let Arrivals::Open { rate, stages, .. } = arrivals else { return None };
    let highest = stages.iter().map(|(_, rate)| rate.0).fold(rate.0, f64::max);
    (highest > 0.0).then_some(Rate(highest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_arrivals_a_second_leave_a_gap_of_2_6_seconds_in_a_minute() {
        let gap = longest_gap(Spacing::Poisson, Rate(2.0), Duration::from_mins(1)).as_secs_f64();
        assert!((gap - 2.577).abs() < 0.001, "{gap}");
    }

    #[test]
    fn even_arrivals_leave_their_distance() {
        assert_eq!(longest_gap(Spacing::Even, Rate(2.0), Duration::from_mins(1)), Duration::from_millis(500));
    }
}
