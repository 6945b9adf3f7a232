//! Whether a run is worse than earlier runs of the same scenario, beyond what runs differ by themselves.
//!
//! Counts come first: they hardly vary, and one earlier run tells. Time is another matter: rounds of one run do not see
//! what differs between runs, so that noise is estimated from several earlier runs, and one earlier run says nothing.

mod counts;
mod facts;
mod migration;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod time;
mod told;

pub use facts::{Fact, Rule};
pub use time::{LEAST_RUNS, Noise, noise};

use super::comparison::{Alternative, Conclusion};
use super::threshold::Subject;
use crate::units::shorten;
use facts::{Differences, differences};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A run, as far as it is held against others.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Which.
    pub run: Earlier,
    /// What is known of it besides its figures.
    pub facts: Vec<Fact>,
    /// Its variants with what their rounds showed.
    pub variants: Vec<Alternative<'a>>,
}

/// Holds a run against earlier ones, the newest of them first.
///
/// Those that are no match for it are left out; where none is left, the comparison is refused for what the newest has
/// not in common with it. Of all that is said of time, something is wrong in at most one of a hundred runs in which
/// nothing differs.
#[must_use]
pub fn hold(now: &Seen<'_>, earlier: &[Seen<'_>]) -> Against {
    let found: Vec<(&Seen<'_>, Differences)> =
        earlier.iter().map(|seen| (seen, differences(&seen.facts, &now.facts))).collect();
    let mut against = Against::default();
    let mut fitting: Vec<&Seen<'_>> = Vec::new();
    for (seen, Differences { refused, free }) in found {
        if !refused.is_empty() {
            if against.refused.is_empty() {
                against.refused.clone_from(&refused);
            }
            against.left_out.push(LeftOut { directory: seen.run.directory.clone(), why: listed(&refused) });
            continue;
        }
        if fitting.is_empty() {
            against.differences = free;
        }
        fitting.push(seen);
    }
    if fitting.is_empty() {
        against.told = told::refused(&against.refused);
        return against;
    }
    against.refused.clear();
    against.runs = fitting.iter().map(|seen| seen.run.clone()).collect();
    against.changes = changes(now, &fitting);
    against.conclusion = Some(whole(&against.changes));
    against.told = told::told(&against);
    against
}

fn listed(differences: &[Difference]) -> String {
    let each = |each: &Difference| format!("{}: {}", each.what, each.told());
    differences.iter().map(each).collect::<Vec<_>>().join("; ")
}

impl Difference {
    /// `1.0, was 0.1`, shortened to a line.
    #[must_use]
    pub fn told(&self) -> String {
        let short = |text: &str| shorten(text, LONGEST);
        match (self.old.is_empty(), self.new.is_empty()) {
            (true, _) => format!("{}, which is new", short(&self.new)),
            (_, true) => format!("{}, which is gone", short(&self.old)),
            _ => format!("{}, was {}", short(&self.new), short(&self.old)),
        }
    }
}

/// Of a text that is told in passing, in characters.
const LONGEST: usize = 80;

fn changes(now: &Seen<'_>, earlier: &[&Seen<'_>]) -> Vec<Change> {
    let (mut all, mut asked) = (Vec::new(), Vec::new());
    for variant in &now.variants {
        let same = |seen: &&Seen<'_>| seen.variants.iter().position(|each| each.name == variant.name);
        // Where the newest has no such variant, others of long ago are no measure of it.
        let Some(first) = earlier.first().and_then(same) else { continue };
        let newest = &earlier[0].variants[first];
        let others: Vec<&Alternative<'_>> =
            earlier.iter().filter_map(|seen| same(seen).map(|place| &seen.variants[place])).collect();
        all.extend(counts::compare(newest, &others, variant));
        all.extend(migration::compare(newest, &others, variant));
        asked.extend(time::ask(newest, &others, variant));
    }
    all.extend(time::judge(asked));
    order(&mut all);
    all
}

