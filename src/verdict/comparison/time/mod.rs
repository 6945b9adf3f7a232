//! Times, over pairs of rounds.
//!
//! Of each figure the logarithm of its ratio is taken pair by pair, and a t interval over the pairs. It must lie
//! beyond what matters as a whole before anything is called different, at a level that Holm's procedure gives.

mod figure;
#[cfg(test)]
mod simulation;

use super::pairs::{Pair, Turn};
use super::{Comparison, Conclusion};
use crate::statistics::{Paired, holm};
use figure::{ERRORS, Figure, MEDIAN, P90, P99, Standing, TIME_EACH, failed};
use std::time::Duration;

/// In how many runs in which nothing differs something may be called different.
const FALSE_ALARMS: f64 = 0.01;
/// A change by less matters to nobody.
const MATTERS: f64 = 0.05;
/// A change by less than such a part of what pairs differ by themselves is none to speak of, however many pairs there
/// are. On a shared machine rounds resemble those before them (autocorrelation 0.15 to 0.44), so that pairs are worth
/// less than their number; without this, 5 % of runs at the largest noise would raise a false alarm.
const NOISE: f64 = 0.75;
/// How often the smallest detectable change is found.
const POWER: f64 = 0.9;
/// Histograms have three digits.
const RESOLUTION: f64 = 0.001;

/// A comparison to be judged, with its pairs summed up.
pub(super) struct Asked {
    comparison: Comparison,
    found: Option<Paired>,
    standing: Standing,
    /// Whether it is of an operation that the variants run differently: what the comparison is about.
    is_varied: bool,
}

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
    let found = Paired::of(&differences, RESOLUTION).filter(|_| same_arrivals(pair));
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
    Asked { comparison, found, standing: figure.standing, is_varied: is_varied(pair) }
}

fn is_varied(pair: &Pair<'_>) -> bool {
    let [reference, variant] = [&pair.reference, &pair.variant].map(|side| side.alternative.operations[side.place]);
    reference.text != variant.text
}

/// Zero of nothing.
fn geometric_mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
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

/// Judges all that was asked in a run: what the variants run differently as one family, and what goes on beside as
/// another. Each may raise half of the false alarms, so that much background does not drown what is asked about.
pub(super) fn judge(asked: Vec<Asked>) -> Vec<Comparison> {
    let (varied, beside): (Vec<Asked>, Vec<Asked>) = asked.into_iter().partition(|each| each.is_varied);
    let share = if varied.is_empty() || beside.is_empty() { 1.0 } else { 0.5 };
    [varied, beside].into_iter().flat_map(|family| judge_family(family, FALSE_ALARMS * share)).collect()
}

fn judge_family(asked: Vec<Asked>, false_alarms: f64) -> Vec<Comparison> {
    let is_named = |each: &Asked| each.standing == Standing::Named && each.found.is_some();
    let (named, others): (Vec<Asked>, Vec<Asked>) = asked.into_iter().partition(is_named);
    let chances: Vec<f64> = named.iter().filter_map(|each| each.found.as_ref().map(chance)).collect();
    let levels = holm(&chances, false_alarms);
    let strictest = false_alarms / named.len().max(1) as f64;
    let mut judged: Vec<Comparison> = named.into_iter().zip(levels).map(|(each, level)| each.at(level)).collect();
    let follow = |each: Asked| following(each.at(strictest), &judged);
    let followed: Vec<Comparison> = others.into_iter().map(follow).collect();
    judged.extend(followed);
    judged
}

impl Asked {
    fn at(self, level: f64) -> Comparison {
        match &self.found {
            Some(found) => concluded(self.comparison, found, level),
            None => self.comparison,
        }
    }
}

/// Beyond this, as a logarithm, something is called different.
fn margin(found: &Paired) -> f64 {
    matters().max(NOISE * found.deviation())
}

fn matters() -> f64 {
    (1.0 + MATTERS).ln()
}

fn chance(found: &Paired) -> f64 {
    found.chance(margin(found))
}

fn concluded(comparison: Comparison, found: &Paired, level: f64) -> Comparison {
    let (low, high) = found.interval(level);
    let conclusion = match margin(found) {
        margin if low > margin => Conclusion::Worse,
        margin if high < -margin => Conclusion::Better,
        _ if low >= -matters() && high <= matters() => Conclusion::Same,
        _ => Conclusion::CannotTell,
    };
    Comparison {
        interval: Some((low.exp(), high.exp())),
        confidence: 1.0 - level,
        detectable: Some(found.detectable(margin(found), level, POWER).exp_m1()),
        conclusion,
        ..comparison
    }
}

fn following(comparison: Comparison, named: &[Comparison]) -> Comparison {
    let is_alike = |each: &&Comparison| {
        (&each.operation, &each.variant, each.round_trip, each.conclusion)
            == (&comparison.operation, &comparison.variant, comparison.round_trip, comparison.conclusion)
    };
    let differs = matches!(comparison.conclusion, Conclusion::Better | Conclusion::Worse);
    match differs && !named.iter().any(|each| is_alike(&each)) {
        true => Comparison { conclusion: Conclusion::CannotTell, ..comparison },
        false => comparison,
    }
}
