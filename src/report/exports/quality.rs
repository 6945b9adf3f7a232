//! GitLab's code quality report: what is wrong, at the line of the scenario that says so.

use super::case::{Case, suites};
use super::clean::line;
use crate::report::words;
use crate::result::model::{RunResult, Verdict};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write;

/// What failed, what could not be measured, and what was found without any load.
pub(in crate::report) fn quality(result: &RunResult) -> String {
    let path = line(&result.scenario.path);
    let suites = suites(result);
    let cases = suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite.name.as_str(), case)));
    let bad = cases.filter(|(_, case)| matches!(case.verdict, Verdict::Fail | Verdict::Invalid));
    let issues = bad.map(|(suite, case)| of_case(suite, case, &path));
    let found = result.findings.iter().map(|finding| {
        let help = finding.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
        issue("broken-statement", "major", &format!("{}{help}", finding.message), &finding.message, (&path, None))
    });
    format!("{:#}\n", Value::Array(issues.chain(found).collect()))
}

fn of_case(suite: &str, case: &Case, path: &str) -> Value {
    let severity = match case.verdict {
        Verdict::Invalid => "minor",
        _ => "major",
    };
    let said = format!("{suite}: {}: {}", case.name, words::shorten(&case.said, 400));
    // Not of what was found: the same trouble must be the same issue tomorrow.
    let identity = format!("{suite}\n{}", case.name);
    issue(case.kind.word(), severity, &said, &identity, (path, case.line))
}

fn issue(name: &str, severity: &str, description: &str, identity: &str, (path, at): (&str, Option<usize>)) -> Value {
    let hash = Sha256::digest(format!("{path}\n{name}\n{identity}"));
    let fingerprint = hash.iter().take(16).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    });
    json!({
        "description": line(description),
        "check_name": format!("shakedown-{name}"),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": { "path": path, "lines": { "begin": at.unwrap_or(1) } }
    })
}
