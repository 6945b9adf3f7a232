//! What cannot be run, said before anything is seeded where that is possible.

use crate::running::{Running, SCHEMA, scenario};
use crate::support::PrivateServer;
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
    let text = scenario(PHASES).replace("connections: 3", "connections: 9");
    rehearsal.rewrite(&format!("{text}settings: {{ max_connections: 16 }}\n"));
    let outcome = Running::start(&rehearsal, &["--variant", "quick"]).end();
    outcome.assert(&rehearsal, 2);
    outcome.assert_says("the server takes 16 connections, and `quick` needs 18: `web` 9, and 9 for the migration");
    outcome.assert_says("leave `max_connections` out").assert_says("settings: { max_connections: 16 }");
    rehearsal.rewrite(&format!("{text}settings: {{ max_connections: 18 }}\n"));
    let outcome = Running::start(&rehearsal, &["--variant", "quick"]).end();
    assert!(matches!(outcome.status.code(), Some(0 | 4)), "{}\n{}", outcome.out, outcome.err);
}

#[test]
fn a_private_server_takes_as_many_connections_as_the_pools_want() {
    let text = scenario(PHASES).replace("connections: 3", "connections: 3, overflow: 49, instances: 6");
    let rehearsal = Rehearsal::new(SCHEMA, &text);
    let outcome = Running::start(&rehearsal, &["--variant", "quick"]).end();
    assert!(matches!(outcome.status.code(), Some(0 | 4)), "{}\n{}", outcome.out, outcome.err);
    let (result, _) = rehearsal.result();
    assert!(result.place.settings.contains(&("max_connections".to_owned(), "351".to_owned())), "{:?}", result.place);
}

#[tokio::test]
async fn a_server_whose_connections_others_have_is_told_with_the_pools_that_want_them() {
    let server = PrivateServer::start_with(&[("max_connections", "25")]).await;
    let rehearsal = Rehearsal::new(SCHEMA, &scenario(PHASES).replace("connections: 3", "connections: 15"));
    let mut others = Vec::new();
    for _ in 0..6 {
        others.push(server.session().await);
    }
    let url = server.address().secret_url();
    let outcome = Running::start(&rehearsal, &["--variant", "quick", "--database", &url]).end();
    outcome.assert(&rehearsal, 3).assert_says("`web` 15").assert_says("`max_connections`");
    let (result, _) = rehearsal.result();
    assert_eq!(result.variants[0].verdict, Verdict::NotJudged, "what was not run has not passed");

    let text = scenario(PHASES).replace("connections: 3", "connections: 18");
    rehearsal.rewrite(&text);
    let outcome = Running::start(&rehearsal, &["--variant", "quick", "--database", &url]).end();
    outcome.assert(&rehearsal, 2).assert_says("the server takes 25 connections, and `quick` needs 27");
    outcome.assert_says("raise `max_connections` of the server to 27 or more");
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
