//! JUnit XML, as Jenkins' `junit-10.xsd` has it, which GitLab and the others read as well.
//!
//! What failed is a failure, what could not be measured an error, what nobody could judge is skipped.

use super::case::{Case, Suite, suites};
use super::clean::line;
use crate::report::words;
use crate::result::model::{RunResult, Verdict};
use std::fmt::Write;
use std::time::Duration;

/// The run as JUnit XML.
pub(in crate::report) fn junit(result: &RunResult) -> String {
    let suites = suites(result);
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let took = suites.iter().map(|suite| suite.took).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    open(
        &mut xml,
        0,
        "testsuites",
        &[
            ("name", format!("shakedown: {}", line(&result.scenario.name))),
            ("tests", all().count().to_string()),
            ("failures", count(all(), Verdict::Fail)),
            ("errors", count(all(), Verdict::Invalid)),
            ("time", seconds(took)),
        ],
    );
    for suite in &suites {
        of_suite(&mut xml, suite, result);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn of_suite(xml: &mut String, suite: &Suite, result: &RunResult) {
    let cases = || suite.cases.iter();
    open(
        xml,
        1,
        "testsuite",
        &[
            ("name", suite.name.clone()),
            ("tests", suite.cases.len().to_string()),
            ("failures", count(cases(), Verdict::Fail)),
            ("errors", count(cases(), Verdict::Invalid)),
            ("skipped", count(cases(), Verdict::NotJudged)),
            ("time", seconds(suite.took)),
            // Jenkins takes a time without a zone.
            ("timestamp", line(&suite.started).trim_end_matches('Z').to_owned()),
            ("file", line(&result.scenario.path)),
        ],
    );
    open(xml, 2, "properties", &[]);
    for (name, value) in suite.properties.iter().filter(|(_, value)| !value.is_empty()) {
        empty(xml, 3, "property", &[("name", (*name).to_owned()), ("value", value.clone())]);
    }
    xml.push_str("    </properties>\n");
    for case in &suite.cases {
        of_case(xml, case, suite);
    }
    xml.push_str("  </testsuite>\n");
}

fn of_case(xml: &mut String, case: &Case, suite: &Suite) {
    let class = format!("{}.{}", suite.name.replace('.', " "), case.kind.word());
    open(xml, 2, "testcase", &[("name", case.name.clone()), ("classname", class), ("time", seconds(case.took))]);
    let (element, kind) = match case.verdict {
        Verdict::Pass => ("system-out", None),
        Verdict::Fail => ("failure", Some("fail")),
        Verdict::Invalid => ("error", Some("invalid")),
        Verdict::NotJudged => ("skipped", Some("not judged")),
    };
    match kind {
        None => writeln!(xml, "      <{element}>{}</{element}>", words::escape(&case.said)),
        Some(kind) => {
            let (first, about) = (case.said.lines().next().unwrap_or_default(), about(case));
            let message = attribute(&words::shorten(first, 300));
            writeln!(
                xml,
                "      <{element} type=\"{kind}\" message=\"{message}\">{}</{element}>",
                words::escape(&about)
            )
        }
    }
    .expect("a string takes everything");
    xml.push_str("    </testcase>\n");
}

/// What was asked, what was found, and where the scenario asks for it.
fn about(case: &Case) -> String {
    let place = case.line.map_or(String::new(), |line| format!("\nline {line} of the scenario"));
    format!("{}\n{}{place}", case.name, case.said)
}

fn count<'a>(cases: impl Iterator<Item = &'a Case>, verdict: Verdict) -> String {
    cases.filter(|case| case.verdict == verdict).count().to_string()
}

/// With milliseconds, and never in the thousands' own form.
fn seconds(length: Duration) -> String {
    format!("{:.3}", length.as_secs_f64())
}

fn open(xml: &mut String, depth: usize, element: &str, attributes: &[(&str, String)]) {
    start(xml, depth, element, attributes);
    xml.push_str(">\n");
}

fn empty(xml: &mut String, depth: usize, element: &str, attributes: &[(&str, String)]) {
    start(xml, depth, element, attributes);
    xml.push_str("/>\n");
}

fn start(xml: &mut String, depth: usize, element: &str, attributes: &[(&str, String)]) {
    write!(xml, "{:indent$}<{element}", "", indent = 2 * depth).expect("a string takes everything");
    for (name, value) in attributes {
        write!(xml, " {name}=\"{}\"", attribute(value)).expect("a string takes everything");
    }
}

/// A reader folds white space in attributes; what is written as a reference it keeps.
fn attribute(value: &str) -> String {
    words::escape(value).replace('\n', "&#10;").replace('\t', "&#9;")
}
