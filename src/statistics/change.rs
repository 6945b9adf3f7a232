//! Where series of nights changed for good.
//!
//! For each night the ranks of those before it are held against the ranks of those after; the largest difference in
//! standard errors is the finding (Pettitt: A non-parametric approach to the change-point problem, 1979; weighted as in
//! Csörgő and Horváth: Limit theorems in change-point analysis, 1997, chapter 2). Ranks, so that no single night weighs
//! much, however odd it was. It is judged by what the same nights show when shuffled, so that neither ties nor short
//! series need a formula of their own. Nights resemble those before them, which shuffled ones do not: the finding is
//! made smaller by as much as that lets means of neighbours vary.

use super::family::holm;
use super::median;
use crate::chance::Chance;

/// So many shuffled series that look as bad are enough to know that a finding is nothing (Besag and Clifford:
/// Sequential Monte Carlo p-values, 1991).
const ENOUGH: u32 = 20;
/// Shuffles for each member of a family: twice as many as the strictest judgement of 1 % among them needs to be made.
const SHUFFLES: u32 = 200;
/// Neighbours that resemble each other more could as well be a change.
const MOST_ALIKE: f64 = 0.9;
/// How much more they may resemble each other than they seem to, times the root of their number.
const UNSURE: f64 = 0.5;

/// What was measured night by night.
#[derive(Clone, Debug, Default)]
pub struct Nights {
    /// In order; finite.
    pub values: Vec<f64>,
    /// How many nights a change must last before it is one.
    pub least: usize,
    /// Whether nights may resemble those before them by themselves, as times on a machine do and counts do not.
    pub resemble: bool,
}

/// The places at which each series changed, ascending: the first night of each new level. Where nothing changes in any
/// of them, something is found in at most a share `level` of all families.
#[must_use]
pub fn changes(family: &[Nights], level: f64) -> Vec<Vec<usize>> {
    let shuffles = SHUFFLES * (family.len().max(5) as u32);
    let first: Vec<Option<Split>> = family.iter().map(|nights| split(&nights.values, nights, shuffles)).collect();
    let chances: Vec<f64> = first.iter().map(|split| split.as_ref().map_or(1.0, |split| split.chance)).collect();
    let levels = holm(&chances, level);
    let each = family.iter().zip(first).zip(levels);
    each.map(|((nights, first), level)| followed(nights, first, level, shuffles)).collect()
}

/// From the strongest split of a series on: that one, if it stands, and then those on either side of it.
fn followed(nights: &Nights, first: Option<Split>, level: f64, shuffles: u32) -> Vec<usize> {
    let mut places = Vec::new();
    let mut open = vec![(0, nights.values.len(), first, level)];
    while let Some((from, to, split_there, level)) = open.pop() {
        let Some(Split { at, .. }) = split_there.filter(|split| split.chance <= level) else { continue };
        places.push(from + at);
        for (from, to) in [(from, from + at), (from + at, to)] {
            // Both sides together may raise as many false alarms as the whole might.
            open.push((from, to, split(&nights.values[from..to], nights, shuffles), level / 2.0));
        }
    }
    places.sort_unstable();
    placed(nights, places)
}

/// Each place found again between its neighbours: where the nights before lie nearest to their median, and those after
/// to theirs. Ranks tell that there is a change, but a few high nights just before it would draw it towards them.
fn placed(nights: &Nights, mut places: Vec<usize>) -> Vec<usize> {
    for n in 0..places.len() {
        let from = n.checked_sub(1).map_or(0, |before| places[before]);
        let to = places.get(n + 1).copied().unwrap_or(nights.values.len());
        let [before, after] = [from..places[n], places[n]..to].map(|part| median(&mut nights.values[part].to_vec()));
        let nearer = |value: &f64| (value - before).abs() - (value - after).abs();
        let (mut sum, mut best) = (0.0, (f64::INFINITY, places[n]));
        for (at, value) in (from..to).zip(&nights.values[from..to]) {
            if at >= from + nights.least && at + nights.least <= to && sum < best.0 {
                best = (sum, at);
            }
            sum += nearer(value);
        }
        places[n] = best.1;
    }
    places
}

