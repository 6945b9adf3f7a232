//! What cannot be run, said before anything is seeded where that is possible.

use crate::running::{Running, SCHEMA, scenario};
use crate::support::rehearsal::{Rehearsal, said};
use shakedown::result::model::Verdict;

const PHASES: &str = "{ warmup: 1s, before: 2s, after: 1s }";

#[test]
fn a_directory_that_cannot_be_written_is_told_before_anything_is_seeded() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario(PHASES));
    let output = rehearsal.command(&["run", "scenario.yaml", "--out", "schema.sql/out"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("schema.sql/out"), "{}", said(&output));
    assert!(!rehearsal.path().join("cache").exists(), "no server was started");
}

#[test]
fn a_wrong_scenario_or_command_line_ends_in_2_and_loses_no_earlier_results() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario(PHASES));
    std::fs::create_dir(rehearsal.out()).expect("it can be made");
    std::fs::write(rehearsal.out().join("result.json"), "precious").expect("it can be written");
    let wrong = scenario(PHASES);
    for (text, arguments, words) in [
        (wrong.replace("rate: 40/s", "rat: 40/s"), &[][..], &["scenario.yaml:8:", "rat", "did you mean `rate`?"][..]),
        (wrong.replace("FROM items WHERE", "FROM itmes WHERE"), &[], &["scenario.yaml:8:", "itmes"]),
        (wrong.clone(), &["--variant", "quik"], &["no variant `quik`", "did you mean `quick`?"]),
        (wrong.clone(), &["--scale=-1"], &["--scale"]),
    ] {
        rehearsal.rewrite(&text);
        let output = rehearsal.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        for word in words {
            assert!(said(&output).contains(word), "`{word}` is not in:\n{}", said(&output));
        }
    }
    let kept = std::fs::read_to_string(rehearsal.out().join("result.json")).expect("it is still there");
    assert_eq!(kept, "precious");
}

#[test]
fn a_server_with_too_few_connections_is_told_with_the_pools_that_want_them() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario(PHASES));
    for (most, pool) in [(14, "`web` 9"), (5, "the pools'")] {
        let text = scenario(PHASES).replace("connections: 3", "connections: 9");
        rehearsal.rewrite(&format!("{text}settings: {{ max_connections: {most} }}\n"));
        let outcome = Running::start(&rehearsal, &["--variant", "quick"]).end();
        outcome.assert(&rehearsal, 3).assert_says(pool).assert_says("`max_connections`");
        let (result, _) = rehearsal.result();
        assert_eq!(result.variants[0].verdict, Verdict::NotJudged, "what was not run has not passed");
    }
}

#[test]
fn a_password_is_never_printed() {
    let rehearsal = Rehearsal::new(SCHEMA, &scenario(PHASES));
    for (url, code) in [
        ("postgres://app:hunter2@127.0.0.1:1/shop", 3),
        ("postgres://app@127.0.0.1:1/shop?password=hunter2", 3),
        ("postgres://app:hunter2@127.0.0.1:port/shop", 2),
        ("postgres://app:hunter2@127.0.0.1/shop?sslmode=strong", 2),
        ("postgrs://app:hunter2@127.0.0.1:1/shop", 2),
        ("app:hunter2@127.0.0.1:1/shop", 2),
    ] {
        let output = rehearsal.run(&["--database", url]);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(!said(&output).contains("hunter2"), "{}", said(&output));
    }
}
