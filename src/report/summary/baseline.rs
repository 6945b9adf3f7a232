//! A run held against earlier ones, on a terminal; and what runs differ by themselves.

use super::pen::{Pen, printable};
use crate::report::view::baseline::{Row, badge, row, runs};
use crate::report::view::comparison::mark::change;
use crate::report::view::judged::subject;
use crate::report::words;
use crate::result::model::{Against, Conclusion};
use crate::verdict::baseline::Noise;
use std::time::Duration;

/// What else differs, and which runs were left out, is told of so many.
const MOST: usize = 8;
/// Figures that a table has room for.
const ROWS: usize = 40;

/// The comparison with earlier runs, with ANSI colours or without.
#[must_use]
pub fn against(against: &Against, colour: bool, width: usize) -> String {
    let pen = Pen::new(colour, width);
    let mut lines = lines(against, &pen);
    let rows: Vec<Row> = against.changes.iter().map(row).collect();
    if !rows.is_empty() {
        lines.push(String::new());
        let heading = ["", "figure", "was", "is", "would see", ""].map(str::to_owned);
        let cells = rows.iter().take(ROWS).map(|row| {
            let [variant, subject, figure] = &row.what;
            let [then, now] = row.values.clone().map(|said| words::shorten(&said, 28));
            let of = words::shorten(&format!("{subject}, {variant}"), 36);
            [of, figure.clone(), then, now, row.detectable.clone(), format!("{} {}", row.glyph, row.word)]
        });
        lines.extend(table(&[vec![heading], cells.collect()].concat()));
        if rows.len() > ROWS {
            lines.push(format!("  and {} more, in JSON", rows.len() - ROWS));
        }
    }
    lines.join("\n") + "\n"
}

/// What it comes to, which belongs near the verdict of a run.
pub(super) fn lines(against: &Against, pen: &Pen) -> Vec<String> {
    let mut lines = pen.headed(&format!("Against {}", runs(against)), badge(against));
    lines.extend(against.told.iter().flat_map(|said| pen.wrapped(said, 2)));
    // What the sentences have told already stands there.
    lines.extend(listed(
        pen,
        "differs",
        against.differences.iter().map(|each| format!("{}: {}", each.what, each.told())),
    ));
    if against.conclusion.is_some() {
        let left_out = against.left_out.iter().map(|each| format!("{}: {}", each.directory, each.why));
        lines.extend(listed(pen, "left out", left_out));
    }
    if against.conclusion == Some(Conclusion::CannotTell) {
        lines.extend(pen.row("strict", "with --strict this would be exit code 4"));
    }
    lines
}

fn listed(pen: &Pen, label: &str, all: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let more = all.len().saturating_sub(MOST);
    let mut lines: Vec<String> = all.take(MOST).flat_map(|each| pen.row(label, &each)).collect();
    if more > 0 {
        lines.extend(pen.row(label, &format!("and {more} more")));
    }
    lines
}

/// What the figures of a scenario vary by from run to run, and the smallest change that would be seen.
#[must_use]
pub fn noise(noise: &[Noise], width: usize) -> String {
    let pen = Pen::new(false, width);
    let runs = noise.iter().map(|each| each.runs).max().unwrap_or_default();
    let said = format!(
        "Over {}, nothing having been changed: what each figure varies by between runs, and the smallest change of \
         one more run that would be found in nine of ten cases.",
        words::counted(u64::from(runs), "run", "runs")
    );
    let mut lines = pen.wrapped(&said, 0);
    lines.push(String::new());
    let heading = ["", "figure", "mean", "noise", "would see"].map(str::to_owned);
    let cells = noise.iter().map(|each| {
        let at =
            if each.round_trip.is_zero() { String::new() } else { format!(" at {}", words::length(each.round_trip)) };
        [
            words::shorten(&format!("{}, {}", subject(&each.subject), each.variant), 44),
            format!("{}{at}", each.figure),
            words::length(Duration::try_from_secs_f64(each.value).unwrap_or_default()),
            each.between.map_or_else(|| "–".to_owned(), words::share),
            each.detectable.map_or_else(|| "too few runs".to_owned(), change),
        ]
    });
    lines.extend(table(&[vec![heading], cells.collect()].concat()));
    lines.join("\n") + "\n"
}

/// Columns as wide as they must be; names on the left, figures on the right.
fn table<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let padded = |(column, cell): (usize, &String)| {
        let cell = printable(cell);
        let gap = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
        if (2..5).contains(&column) { format!("  {gap}{cell}") } else { format!("  {cell}{gap}") }
    };
    rows.iter().map(|row| row.iter().enumerate().map(padded).collect::<String>().trim_end().to_owned()).collect()
}
