//! What is claimed, and by what it is measured: `docs/case-studies/claims.yaml`.

use anyhow::Context as _;
use serde::Deserialize;
use std::fmt;
use std::path::Path;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    /// What is measured, in the order of the page.
    pub(crate) runs: Vec<Run>,
}

/// One scenario, run as its command says, and what is claimed of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// The name under which its results are kept.
    pub(crate) name: String,
    /// The heading above its claims.
    pub(crate) about: String,
    /// Arguments of `shakedown run`, the scenario first.
    pub(crate) arguments: String,
    /// Why it is smaller than what the claims are about, and what follows for the figures.
    #[serde(default)]
    pub(crate) smaller: Option<String>,
    /// At least one.
    pub(crate) claims: Vec<Claim>,
}

/// One figure or piece of advice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// What is claimed.
    pub(crate) says: String,
    /// What measures it.
    pub(crate) measured: Vec<Asked>,
    /// What follows from that.
    pub(crate) judgement: Judgement,
    /// Why, in one sentence.
    pub(crate) because: String,
}

/// Figures of a variant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) variant: String,
    /// As `figure` reads them.
    pub(crate) figures: Vec<String>,
}

/// Whether it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Judgement {
    #[serde(rename = "confirmed")]
    Confirmed,
    #[serde(rename = "confirmed with conditions")]
    Conditions,
    #[serde(rename = "wrong")]
    Wrong,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confirmed => "confirmed",
            Self::Conditions => "confirmed with conditions",
            Self::Wrong => "wrong",
        })
    }
}

impl Claims {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_saphyr::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
    }
}

impl Run {
    /// All figures that its claims ask for, each once: a variant's name and the figure.
    pub(crate) fn figures(&self) -> Vec<(&str, &str)> {
        let asked = self.claims.iter().flat_map(|claim| &claim.measured);
        let mut all: Vec<(&str, &str)> =
            asked.flat_map(|asked| asked.figures.iter().map(|figure| (&*asked.variant, &**figure))).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