/// What is worse first, then what is better, then what nobody can tell; the largest differences first, and counts, whose
/// differences are certain, before times.
fn order(changes: &mut [Change]) {
    let rank = |change: &Change| match change.conclusion {
        Conclusion::Worse => 0,
        Conclusion::Better => 1,
        Conclusion::CannotTell => 2,
        Conclusion::Same => 3,
    };
    let size = |change: &Change| change.ratio.map_or(f64::INFINITY, |ratio| ratio.ln().abs());
    changes.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.is_time().cmp(&b.is_time())).then(size(b).total_cmp(&size(a))));
}

fn whole(changes: &[Change]) -> Conclusion {
    let any = |conclusion| changes.iter().any(|each| each.conclusion == conclusion);
    let unsure =
        changes.iter().any(|each| each.conclusion == Conclusion::CannotTell && time::stands_alone(&each.figure));
    match () {
        () if any(Conclusion::Worse) => Conclusion::Worse,
        () if unsure => Conclusion::CannotTell,
        () if any(Conclusion::Better) => Conclusion::Better,
        () => Conclusion::Same,
    }
}

/// A run held against earlier ones of the same scenario.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Against {
    /// Where the earlier runs are: the directory of a run, or of runs.
    pub path: String,
    /// Those that carry the comparison, the newest first.
    pub runs: Vec<Earlier>,
    /// Those that were found and not used.
    pub left_out: Vec<LeftOut>,
    /// What makes the runs no match for each other; where there is any, nothing was compared.
    pub refused: Vec<Difference>,
    /// What differs and may, for it is what is tested: statements, set-up, migration, the version of the program.
    pub differences: Vec<Difference>,
    /// Every figure then and now: what is worse first, then what is better, and what nobody can tell before what is
    /// the same.
    pub changes: Vec<Change>,
    /// What follows of it all: *worse* where anything is, else *cannot tell* where that is said of anything that is
    /// judged by itself, else *better* where anything is. `None` where the comparison was refused.
    pub conclusion: Option<Conclusion>,
    /// The same in plain sentences, the gravest first.
    pub told: Vec<String>,
}

/// An earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Earlier {
    /// Its directory.
    pub directory: String,
    /// When it began, RFC 3339.
    pub started: String,
}

/// An earlier run that is of no use.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its directory.
    pub directory: String,
    /// Why, in words.
    pub why: String,
}

/// What two runs do not have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Difference {
    /// What: `scale`, `setting work_mem`, `statements of account page`.
    pub what: String,
    /// What it was; empty where there was nothing.
    pub old: String,
    /// What it is; empty where there is nothing.
    pub new: String,
}

/// One figure of an operation, a step or the migration, then and now.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Change {
    /// The variant.
    pub variant: String,
    /// What it is a figure of.
    pub subject: Subject,
    /// Which: `statements`, `buffers`, `plan`, `p99`, `service p50`, `lock`, `duration`, `longest stall`, …
    pub figure: String,
    /// The round trip at which it was measured.
    pub round_trip: Duration,
    /// What it was and what it is, in words: `1.2 ms`, `61`, `ACCESS EXCLUSIVE on accounts`.
    pub said: (String, String),
    /// The same as numbers, seconds of a time: what was counted in the newest of the earlier runs, the geometric mean
    /// of times over all of them. `None` of what is no number.
    pub values: Option<(f64, f64)>,
    /// What it is now over what it was; `None` of what is no number.
    pub ratio: Option<f64>,
    /// How many earlier runs carry it.
    pub runs: u32,
    /// By how much runs differ by themselves, as a share: the standard deviation of its logarithm over the earlier
    /// runs. `None` of counts, and from too few runs.
    pub noise: Option<f64>,
    /// Where the ratio lies, the noise between runs considered; `None` of counts, and from too few runs.
    pub interval: Option<(f64, f64)>,
    /// How sure the interval is, as a share; zero without one.
    pub confidence: f64,
    /// The smallest change that these runs could have shown, as a share: 0.08 is 8 %.
    pub detectable: Option<f64>,
    /// What follows.
    pub conclusion: Conclusion,
    /// What a reader must know of it: why nothing can be told, and what would help.
    pub remark: Option<String>,
}

impl Change {
    /// Whether it is a time, and not a count that hardly varies.
    #[must_use]
    pub fn is_time(&self) -> bool {
        time::is_time(&self.figure)
    }
}
