//! Times, over pairs of rounds.
//!
//! Of each figure the logarithm of its ratio is taken pair by pair, and a t interval over the pairs. It must lie
//! beyond what matters as a whole before anything is called different, at a level that Holm's procedure gives.

pub(in crate::verdict) mod figure;
#[cfg(test)]
mod simulation;

use super::pairs::{Pair, Turn};
use super::{Comparison, Conclusion};
use crate::statistics::Estimate;
use crate::verdict::beyond::{self, Group, RESOLUTION};
use figure::{ERRORS, Figure, MEDIAN, P90, P99, TIME_EACH, failed};
use std::time::Duration;

/// A change by less than such a part of what pairs differ by themselves is none to speak of, however many pairs there
/// are. On a shared machine rounds resemble those before them (autocorrelation 0.15 to 0.44), so that pairs are worth
/// less than their number; without this, 5 % of runs at the largest noise would raise a false alarm.
const NOISE: f64 = 0.75;

/// A comparison to be judged, with its pairs summed up.
pub(super) type Asked = beyond::Asked<Comparison>;

/// What can be asked of an operation, at each round trip by itself.
pub(super) fn ask(pair: &Pair<'_>) -> Vec<Asked> {
    let at = |round_trip| {
        let turns = pair.turns(round_trip);
        let mut figures = vec![&MEDIAN, &P90, &P99];
        if [&pair.reference, &pair.variant].iter().all(|side| side.alternative.operations[side.place].is_closed) {
            figures.push(&TIME_EACH);
        }
        let has_failed = |turn: &Turn<'_>| turn.is_ok_and(|figures| failed(figures) > 0);
        if turns.iter().any(|(reference, variant)| has_failed(reference) || has_failed(variant)) {
            figures.push(&ERRORS);
        }
        figures.into_iter().map(|figure| asked(pair, round_trip, &turns, figure)).collect::<Vec<_>>()
    };
    pair.round_trips().into_iter().flat_map(at).collect()
}

fn asked(pair: &Pair<'_>, round_trip: Duration, turns: &[(Turn<'_>, Turn<'_>)], figure: &Figure) -> Asked {
    let values = |(reference, variant): &(Turn<'_>, Turn<'_>)| Ok((figure.value(reference)?, figure.value(variant)?));
    let (mut whole, mut left_out): (Vec<(f64, f64)>, Vec<&str>) = (Vec::new(), Vec::new());
    for turn in turns {
        match values(turn) {
            Ok(values) => whole.push(values),
            Err(why) => left_out.push(why),
        }
    }
    let differences: Vec<f64> = whole.iter().map(|(reference, variant)| (variant / reference).ln()).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| geometric_mean(whole.iter().map(of));
    let values = (mean(|each| each.0), mean(|each| each.1));
    let found = Estimate::of_pairs(&differences, RESOLUTION).filter(|_| same_arrivals(pair));
    let comparison = Comparison {
        operation: pair.operation.to_owned(),
        figure: figure.word.to_owned(),
        round_trip,
        reference: pair.reference.alternative.name.to_owned(),
        variant: pair.variant.alternative.name.to_owned(),
        values,
        pairs: whole.len() as u32,
        ratio: (differences.iter().sum::<f64>() / differences.len().max(1) as f64).exp(),
        interval: None,
        confidence: 0.0,
        detectable: None,
        conclusion: Conclusion::CannotTell,
        remark: remark(pair, whole.len(), left_out),
    };
    let group = Group { variant: comparison.variant.clone(), subject: comparison.operation.clone(), round_trip };
    Asked { what: comparison, group, found, noise: NOISE, standing: figure.standing, is_varied: is_varied(pair) }
}

fn is_varied(pair: &Pair<'_>) -> bool {
    let [reference, variant] = [&pair.reference, &pair.variant].map(|side| side.alternative.operations[side.place]);
    reference.text != variant.text
}

/// Zero of nothing.
pub(in crate::verdict) fn geometric_mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    match values.len() {
        0 => 0.0,
        count => (values.map(f64::ln).sum::<f64>() / count as f64).exp(),
    }
}

/// What comes at another rate waits for itself at another rate.
fn same_arrivals(pair: &Pair<'_>) -> bool {
    let [reference, variant] = [&pair.reference, &pair.variant].map(|side| side.alternative.operations[side.place]);
    reference.arrivals == variant.arrivals
}

fn remark(pair: &Pair<'_>, whole: usize, mut left_out: Vec<&str>) -> Option<String> {
    if !same_arrivals(pair) {
        return Some("its arrivals differ, so its times do not compare".to_owned());
    }
    let left = left_out.len();
    let few = match whole {
        0 => Some("no pair of rounds is left"),
        1 => Some("one pair of rounds says nothing of how much rounds vary, 3 are needed"),
        2 => Some("two pairs of rounds say nothing of how much rounds vary, 3 are needed"),
        _ => None,
    };
    left_out.sort_unstable();
    left_out.dedup();
    let left = (left > 0).then(|| format!("{left} of {} pairs are left out ({})", left + whole, left_out.join(", ")));
    match (few, left) {
        (Some(few), Some(left)) => Some(format!("{few}: {left}")),
        (few, left) => few.map(str::to_owned).or(left),
    }
}

/// Judges all that was asked in a run.
pub(super) fn judge(asked: Vec<Asked>) -> Vec<Comparison> {
    let concluded = |(comparison, answer): beyond::Judged<Comparison>| match answer {
        Some(answer) => Comparison {
            interval: Some(answer.interval),
            confidence: answer.confidence,
            detectable: Some(answer.detectable),
            conclusion: answer.conclusion,
            ..comparison
        },
        None => comparison,
    };
    beyond::judge(asked).into_iter().map(concluded).collect()
}
