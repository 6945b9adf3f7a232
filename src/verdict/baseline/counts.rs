//! What one execution of an operation costs, and how the server goes about it, then and now: one earlier run tells.

use super::Change;
use crate::units::{bytes, number};
use crate::verdict::comparison::counts::{self, shapes};
use crate::verdict::comparison::pairs::{Pair, Side, Turn, shared};
use crate::verdict::comparison::time::figure::failed;
use crate::verdict::comparison::{Alternative, Comparison, Conclusion};
use crate::verdict::threshold::Subject;
use std::time::Duration;

/// An operation of which a larger share fails than ever before, by so much, fails too often.
const MORE_FAIL: f64 = 0.05;
/// A share by so much larger than ever before is remarkable.
const SOME_FAIL: f64 = 0.001;

/// The counts of each operation against those of the newest run; what was so in any of the others is no news.
pub(super) fn compare(newest: &Alternative<'_>, all: &[&Alternative<'_>], now: &Alternative<'_>) -> Vec<Change> {
    let others: Vec<Vec<Pair<'_>>> = all.iter().skip(1).map(|earlier| shared(earlier, now)).collect();
    let mut changes = Vec::new();
    for pair in shared(newest, now) {
        let same = |pairs: &'_ Vec<Pair<'_>>| pairs.iter().position(|each| each.operation == pair.operation);
        let others: Vec<&Pair<'_>> = others.iter().filter_map(|pairs| same(pairs).map(|at| &pairs[at])).collect();
        let known: Vec<Comparison> = others.iter().flat_map(|other| counts::compare(other)).collect();
        let counted = counts::compare(&pair).into_iter().map(|count| {
            let known: Vec<&Comparison> = known.iter().filter(|each| is_of(each, &count)).collect();
            change(count, &known, &pair)
        });
        changes.extend(counted);
        changes.extend(failures(&pair, &others));
    }
    changes
}

fn is_of(known: &Comparison, count: &Comparison) -> bool {
    (&known.figure, known.round_trip) == (&count.figure, count.round_trip)
}

fn change(count: Comparison, known: &[&Comparison], pair: &Pair<'_>) -> Change {
    let differs = matches!(count.conclusion, Conclusion::Better | Conclusion::Worse);
    let is_known = differs && known.iter().any(|each| each.conclusion == Conclusion::Same);
    let (then, now) = count.values;
    let said = match count.figure.as_str() {
        "plan" => ways(pair, count.round_trip),
        figure => (worded(figure, then), worded(figure, now)),
    };
    Change {
        variant: count.variant,
        subject: Subject::Operation(count.operation),
        figure: count.figure,
        round_trip: count.round_trip,
        said,
        values: Some(count.values),
        ratio: Some(count.ratio),
        runs: known.len() as u32 + 1,
        noise: None,
        interval: None,
        confidence: 0.0,
        detectable: None,
        conclusion: if is_known { Conclusion::CannotTell } else { count.conclusion },
        remark: if is_known { Some("an earlier run had it so as well".to_owned()) } else { count.remark },
    }
}

/// The plans that differ; where none does, the first.
fn ways(pair: &Pair<'_>, round_trip: Duration) -> (String, String) {
    let [then, now] = [&pair.reference, &pair.variant].map(|side| shapes(side, round_trip));
    let length = then.len().max(now.len());
    let at = |shapes: &[String], place: usize| shapes.get(place).cloned().unwrap_or_default();
    let mut both = (0..length).map(|place| (at(&then, place), at(&now, place)));
    both.clone().find(|(then, now)| then != now).or_else(|| both.next()).unwrap_or_default()
}

/// A count with its unit.
pub(super) fn worded(figure: &str, value: f64) -> String {
    match figure {
        "bytes" | "wal" => bytes(value as u64),
        "buffers" => format!("{} blocks", number(value)),
        _ => number(value),
    }
}

/// What share of it failed, refused ones among them: told where any did, and no matter of chance where it is far more
/// than ever before.
fn failures(pair: &Pair<'_>, others: &[&Pair<'_>]) -> Vec<Change> {
    let at = |round_trip| {
        let now = share(&pair.variant, round_trip)?;
        let then = share(&pair.reference, round_trip)?;
        let earlier = others.iter().filter_map(|other| share(&other.reference, round_trip));
        let worst = earlier.clone().fold(then, f64::max);
        let conclusion = match now {
            _ if now == 0.0 && worst == 0.0 => return None,
            _ if now > 2.0 * worst + MORE_FAIL => Conclusion::Worse,
            _ if now > 2.0 * worst + SOME_FAIL => Conclusion::CannotTell,
            _ => Conclusion::Same,
        };
        let said = |share: f64| format!("{} %", number(share * 100.0));
        Some(Change {
            variant: pair.variant.alternative.name.to_owned(),
            subject: Subject::Operation(pair.operation.to_owned()),
            figure: "errors".to_owned(),
            round_trip,
            said: (said(then), said(now)),
            values: Some((then, now)),
            ratio: None,
            runs: earlier.count() as u32 + 1,
            noise: None,
            interval: None,
            confidence: 0.0,
            detectable: None,
            conclusion,
            remark: None,
        })
    };
    pair.round_trips().into_iter().filter_map(at).collect()
}

/// Over the valid rounds; `None` where nothing was due.
fn share(side: &Side<'_>, round_trip: Duration) -> Option<f64> {
    let turns = side.turns(round_trip);
    let figures = turns.iter().filter_map(|turn: &Turn<'_>| turn.ok());
    let (bad, all) = figures.fold((0, 0), |(bad, all), each| (bad + failed(each), all + each.account.scheduled));
    (all > 0).then(|| bad as f64 / all as f64)
}
