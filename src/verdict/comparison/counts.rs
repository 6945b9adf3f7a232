//! Counts: statements, rows, bytes, blocks, write-ahead log, plans. They hardly vary, so one round tells.

use super::pairs::{Pair, Side};
use super::{Comparison, Conclusion};
use crate::cost::OperationCost;
use crate::plan::{Plan, StatementPlan};
use std::time::Duration;

/// A figure that is counted.
struct Count {
    word: &'static str,
    /// Less does not count, and counts as this much: it also keeps a ratio to nothing finite.
    least: f64,
    /// By so large a share two variants may differ and are the same.
    tolerance: f64,
    of: fn(&OperationCost) -> Option<f64>,
}

/// What a client decides varies least; blocks depend on which rows were asked for, and the write-ahead log on when
/// the last checkpoint was.
const COUNTS: [Count; 6] = [
    Count { word: "statements", least: 0.5, tolerance: 0.05, of: |cost| Some(cost.statements) },
    Count { word: "round trips", least: 0.5, tolerance: 0.05, of: |cost| cost.round_trips },
    Count { word: "rows", least: 0.5, tolerance: 0.05, of: |cost| Some(cost.rows) },
    Count { word: "bytes", least: 100.0, tolerance: 0.05, of: |cost| cost.bytes },
    Count { word: "buffers", least: 2.0, tolerance: 0.1, of: |cost| Some(cost.hit + cost.read) },
    Count { word: "wal", least: 500.0, tolerance: 0.25, of: |cost| Some(cost.wal) },
];

/// The figure of plans: the blocks that they touch.
const PLAN: Count = Count { word: "plan", least: 2.0, tolerance: 0.1, of: |_| None };

/// Whether a figure is counted, and needs no pairs of rounds.
pub(in crate::verdict) fn is_count(figure: &str) -> bool {
    COUNTS.iter().chain([&PLAN]).any(|count| count.word == figure)
}

/// The counts of an operation that was measured in both, at each round trip by itself.
pub(in crate::verdict) fn compare(pair: &Pair<'_>) -> Vec<Comparison> {
    let at = |round_trip| {
        let counted = COUNTS.iter().filter_map(move |count| {
            let values = (mean(&pair.reference, round_trip, count)?, mean(&pair.variant, round_trip, count)?);
            Some(comparison(pair, round_trip, count, values, judged(values, count)))
        });
        counted.chain(plans(pair, round_trip))
    };
    pair.round_trips().into_iter().flat_map(at).collect()
}

/// Over the rounds in which it was measured.
fn mean(side: &Side<'_>, round_trip: Duration, count: &Count) -> Option<f64> {
    let costs = side.rounds(round_trip).filter_map(|round| round.costs.get(side.place));
    let counts: Vec<f64> = costs.filter(|cost| cost.executions > 0).filter_map(count.of).collect();
    (!counts.is_empty()).then(|| counts.iter().sum::<f64>() / counts.len() as f64)
}

fn judged(values: (f64, f64), count: &Count) -> Conclusion {
    let ratio = ratio(values, count.least);
    match (values.0 - values.1).abs() >= count.least {
        true if ratio > 1.0 + count.tolerance => Conclusion::Worse,
        true if ratio < 1.0 / (1.0 + count.tolerance) => Conclusion::Better,
        _ => Conclusion::Same,
    }
}

fn ratio((reference, variant): (f64, f64), least: f64) -> f64 {
    variant.max(least) / reference.max(least)
}

fn comparison(
    pair: &Pair<'_>,
    round_trip: Duration,
    count: &Count,
    values: (f64, f64),
    conclusion: Conclusion,
) -> Comparison {
    Comparison {
        operation: pair.operation.to_owned(),
        figure: count.word.to_owned(),
        round_trip,
        reference: pair.reference.alternative.name.to_owned(),
        variant: pair.variant.alternative.name.to_owned(),
        values,
        pairs: 0,
        ratio: ratio(values, count.least),
        interval: None,
        confidence: 0.0,
        detectable: None,
        conclusion,
        remark: None,
    }
}

/// How the server goes about the statements of an operation: the shapes of its plans.
pub(in crate::verdict) fn shapes(side: &Side<'_>, round_trip: Duration) -> Vec<String> {
    executed(side, round_trip).into_iter().map(|plan| plan.shape.clone()).collect()
}

/// The blocks that the plans touch: the same shape is the same plan, whichever row was asked for.
fn plans(pair: &Pair<'_>, round_trip: Duration) -> Option<Comparison> {
    let [alike, other] = [&pair.reference, &pair.variant].map(|side| shapes(side, round_trip));
    let [reference, variant] = [&pair.reference, &pair.variant].map(|side| executed(side, round_trip));
    if reference.is_empty() || variant.is_empty() {
        return None;
    }
    let blocks = |plans: &[&Plan]| plans.iter().map(|plan| (plan.hit + plan.read) as f64).sum::<f64>();
    let values = (blocks(&reference), blocks(&variant));
    if alike == other {
        return Some(comparison(pair, round_trip, &PLAN, values, Conclusion::Same));
    }
    let judged = match judged(values, &PLAN) {
        // Another way that costs as much for the one row that was looked at.
        Conclusion::Same => Conclusion::CannotTell,
        judged => judged,
    };
    let remark = Some("the server goes about it in another way".to_owned());
    Some(Comparison { remark, ..comparison(pair, round_trip, &PLAN, values, judged) })
}

/// The plans of the first round that has any; after the traffic, for that is what its figures come from.
fn executed<'a>(side: &Side<'a>, round_trip: Duration) -> Vec<&'a Plan> {
    let own = |plan: &&StatementPlan| usize::from(plan.operation) == side.place;
    let of = |plans: &'a [StatementPlan]| {
        let plans = plans.iter().filter(own).filter_map(|plan| plan.after.as_ref().or(plan.before.as_ref()));
        plans.filter(|plan| plan.executed).collect::<Vec<_>>()
    };
    side.rounds(round_trip).map(|round| of(round.plans)).find(|plans| !plans.is_empty()).unwrap_or_default()
}
