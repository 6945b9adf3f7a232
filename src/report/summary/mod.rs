//! The run on one screen of a terminal: verdict, what happened, the worst figures, who blocked whom; of a comparison
//! what follows from it.

mod baseline;
mod comparison;
mod pen;

pub use baseline::{against, noise};

use super::view::badge::Badge;
use super::view::comparison::lineup::Lineup;
use super::view::headline::{Figure, figures};
use super::view::judged::{margin, subject};
use super::view::round::{Shown, tally, worst_first};
use super::view::waits::trees;
use super::words;
use crate::result::model::{Ended, RunResult, VariantResult, Verdict};
use crate::result::series::RoundSeries;
use pen::Pen;

/// A screen is 40 lines; the caller still wants to print a path below.
const LINES: usize = 38;

/// So many of them for what earlier runs say; the report has it all.
const BASELINE: usize = 14;

/// The run in at most 40 lines of at most `width` characters, with ANSI colours or without.
#[must_use]
pub fn summary(result: &RunResult, colour: bool, width: usize) -> String {
    let pen = Pen::new(colour, width);
    let mut lines = pen.headed(&result.scenario.name, Badge::of(result.verdict));
    if let Some(alarm) = alarm(&result.ended) {
        lines.extend(pen.wrapped(&alarm, 0));
    }
    if result.scale < 1.0 {
        let share = words::share(result.scale);
        lines.extend(pen.wrapped(&format!("With {share} of the data, times are shorter than the scenario's."), 0));
    }
    if let Some(against) = &result.baseline {
        lines.extend(baseline::lines(against, &pen).into_iter().take(BASELINE));
    }
    lines.extend(result.capacities.iter().flat_map(|capacity| pen.wrapped(&capacity.told(), 0)));
    lines.extend(found(result).iter().flat_map(|found| pen.row("found", found)));
    if let Some(lineup) = Lineup::of(result) {
        let room = LINES.saturating_sub(lines.len());
        lines.extend(comparison::lines(lineup, &pen, room));
        return lines.join("\n") + "\n";
    }
    // Each variant gets its share of the screen; what is left out stands at the end of each, where it matters least.
    let room = LINES.saturating_sub(lines.len()) / result.variants.len().max(1);
    for facts in &result.variants {
        let mut said = vec![String::new()];
        said.extend(variant(facts, &pen));
        said.truncate(room.max(2));
        lines.extend(said);
    }
    lines.truncate(LINES);
    lines.join("\n") + "\n"
}

/// What was found without load: the first of it, for that is the earliest step, and how much more there is.
pub(super) fn found(result: &RunResult) -> Option<String> {
    let first = words::shorten(&result.findings.first()?.message, 160);
    Some(match result.findings.len() - 1 {
        0 => format!("without any load: {first}"),
        more => format!("without any load: {first} (and {more} more in the report)"),
    })
}

pub(super) fn alarm(ended: &Ended) -> Option<String> {
    match ended {
        Ended::Completed => None,
        Ended::Interrupted => Some("Interrupted: this is what was measured until then.".to_owned()),
        Ended::Failed(why) => Some(format!("Could not be finished: {why}")),
    }
}

fn variant(facts: &VariantResult, pen: &Pen) -> Vec<String> {
    let mut lines = pen.headed(&facts.name, Badge::of_variant(facts));
    lines.extend(pen.wrapped(&facts.sentence, 2));
    if let Some(tally) = tally(facts) {
        lines.extend(pen.wrapped(&format!("{tally}; the worst round is shown"), 2));
    }
    // Without series the terminal says nothing over time; figures and groups are all in the result.
    let none = RoundSeries::default();
    let Some(shown) = worst_first(facts, &[], &none).first().copied() else {
        return lines;
    };
    for reason in &shown.round.health.invalid {
        lines.extend(pen.row("invalid", reason));
    }
    lines.extend(broken(facts, shown).iter().flat_map(|limit| pen.row("limit", limit)));
    let worst: Vec<String> = figures(shown).iter().map(said).collect();
    lines.extend(pen.row("worst", &worst.join(" · ")));
    lines.extend(blockers(shown).iter().flat_map(|blocker| pen.row("waits", blocker)));
    lines
}

/// A figure and whose it is.
fn said(figure: &Figure) -> String {
    match figure.note.is_empty() {
        true => format!("{} {}", figure.label, figure.value),
        false => format!("{} {} ({})", figure.label, figure.value, figure.note),
    }
}

/// Limits and checks that were not met, and those that could not be judged.
pub(super) fn broken(facts: &VariantResult, shown: Shown<'_>) -> Vec<String> {
    let judgements = shown.round.judgements.iter().chain(&facts.judgements);
    let limits = judgements.filter(|judgement| judgement.verdict != Verdict::Pass).map(|judgement| {
        let verdict = Badge::of(judgement.verdict).label.to_lowercase();
        // Why something could not be judged stands in the report; why it failed has to be seen at once.
        let why = judgement.reason.as_ref().filter(|_| judgement.verdict == Verdict::Fail);
        let beyond = Some(margin(judgement)).filter(|said| judgement.verdict == Verdict::Fail && !said.is_empty());
        format!(
            "{}: {}, found {} ({verdict}{}){}",
            subject(&judgement.subject),
            judgement.limit.replace('_', " "),
            judgement.found,
            beyond.map(|beyond| format!(", {beyond}")).unwrap_or_default(),
            why.map(|why| format!(": {why}")).unwrap_or_default()
        )
    });
    let checks =
        shown.round.checks.iter().filter(|check| !check.held).map(|check| format!("check broken: {}", check.name));
    limits.chain(checks).take(5).collect()
}

pub(super) fn blockers(shown: Shown<'_>) -> Vec<String> {
    let (trees, _) = trees(shown);
    let said = trees.iter().take(3).map(|tree| {
        let root = tree
            .links
            .first()
            .map_or(String::new(), |root| format!(" ({}: {})", root.who, words::shorten(&root.brief, 60)));
        format!(
            "{}{} {}{root}, the longest {}, {} in all",
            tree.count, tree.whose, tree.cause, tree.longest, tree.total
        )
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_run_fits_one_screen_of_any_width() {
        for (width, rounds) in [(40, 1), (80, 3), (200, 1)] {
            let text = summary(&sample::run(20, rounds).0, false, width);
            assert!(text.lines().count() <= 40, "{text}");
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= width, "{widest} > {width}:\n{text}");
        }
    }

    #[test]
    fn the_summary_says_what_the_report_says() {
        insta::assert_snapshot!(summary(&sample::run(20, 1).0, false, 100));
    }

    #[test]
    fn names_from_outside_cannot_move_the_cursor() {
        let mut result = sample::run(20, 1).0;
        result.variants[0].name = "\u{1b}[2Jgone".to_owned();
        assert!(!summary(&result, false, 80).contains('\u{1b}'));
    }
}
