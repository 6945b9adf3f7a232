//! Each limit held against what was found: a file for each kind of subject.

mod database;
mod gauge;
mod relative;
mod step;
#[cfg(test)]
mod tests;
mod traffic;
mod words;

pub use relative::{Others, judge_relative};
pub(super) use words::limit as in_words;

use super::judgement::{Judgement, Verdict};
use super::threshold::{Bound, Figure, Limit, MIGRATION, Reference, Subject, Threshold, Unit};
use super::{Measured, Traffic};
use crate::statistics::{Evidence, needed, share_within};
use crate::step::StepFacts;
use crate::units::thousands;

/// Judges every limit that one round can be judged by, in the order of the scenario; those on what this variant does
/// not have are left out.
#[must_use]
pub fn judge(thresholds: &[Threshold], measured: &Measured<'_>) -> Vec<Judgement> {
    let limits = thresholds.iter().flat_map(|each| each.limits.iter().map(|limit| (&each.subject, limit)));
    limits.filter_map(|(subject, limit)| judged(subject, limit, measured)).collect()
}

fn judged(subject: &Subject, limit: &Limit, measured: &Measured<'_>) -> Option<Judgement> {
    let traffic = match subject {
        Subject::Operation(name) => Some(measured.operations.iter().find(|traffic| traffic.name == name)?),
        Subject::AllTraffic => Some(&measured.all_traffic),
        Subject::Gauge(_) | Subject::Step(_) | Subject::Database | Subject::Check(_) => None,
    };
    let (bound, before) = match (&limit.bound, traffic) {
        (Bound::Times(factor, Reference::Before), Some(traffic)) => match traffic::before(limit, traffic) {
            Ok(before) => (traffic::times(&limit.figure, *factor, before), Some(before)),
            Err(reason) => return Some(Finding::nothing(&reason).judgement(subject, limit, None)),
        },
        // Judged once all variants have run.
        (Bound::Times(..), _) => return None,
        (bound, _) => (bound.clone(), None),
    };
    let absolute = Limit { bound, ..limit.clone() };
    let finding = found(subject, &absolute, traffic, measured)?;
    let told = before.map(|before| format!("{} ({} before)", finding.found, words::bound_value(&absolute, before)));
    let finding = Finding { found: told.unwrap_or(finding.found), ..finding };
    Some(finding.judgement(subject, limit, absolute.bound.number()))
}

fn found(subject: &Subject, limit: &Limit, traffic: Option<&Traffic<'_>>, measured: &Measured<'_>) -> Option<Finding> {
    let bound = limit.bound.number()?;
    Some(match subject {
        Subject::Operation(name) => traffic::finding(limit, bound, traffic?, &[name], measured),
        Subject::AllTraffic => {
            let names: Vec<&str> = measured.operations.iter().map(|traffic| traffic.name).collect();
            traffic::finding(limit, bound, traffic?, &names, measured)
        }
        Subject::Gauge(name) => {
            let (_, figures) = measured.gauges.iter().find(|(each, _)| each == name)?;
            gauge::finding(&limit.figure, bound, figures)
        }
        Subject::Check(_) => return None,
        Subject::Step(name) => {
            let named = measured.steps.iter().enumerate().filter(|(_, facts)| name == MIGRATION || facts.name == *name);
            let steps: Vec<(usize, &StepFacts)> = named.collect();
            (!steps.is_empty()).then(|| step::finding(&limit.figure, bound, &steps, measured))?
        }
        Subject::Database => database::finding(&limit.figure, bound, measured.database),
    })
}

/// What was found of a limit.
struct Finding {
    found: String,
    /// What was found as a number, in the unit of the limit; `None` where it is none.
    value: Option<f64>,
    verdict: Verdict,
    reason: Option<String>,
}

impl Finding {
    fn new(found: String, value: Option<f64>, verdict: Verdict) -> Self {
        Self { found, value, verdict, reason: None }
    }

    fn nothing(reason: &str) -> Self {
        let reason = Some(reason.to_owned());
        Self { reason, ..Self::new("nothing".to_owned(), None, Verdict::NotJudged) }
    }

    fn unsure(self, reason: String) -> Self {
        Self { verdict: Verdict::NotJudged, reason: Some(reason), ..self }
    }

    /// A number that is at most what is accepted, or at least.
    fn held(figure: &Figure, found: f64, bound: f64) -> Self {
        let within = if figure.is_least() { found >= bound } else { found <= bound };
        let verdict = if within { Verdict::Pass } else { Verdict::Fail };
        Self::new(words::value(figure.unit(), found), Some(found), verdict)
    }

    /// So many bad ones, or so large a share of all, by what the sample can carry.
    fn amount(bad: u64, count: u64, most: &Bound) -> Self {
        let Bound::Share(most) = *most else {
            let within = most.number().is_some_and(|most| bad as f64 <= most);
            let verdict = if within { Verdict::Pass } else { Verdict::Fail };
            return Self::new(thousands(bad), Some(bad as f64), verdict);
        };
        if count == 0 {
            return Self::nothing("nothing was due");
        }
        let share = bad as f64 / count as f64;
        let found = format!("{} ({} of {})", words::percent(share), thousands(bad), thousands(count));
        let found = |verdict| Self::new(found, Some(share), verdict);
        match share_within(bad, count, most) {
            Evidence::Within => found(Verdict::Pass),
            Evidence::Beyond => found(Verdict::Fail),
            Evidence::TooFew => found(Verdict::NotJudged).unsure(too_few(count, most)),
        }
    }

    /// As a judgement; `bound` is the limit as a number, where it is one.
    fn judgement(self, subject: &Subject, limit: &Limit, bound: Option<f64>) -> Judgement {
        // What was not measured alone has no costs to show.
        let place =
            if self.value.is_none() && limit.figure.is_cost() { "operations" } else { anchor(subject, &limit.figure) };
        let margin = self.value.zip(bound).and_then(|(value, bound)| margin(&limit.figure, value, bound));
        Judgement {
            subject: subject.clone(),
            limit: words::limit(limit),
            word: limit.word(),
            found: self.found,
            verdict: self.verdict,
            reason: self.reason,
            margin,
            anchor: place.to_owned(),
        }
    }
}

/// The share of a limit that is left.
fn margin(figure: &Figure, value: f64, bound: f64) -> Option<f64> {
    let left = if figure.is_least() { value - bound } else { bound - value };
    Some(left / bound).filter(|margin| margin.is_finite())
}

/// In which part of the report the figure is shown.
fn anchor(subject: &Subject, figure: &Figure) -> &'static str {
    match (subject, figure) {
        (Subject::Gauge(_), _) => "gauges",
        (_, Figure::Blocked { .. } | Figure::LongestBlock) => "waits",
        (Subject::Step(_), _) => "steps",
        (Subject::Database | Subject::Check(_), _) => "trust",
        (Subject::Operation(_) | Subject::AllTraffic, figure) if figure.is_cost() => "costs",
        (Subject::Operation(_) | Subject::AllTraffic, _) => "operations",
    }
}

fn too_few(count: u64, share: f64) -> String {
    format!("{} observations are too few, a pass needs {}", thousands(count), thousands(needed(share)))
}
