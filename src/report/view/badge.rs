//! Verdicts as a reader sees them.

use crate::result::model::{VariantResult, Verdict};

/// A verdict in capitals, with the word that gives it its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    /// What it says.
    pub(crate) label: &'static str,
    /// Its CSS class.
    pub(crate) class: &'static str,
}

impl Badge {
    /// Of a run, a round or a limit.
    pub(crate) fn of(verdict: Verdict) -> Self {
        let (label, class) = match verdict {
            Verdict::Pass => ("PASS", "pass"),
            Verdict::Fail => ("FAIL", "fail"),
            Verdict::Invalid => ("INVALID", "invalid"),
            Verdict::NotJudged => ("NOT JUDGED", "unjudged"),
        };
        Self { label, class }
    }

    /// Of a variant: one that must be caught and was has passed, but it is not safe.
    pub(crate) fn of_variant(variant: &VariantResult) -> Self {
        match (variant.verdict, variant.fails_by.is_empty()) {
            (Verdict::Pass, false) => Self { label: "CAUGHT AS EXPECTED", class: "caught" },
            (Verdict::Fail, false) => Self { label: "NOT CAUGHT AS EXPECTED", class: "fail" },
            (verdict, _) => Self::of(verdict),
        }
    }
}

/// How bad a verdict is, for the choice of what is shown first.
pub(crate) fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::NotJudged => 1,
        Verdict::Invalid => 2,
        Verdict::Fail => 3,
    }
}
