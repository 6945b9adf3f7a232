//! Times, over pairs of rounds.
//!
//! Of each figure the logarithm of its ratio is taken pair by pair, and a t interval over the pairs. It must lie
//! beyond what matters as a whole before anything is called different, at a level that Holm's procedure gives.

use super::pairs::{Pair, Turn};
use super::{Comparison, Conclusion};
use crate::figures::PhaseFigures;
use crate::statistics::{Paired, holm};
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
/// Where more than this share of an operation failed, what is left tells nothing of how fast it is.
const MOST_ERRORS: f64 = 0.05;

/// A figure that is measured; less is better of all of them.
struct Figure {
    word: &'static str,
    /// Of fewer observations it is not what its name says.
    least_count: u64,
    of: fn(&PhaseFigures) -> f64,
    /// What may be judged of it by itself.
    standing: Standing,
}

/// What may be judged of a figure by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is one of the few that are judged.
    Named,
    /// It is called different only where one that is named is so in the same direction, so that it adds no false alarm.
    Follows,
}

const MEDIAN: Figure =
    Figure { word: "p50", least_count: 2, of: |figures| figures.response.p50.as_secs_f64(), standing: Standing::Named };
const P99: Figure = Figure {
    word: "p99",
    least_count: 100,
    of: |figures| figures.response.p99.as_secs_f64(),
    standing: Standing::Named,
};
const P90: Figure = Figure {
    word: "p90",
    least_count: 10,
    of: |figures| figures.response.p90.as_secs_f64(),
    standing: Standing::Follows,
};
/// Of clients that wait for each other: one over the throughput.
const TIME_EACH: Figure = Figure {
    word: "time per operation",
    least_count: 1,
    of: |figures| figures.length.as_secs_f64() / figures.account.succeeded as f64,
    standing: Standing::Named,
};
/// Half of one is added on both sides, for none is not infinitely better than one (Haldane 1956, Anscombe 1956).
const ERRORS: Figure = Figure {
    word: "errors",
    least_count: 0,
    of: |figures| (failed(figures) as f64 + 0.5) / (figures.account.scheduled as f64 + 1.0),
    standing: Standing::Named,
};

/// Failed, and refused because the generator could not even hold them.
fn failed(figures: &PhaseFigures) -> u64 {
    figures.account.errors() + figures.account.dropped
}

/// A comparison to be judged, with its pairs summed up.
pub(super) struct Asked {
    comparison: Comparison,
    found: Option<Paired>,
    standing: Standing,
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
        figures.into_iter().filter_map(|figure| asked(pair, round_trip, &turns, figure)).collect::<Vec<_>>()
    };
    pair.round_trips().into_iter().flat_map(at).collect()
}

fn asked(pair: &Pair<'_>, round_trip: Duration, turns: &[(Turn<'_>, Turn<'_>)], figure: &Figure) -> Option<Asked> {
    let values = |(reference, variant): &(Turn<'_>, Turn<'_>)| Ok((figure.value(reference)?, figure.value(variant)?));
    let (mut whole, mut left_out): (Vec<(f64, f64)>, Vec<&str>) = (Vec::new(), Vec::new());
    for turn in turns {
        match values(turn) {
            Ok(values) => whole.push(values),
            Err(why) => left_out.push(why),
        }
    }
    let differences: Vec<f64> = whole.iter().map(|(reference, variant)| (variant / reference).ln()).collect();
    let logs = |of: fn(&(f64, f64)) -> f64| whole.iter().map(|each| of(each).ln()).sum::<f64>() / whole.len() as f64;
    let values = (logs(|each| each.0).exp(), logs(|each| each.1).exp());
    if whole.is_empty() {
        return None;
    }
    let found = Paired::of(&differences, RESOLUTION).filter(|_| same_arrivals(pair));
    let comparison = Comparison {
        operation: pair.operation.to_owned(),
        figure: figure.word.to_owned(),
        round_trip,
        reference: pair.reference.alternative.name.to_owned(),
        variant: pair.variant.alternative.name.to_owned(),
        values,
        pairs: whole.len() as u32,
        ratio: values.1 / values.0,
        interval: None,
        confidence: 0.0,
        detectable: None,
        conclusion: Conclusion::CannotTell,
        remark: remark(pair, whole.len(), left_out),
    };
    Some(Asked { comparison, found, standing: figure.standing })
}

impl Figure {
    /// What it was in a round, or why it cannot be used.
    fn value(&self, turn: &Turn<'_>) -> Result<f64, &'static str> {
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
        1 => Some("one pair of rounds says nothing of how much rounds vary, 3 are needed"),
        2 => Some("two pairs of rounds say nothing of how much rounds vary, 3 are needed"),
        _ => None,
    };
    left_out.sort_unstable();
    left_out.dedup();
    let left = (left > 0).then(|| format!("{left} of {} pairs are left out ({})", left + whole, left_out.join(", ")));
    match (few, left) {
        (Some(few), Some(left)) => Some(format!("{few}, and {left}")),
        (few, left) => few.map(str::to_owned).or(left),
    }
}

/// Judges all that was asked in a run, as one family.
pub(super) fn judge(asked: Vec<Asked>) -> Vec<Comparison> {
    let (named, followers): (Vec<Asked>, Vec<Asked>) =
        asked.into_iter().partition(|each| each.standing == Standing::Named);
    let chances: Vec<f64> = named.iter().map(|each| each.found.as_ref().map_or(1.0, chance)).collect();
    let levels = holm(&chances, FALSE_ALARMS);
    let strictest = FALSE_ALARMS / named.len().max(1) as f64;
    let mut judged: Vec<Comparison> = named.into_iter().zip(levels).map(|(each, level)| each.at(level)).collect();
    let follow = |each: Asked| following(each.at(strictest), &judged);
    let followed: Vec<Comparison> = followers.into_iter().map(follow).collect();
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

#[cfg(test)]
mod simulation;
