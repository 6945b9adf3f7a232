//! When a difference in time is one: its whole interval lies beyond what matters and what noise does by itself, at a
//! level that Holm's procedure gives, so that something is wrong in at most one of a hundred runs.

use super::comparison::Conclusion;
use crate::statistics::{Estimate, holm};
use std::time::Duration;

/// In how many runs in which nothing differs something may be called different.
const FALSE_ALARMS: f64 = 0.01;
/// A change by less matters to nobody.
const MATTERS: f64 = 0.05;
/// How often the smallest detectable change is found.
const POWER: f64 = 0.9;
/// Histograms have three digits.
pub(super) const RESOLUTION: f64 = 0.001;

/// A difference that is asked about.
#[derive(Clone, Debug)]
pub(super) struct Asked<T> {
    /// What is told of it besides.
    pub(super) what: T,
    pub(super) group: Group,
    /// The difference of logarithms; `None` where too little was measured.
    pub(super) found: Option<Estimate>,
    /// A change by less than so many times what the measured differ by themselves is none to speak of.
    pub(super) noise: f64,
    pub(super) standing: Standing,
    /// Whether it is of what is run differently: what the comparison is about.
    pub(super) is_varied: bool,
}

/// What belongs together: the figures of one operation of one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) variant: String,
    pub(super) subject: String,
    pub(super) round_trip: Duration,
}

/// What may be judged of a figure by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is one of the few that are judged.
    Named,
    /// It is called different only where one that is named is so in the same direction, so that it adds no false alarm.
    Follows,
}

/// What is answered; of ratios, where differences were of logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) interval: (f64, f64),
    pub(super) confidence: f64,
    pub(super) detectable: f64,
    pub(super) conclusion: Conclusion,
}

/// Something with its answer, where there is one.
pub(super) type Judged<T> = (T, Option<Answer>);

/// Judges all that was asked in a run: what is run differently as one family, and what goes on beside as another.
/// Each may raise half of the false alarms, so that much background does not drown what is asked about.
pub(super) fn judge<T>(asked: Vec<Asked<T>>) -> Vec<Judged<T>> {
    let (varied, beside): (Vec<_>, Vec<_>) = asked.into_iter().partition(|each| each.is_varied);
    let share = if varied.is_empty() || beside.is_empty() { 1.0 } else { 0.5 };
    [varied, beside].into_iter().flat_map(|family| judge_family(family, FALSE_ALARMS * share)).collect()
}

fn judge_family<T>(asked: Vec<Asked<T>>, false_alarms: f64) -> Vec<Judged<T>> {
    let is_named = |each: &Asked<T>| each.standing == Standing::Named && each.found.is_some();
    let (named, others): (Vec<_>, Vec<_>) = asked.into_iter().partition(is_named);
    let chances: Vec<f64> = named.iter().filter_map(Asked::chance).collect();
    let levels = holm(&chances, false_alarms);
    let strictest = false_alarms / named.len().max(1) as f64;
    let answers: Vec<(Group, Option<Answer>)> =
        named.iter().zip(levels).map(|(each, level)| (each.group.clone(), each.answer(level))).collect();
    let follow = |each: Asked<T>| {
        let answer = following(each.answer(strictest), &each.group, &answers);
        (each.what, answer)
    };
    let followed: Vec<Judged<T>> = others.into_iter().map(follow).collect();
    let judged = named.into_iter().zip(answers).map(|(each, (_, answer))| (each.what, answer));
    judged.chain(followed).collect()
}

impl<T> Asked<T> {
    /// Beyond this, as a logarithm, something is called different.
    fn margin(&self, found: &Estimate) -> f64 {
        matters().max(self.noise * found.deviation)
    }

    fn chance(&self) -> Option<f64> {
        self.found.map(|found| found.chance(self.margin(&found)))
    }

    fn answer(&self, level: f64) -> Option<Answer> {
        let found = self.found?;
        let (low, high) = found.interval(level);
        let conclusion = match self.margin(&found) {
            margin if low > margin => Conclusion::Worse,
            margin if high < -margin => Conclusion::Better,
            _ if low >= -matters() && high <= matters() => Conclusion::Same,
            _ => Conclusion::CannotTell,
        };
        Some(Answer {
            interval: (low.exp(), high.exp()),
            confidence: 1.0 - level,
            detectable: found.detectable(self.margin(&found), level, POWER).exp_m1(),
            conclusion,
        })
    }
}

fn matters() -> f64 {
    (1.0 + MATTERS).ln()
}

fn following(answer: Option<Answer>, group: &Group, named: &[(Group, Option<Answer>)]) -> Option<Answer> {
    let mut answer = answer?;
    let is_alike = |(other, named): &(Group, Option<Answer>)| {
        other == group && named.is_some_and(|named| named.conclusion == answer.conclusion)
    };
    let differs = matches!(answer.conclusion, Conclusion::Better | Conclusion::Worse);
    if differs && !named.iter().any(is_alike) {
        answer.conclusion = Conclusion::CannotTell;
    }
    Some(answer)
}
