//! What is written, read back by readers of its form.

use super::{annotations, junit, metrics, pull_request, quality};
use crate::report::sample;
use crate::result::model::{CheckOutcome, Ended, Judgement, RunResult, Verdict};
use crate::step::StepOutcome;
use crate::verdict::threshold::Subject;
use std::collections::BTreeSet;

/// Everything that could break out of some form, and a password.
const HOSTILE: &str = "x\u{1b}[2J\u{0}\u{ffff}\u{202e}\r\n::error::owned%0A\n# </failure>]]><script>\"'& | `a`b | [l](http://e) \
                       @team \\\" {=\"} postgres://me:geheim@host/db\n";

/// The name of an element, its attributes, those of them that must be there, and its children.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What Jenkins' `junit-10.xsd` allows: attributes, those of them that must be there, and children.
const JUNIT: &[Rule] = &[
    ("testsuites", &["name", "time", "tests", "failures", "errors"], &[], &["testsuite"]),
    (
        "testsuite",
        &[
            "name",
            "tests",
            "failures",
            "errors",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &["name", "tests", "failures", "errors"],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    ("properties", &[], &[], &["property"]),
    ("property", &["name", "value"], &["name", "value"], &[]),
    (
        "testcase",
        &["name", "time", "classname", "group"],
        &["name"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &["type", "message"], &[], &[]),
    ("error", &["type", "message"], &[], &[]),
    ("skipped", &["type", "message"], &[], &[]),
    ("system-out", &[], &[], &[]),
];

/// Reads JUnit XML back by the rules of the schema; gives how many failures, errors and skipped cases there are.
fn read_junit(xml: &str) -> [usize; 3] {
    let document = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    assert_eq!(document.root_element().tag_name().name(), "testsuites");
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let rule = JUNIT.iter().find(|rule| rule.0 == name).unwrap_or_else(|| panic!("<{name}> is not allowed"));
        let (_, attributes, required, children) = rule;
        assert!(node.attributes().all(|each| attributes.contains(&each.name())), "{name}: {node:?}");
        assert!(required.iter().all(|each| node.has_attribute(*each)), "{name}: {node:?}");
        for child in node.children().filter(roxmltree::Node::is_element) {
            assert!(children.contains(&child.tag_name().name()), "<{name}> holds <{}>", child.tag_name().name());
        }
        if let Some(time) = node.attribute("time") {
            assert!(time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "no time: {time}");
        }
        if name == "testsuite" {
            let count = |child: &str| node.descendants().filter(|each| each.has_tag_name(child)).count().to_string();
            for (attribute, child) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
            {
                assert_eq!(node.attribute(attribute), Some(count(child).as_str()), "{attribute} are counted");
            }
        }
    }
    ["failure", "error", "skipped"].map(|name| document.descendants().filter(|each| each.has_tag_name(name)).count())
}

fn migration() -> RunResult {
    sample::run(20, 2).0
}

fn comparison() -> RunResult {
    sample::comparison::run(4, 8).0
}

/// The migration with what the blocking variant has to be caught by.
fn caught() -> RunResult {
    let mut result = migration();
    result.variants[0].fails_by = vec!["account page longest_stall".to_owned()];
    result.variants[0].verdict = Verdict::Pass;
    result.verdict = Verdict::Pass;
    result
}

#[test]
fn what_ci_servers_read_is_what_their_schema_allows() {
    for result in [migration(), comparison(), caught(), hostile()] {
        read_junit(&junit(&result));
    }
}

#[test]
fn a_ci_server_sees_a_failure_where_the_run_fails_and_nowhere_else() {
    let invalid = {
        let mut result = caught();
        result.variants[1].rounds[0].health.invalid = vec!["late".to_owned()];
        result.variants[1].verdict = Verdict::Invalid;
        RunResult { verdict: Verdict::Invalid, ..result }
    };
    let interrupted = RunResult { ended: Ended::Interrupted, verdict: Verdict::NotJudged, ..caught() };
    let not_caught = {
        let mut result = caught();
        result.variants[0].fails_by = vec!["account page p50".to_owned()];
        result.variants[0].verdict = Verdict::Fail;
        RunResult { verdict: Verdict::Fail, ..result }
    };
    let other_schema = {
        let mut result = caught();
        result.scenario.text += "same_schema: true\n";
        result.variants[1].rounds[1].schema = "another".to_owned();
        RunResult { verdict: Verdict::Fail, ..result }
    };
    let unknown = RunResult { verdict: Verdict::Fail, ..caught() };
    for (what, result, failures, errors) in [
        ("limits", migration(), 3, 0),
        ("caught", caught(), 0, 0),
        ("not caught by what it had to be", not_caught, 1, 0),
        ("invalid", invalid, 0, 1),
        ("interrupted", interrupted, 0, 1),
        ("another schema", other_schema, 1, 0),
        ("something that no case knows", unknown, 1, 0),
        ("a comparison", comparison(), 1, 0),
    ] {
        let found = read_junit(&junit(&result));
        assert_eq!([found[0], found[1]], [failures, errors], "{what}\n{}", junit(&result));
    }
}

#[test]
fn a_variant_that_was_caught_passes_and_says_so() {
    let xml = junit(&caught());
    assert!(xml.contains("caught, as it had to be: found 4.2 s"), "{xml}");
    assert!(xml.contains("this variant has to be caught, so that is no failure"), "{xml}");
}

#[test]
fn a_limit_is_annotated_at_the_line_that_sets_it() {
    let mut result = migration();
    result.scenario.text =
        "name: x\nthresholds:\n  account page:\n    p99: 50ms\n    longest_stall: 500ms\n".to_owned();
    let said = annotations(&result);
    assert!(
        said.contains("::error file=scenarios/add-memo.yaml,line=4,title=one statement%3A account page%3A p99 ≤ 50 ms::found 4.1 s\n"),
        "{said}"
    );
    let issues: serde_json::Value = serde_json::from_str(&quality(&result)).expect("it is JSON");
    assert_eq!(issues[0]["location"]["lines"]["begin"], 4, "{issues:#}");
}

#[test]
fn gitlab_reads_what_is_wrong_and_knows_it_again_tomorrow() {
    let mut result = migration();
    let read = |result: &RunResult| -> Vec<serde_json::Value> {
        serde_json::from_str(&quality(result)).expect("it is a list in JSON")
    };
    let first = read(&result);
    assert_eq!(first.len(), 4, "three limits and a finding: {first:#?}");
    for issue in &first {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(issue[key].is_string(), "{key} of {issue:#}");
        }
        assert!(issue["location"]["path"].is_string() && issue["location"]["lines"]["begin"].is_u64(), "{issue:#}");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap_or("")));
    }
    let prints = |issues: &[serde_json::Value]| -> BTreeSet<String> {
        issues.iter().map(|issue| issue["fingerprint"].to_string()).collect()
    };
    assert_eq!(prints(&first).len(), first.len(), "each is told from the others");
    result.variants[0].rounds[0].judgements[0].found = "5.1 s".to_owned();
    assert_eq!(prints(&read(&result)), prints(&first));
}

