//! What was judged, the variants beside each other: of each limit the worst round and how many rounds were lost.

use super::lineup::{Lineup, class};
use crate::report::view::badge::{Badge, badness};
use crate::report::view::judged::{margin, subject};
use crate::report::words;
use crate::result::model::{Judgement, RoundResult, VariantResult, Verdict};

/// All limits and checks.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Colour and name of each variant.
    pub(crate) variants: Vec<(String, String)>,
    /// Each limit, then each check.
    pub(crate) rows: Vec<Row>,
}

/// One limit.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What is judged.
    pub(crate) subject: String,
    /// The limit in words.
    pub(crate) limit: String,
    /// What became of it in each variant; nothing where it does not apply.
    pub(crate) cells: Vec<Option<Cell>>,
}

/// A limit in a variant.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// What was found in the worst round.
    pub(crate) found: String,
    /// Where it is shown: the id of a part of the page; else nothing.
    pub(crate) anchor: String,
    /// The share of the limit that is left, or by how much it is broken.
    pub(crate) margin: String,
    /// The worst judgement.
    pub(crate) badge: Badge,
    /// `16 of 24 rounds`, where not all were judged alike.
    pub(crate) rounds: String,
    /// Why it failed or could not be judged; else nothing.
    pub(crate) reason: String,
}

/// A judgement or a check, as one.
struct Judged {
    subject: String,
    limit: String,
    found: String,
    anchor: String,
    margin: String,
    verdict: Verdict,
    reason: String,
}

/// All that was judged of any variant; nothing where nothing was.
pub(crate) fn limits(lineup: Lineup<'_>) -> Option<Limits> {
    let variants: Vec<Vec<Judged>> = lineup.variants().map(|(_, variant)| all_judged(variant)).collect();
    let mut named: Vec<(&str, &str)> = Vec::new();
    for each in variants.iter().flatten() {
        let name = (each.subject.as_str(), each.limit.as_str());
        if !named.contains(&name) {
            named.push(name);
        }
    }
    let rows = named.iter().map(|(subject, limit)| Row {
        subject: (*subject).to_owned(),
        limit: (*limit).to_owned(),
        cells: variants.iter().map(|all| cell(all, subject, limit)).collect(),
    });
    let variants = lineup.variants().map(|(place, variant)| (class(place), variant.name.clone())).collect();
    (!named.is_empty()).then(|| Limits { variants, rows: rows.collect() })
}

fn all_judged(variant: &VariantResult) -> Vec<Judged> {
    variant.rounds.iter().flat_map(judged).chain(variant.judgements.iter().map(limit)).collect()
}

fn limit(judgement: &Judgement) -> Judged {
    Judged {
        subject: subject(&judgement.subject),
        limit: judgement.limit.replace('_', " "),
        found: judgement.found.clone(),
        anchor: judgement.anchor.clone(),
        margin: margin(judgement),
        verdict: judgement.verdict,
        reason: judgement.reason.clone().unwrap_or_default(),
    }
}

fn judged(round: &RoundResult) -> Vec<Judged> {
    let checks = round.checks.iter().map(|check| Judged {
        subject: "check".to_owned(),
        limit: check.name.clone(),
        found: if check.held { "held".to_owned() } else { check.answer.clone() },
        anchor: String::new(),
        margin: String::new(),
        verdict: if check.held { Verdict::Pass } else { Verdict::Fail },
        reason: String::new(),
    });
    round.judgements.iter().map(limit).chain(checks).collect()
}

fn cell(all: &[Judged], subject: &str, limit: &str) -> Option<Cell> {
    let rounds: Vec<&Judged> = all.iter().filter(|each| each.subject == subject && each.limit == limit).collect();
    let worst = rounds.iter().rev().max_by_key(|each| badness(each.verdict))?;
    let alike = rounds.iter().filter(|each| each.verdict == worst.verdict).count();
    let count = words::counted(rounds.len() as u64, "round", "rounds");
    Some(Cell {
        found: worst.found.clone(),
        anchor: worst.anchor.clone(),
        margin: worst.margin.clone(),
        badge: Badge::of(worst.verdict),
        rounds: if alike == rounds.len() { String::new() } else { format!("in {alike} of {count}") },
        reason: worst.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_limit_is_told_by_its_worst_round_in_each_variant() {
        let (mut result, _) = sample::comparison::run(4, 8);
        result.variants[2].rounds.iter_mut().for_each(|round| round.judgements.clear());
        let limits = limits(Lineup::of(&result).expect("it is a comparison")).expect("there are limits");
        let [row] = limits.rows.as_slice() else { panic!("{limits:?}") };
        assert_eq!((row.subject.as_str(), row.limit.as_str()), ("dashboard", "p99 ≤ 500 ms"));
        let told: Vec<Option<(&str, &str)>> =
            row.cells.iter().map(|cell| cell.as_ref().map(|cell| (cell.badge.label, cell.rounds.as_str()))).collect();
        assert_eq!(told, [Some(("FAIL", "in 16 of 24 rounds")), Some(("PASS", "")), None]);
    }

    #[test]
    fn where_there_are_no_limits_there_is_nothing_to_show() {
        let (mut result, _) = sample::comparison::run(4, 1);
        result.variants.iter_mut().flat_map(|variant| &mut variant.rounds).for_each(|round| round.judgements.clear());
        assert!(limits(Lineup::of(&result).expect("it is a comparison")).is_none());
    }
}
