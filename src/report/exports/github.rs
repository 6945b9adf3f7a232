//! Annotations of GitHub Actions: workflow commands, which a runner reads from what a step prints.

use super::case::suites;
use super::clean::clean;
use crate::report::words;
use crate::result::model::{RunResult, Verdict};

/// A runner shows ten of a kind for each step; what is more stands in the summary.
const MOST: usize = 10;
/// As much as a reader sees of one, in characters.
const LONGEST: usize = 400;

/// What failed or could not be measured, an annotation each, at the line of the scenario that asks for it.
pub(in crate::report) fn annotations(result: &RunResult) -> String {
    let mut lines = Vec::new();
    for suite in suites(result) {
        for case in suite.cases.iter().filter(|case| matches!(case.verdict, Verdict::Fail | Verdict::Invalid)) {
            let title = format!("{}: {}", suite.name, case.name);
            lines.push(command("error", &result.scenario.path, case.line, &title, &case.said));
        }
    }
    lines.truncate(MOST);
    let found = result.findings.iter().take(MOST);
    lines.extend(
        found.map(|found| command("warning", &result.scenario.path, None, "found without any load", &found.message)),
    );
    lines.concat()
}

fn command(kind: &str, path: &str, line: Option<usize>, title: &str, message: &str) -> String {
    let line = line.map_or(String::new(), |line| format!(",line={line}"));
    let title = property(&words::shorten(title, 120));
    format!("::{kind} file={}{line},title={title}::{}\n", property(path), data(message))
}

/// What a message may not hold as it is (`@actions/core`, `escapeData`).
fn data(text: &str) -> String {
    let mut text = clean(text);
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What a property may not hold either (`escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
