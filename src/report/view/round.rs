//! Which round of a variant is shown first: the worst, for one lucky draw proves nothing.

use super::badge::badness;
use crate::report::names::Names;
use crate::report::words;
use crate::result::model::{RoundResult, VariantResult, Verdict};
use crate::result::series::RoundSeries;
use std::time::Duration;

/// A round with its place within the variant and its series.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Its variant.
    pub(crate) variant: &'a VariantResult,
    /// Counted from one, within the variant.
    pub(crate) number: usize,
    /// Its figures.
    pub(crate) round: &'a RoundResult,
    /// What it looks like over time.
    pub(crate) series: &'a RoundSeries,
}

impl<'a> Shown<'a> {
    /// Who is who in it.
    pub(crate) fn names(self) -> Names<'a> {
        Names(self.variant)
    }
}

/// All rounds of a variant, the worst first, the others in their order. Series are found by the round's key;
/// `none` stands for those that are lost.
pub(crate) fn worst_first<'a>(
    variant: &'a VariantResult,
    series: &'a [RoundSeries],
    none: &'a RoundSeries,
) -> Vec<Shown<'a>> {
    let mut rounds: Vec<Shown<'a>> = variant
        .rounds
        .iter()
        .enumerate()
        .map(|(place, round)| Shown {
            variant,
            number: place + 1,
            round,
            series: series.get(usize::from(round.round)).unwrap_or(none),
        })
        .collect();
    let worst = rounds.iter().enumerate().max_by(|(a_place, a), (b_place, b)| {
        harm(a.round).partial_cmp(&harm(b.round)).unwrap_or(std::cmp::Ordering::Equal).then(b_place.cmp(a_place))
    });
    if let Some((place, _)) = worst {
        rounds[..=place].rotate_right(1);
    }
    rounds
}

/// The verdict first, then how long nothing went, then how much time was lost.
fn harm(round: &RoundResult) -> (u8, Duration, f64) {
    let stall = round.operations.iter().filter_map(|o| o.impact.as_ref()).map(|impact| impact.longest_stall).max();
    let lost = round.excess.as_ref().map_or(0.0, |excess| excess.total_ms);
    (badness(round.verdict), stall.unwrap_or_default(), lost)
}

/// `lost 1 of 5 rounds`; nothing where there was only one.
pub(crate) fn tally(variant: &VariantResult) -> Option<String> {
    let (rounds, lost) = (variant.rounds.len(), lost(variant));
    (rounds > 1)
        .then(|| match lost {
            0 => format!("Passed all {rounds} rounds"),
            lost => format!("Lost {lost} of {rounds} rounds"),
        })
        .map(|tally| {
            match variant
                .rounds
                .iter()
                .filter(|round| matches!(round.verdict, Verdict::Invalid | Verdict::NotJudged))
                .count()
            {
                0 => tally,
                open if lost == 0 => {
                    format!("{} of {rounds} rounds passed, {} not judged", rounds - open, words::count(open as u64))
                }
                open => format!("{tally}, {} not judged", words::count(open as u64)),
            }
        })
}

fn lost(variant: &VariantResult) -> usize {
    variant.rounds.iter().filter(|round| round.verdict == Verdict::Fail).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_worst_round_comes_first_and_the_others_keep_their_order() {
        let (mut result, series) = sample::run(10, 4);
        for (round, verdict) in
            result.variants[1].rounds.iter_mut().zip([Verdict::Pass, Verdict::NotJudged, Verdict::Fail, Verdict::Pass])
        {
            round.verdict = verdict;
        }
        let none = RoundSeries::default();
        let numbers = |variant: &VariantResult| -> Vec<usize> {
            worst_first(variant, &series, &none).iter().map(|shown| shown.number).collect()
        };
        assert_eq!(numbers(&result.variants[1]), [3, 1, 2, 4]);
        // All fail; the first stalls longest.
        assert_eq!(numbers(&result.variants[0]), [1, 2, 3, 4]);
        assert_eq!(tally(&result.variants[1]).as_deref(), Some("Lost 1 of 4 rounds, 1 not judged"));
        assert_eq!(tally(&result.variants[0]).as_deref(), Some("Lost 4 of 4 rounds"));
    }

    #[test]
    fn a_single_round_is_not_counted() {
        assert_eq!(tally(&sample::run(10, 1).0.variants[0]), None);
    }
}
