//! Everything that the report says of one variant.

use super::badge::Badge;
use super::comparison::lineup::at;
use super::curves::{Curve, curves};
use super::excess::{Split, split};
use super::gauges::gauges;
use super::headline::{Figure, figures};
use super::operations::{Fate, Operation, fates, operations};
use super::round::{Shown, tally};
use super::scales::Scales;
use super::steps::{Step, steps};
use super::timeline::{Timeline, timeline};
use super::waits::{Tree, blind, trees};
use super::{health, judged};
use crate::report::chart::time::Origin;
use crate::report::words;
use crate::result::model::{Judgement, VariantResult, Verdict};

/// One variant.
pub(crate) struct Variant {
    /// Its name.
    pub(crate) name: String,
    /// Its verdict.
    pub(crate) badge: Badge,
    /// What happened: markup, escaped.
    pub(crate) sentence: String,
    /// What it had to be caught by; else nothing.
    pub(crate) expectation: String,
    /// How many rounds were lost, and which is shown; nothing of a single one.
    pub(crate) tally: String,
    /// Which round is shown in full.
    pub(crate) round: String,
    /// The figures beside the verdict.
    pub(crate) figures: Vec<Figure>,
    /// Reasons why it is invalid.
    pub(crate) invalid: Vec<String>,
    /// The round shown; nothing where none was run.
    pub(crate) body: Option<Body>,
    /// The other rounds.
    pub(crate) others: Vec<Other>,
}

/// The round that is shown in full.
pub(crate) struct Body {
    pub(crate) timeline: Timeline,
    pub(crate) judged: Vec<judged::Row>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) fates: Vec<Fate>,
    pub(crate) split: Option<Split>,
    pub(crate) curves: Vec<Curve>,
    /// In which phases nobody looked for waits, in a sentence; else nothing.
    pub(crate) blind: String,
    pub(crate) trees: Vec<Tree>,
    pub(crate) more_trees: usize,
    pub(crate) steps: Vec<Step>,
    pub(crate) gauges: Option<Timeline>,
    pub(crate) health: Vec<health::Row>,
    /// What became of the whole database, in a sentence; else nothing.
    pub(crate) database: String,
    pub(crate) setup: Vec<(String, String)>,
    pub(crate) notes: Vec<(String, String)>,
}

/// A round that is folded away.
pub(crate) struct Other {
    /// Counted from one.
    pub(crate) number: usize,
    /// Its verdict.
    pub(crate) badge: Badge,
    /// What happened: markup, escaped.
    pub(crate) sentence: String,
    /// Its figures, in one line.
    pub(crate) summary: String,
    pub(crate) timeline: Timeline,
    pub(crate) judged: Vec<judged::Row>,
}

/// A variant whose rounds stand in the order in which they are shown.
pub(crate) fn variant(facts: &VariantResult, rounds: &[Shown<'_>], scales: &Scales) -> anyhow::Result<Variant> {
    let shown = rounds.first().copied();
    let tally =
        tally(facts).zip(shown).map(|(tally, shown)| format!("{tally}; the worst, round {}, is shown", shown.number));
    Ok(Variant {
        name: facts.name.clone(),
        badge: Badge::of_variant(facts),
        sentence: marked(
            shown.map(|shown| shown.round.sentence.as_str()).filter(|said| !said.is_empty()).unwrap_or(&facts.sentence),
        ),
        expectation: expectation(facts),
        tally: tally.unwrap_or_default(),
        round: shown.map_or_else(String::new, |shown| format!("round {}{}", shown.number, at(shown.round.round_trip))),
        figures: shown.map_or_else(Vec::new, |shown| figures(shown)),
        invalid: shown.map_or_else(Vec::new, |shown| shown.round.health.invalid.clone()),
        body: shown.map(|shown| body(shown, &facts.judgements, scales)).transpose()?,
        others: rounds.iter().skip(1).map(|shown| other(*shown, scales)).collect::<anyhow::Result<_>>()?,
    })
}

fn body(shown: Shown<'_>, over_all: &[Judgement], scales: &Scales) -> anyhow::Result<Body> {
    let (trees, more_trees) = trees(shown);
    let origin = Origin::of(shown.round);
    let setup = shown.round.tools.iter().chain(&shown.round.setup);
    Ok(Body {
        timeline: timeline(shown, scales)?,
        judged: judged::rows(&shown.round.judgements, over_all, &shown.round.checks),
        operations: operations(shown),
        fates: fates(shown),
        split: split(shown),
        curves: curves(shown, scales),
        blind: blind(shown),
        trees,
        more_trees,
        steps: steps(shown),
        gauges: gauges(shown, scales),
        health: health::rows(shown),
        database: health::database(shown),
        setup: setup.map(|(text, took)| (words::shorten(text, 150), words::length(*took))).collect(),
        notes: shown.round.notes.iter().map(|(at, note)| (origin.words(*at), note.clone())).collect(),
    })
}

fn other(shown: Shown<'_>, scales: &Scales) -> anyhow::Result<Other> {
    let figures = figures(shown);
    let summary = figures.iter().map(|figure| format!("{} {}", figure.label, figure.value)).collect::<Vec<_>>();
    Ok(Other {
        number: shown.number,
        badge: Badge::of(shown.round.verdict),
        sentence: marked(&shown.round.sentence),
        summary: summary.join(" · "),
        timeline: timeline(shown, scales)?,
        judged: judged::rows(&shown.round.judgements, &[], &shown.round.checks),
    })
}

fn expectation(facts: &VariantResult) -> String {
    if facts.fails_by.is_empty() {
        return String::new();
    }
    let limits: Vec<String> = facts.fails_by.iter().map(|limit| limit.replace('_', " ")).collect();
    let limits = words::list(&limits);
    match facts.verdict {
        Verdict::Pass => format!("It had to be caught by {limits} and was: that is its pass. It is not safe to ship."),
        Verdict::Fail => format!("It had to be caught by {limits} and was not, or not by that."),
        Verdict::Invalid | Verdict::NotJudged => {
            format!("It has to be caught by {limits}; whether it was cannot be said.")
        }
    }
}

/// A sentence in which `code` is set as code; all else is escaped.
pub(crate) fn marked(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    // An odd number of parts means that every backtick has its partner.
    let paired = parts.len() % 2 == 1;
    let set = parts.iter().enumerate().map(|(place, part)| match paired && place % 2 == 1 {
        true => format!("<code>{}</code>", words::escape(part)),
        false => words::escape(part),
    });
    set.collect::<Vec<_>>().join(if paired { "" } else { "`" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_a_sentence_is_set_as_code_and_nothing_else_is_markup() {
        assert_eq!(marked("`ALTER <t>` & co"), "<code>ALTER &lt;t&gt;</code> &amp; co");
        assert_eq!(marked("a lone ` stays"), "a lone ` stays");
    }
}
