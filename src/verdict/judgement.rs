//! What was found of a limit, and what it means.

use super::threshold::Subject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The judgement of a run, a variant or a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Good enough.
    Pass,
    /// Not good enough.
    Fail,
    /// The generator was the bottleneck, or the steady state was not steady.
    Invalid,
    /// Too few observations to say.
    NotJudged,
}

/// One limit, and what was found.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct Judgement {
    /// What is judged.
    pub subject: Subject,
    /// The limit in words: `p99 ≤ 50 ms`.
    pub limit: String,
    /// The limit's word: `p99`.
    pub word: String,
    /// What was found: `2.8 s`.
    pub found: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Why it could not be judged, or what makes the finding uncertain.
    pub reason: Option<String>,
    /// The share of the limit that is left: 0.25 is a quarter; negative is beyond it by so much. `None` where the limit
    /// is zero or no number.
    #[serde(default)]
    pub margin: Option<f64>,
    /// The id of the part of the report in which the figure is shown.
    #[serde(default)]
    pub anchor: String,
}

/// Parts of the report that show each variant by itself.
const BY_VARIANT: [&str; 5] = ["operations", "waits", "steps", "gauges", "trust"];

impl Judgement {
    /// Points into the part of the report that is the variant's own, by its place: `operations` becomes `operations-1`.
    pub fn place(&mut self, variant: usize) {
        if BY_VARIANT.contains(&self.anchor.as_str()) {
            self.anchor = format!("{}-{}", self.anchor, variant + 1);
        }
    }
}
