//! What a comparison with earlier runs comes to, in plain sentences.

use super::time::stands_alone;
use super::{Against, Change, Difference};
use crate::units::{human, number, shorten};
use crate::verdict::comparison::Conclusion;

/// Changes that are told one by one; the others are in the table.
const MOST: usize = 6;
/// Of a plan or a list of locks, in characters.
const LONGEST: usize = 120;

/// Why nothing was compared.
pub(super) fn refused(differences: &[Difference]) -> Vec<String> {
    let each = differences.iter().map(|each| format!("{}: {}.", each.what, each.told()));
    std::iter::once("The runs are no match for each other, so nothing was compared.".to_owned()).chain(each).collect()
}

/// What is worse, what is better, what nobody can tell and why, and how much is the same.
pub(super) fn told(against: &Against) -> Vec<String> {
    let of = |conclusion| -> Vec<&Change> {
        against.changes.iter().filter(|change| change.conclusion == conclusion).collect()
    };
    let mut told = listed(&of(Conclusion::Worse), "is worse in");
    told.extend(listed(&of(Conclusion::Better), "is better in"));
    let (times, counts): (Vec<&Change>, Vec<&Change>) =
        of(Conclusion::CannotTell).into_iter().partition(|change| change.is_time());
    told.extend(listed(&counts, "differs, for better or worse, in"));
    told.extend(unsure(&times));
    told.extend(same(&of(Conclusion::Same), told.is_empty()));
    told
}

fn listed(changes: &[&Change], how: &str) -> Vec<String> {
    let mut told: Vec<String> = changes.iter().take(MOST).map(|change| sentence(change, how)).collect();
    if changes.len() > MOST {
        told.push(format!(
            "{} more {}.",
            changes.len() - MOST,
            how.replacen("is ", "are ", 1).replacen("differs", "differ", 1).trim_end_matches(" in")
        ));
    }
    told
}

/// `` `page` of “as it is” is worse in buffers: 1,204 blocks, was 4 blocks.``
fn sentence(change: &Change, how: &str) -> String {
    let (then, now) = (shorten(&change.said.0, LONGEST), shorten(&change.said.1, LONGEST));
    let at = match change.round_trip.is_zero() {
        true => String::new(),
        false => format!(" at a round trip of {}", human(change.round_trip)),
    };
    let between = change.interval.map_or_else(String::new, |(low, high)| {
        format!(" (between {} and {} times, by {} earlier runs)", number(low), number(high), change.runs)
    });
    let remark = change.remark.as_ref().map_or_else(String::new, |remark| format!("; {remark}"));
    format!(
        "`{}` of “{}” {how} {}{at}: {now}, was {then}{between}{remark}.",
        change.subject, change.variant, change.figure
    )
}

/// The times that nobody can tell of, by what keeps from telling.
fn unsure(times: &[&Change]) -> Vec<String> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for reason in times.iter().filter_map(|change| change.remark.as_deref()) {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let figures = |count: usize| if count == 1 { "1 time".to_owned() } else { format!("{count} times") };
    let mut told: Vec<String> = reasons
        .into_iter()
        .map(|(reason, count)| format!("Nobody can tell of {}: {reason}.", figures(count)))
        .collect();
    let seen = times.iter().filter(|change| change.remark.is_none() && stands_alone(&change.figure));
    let mut seen: Vec<(f64, &Change)> = seen.filter_map(|change| Some((change.detectable?, *change))).collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    let named =
        |(least, change): &(f64, &Change)| format!("{} in {} of `{}`", percent(*least), change.figure, change.subject);
    told.extend(match seen.as_slice() {
        [] => None,
        [only] => Some(format!("Nobody can tell of 1 time; it would have shown a change of {}.", named(only))),
        [first, .., last] => Some(format!(
            "Nobody can tell of {}; they would have shown changes from {} to {}.",
            figures(seen.len()),
            named(first),
            named(last)
        )),
    });
    told
}

/// `8 %`; from the double on, `a factor of 12`.
fn percent(share: f64) -> String {
    match share {
        _ if share < 1.0 => format!("{:.0} %", share * 100.0),
        _ => format!("a factor of {}", number(1.0 + share)),
    }
}

fn same(changes: &[&Change], is_all: bool) -> Option<String> {
    let times = changes.iter().filter(|change| change.is_time()).count();
    let counted = changes.len() - times;
    let figures = match (counted, times) {
        (0, 0) => return None,
        (counted, 0) => format!("what was counted, {counted} figures"),
        (0, times) => format!("{times} figures of time"),
        (counted, times) => format!("{counted} counts and {times} figures of time"),
    };
    Some(format!("The same as before: {figures}{}.", if is_all { ", which is all that was compared" } else { "" }))
}
