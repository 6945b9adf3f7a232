//! Lock waits over time: each a bar, packed into as few rows as there were waiters at once.

use super::coordinate;
use super::time::Origin;
use crate::report::names::{self, Names};
use crate::report::words;
use crate::wait::Wait;
use std::cmp::Reverse;
use std::fmt::Write;
use std::time::Duration;

/// The waits of a round, packed.
#[derive(Debug)]
pub(crate) struct Packed<'a> {
    /// Each wait that is drawn, with its row.
    pub(crate) bars: Vec<(&'a Wait, usize)>,
    /// How many rows there are.
    pub(crate) rows: usize,
    /// How many shorter waits are left out.
    pub(crate) left_out: usize,
}

/// The `most` longest waits, each in the first row that is free when it begins.
pub(crate) fn pack(waits: &[Wait], most: usize) -> Packed<'_> {
    let mut longest: Vec<&Wait> = waits.iter().collect();
    longest.sort_by_key(|wait| Reverse(wait.duration()));
    longest.truncate(most);
    longest.sort_by_key(|wait| wait.start);
    let mut free_from: Vec<Duration> = Vec::new();
    let bars = longest
        .into_iter()
        .map(|wait| {
            let row = free_from.iter().position(|free| *free <= wait.start).unwrap_or(free_from.len());
            match free_from.get_mut(row) {
                Some(free) => *free = wait.end,
                None => free_from.push(wait.end),
            }
            (wait, row)
        })
        .collect();
    Packed { bars, rows: free_from.len(), left_out: waits.len().saturating_sub(most) }
}

/// Bars in `rows` rows from the bottom up, a stretch of one cause each, with words for those who point at them.
pub(crate) fn draw(packed: &Packed<'_>, rows: usize, names: Names<'_>, origin: Origin) -> String {
    let height = 100.0 / rows.max(1) as f64;
    // Gaps between many thin bars would flicker.
    let bar = coordinate(if rows > 12 { height } else { height * 0.86 }, 2);
    let mut marks = String::new();
    for (wait, row) in &packed.bars {
        let y = coordinate(100.0 - height * (*row as f64 + 1.0), 2);
        write!(marks, "<g><title>{}</title>", words::escape(&sentence(wait, names, origin)))
            .expect("a string takes everything");
        for stretch in &wait.stretches {
            let x = origin.at(stretch.from);
            let width = origin.at(stretch.until) - x;
            write!(
                marks,
                "<rect class=\"{}\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{bar}\"/>",
                names::class(&stretch.cause),
                coordinate(x, 3),
                coordinate(width.max(0.001), 3),
            )
            .expect("a string takes everything");
        }
        marks.push_str("</g>");
    }
    marks
}

fn sentence(wait: &Wait, names: Names<'_>, origin: Origin) -> String {
    let object = wait.object.relation.as_deref().unwrap_or(&wait.object.kind);
    let why = wait.stretches.iter().max_by_key(|stretch| stretch.until.saturating_sub(stretch.from));
    let why = why.map_or_else(String::new, |stretch| format!(", {}", names.brief(&stretch.cause)));
    let end = match (wait.open, wait.failed) {
        (true, _) => "; it had not ended",
        (false, true) => "; it failed",
        (false, false) => "",
    };
    let (who, length, at) = (names.actor(&wait.waiter), words::length(wait.duration()), origin.words(wait.start));
    format!("{at}: {who} waited {length} for {} on {object}{why}{end}", wait.mode)
}

/// The most that waited at once within each stretch of time.
pub(crate) fn at_once(waits: &[Wait], stretches: &[(f64, f64)], origin: Origin) -> Vec<u32> {
    let mut edges: Vec<(f64, i64)> =
        waits.iter().flat_map(|wait| [(origin.at(wait.start), 1), (origin.at(wait.end), -1)]).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut edges = edges.into_iter().peekable();
    let mut waiting = 0_i64;
    stretches
        .iter()
        .map(|(_, until)| {
            let mut most = waiting;
            while let Some((_, change)) = edges.next_if(|(at, _)| at < until) {
                waiting += change;
                most = most.max(waiting);
            }
            u32::try_from(most).unwrap_or_default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn there_are_as_many_rows_as_waited_at_once() {
        let (result, series) = sample::run(20, 1);
        let origin = Origin::of(&result.variants[0].rounds[0]);
        let packed = pack(&series[0].waits, 500);
        let stretches: Vec<(f64, f64)> = (-25..30).map(|s| (f64::from(s), f64::from(s) + 1.0)).collect();
        let most = at_once(&series[0].waits, &stretches, origin).into_iter().max();
        assert_eq!(most.map(|most| most as usize), Some(packed.rows));
        assert_eq!(packed.left_out, 0);
    }

    #[test]
    fn the_longest_waits_are_kept_and_the_others_counted() {
        let (_, series) = sample::run(20, 1);
        let packed = pack(&series[0].waits, 10);
        assert_eq!((packed.bars.len(), packed.left_out), (10, series[0].waits.len() - 10));
        assert!(packed.bars.iter().all(|(wait, _)| wait.duration() > Duration::from_secs(3)));
    }

    #[test]
    fn two_waits_of_one_row_do_not_overlap() {
        let (_, series) = sample::run(20, 1);
        let packed = pack(&series[0].waits, 500);
        for row in 0..packed.rows {
            let ends: Vec<_> =
                packed.bars.iter().filter(|(_, each)| *each == row).map(|(w, _)| (w.start, w.end)).collect();
            assert!(ends.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        }
    }
}
