//! Which variant is better, by how much, and whether the data carry that: in plain sentences.

use super::counts::is_count;
use super::{Comparison, Conclusion};
use crate::units::{bytes, human, thousands};
use std::time::Duration;

/// Counts that a sentence bears.
const MOST_COUNTS: usize = 2;
/// Operations that are told of besides the one that differs most.
const MOST_OTHERS: usize = 2;

/// A sentence or two for each variant that was compared, the operation first in which it differs most.
#[must_use]
pub fn told(comparisons: &[Comparison]) -> Vec<String> {
    let variants = distinct(comparisons.iter().map(|each| each.variant.as_str()));
    let of = |variant: &str| comparisons.iter().filter(|each| each.variant == variant).collect::<Vec<_>>();
    variants.into_iter().map(|variant| of_variant(&of(variant))).collect()
}

fn of_variant(comparisons: &[&Comparison]) -> String {
    let operations = distinct(comparisons.iter().map(|each| each.operation.as_str()));
    let of = |operation: &str| Told::of(comparisons.iter().copied().filter(|each| each.operation == operation));
    let mut operations = operations.into_iter().map(of);
    let first = operations.next().map(|told| told.headline()).unwrap_or_default();
    operations.filter_map(|told| told.aside()).take(MOST_OTHERS).fold(first, |text, aside| format!("{text} {aside}"))
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.fold(Vec::new(), |mut all, name| {
        if !all.contains(&name) {
            all.push(name);
        }
        all
    })
}

/// What there is to tell of one operation of one variant.
#[derive(Default)]
struct Told<'a> {
    /// Of time, at the shortest round trip first.
    times: Vec<&'a Comparison>,
    /// Counts that differ, the largest differences first; those at the shortest round trip, for all have the same.
    counts: Vec<&'a Comparison>,
}

impl<'a> Told<'a> {
    fn of(comparisons: impl Iterator<Item = &'a Comparison>) -> Self {
        let (mut times, mut counts): (Vec<_>, Vec<&Comparison>) = comparisons.partition(|each| !is_count(&each.figure));
        times.sort_by_key(|each| each.round_trip);
        let nearest = counts.iter().map(|each| each.round_trip).min();
        counts.retain(|each| differs(each) && Some(each.round_trip) == nearest);
        Self { times, counts }
    }

