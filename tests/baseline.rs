//! Runs held against earlier ones on a real server: what was made worse on purpose is found and named.

mod support;

use shakedown::result::model::{Against, Change, Conclusion, RunResult, Verdict};
use shakedown::result::read_result;
use shakedown::verdict::baseline::Noise;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use support::rehearsal::{Rehearsal, said};

const SCHEMA: &str = "CREATE TABLE items (id bigint PRIMARY KEY, owner bigint NOT NULL, name text NOT NULL);";
const SCENARIO: &str = "
name: The items of an owner
seed: { items: { rows: 30k, columns: { owner: { uniform: [1, 3000] } } } }
traffic:
  mine: { rate: 150/s, parameters: { owner: { uniform: [1, 3000] } }, sql: 'SELECT id, name FROM items WHERE owner = :owner' }
phases: { warmup: 300ms, measure: 1200ms }
variants: { as it is: { setup: [ CREATE INDEX by_owner ON items (owner) ] } }
";

/// Six runs, from which every test starts.
fn calibrated() -> Rehearsal {
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let output = run(&rehearsal, &["calibrate", "scenario.yaml", "--runs", "6", "--out", "nights", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let noise: Vec<Noise> = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let p50 = noise.iter().find(|each| each.figure == "service p50").expect("it is measured");
    // A busy machine may have made one of them invalid.
    assert!(p50.between.is_some_and(|noise| noise > 0.0) && p50.value > 0.0, "{noise:?}");
    assert_eq!(p50.detectable.is_some(), p50.runs >= 6, "{p50:?}");
    rehearsal
}

fn run(rehearsal: &Rehearsal, arguments: &[&str]) -> Output {
    rehearsal.command(arguments).output().expect("the program starts")
}

fn nights(rehearsal: &Rehearsal) -> Vec<PathBuf> {
    let entries = fs::read_dir(rehearsal.path().join("nights")).expect("the runs are there");
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    all.sort();
    all
}

fn against(result: RunResult) -> Against {
    result.baseline.expect("it was held against earlier runs")
}

fn of<'a>(against: &'a Against, figure: &str) -> &'a Change {
    against.changes.iter().find(|each| each.figure == figure).unwrap_or_else(|| panic!("{figure} of {against:?}"))
}

/// Every file with what is in it.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries =
        fs::read_dir(directory).expect("it is a directory").map(|entry| entry.expect("it can be read").path());
    entries.map(|path| (path.clone(), fs::read(&path).expect("it is a file"))).collect()
}