#[test]
fn the_summary_of_a_pull_request_says_what_the_report_says() {
    insta::assert_snapshot!(pull_request(&migration()));
}

#[test]
fn the_summary_of_a_comparison_opens_with_what_follows() {
    insta::assert_snapshot!(pull_request(&comparison()));
}

#[test]
fn a_summary_stays_short_however_large_the_run_is() {
    let mut large = migration();
    for n in 0..60 {
        let mut variant = large.variants[n % 2].clone();
        variant.name = format!("variant {n}");
        for round in &mut variant.rounds {
            round.health.invalid = vec!["late".repeat(900); 9];
            round.judgements = vec![round.judgements[0].clone(); 50];
        }
        large.variants.push(variant);
    }
    let mut compared = comparison();
    compared.conclusions = vec![compared.conclusions[0].clone(); 40];
    for result in [large, compared, hostile()] {
        let text = pull_request(&result);
        assert!(text.lines().count() <= 60, "{} lines\n{text}", text.lines().count());
        assert!(text.len() < 65_000, "a comment holds no more: {}", text.len());
    }
}

/// Reads OpenMetrics text back; gives its samples without their values.
fn read_metrics(text: &str) -> BTreeSet<String> {
    let (mut families, mut samples) = (BTreeSet::new(), BTreeSet::new());
    let mut family = "";
    let body = text.strip_suffix("# EOF\n").expect("it ends as it should");
    for line in body.lines() {
        if let Some(described) = line.strip_prefix("# ") {
            let mut words = described.splitn(3, ' ');
            let [kind, name, value] = [(); 3].map(|()| words.next().expect("three words"));
            match kind {
                "TYPE" => {
                    assert!(families.insert(name), "{name} comes twice");
                    assert_eq!(value, "gauge");
                    family = name;
                }
                "UNIT" => assert!(name.ends_with(&format!("_{value}")), "{line}"),
                "HELP" => {}
                _ => panic!("{line}"),
            }
            assert_eq!(name, family);
            continue;
        }
        let rest = line.strip_prefix(family).unwrap_or_else(|| panic!("a sample of another family: {line}"));
        let end = labels(rest);
        let value: f64 = rest[end..].trim_start().parse().unwrap_or_else(|_| panic!("no number: {line}"));
        assert!(value.is_finite());
        assert!(samples.insert(format!("{family}{}", &rest[..end])), "twice: {line}");
    }
    samples
}

