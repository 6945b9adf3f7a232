//! Each limit held against what was found: a file for each kind of subject.

mod gauge;
mod relative;
mod step;
#[cfg(test)]
mod tests;
mod traffic;
mod words;

pub use relative::judge_relative;

use super::Measured;
use super::judgement::{Judgement, Verdict};
use super::threshold::{Bound, Figure, Limit, MIGRATION, Subject, Threshold, Unit};
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
    let bound = limit.bound.number()?;
    let finding = match subject {
        Subject::Operation(name) => {
            let traffic = measured.operations.iter().find(|traffic| traffic.name == name);
            traffic::finding(limit, bound, traffic?, &[name], measured)
        }
        Subject::AllTraffic => {
            let names: Vec<&str> = measured.operations.iter().map(|traffic| traffic.name).collect();
            traffic::finding(limit, bound, &measured.all_traffic, &names, measured)
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
    };
    Some(finding.judgement(subject, limit))
}

/// What was found of a limit.
struct Finding {
    found: String,
    verdict: Verdict,
    reason: Option<String>,
}

impl Finding {
    fn new(found: String, verdict: Verdict) -> Self {
        Self { found, verdict, reason: None }
    }

    fn nothing(reason: &str) -> Self {
        Self { found: "nothing".to_owned(), verdict: Verdict::NotJudged, reason: Some(reason.to_owned()) }
    }

    /// A number that is at most what is accepted, or at least.
    fn held(figure: &Figure, found: f64, bound: f64) -> Self {
        let within = if figure.is_least() { found >= bound } else { found <= bound };
        Self::new(words::value(figure.unit(), found), if within { Verdict::Pass } else { Verdict::Fail })
    }

    /// So many bad ones, or so large a share of all, by what the sample can carry.
    fn amount(bad: u64, count: u64, most: &Bound) -> Self {
        let Bound::Share(most) = *most else {
            let within = most.number().is_some_and(|most| bad as f64 <= most);
            return Self::new(thousands(bad), if within { Verdict::Pass } else { Verdict::Fail });
        };
        if count == 0 {
            return Self::nothing("nothing was due");
        }
        let share = words::percent(bad as f64 / count as f64);
        let found = format!("{share} ({} of {})", thousands(bad), thousands(count));
        match share_within(bad, count, most) {
            Evidence::Within => Self::new(found, Verdict::Pass),
            Evidence::Beyond => Self::new(found, Verdict::Fail),
            Evidence::TooFew => Self { found, verdict: Verdict::NotJudged, reason: Some(too_few(count, most)) },
        }
    }

    fn judgement(self, subject: &Subject, limit: &Limit) -> Judgement {
        let Self { found, verdict, reason } = self;
        Judgement { subject: subject.clone(), limit: words::limit(limit), word: limit.word(), found, verdict, reason }
    }
}

fn too_few(count: u64, share: f64) -> String {
    format!("{} observations are too few, a pass needs {}", thousands(count), thousands(needed(share)))
}