/// The strongest split of a series.
struct Split {
    /// The first night behind it.
    at: usize,
    /// How likely one as strong is where nothing changed.
    chance: f64,
}

/// `None` of a series that is too short to be split, or that never moves; `values` are a part of the nights.
fn split(values: &[f64], nights: &Nights, shuffles: u32) -> Option<Split> {
    let mut ranks = ranks(values);
    let weights = weights(ranks.len(), nights.least);
    let (at, found) = largest(&ranks, &weights)?;
    let found = if nights.resemble { found * independent(&ranks) } else { found };
    let source = Chance::of(1, "nights");
    let (mut as_strong, mut tried) = (0, 0);
    while tried < shuffles && as_strong < ENOUGH {
        shuffle(&mut ranks, source.within(u64::from(tried)));
        let by_chance = largest(&ranks, &weights).map_or(0.0, |(_, found)| found);
        // Sums of the same numbers in another order differ in their last digits.
        as_strong += u32::from(by_chance >= found * (1.0 - 1e-9));
        tried += 1;
    }
    Some(Split { at, chance: f64::from(as_strong + 1) / f64::from(tried + 1) })
}

/// Ranks less their mean; what is alike shares its ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mean = (values.len() as f64 - 1.0) / 2.0;
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    for alike in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let rank = at as f64 + (alike.len() as f64 - 1.0) / 2.0 - mean;
        for place in alike {
            ranks[*place] = rank;
        }
        at += alike.len();
    }
    ranks
}

/// One over the standard error of the sum of the first k ranks, up to a factor that all orders share; zero where too
/// few nights lie on a side.
fn weights(count: usize, least: usize) -> Vec<f64> {
    let least = least.max(1);
    let weight = |k: usize| match k >= least && k + least <= count {
        true => (count as f64 / (k as f64 * (count - k) as f64)).sqrt(),
        false => 0.0,
    };
    (0..count).map(weight).collect()
}

/// The place at which the ranks before and after differ most, and by how much; `None` where they do not.
fn largest(ranks: &[f64], weights: &[f64]) -> Option<(usize, f64)> {
    let (mut sum, mut place, mut most) = (0.0_f64, 0, 1e-9);
    for (k, (rank, weight)) in ranks.iter().zip(weights).enumerate() {
        let found = sum.abs() * weight;
        if found > most {
            (place, most) = (k, found);
        }
        sum += rank;
    }
    (place > 0).then_some((place, most))
}

/// How much of a finding is left, 0 to 1, as neighbours resemble each other by ρ: the root of (1 − ρ) / (1 + ρ).
///
/// Squared differences over one, two and three nights are as 1 to 1 + ρ to 1 + ρ + ρ²; a few changes of level hardly
/// touch them. The larger answer counts, with what it may be off by.
fn independent(ranks: &[f64]) -> f64 {
    let squares = |nights: usize| {
        let pairs = ranks.iter().zip(ranks.iter().skip(nights)).map(|(a, b)| (a - b).powi(2));
        pairs.sum::<f64>() / ranks.len().saturating_sub(nights).max(1) as f64
    };
    let one = squares(1);
    if one <= 0.0 {
        return 1.0;
    }
    let over_two = squares(2) / one - 1.0;
    let over_three = (squares(3) / one - 0.75).max(0.0).sqrt() - 0.5;
    let alike = over_two.max(over_three) + UNSURE / (ranks.len() as f64).sqrt();
    let alike = alike.clamp(0.0, MOST_ALIKE);
    ((1.0 - alike) / (1.0 + alike)).sqrt()
}

