//! What was judged: every limit with what was found.

use super::badge::Badge;
use crate::report::words;
use crate::result::model::{CheckOutcome, Judgement};
use crate::verdict::threshold::Subject;

/// One limit.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What is judged.
    pub(crate) subject: String,
    /// The limit in words.
    pub(crate) limit: String,
    /// What was found.
    pub(crate) found: String,
    /// Where it is shown: the id of a part of the page; else nothing.
    pub(crate) anchor: String,
    /// The share of the limit that is left, or by how much it is broken; nothing where that is no number.
    pub(crate) margin: String,
    /// The judgement.
    pub(crate) badge: Badge,
    /// Why it could not be judged, or what makes it uncertain; else nothing.
    pub(crate) reason: String,
}

/// Limits of a round, those on all rounds together, then checks.
pub(crate) fn rows(judgements: &[Judgement], over_all: &[Judgement], checks: &[CheckOutcome]) -> Vec<Row> {
    let limits = judgements.iter().chain(over_all).map(|judgement| Row {
        subject: subject(&judgement.subject),
        limit: judgement.limit.replace('_', " "),
        found: judgement.found.clone(),
        anchor: judgement.anchor.clone(),
        margin: margin(judgement),
        badge: Badge::of(judgement.verdict),
        reason: judgement.reason.clone().unwrap_or_default(),
    });
    limits.chain(checks.iter().map(check)).collect()
}

/// `25 % left`, `12 % beyond`, `56 × the limit`; nothing where nobody knows, or nothing may be left.
pub(crate) fn margin(judgement: &Judgement) -> String {
    match judgement.margin {
        None => String::new(),
        Some(margin) if margin >= 0.0 => format!("{} left", words::share(margin)),
        Some(margin) if margin > -1.0 => format!("{} beyond", words::share(-margin)),
        Some(margin) => format!("{} × the limit", words::number(1.0 - margin)),
    }
}

fn check(check: &CheckOutcome) -> Row {
    let badge =
        if check.held { Badge { label: "HELD", class: "pass" } } else { Badge { label: "BROKEN", class: "fail" } };
    Row {
        subject: "check".to_owned(),
        limit: check.name.clone(),
        found: if check.held { "yes".to_owned() } else { check.answer.clone() },
        anchor: String::new(),
        margin: String::new(),
        badge,
        reason: String::new(),
    }
}

/// What is judged, as people say it.
pub(crate) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Operation(name) => name.clone(),
        Subject::AllTraffic => "all traffic".to_owned(),
        Subject::Database => "the database".to_owned(),
        Subject::Gauge(name) => format!("gauge {name}"),
        Subject::Step(name) if name == "migration" => "the whole migration".to_owned(),
        Subject::Step(name) => format!("step {name}"),
        Subject::Check(name) => format!("check {name}"),
    }
}
