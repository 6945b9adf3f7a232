//! Whether a run is worse than earlier runs of the same scenario, beyond what runs differ by themselves.

use super::comparison::Conclusion;
use super::threshold::Subject;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A run held against earlier ones of the same scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its directory.
    pub directory: String,
    /// When it began, RFC 3339.
    pub started: String,
}

/// An earlier run that is of no use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its directory.
    pub directory: String,
    /// Why, in words.
    pub why: String,
}

/// What two runs do not have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What: `scale`, `setting work_mem`, `statements of account page`.
    pub what: String,
    /// What it was; empty where there was nothing.
    pub old: String,
    /// What it is; empty where there is nothing.
    pub new: String,
}

/// One figure of an operation, a step or the migration, then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
