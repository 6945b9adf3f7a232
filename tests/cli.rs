//! The command line as a user and a script meet it.

mod support;

use shakedown::scenario;
use std::fs;
use std::process::Output;
use support::rehearsal::{Rehearsal, said};

const SCHEMA: &str = "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);";
const SCENARIO: &str = "
name: A quick look
seed: { items: { rows: 2k } }
traffic:
  look: { rate: 50/s, parameters: { item: { key: items } }, sql: 'SELECT name FROM items WHERE id = :item' }
phases: { warmup: 1s, before: 1s, after: 1s }
steady: false
variants:
  add: { migration: [ALTER TABLE items ADD COLUMN note text] }
  rename: { migration: [ALTER TABLE items RENAME COLUMN name TO title] }
checks: { all are there: SELECT count(*) = 2000 FROM items }
";

fn rehearsal() -> Rehearsal {
    Rehearsal::new(SCHEMA, SCENARIO)
}

fn run(rehearsal: &Rehearsal, arguments: &[&str]) -> Output {
    rehearsal.command(arguments).output().expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_check_finds_old_code_that_a_step_breaks() {
    let rehearsal = rehearsal();
    let output = run(&rehearsal, &["check", "scenario.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("step 1") && said.contains("rename") && said.contains("name"), "{said}");
}

#[test]
fn a_column_that_is_not_there_is_told_with_its_place_and_the_nearest_name() {
    let seed = "seed: { items: { rows: 2k, columns: { nmae: { kind: name } } } }";
    let rehearsal = Rehearsal::new(SCHEMA, &SCENARIO.replace("seed: { items: { rows: 2k } }", seed));
    let output = run(&rehearsal, &["check", "scenario.yaml"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("scenario.yaml:5:39") && said.contains("nmae") && said.contains("`name`"), "{said}");
}

#[test]
fn an_unknown_variant_is_told_with_the_nearest_one() {
    let rehearsal = rehearsal();
    let output = rehearsal.run(&["--variant", "renam"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("did you mean `rename`?"), "{}", said(&output));
    assert!(!rehearsal.out().exists(), "nothing was begun");
}

#[test]
fn data_are_built_once_a_run_prints_json_and_its_report_can_be_rendered_again() {
    let rehearsal = rehearsal();
    let seeded = run(&rehearsal, &["seed", "scenario.yaml", "--json"]);
    assert_eq!(seeded.status.code(), Some(0), "{}", said(&seeded));
    let facts: serde_json::Value = serde_json::from_slice(&seeded.stdout).expect("it is JSON");
    assert_eq!(facts["tables"][0]["rows"], 2000);

    let output = rehearsal.run(&["--variant", "add", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(result["seed"]["restored"], true, "the data were kept");
    assert_eq!(result["variants"][0]["rounds"][0]["steps"][0]["outcome"], "done");
    assert_eq!(result["variants"].as_array().map(Vec::len), Some(1));

    let report = rehearsal.out().join("report.html");
    let first = fs::read_to_string(&report).expect("the run left a report");
    fs::remove_file(&report).expect("it is ours");
    let output = run(&rehearsal, &["report", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(fs::read_to_string(&report).expect("it is rendered again"), first);
    assert!(!out(&output).contains('\x1b'), "no colour where nobody looks");
}

#[test]
fn the_schema_is_the_committed_one_and_shells_and_manual_are_served() {
    let rehearsal = rehearsal();
    let schema = run(&rehearsal, &["schema"]);
    let committed = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/schema.json"));
    assert_eq!(out(&schema), committed.expect("it is committed"));
    assert!(out(&run(&rehearsal, &["completions", "bash"])).contains("shakedown"));
    assert!(out(&run(&rehearsal, &["man"])).starts_with(".ie"));
    assert_eq!(run(&rehearsal, &["rnu"]).status.code(), Some(2), "a wrong command line");
}

#[test]
fn the_library_is_listed_and_each_scenario_can_be_made_ones_own() {
    let rehearsal = Rehearsal::new("", "");
    let listed = out(&run(&rehearsal, &["list"]));
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).expect("it is there") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str()).expect("it has a name");
        let made = run(&rehearsal, &["new", name]);
        assert_eq!(made.status.code(), Some(0), "{}", said(&made));
        let own = rehearsal.path().join(name).join(format!("{name}.yaml"));
        let own = scenario::read(&own).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(name)).expect(name);
        for said in own.about.iter().chain(own.variants.iter().map(|variant| &variant.name)) {
            assert!(line.contains(said.as_str()), "{line}");
        }
    }
}

#[test]
fn what_was_started_is_sound_and_is_never_overwritten() {
    let rehearsal = Rehearsal::new("", "");
    assert_eq!(run(&rehearsal, &["new", "create-index", "mine"]).status.code(), Some(0));
    let checked = run(&rehearsal, &["check", "mine/create-index.yaml", "--scale", "0.01"]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    fs::write(rehearsal.path().join("mine/create-index.yaml"), "mine").expect("it is ours");
    fs::remove_file(rehearsal.path().join("mine/schema.json")).expect("it was written");
    let again = run(&rehearsal, &["new", "create-index", "mine"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("mine/create-index.yaml"), "{}", said(&again));
    assert!(!rehearsal.path().join("mine/schema.json").exists(), "nothing was written");
    assert_eq!(fs::read_to_string(rehearsal.path().join("mine/create-index.yaml")).expect("it is there"), "mine");
    let unknown = run(&rehearsal, &["new", "add-mem"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("did you mean `add-memo`?"), "{}", said(&unknown));
}

#[test]
fn a_password_is_never_shown() {
    let rehearsal = rehearsal();
    let output = rehearsal.run(&["--database", "postgres://somebody:geheim@127.0.0.1:1/nowhere"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(!said(&output).contains("geheim"), "{}", said(&output));
}