/// The end of `{name="value",…}`.
fn labels(text: &str) -> usize {
    assert!(text.starts_with('{'), "{text}");
    let mut at = 1;
    let mut names = BTreeSet::new();
    loop {
        let (name, rest) = text[at..].split_once("=\"").expect("a label");
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert!(names.insert(name), "{name} comes twice: {text}");
        let mut escaped = false;
        let value = rest.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        at += name.len() + 2 + value.expect("a value ends") + 1;
        match &text[at..=at] {
            "}" => return at + 1,
            "," => at += 1,
            other => panic!("{other} in {text}"),
        }
    }
}

#[test]
fn metrics_are_what_a_scraper_reads() {
    for result in [migration(), comparison(), caught(), hostile()] {
        read_metrics(&metrics(&result));
    }
    let samples = read_metrics(&metrics(&comparison()));
    let expected = "shakedown_response_seconds{scenario=\"The subscription dashboard, three ways\",variant=\"n+1\",\
                    round_trip=\"0.005\",operation=\"dashboard\",phase=\"measure\",quantile=\"0.99\"}";
    assert!(samples.contains(expected), "{samples:#?}");
    assert!(metrics(&comparison()).contains("operation=\"dashboard\"} 1201\n"), "statements");
}

/// Text from outside wherever a result has any.
fn hostile() -> RunResult {
    let mut result = migration();
    let text = HOSTILE.to_owned();
    result.scenario.name.clone_from(&text);
    result.scenario.path.clone_from(&text);
    result.started.clone_from(&text);
    result.place.kind.clone_from(&text);
    result.place.server.clone_from(&text);
    result.findings[0].message.clone_from(&text);
    result.findings[0].help = Some(text.clone());
    result.ended = Ended::Failed(text.clone());
    result.conclusions = vec![text.clone()];
    for variant in &mut result.variants {
        variant.name.clone_from(&text);
        variant.sentence.clone_from(&text);
        variant.gauges = vec![text.clone()];
        variant.operations.iter_mut().for_each(|operation| operation.name.clone_from(&text));
        for round in &mut variant.rounds {
            round.health.invalid = vec![text.clone()];
            round.steps[0].name.clone_from(&text);
            round.steps[0].outcome = StepOutcome::Failed { class: None, message: text.clone() };
            round.checks.push(CheckOutcome { name: text.clone(), held: false, answer: text.clone() });
            round.judgements.push(Judgement {
                subject: Subject::Operation(text.clone()),
                limit: text.clone(),
                found: text.clone(),
                reason: Some(text.clone()),
                verdict: Verdict::Fail,
                ..round.judgements[0].clone()
            });
            round.waits[0].object.clone_from(&text);
        }
    }
    // Operations of one name would be one sample.
    let names = result.variants.iter_mut().enumerate();
    for (place, variant) in names {
        variant.name += &place.to_string();
        variant.operations.iter_mut().enumerate().for_each(|(place, each)| each.name += &place.to_string());
    }
    result
}

#[test]
fn no_text_from_outside_breaks_a_form_or_gives_a_command() {
    let result = hostile();
    let forms = [junit(&result), pull_request(&result), metrics(&result), quality(&result), annotations(&result)];
    for text in &forms {
        assert!(!text.contains("geheim"), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n' || c == '\u{ffff}' || c == '\u{202e}'), "{text}");
    }
    let [_, summary, _, json, commands] = &forms;
    let outside_code: String = summary.split('`').step_by(2).collect();
    assert!(!outside_code.contains("<script") && !outside_code.contains("](http://"), "{summary}");
    assert!(!outside_code.contains("@team") && !summary.contains("\n# "), "{summary}");
    assert!(!summary.lines().any(|line| line.starts_with("::")), "{summary}");
    serde_json::from_str::<serde_json::Value>(json).expect("it is JSON");
    assert!(!commands.is_empty());
    for line in commands.lines() {
        assert!(line.starts_with("::error file=") || line.starts_with("::warning file="), "{line}");
        let (_, message) = line[2..].split_once("::").expect("a message");
        assert!(!message.is_empty());
    }
}