    /// At the shortest round trip.
    fn time(&self, figure: &str) -> Option<&'a Comparison> {
        self.times.iter().copied().find(|each| each.figure == figure)
    }

    fn headline(&self) -> String {
        let [p50, p99] = ["p50", "p99"].map(|figure| self.time(figure));
        let different = [p50, p99].map(|time| time.filter(|each| differs(each)));
        let told = match (different, p50.or(p99)) {
            ([Some(p50), p99], _) => self.answered(p50, p99.filter(|p99| p99.conclusion != p50.conclusion)),
            ([None, Some(p99)], _) => self.answered(p99, None),
            ([None, None], Some(time)) => self.undecided(time),
            ([None, None], None) => self.counted().unwrap_or_default(),
        };
        told + &self.failures().unwrap_or_default()
    }

    /// Whoever fails is soon done: it has to be said beside any time.
    fn failures(&self) -> Option<String> {
        let errors = self.time("errors").filter(|each| differs(each))?;
        Some(format!(" “{}” fails {} as often.", errors.variant, part(errors.ratio)))
    }

    /// `“b” answers `page` in 1/24 of the time of “a” at the median (between 1/26 and 1/22; 8 pairs of rounds) with 3
    /// statements instead of 1,201.`
    fn answered(&self, time: &Comparison, but: Option<&Comparison>) -> String {
        let Comparison { operation, variant, reference, .. } = time;
        let counts = self.counts_instead().map(|counts| format!(", with {counts}")).unwrap_or_default();
        let but = but.map(|p99| format!("; but in {} that time {}", times(p99.ratio), at(p99))).unwrap_or_default();
        let far = self.far(time).unwrap_or_default();
        format!(
            "“{variant}” answers `{operation}` in {} the time of “{reference}” {}{} ({}; {}){far}{counts}{but}.",
            times(time.ratio),
            at(time),
            network(time.round_trip),
            between(time),
            pairs(time)
        )
    }

    /// At the longest round trip, where there are several.
    fn far(&self, time: &Comparison) -> Option<String> {
        let far = self.times.iter().rfind(|each| each.figure == time.figure && each.round_trip > time.round_trip)?;
        let round_trip = human(far.round_trip);
        Some(match differs(far) {
            true => format!(", at a round trip of {round_trip} in {} it", times(far.ratio)),
            false => format!(", at a round trip of {round_trip} nobody can tell"),
        })
    }

    fn undecided(&self, time: &Comparison) -> String {
        let Comparison { operation, variant, reference, .. } = time;
        let seen = time.detectable.map_or(String::new(), |least| {
            format!("; a difference of less than {} could not have been seen", change(least))
        });
        let how = match (time.conclusion, time.interval) {
            (Conclusion::Same, _) => {
                let same = format!("“{variant}” answers `{operation}` as fast as “{reference}” {}", at(time));
                format!("{same}{}: in {} of its time ({}{seen}).", network(time.round_trip), between(time), pairs(time))
            }
            (_, Some(_)) => format!(
                "The data cannot tell whether “{variant}” or “{reference}” answers `{operation}` faster {}{}: \
                 “{variant}” takes {} of the time ({}{seen}).",
                at(time),
                network(time.round_trip),
                between(time),
                pairs(time)
            ),
            (_, None) => format!(
                "The data cannot tell whether “{variant}” or “{reference}” answers `{operation}` faster: {}.",
                time.remark.as_deref().unwrap_or("too few rounds are left")
            ),
        };
        match self.counted() {
            Some(counted) => format!("{counted} {how}"),
            None => how,
        }
    }

    /// `“b” needs 3 statements instead of 1,201 for each `page`.`
    fn counted(&self) -> Option<String> {
        let Comparison { operation, variant, .. } = self.counts.first()?;
        Some(format!("“{variant}” needs {} for each `{operation}`.", self.counts_instead()?))
    }

    fn counts_instead(&self) -> Option<String> {
        let instead = |each: &&Comparison| {
            let (reference, variant) = each.values;
            Some(match each.figure.as_str() {
                "bytes" => format!("{} instead of {}", bytes(variant as u64), bytes(reference as u64)),
                "wal" => format!("{} of write-ahead log instead of {}", bytes(variant as u64), bytes(reference as u64)),
                "buffers" => format!("{} instead of {}", counted(variant, "blocks"), number(reference)),
                "plan" => return None,
                word => format!("{} instead of {}", counted(variant, word), number(reference)),
            })
        };
        let all: Vec<String> = self.counts.iter().filter_map(instead).take(MOST_COUNTS).collect();
        (!all.is_empty()).then(|| all.join(" and "))
    }

    /// Of another operation, where it differs.
    fn aside(&self) -> Option<String> {
        let different = |figure| self.time(figure).filter(|each| differs(each));
        let time = different("p50").or_else(|| different("p99"))?;
        Some(format!("`{}` takes {} the time {} ({}).", time.operation, times(time.ratio), at(time), between(time)))
    }
}

fn differs(comparison: &Comparison) -> bool {
    matches!(comparison.conclusion, Conclusion::Better | Conclusion::Worse)
}

fn at(comparison: &Comparison) -> &str {
    match comparison.figure.as_str() {
        "p50" => "at the median",
        "p99" => "at p99",
        figure => figure,
    }
}

fn network(round_trip: Duration) -> String {
    match round_trip.is_zero() {
        true => String::new(),
        false => format!(", at a round trip of {}", human(round_trip)),
    }
}

fn pairs(comparison: &Comparison) -> String {
    format!("{} pairs of rounds", comparison.pairs)
}

fn between(comparison: &Comparison) -> String {
    let (low, high) = comparison.interval.unwrap_or((comparison.ratio, comparison.ratio));
    format!("between {} and {}", part(low), part(high))
}

/// `1/24 of`, `78 % of`, `24 times`.
fn times(ratio: f64) -> String {
    let of = if ratio < FEW { " of" } else { "" };
    format!("{}{of}", part(ratio))
}

/// From so many times on nobody says percent.
const FEW: f64 = 3.0;

/// `1/24`, `78 %`, `24 times`.
fn part(ratio: f64) -> String {
    match ratio {
        _ if ratio <= 1.0 / FEW => format!("1/{}", number(1.0 / ratio)),
        _ if ratio < FEW => percent(ratio),
        _ => format!("{} times", number(ratio)),
    }
}

/// `8 %`; from the double on, `a factor of 12`.
fn change(share: f64) -> String {
    match share {
        _ if share < 1.0 => percent(share),
        _ => format!("a factor of {}", number(1.0 + share)),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// `1 statement`, `3 statements`.
fn counted(count: f64, word: &str) -> String {
    match number(count) {
        one if one == "1" => format!("{one} {}", word.trim_end_matches('s')),
        many => format!("{many} {word}"),
    }
}

/// Without a fraction from ten on, with one decimal below.
fn number(number: f64) -> String {
    match number {
        _ if number >= 9.95 => thousands(number.round() as u64),
        _ => format!("{number:.1}").trim_end_matches(".0").to_owned(),
    }
}
