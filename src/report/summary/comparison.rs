//! A comparison on one screen: what follows, which variants kept their limits, and the figures that tell them apart.

use super::broken;
use super::pen::{Pen, printable};
use crate::report::view::badge::Badge;
use crate::report::view::comparison::lineup::{Lineup, shown};
use crate::report::view::comparison::repeated::repeated;
use crate::report::view::comparison::table::{Row, Table, tables};
use crate::report::words;
use crate::result::model::Capacity;
use crate::result::series::RoundSeries;

/// Longer names of variants are cut.
const NAME: usize = 24;
/// Limits of a variant that are worth a line here.
const LIMITS: usize = 2;

/// At most `room` lines, the most important first; a table that does not fit is left to the report.
pub(super) fn lines(lineup: Lineup<'_>, pen: &Pen, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let concluded =
        lineup.result.conclusions.iter().cloned().chain(lineup.result.capacities.iter().map(Capacity::told));
    lines.extend(concluded.flat_map(|sentence| pen.wrapped(&words::unbroken(&sentence), 0)));
    lines.push(String::new());
    lines.extend(verdicts(lineup, pen));
    for found in repeated(lineup) {
        lines.extend(pen.row("N+1", &format!("{} {} {}", found.variant, found.sentence, found.statement)));
    }
    let mut left: Vec<String> = Vec::new();
    for table in tables(lineup) {
        let drawn = drawn(&table, pen);
        // A line for the gap, and one for the names of those that are left out.
        match lines.len() + drawn.len() + 2 <= room {
            true => lines.extend(std::iter::once(String::new()).chain(drawn)),
            false => left.push(table.operation),
        }
    }
    if !left.is_empty() {
        let named = format!("In the report: {}.", words::list(&left));
        lines.extend(pen.wrapped(&named, 2).into_iter().take(1));
    }
    lines.truncate(room);
    lines
}

fn verdicts(lineup: Lineup<'_>, pen: &Pen) -> Vec<String> {
    // Without series the terminal says nothing over time.
    let none = RoundSeries::default();
    let mut lines = Vec::new();
    for (_, variant) in lineup.variants() {
        lines.extend(pen.headed(&variant.name, Badge::of_variant(variant)));
        let Some(shown) = shown(variant, &[], &none) else { continue };
        lines.extend(shown.round.health.invalid.iter().take(LIMITS).flat_map(|reason| pen.row("invalid", reason)));
        lines.extend(broken(variant, shown).iter().take(LIMITS).flat_map(|limit| pen.row("limit", limit)));
    }
    lines
}

/// A column: its heading, and how to read it from a row.
struct Column {
    heading: &'static str,
    /// Whether it is the ratio to the reference, and not the figure itself.
    ratio: bool,
}

/// What a screen has room for, in their order; how soon one is left out is another matter: [`LEFT_OUT`].
const COLUMNS: [Column; 6] = [
    Column { heading: "p50", ratio: false },
    Column { heading: "p50", ratio: true },
    Column { heading: "p99", ratio: false },
    Column { heading: "p99", ratio: true },
    Column { heading: "statements", ratio: false },
    Column { heading: "failed", ratio: false },
];

/// Places in [`COLUMNS`], the first to go first.
const LEFT_OUT: [usize; 4] = [5, 1, 0, 4];

fn drawn(table: &Table, pen: &Pen) -> Vec<String> {
    let rows: Vec<&Row> = table.blocks.iter().flat_map(|block| &block.rows).collect();
    let name = rows.iter().map(|row| printable(&row.variant).chars().count()).max().unwrap_or_default();
    let name = name.min(NAME).min(pen.width / 3);
    let mut columns: Vec<usize> = (0..COLUMNS.len()).filter(|place| widest(table, &rows, *place) > 0).collect();
    let width = |columns: &[usize]| {
        let gaps: usize = columns.iter().map(|place| 2 + widest(table, &rows, *place)).sum();
        2 + name + gaps
    };
    for place in LEFT_OUT {
        if width(&columns) > pen.width {
            columns.retain(|kept| *kept != place);
        }
    }
    let padded = |text: &str, place: usize| {
        let gap = " ".repeat(widest(table, &rows, place).saturating_sub(text.chars().count()));
        // Figures stand on the right of their column, ratios on the left: their marks make a column of their own.
        if COLUMNS[place].ratio { format!("  {text}{gap}") } else { format!("  {gap}{text}") }
    };
    let heading: String = columns.iter().map(|place| padded(heading(*place), *place)).collect();
    let title = words::shorten(&printable(&table.operation), name);
    let mut lines =
        vec![format!("  {}{}", pen.bold(&format!("{title:<name$}")), pen.dim(&heading)).trim_end().to_owned()];
    for block in &table.blocks {
        if !block.trip.is_empty() {
            lines.push(format!("  {}", pen.dim(&block.trip)));
        }
        for row in &block.rows {
            let cells: String = columns
                .iter()
                .map(|place| {
                    let (text, code) = cell(table, row, *place);
                    let padded = padded(&text, *place);
                    if code.is_empty() { padded } else { pen.painted(&padded, code) }
                })
                .collect();
            let variant = words::shorten(&printable(&row.variant), name);
            lines.push(format!("  {variant:<name$}{cells}").trim_end().to_owned());
        }
    }
    lines
}

fn heading(place: usize) -> &'static str {
    if COLUMNS[place].ratio { "" } else { COLUMNS[place].heading }
}

fn widest(table: &Table, rows: &[&Row], place: usize) -> usize {
    let cells = rows.iter().map(|row| cell(table, row, place).0.chars().count()).max().unwrap_or_default();
    cells.max(heading(place).len())
}

/// What stands in a cell, and its colour.
fn cell(table: &Table, row: &Row, place: usize) -> (String, &'static str) {
    let column = &COLUMNS[place];
    let found = table.columns.iter().position(|each| each.label == column.heading);
    let Some(found) = found.and_then(|at| row.cells.get(at)) else { return (String::new(), "") };
    match (&found.mark, column.ratio) {
        (_, false) => (found.value.clone(), if found.alarming { "31" } else { "" }),
        (None, true) => (String::new(), ""),
        (Some(mark), true) => {
            let code = match mark.class {
                "better" => "32",
                "worse" => "31",
                _ => "",
            };
            (format!("{} {}", mark.glyph, mark.ratio), code)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{sample, summary};

    #[test]
    fn a_comparison_says_what_follows_and_sets_the_variants_side_by_side() {
        insta::assert_snapshot!(summary(&sample::comparison::run(4, 8).0, false, 100));
    }

    #[test]
    fn a_comparison_fits_one_screen_of_any_width() {
        for (width, rounds) in [(40, 1), (80, 3), (200, 8)] {
            let mut result = sample::comparison::run(4, rounds).0;
            "a name that is far too long for a column of any table".clone_into(&mut result.variants[1].name);
            let text = summary(&result, false, width);
            assert!(text.lines().count() <= 40, "{text}");
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= width, "{widest} > {width}:\n{text}");
        }
    }

    #[test]
    fn no_name_from_outside_moves_the_cursor() {
        let mut result = sample::comparison::run(4, 1).0;
        result.variants[1].name = "\u{1b}[2Jgone".to_owned();
        result.variants[1].operations[0].name = "\u{1b}[2Jgone".to_owned();
        assert!(!summary(&result, false, 80).contains('\u{1b}'));
    }
}
