//! The run held against earlier ones: what follows, what else differs, and every figure.

use super::badge::Badge;
use super::comparison::mark::{change, confidence, drawn, interval, ratio};
use super::judged::subject;
use super::variant::marked;
use crate::report::words;
use crate::result::model::{Against, Change, Conclusion};

/// The section of a report.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    /// What follows of the whole.
    pub(crate) badge: Badge,
    /// Which runs it was held against.
    pub(crate) runs: String,
    /// What follows in sentences: markup, escaped.
    pub(crate) told: Vec<String>,
    /// What else differs: what, then and now.
    pub(crate) differences: Vec<[String; 3]>,
    /// Runs that were of no use, and why.
    pub(crate) left_out: Vec<[String; 2]>,
    /// Every figure.
    pub(crate) rows: Vec<Row>,
}

/// A figure then and now.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What it is of: variant, subject, figure.
    pub(crate) what: [String; 3],
    /// Then and now.
    pub(crate) values: [String; 2],
    /// Now over then.
    pub(crate) ratio: String,
    /// Where that lies.
    pub(crate) interval: String,
    /// How sure that is.
    pub(crate) confidence: String,
    /// What runs differ by themselves.
    pub(crate) noise: String,
    /// The smallest change that would have been seen.
    pub(crate) detectable: String,
    /// Colour, sign and word of what follows.
    pub(crate) class: &'static str,
    pub(crate) glyph: &'static str,
    pub(crate) word: &'static str,
    /// What a reader must know of it; else nothing.
    pub(crate) remark: String,
}

/// Plans, locks and differences are cut to so many characters: the whole text is in `result.json`.
const LONGEST: usize = 300;

/// The section.
pub(crate) fn baseline(against: &Against) -> Baseline {
    let short = |text: &str| words::shorten(text, LONGEST);
    let all = against.refused.iter().chain(&against.differences);
    Baseline {
        badge: badge(against),
        runs: runs(against),
        told: against.told.iter().map(|said| marked(said)).collect(),
        differences: all.map(|each| [each.what.clone(), short(&each.old), short(&each.new)]).collect(),
        left_out: against.left_out.iter().map(|each| [each.directory.clone(), short(&each.why)]).collect(),
        rows: against.changes.iter().map(row).collect(),
    }
}

/// What follows of the whole.
pub(crate) fn badge(against: &Against) -> Badge {
    let (label, class) = match against.conclusion {
        None => ("REFUSED", "invalid"),
        Some(Conclusion::Worse) => ("WORSE", "fail"),
        Some(Conclusion::Better) => ("BETTER", "pass"),
        Some(Conclusion::Same) => ("SAME", "pass"),
        Some(Conclusion::CannotTell) => ("CANNOT TELL", "unjudged"),
    };
    Badge { label, class }
}

/// `6 earlier runs in nights, the newest of 2026-03-01T02:00:00Z`.
pub(crate) fn runs(against: &Against) -> String {
    let count = words::counted(against.runs.len() as u64, "earlier run", "earlier runs");
    match against.runs.first() {
        Some(newest) if against.runs.len() == 1 => format!("{count}, {} of {}", newest.directory, newest.started),
        Some(newest) => format!("{count} in {}, the newest of {}", against.path, newest.started),
        None => format!("{count} in {}", against.path),
    }
}

/// One figure.
pub(crate) fn row(each: &Change) -> Row {
    let (class, glyph, word) = drawn(each.conclusion);
    let at = match each.round_trip.is_zero() {
        true => String::new(),
        false => format!(" at {}", words::length(each.round_trip)),
    };
    let or_nothing = |said: Option<String>| said.unwrap_or_default();
    Row {
        what: [each.variant.clone(), subject(&each.subject), format!("{}{at}", each.figure)],
        values: [&each.said.0, &each.said.1].map(|said| words::shorten(said, LONGEST)),
        ratio: or_nothing(each.ratio.map(ratio)),
        interval: or_nothing(each.ratio.zip(each.interval).map(|(ratio, ends)| interval(ratio, ends))),
        confidence: or_nothing(each.interval.map(|_| confidence(each.confidence))),
        noise: or_nothing(each.noise.map(words::share)),
        detectable: or_nothing(each.detectable.map(change)),
        class,
        glyph,
        word,
        remark: each.remark.clone().unwrap_or_default(),
    }
}