#[test]
fn what_is_made_worse_is_found_and_named_and_what_is_alike_is_not() {
    let rehearsal = calibrated();
    let nights = nights(&rehearsal);
    let first = nights[0].to_str().expect("its name is text");

    // An index less, against one run.
    rehearsal.rewrite(&SCENARIO.replace("CREATE INDEX by_owner ON items (owner)", ""));
    let output = rehearsal.run(&["--baseline", first]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let (result, _) = rehearsal.result();
    assert_eq!(result.verdict, Verdict::Fail);
    let found = against(result);
    assert_eq!((found.conclusion, found.runs.len()), (Some(Conclusion::Worse), 1), "{found:?}");
    for figure in ["buffers", "plan"] {
        assert_eq!(of(&found, figure).conclusion, Conclusion::Worse, "{:?}", of(&found, figure));
    }
    assert!(of(&found, "plan").said.0.contains("using by_owner"), "{:?}", of(&found, "plan"));
    let gone = found.differences.iter().find(|each| each.old.contains("INDEX ON") && each.new.is_empty());
    assert!(gone.is_some_and(|index| index.old.contains("(owner)")), "{:?}", found.differences);
    assert_eq!(of(&found, "p50").conclusion, Conclusion::CannotTell, "one earlier run says nothing of time");
    assert!(said(&output).contains("is worse in"), "{}", said(&output));
    let report = fs::read_to_string(rehearsal.out().join("report.html")).expect("the run left a report");
    assert!(report.contains("Against earlier runs") && report.contains("is worse in"), "the report tells it as well");

    // Two milliseconds more, against all of them. What is not found must be more than could have been.
    rehearsal.rewrite(&SCENARIO.replace("SELECT id, name FROM", "SELECT id, name FROM pg_sleep(0.002),"));
    let output = rehearsal.run(&["--baseline", "nights"]);
    let (result, _) = rehearsal.result();
    let found = against(result);
    let service = of(&found, "service p50");
    let is_found = service.conclusion == Conclusion::Worse;
    let ratio = service.ratio.expect("it was measured");
    assert!(ratio > 1.5, "{service:?}");
    assert!(is_found || service.detectable.is_none_or(|least| least > ratio - 1.0), "{service:?}");
    if is_found {
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(found.told.iter().any(|told| told.contains("service p50")), "{:?}", found.told);
    }
    assert!(found.differences.iter().any(|each| each.new.contains("pg_sleep")), "{:?}", found.differences);

    // Two runs of the same, neither of which is touched.
    let before = [contents(&nights[1]), contents(&nights[2])];
    let [old, new] = [1, 2].map(|place: usize| nights[place].to_str().expect("its name is text"));
    for (extra, expected) in [(&[][..], 0), (&["--strict"], 4)] {
        let output = run(&rehearsal, &[&["compare", old, new], extra].concat());
        assert_eq!(output.status.code(), Some(expected), "{}", said(&output));
    }
    let output = run(&rehearsal, &["compare", old, new, "--json"]);
    let alike: Against = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(alike.conclusion, Some(Conclusion::CannotTell), "{alike:?}");
    assert!(alike.changes.iter().all(|each| each.is_time() || each.conclusion == Conclusion::Same), "{alike:?}");
    assert_eq!(before, [contents(&nights[1]), contents(&nights[2])]);
    // All of them but itself.
    let output = run(&rehearsal, &["compare", "nights", new, "--json"]);
    let alike: Against = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert!(
        alike
            .runs
            .iter()
            .all(|each| !each.directory.ends_with(&*nights[2].file_name().expect("it has one").to_string_lossy()))
    );

    // What does not match is refused, each difference listed.
    rehearsal.rewrite(&SCENARIO.replace("150/s", "100/s").replace("measure: 1200ms", "measure: 1s"));
    let output = rehearsal.run(&["--baseline", "nights", "--random-seed", "2"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    for what in ["random seed: 2, was 1", "measure 1 s, was warm-up 300 ms, measure 1.2 s", "100/s, was 150/s"] {
        assert!(said(&output).contains(what), "{what} is missing: {}", said(&output));
    }
    assert_eq!(read_result(&rehearsal.out()).expect("it ran").verdict, Verdict::Pass, "it has not failed by itself");
}

#[test]
fn a_baseline_that_cannot_be_read_is_told_before_anything_is_run() {
    let rehearsal = Rehearsal::new(SCHEMA, SCENARIO);
    let empty = rehearsal.path().join("empty");
    fs::create_dir(&empty).expect("it can be made");
    let broken = |name: &str, text: &str| {
        let directory = rehearsal.path().join(name).join("night");
        fs::create_dir_all(&directory).expect("it can be made");
        fs::write(directory.join("result.json"), text).expect("it can be written");
    };
    broken("truncated", "{\n  \"format\": 1,\n  \"shakedown\": \"0.");
    broken("newer", "{ \"format\": 99, \"what\": \"ever\" }");
    broken("foreign", "[]");
    for (path, expected) in [
        ("nowhere", "cannot read the directory nowhere"),
        ("empty", "empty holds no run: there is no result.json in it, nor below it"),
        ("truncated", "is no result, or not a whole one"),
        ("newer", "has format 99, and this version of shakedown reads up to 1: use a newer one"),
        ("foreign", "is no result, or not a whole one"),
    ] {
        let refused = |arguments: &[&str]| {
            let output = run(&rehearsal, arguments);
            assert_eq!(output.status.code(), Some(2), "{path}: {}", said(&output));
            assert!(said(&output).contains(expected), "{path}: {}", said(&output));
        };
        refused(&["compare", path, path]);
        match path {
            "nowhere" => refused(&["run", "scenario.yaml", "--baseline", path]),
            "empty" => {}
            _ => refused(&["run", "scenario.yaml", "--baseline", &format!("{path}/night")]),
        }
    }
    assert!(!rehearsal.path().join("reports").exists(), "nothing was begun");

    // The first night has no earlier ones, and is run.
    let output = run(&rehearsal, &["run", "scenario.yaml", "--baseline", "empty"]);
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
    assert!(said(&output).contains("held against nothing: empty holds no run"), "{}", said(&output));
}
