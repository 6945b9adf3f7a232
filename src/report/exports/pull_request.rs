//! `summary.md`: what a reviewer reads below a pull request, in at most 60 lines however large the run is.

use super::clean::line;
use super::markdown::{code, plain, sentence};
use crate::report::lead;
use crate::report::summary::{alarm, blockers, broken, found};
use crate::report::view::badge::{Badge, badness};
use crate::report::view::comparison::lineup::{self, Lineup};
use crate::report::view::comparison::repeated::repeated;
use crate::report::view::headline::{Figure, figures};
use crate::report::view::round::{Shown, worst_first};
use crate::report::words;
use crate::result::model::{Capacity, RunResult, VariantResult};
use crate::result::series::RoundSeries;

/// Rows of the table.
const VARIANTS: usize = 12;
/// Stories that are told.
const STORIES: usize = 4;
/// Limits that were not met.
const LIMITS: usize = 10;
/// Sentences of a comparison.
const CONCLUSIONS: usize = 6;
/// Longer sentences are cut, in characters: one line of a server message can be a page.
const LONGEST: usize = 700;

/// Notes that every row of a table would repeat.
const UNSAID: [&str; 2] = ["all traffic", "succeeded"];

/// The run in a few lines of Markdown.
pub(in crate::report) fn pull_request(result: &RunResult) -> String {
    let none = RoundSeries::default();
    let mut worst: Vec<&VariantResult> = result.variants.iter().collect();
    // Stable: those that are as bad as each other stay in the order of the scenario.
    worst.sort_by_key(|variant| std::cmp::Reverse(badness(variant.verdict)));
    let verdict = Badge::of(result.verdict).label;
    let mut parts = vec![format!("## {}: {verdict}", plain(&words::shorten(&line(&result.scenario.name), 160)))];
    parts.extend(alarm(&result.ended).map(|alarm| told(&alarm)));
    parts.push(told(&lead(result)));
    parts.extend(found(result).map(|found| format!("Found {}.", told(found.trim_end_matches('.')))));
    parts.extend(table(result, &none));
    parts.extend(conclusions(result));
    parts.extend(stories(result, &worst, &none));
    parts.extend(limits(&worst, &none));
    parts.extend(baseline(result));
    parts.push(footer(result));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

fn told(said: &str) -> String {
    sentence(&words::shorten(&line(said), LONGEST))
}

/// The round that the report shows in full: the worst, or of a comparison the one that stands for the others.
fn shown<'a>(variant: &'a VariantResult, none: &'a RoundSeries) -> Option<Shown<'a>> {
    let migrates = variant.rounds.iter().any(|round| !round.steps.is_empty());
    match migrates {
        true => worst_first(variant, &[], none).first().copied(),
        false => lineup::shown(variant, &[], none),
    }
}

/// Each variant with the figures that stand beside its verdict in the report.
fn table(result: &RunResult, none: &RoundSeries) -> Option<String> {
    let rows: Vec<(&VariantResult, Vec<Figure>)> =
        result.variants.iter().map(|variant| (variant, shown(variant, none).map_or_else(Vec::new, figures))).collect();
    let labels: Vec<&str> =
        rows.iter().map(|(_, row)| row).max_by_key(|row| row.len())?.iter().map(|each| each.label).collect();
    let mut lines = vec![
        format!(
            "| variant | verdict | {}",
            labels.iter().map(|label| format!("{label} |")).collect::<Vec<_>>().join(" ")
        ),
        format!("|---|---|{}", "--:|".repeat(labels.len())),
    ];
    for (variant, row) in rows.iter().take(VARIANTS) {
        let cells =
            labels.iter().map(|label| row.iter().find(|each| each.label == *label).map_or_else(String::new, cell));
        let cells: Vec<String> = cells.map(|cell| format!("{cell} |")).collect();
        let name = plain(&words::shorten(&line(&variant.name), 60));
        lines.push(format!("| {name} | **{}** | {}", Badge::of_variant(variant).label, cells.join(" ")));
    }
    let left = rows.len().saturating_sub(VARIANTS);
    let more = if left > 0 { format!("\n\nAnd {left} more in the report.") } else { String::new() };
    Some(lines.join("\n") + &more)
}

fn cell(figure: &Figure) -> String {
    match figure.note.is_empty() || UNSAID.contains(&figure.note.as_str()) {
        true => plain(&figure.value),
        false => format!("{} ({})", plain(&figure.value), plain(&words::shorten(&line(&figure.note), 40))),
    }
}

/// What follows from a comparison, in the sentences of report and terminal.
fn conclusions(result: &RunResult) -> Option<String> {
    let repeated = Lineup::of(result).map(repeated).unwrap_or_default();
    let repeated = repeated
        .iter()
        .map(|found| format!("N+1: {} {} `{}`", found.variant, found.sentence, found.statement.replace('`', "'")));
    let all: Vec<String> = result
        .conclusions
        .iter()
        .cloned()
        .chain(repeated)
        .chain(result.capacities.iter().map(Capacity::told))
        .collect();
    listed("", all.iter().map(|said| told(said)).collect(), CONCLUSIONS)
}

/// What happened in the worst variants, and who blocked whom.
fn stories(result: &RunResult, worst: &[&VariantResult], none: &RoundSeries) -> Option<String> {
    if Lineup::of(result).is_some() {
        return None;
    }
    let story = |variant: &&VariantResult| {
        let mut said =
            vec![format!("**{}**: {}", plain(&words::shorten(&line(&variant.name), 60)), told(&variant.sentence))];
        if let Some(shown) = shown(variant, none) {
            said.extend(shown.round.health.invalid.iter().take(2).map(|reason| format!("- invalid: {}", told(reason))));
            said.extend(blockers(shown).iter().take(2).map(|blocker| format!("- {}", told(blocker))));
        }
        said.join("\n")
    };
    let stories: Vec<String> = worst.iter().take(STORIES).map(story).collect();
    (!stories.is_empty()).then(|| stories.join("\n\n"))
}

/// Limits and checks that were not met, the worst variants first.
fn limits(worst: &[&VariantResult], none: &RoundSeries) -> Option<String> {
    let of = |variant: &&VariantResult| {
        let broken = shown(variant, none).map(|shown| broken(variant, shown)).unwrap_or_default();
        let name = plain(&words::shorten(&line(&variant.name), 60));
        broken.into_iter().map(move |limit| format!("{name}: {}", told(&limit))).collect::<Vec<_>>()
    };
    listed("Limits that were not kept, or could not be judged:", worst.iter().flat_map(of).collect(), LIMITS)
}

/// What is otherwise than in earlier runs, the gravest first.
fn baseline(result: &RunResult) -> Option<String> {
    let against = result.baseline.as_ref()?;
    listed("Against earlier runs:", against.told.iter().map(|said| told(said)).collect(), CONCLUSIONS)
}

fn listed(title: &str, items: Vec<String>, most: usize) -> Option<String> {
    let left = items.len().saturating_sub(most);
    let mut lines: Vec<String> = items.into_iter().take(most).map(|item| format!("- {item}")).collect();
    if lines.is_empty() {
        return None;
    }
    if left > 0 {
        lines.push(format!("- and {left} more in the report"));
    }
    match title.is_empty() {
        true => Some(lines.join("\n")),
        false => Some(format!("{title}\n\n{}", lines.join("\n"))),
    }
}

fn footer(result: &RunResult) -> String {
    let server = words::shorten(&line(&result.place.server), 60);
    let facts = [result.scenario.path.as_str(), &result.started, &server].map(code);
    format!("<sub>Shakedown {}: {}</sub>", plain(&result.shakedown), facts.join(" · "))
}