/// Fisher and Yates.
fn shuffle(values: &mut [f64], chance: Chance) {
    for n in (1..values.len()).rev() {
        values.swap(n, (chance.share(n as u64) * (n + 1) as f64) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(chance: Chance, n: u64) -> f64 {
        let (radius, angle) = (1.0 - chance.share(2 * n), chance.share(2 * n + 1));
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// Noise of which each night resembles the one before by `alike`, with a night in twenty that is far off.
    fn noise(chance: Chance, nights: u64, alike: f64) -> Vec<f64> {
        let mut level = normal(chance, 1 << 40);
        let night = |n| {
            level = alike * level + (1.0 - alike * alike).sqrt() * normal(chance, n);
            let odd = if chance.within(1).share(n) < 0.05 { 3.0 + 10.0 * chance.within(2).share(n) } else { 0.0 };
            level + odd
        };
        (0..nights).map(night).collect()
    }

    /// How many of a hundred histories with noise of a twentieth change where the last nights take a fifth longer.
    fn found(nights: u64, since: usize, alike: f64) -> usize {
        let is_found = |n: &u64| {
            let mut values = noise(Chance::of(*n, "step"), nights, alike);
            for (night, value) in values.iter_mut().enumerate() {
                *value = *value * 0.05 + if night < since { 0.0 } else { 1.2_f64.ln() };
            }
            let quiet = Nights { values: noise(Chance::of(*n, "quiet"), nights, alike), least: 5, resemble: true };
            let found = &changes(&[Nights { values, least: 5, resemble: true }, quiet], 0.01)[0];
            found.iter().any(|place| place.abs_diff(since) <= 1)
        };
        (0..100).filter(is_found).count()
    }

    #[test]
    fn a_quiet_history_has_no_change_however_odd_or_alike_its_nights_are() {
        for (nights, alike, most) in [(20, 0.0, 6), (60, 0.0, 6), (30, 0.3, 8), (60, 0.45, 8), (60, 0.6, 12)] {
            let alarm = |n: &u64| {
                let values = noise(Chance::of(*n, "alarm"), nights, alike);
                !changes(&[Nights { values, least: 5, resemble: true }], 0.01)[0].is_empty()
            };
            // 1 % are 4 of 400, give or take 2.
            let alarms = (0..400).filter(alarm).count();
            assert!(alarms <= most, "{alarms} of 400 quiet histories of {nights} nights, alike by {alike}");
        }
    }

    #[test]
    fn a_family_of_quiet_series_has_no_more_of_them_than_one_alone() {
        let alarm = |n: &u64| {
            let series = |member| Nights {
                values: noise(Chance::of(*n, "many").within(member), 40, 0.0),
                least: 5,
                resemble: true,
            };
            changes(&(0..12).map(series).collect::<Vec<_>>(), 0.01).iter().any(|places| !places.is_empty())
        };
        let alarms = (0..100).filter(alarm).count();
        assert!(alarms <= 4, "{alarms} of 100");
    }

    #[test]
    fn a_step_of_a_fifth_is_found_where_it_began() {
        for (nights, since, alike) in [(60, 40, 0.0), (120, 80, 0.3), (365, 335, 0.3)] {
            let found = found(nights, since, alike);
            assert!(found >= 80, "{found} of 100 among {nights} nights, alike by {alike}");
        }
    }

    #[test]
    fn counts_that_never_vary_need_three_nights_of_another() {
        let nights = |values: Vec<f64>| Nights { values, least: 2, resemble: false };
        let family = [
            nights([vec![1_201.0; 57], vec![2.0; 3]].concat()),
            nights(vec![7.0; 60]),
            nights([vec![3.0; 30], vec![4.0], vec![3.0; 29]].concat()),
            nights(vec![1.0]),
            nights(Vec::new()),
        ];
        assert_eq!(changes(&family, 0.01), [vec![57], vec![], vec![], vec![], vec![]]);
    }

    #[test]
    fn several_changes_are_found_each_at_its_night() {
        let level = |n: usize| [0.0, 4.0, 1.0][n / 40];
        let values = noise(Chance::of(3, "levels"), 120, 0.0);
        let values = values.iter().enumerate().map(|(n, value)| level(n) * 2.0 + value.min(3.0)).collect();
        let found = changes(&[Nights { values, least: 5, resemble: true }], 0.01).remove(0);
        assert!(found.len() == 2 && found[0].abs_diff(40) <= 1 && found[1].abs_diff(80) <= 1, "{found:?}");
    }
}
