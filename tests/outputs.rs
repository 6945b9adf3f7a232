//! What a run leaves for CI servers, and the workflow files that make use of it: each of their commands is run.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::rehearsal::{Rehearsal, said};

/// What is measured every night.
const NIGHTLY: &str = "
name: Every night
engine: postgres
schema: ../migrations
seed: { items: { rows: 2k } }
traffic:
  look: { rate: 50/s, parameters: { item: { key: items } }, sql: 'SELECT name FROM items WHERE id = :item' }
phases: { warmup: 1s, measure: 2s }
rounds: 1
variants: { as it is: }
";

const STANDING: &str = "
name: The shop as it stands
engine: postgres
schema: ../migrations
seed: { items: { rows: 2k } }
traffic:
  look: { rate: 50/s, parameters: { item: { key: items } }, sql: 'SELECT name FROM items WHERE id = :item' }
phases: { warmup: 1s, before: 1s, after: 1s }
steady: false
checks:
  nobody loses items: SELECT count(*) = 2000 FROM items
";

/// A repository as the workflow files expect it, with a migration on its branch that `origin/main` does not have.
struct Project(Rehearsal);

impl Project {
    fn new(migration: &str) -> Self {
        let project = Self(Rehearsal::new("", ""));
        for folder in ["migrations", "shakedown", "nights"] {
            fs::create_dir(project.path(folder)).expect("it can be made");
        }
        project.write("shakedown/nightly.yaml", NIGHTLY);
        project.write("shakedown/standing.yaml", STANDING);
        project.write("migrations/0001_items.sql", "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);");
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.git(&["add", "migrations", "shakedown"]);
        project.git(&["commit", "--quiet", "--message", "as it is"]);
        project.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
        project.git(&["checkout", "--quiet", "-b", "change"]);
        project.write("migrations/0002_change.sql", migration);
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("it is writable");
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.0.path()).args(["-c", "user.name=a", "-c", "user.email=a@b.invalid"]);
        let output = git.args(arguments).output().expect("git is installed");
        assert!(output.status.success(), "{}", said(&output));
    }

    /// A command of a workflow, as a shell of its runner would run it; without what a real runner may have set.
    fn shell(&self, command: &str, environment: &[(&str, &str)]) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_shakedown")).parent().expect("it lies in a directory");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell.args(["-ec", command]).current_dir(self.0.path());
        shell.env("PATH", format!("{}:{path}", program.display())).env("SHAKEDOWN_CACHE", self.path("cache"));
        for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "SHAKEDOWN_DATABASE"] {
            shell.env_remove(name);
        }
        shell.envs(environment.iter().copied()).output().expect("there is a shell")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// A workflow file of this repository.
fn workflow(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci").join(name);
    let text = fs::read_to_string(path).expect("it is there");
    serde_saphyr::from_str(&text).expect("it is YAML")
}

/// The lines of a workflow's scripts that call Shakedown, in their order.
fn commands(workflow: &Value, found: &mut Vec<String>) {
    match workflow {
        Value::String(script) => {
            found
                .extend(script.lines().map(str::trim).filter(|line| line.starts_with("shakedown ")).map(str::to_owned));
        }
        Value::Array(items) => items.iter().for_each(|item| commands(item, found)),
        Value::Object(entries) => entries.values().for_each(|value| commands(value, found)),
        _ => {}
    }
}

fn commands_of(name: &str) -> [String; 3] {
    let mut found = Vec::new();
    commands(&workflow(name), &mut found);
    found.try_into().unwrap_or_else(|found| panic!("{name}: rehearse, run and history, not {found:#?}"))
}

#[test]
fn the_workflow_of_github_rehearses_what_is_new_and_keeps_nights() {
    let project = Project::new("DELETE FROM items WHERE id IN (SELECT id FROM items LIMIT 1);");
    let [rehearse, run, history] = commands_of("github.yaml");
    let summary = project.path("step-summary.md").display().to_string();
    let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", &summary), ("GITHUB_BASE_REF", "main")];

    let output = project.shell(&rehearse, &github);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let annotation = out.lines().find(|line| line.starts_with("::error ")).unwrap_or_else(|| panic!("{out}"));
    assert!(annotation.starts_with("::error file=shakedown/standing.yaml,line=11,"), "{annotation}");
    assert!(annotation.contains("nobody loses items"), "{annotation}");
    assert!(out.starts_with("::stop-commands::"), "what is printed gives no commands: {out}");
    let first = project.read("step-summary.md");
    assert!(first.starts_with("## The shop as it stands: FAIL\n"), "{first}");

    let output = project.shell(&run, &github);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let both = project.read("step-summary.md");
    assert!(both.starts_with(&first) && both.contains("## Every night: PASS\n"), "{both}");

    let output = project.shell(&history, &github);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(project.read("nights/history.html").contains("The history of 1 run"));
}

#[test]
fn the_workflow_of_gitlab_leaves_the_reports_that_it_names() {
    let project = Project::new("ALTER TABLE items ADD COLUMN note text;");
    let [rehearse, run, history] = commands_of("gitlab.yaml");
    let gitlab = [("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"), ("CI_PIPELINE_ID", "7")];
    for command in [rehearse, run, history] {
        let output = project.shell(&command, &gitlab);
        assert_eq!(output.status.code(), Some(0), "{command}\n{}", said(&output));
        assert!(!said(&output).contains("::"), "nobody reads commands here: {}", said(&output));
    }
    let nightly = &workflow("gitlab.yaml")["nightly"]["artifacts"]["reports"];
    for (report, file) in nightly.as_object().expect("reports by name") {
        let file = file.as_str().expect("a file").replace("$CI_PIPELINE_ID", "7");
        assert!(!project.read(&file).is_empty(), "{report}: {file}");
    }
    assert!(project.path("reports/merge-request/junit.xml").is_file());

    // What was written is what its schema says, every key of it.
    for run in ["reports/merge-request", "nights/7"] {
        let result: Value = serde_json::from_str(&project.read(&format!("{run}/result.json"))).expect("it is JSON");
        holds(&result);
    }
    let partial = |folder: &str| {
        let entries = fs::read_dir(project.path(folder)).expect("it is there");
        entries
            .filter(|entry| entry.as_ref().expect("it can be read").path().extension().is_some_and(|e| e == "partial"))
            .count()
    };
    assert_eq!(partial("nights/7"), 0, "whatever was written beside was renamed");
}

#[test]
fn the_line_for_cron_runs_the_night_and_renders_its_history() {
    let project = Project::new("SELECT 1;");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci/crontab")).expect("it is there");
    let line = text.lines().find(|line| line.starts_with(|c: char| c.is_ascii_digit())).expect("a line for cron");
    let command = line.splitn(6, ' ').nth(5).expect("five fields, then the command");
    let nights = project.path("nights").display().to_string();
    let command = command.replace("\\%", "%").replace("/tmp/shakedown.log", "shakedown.log");
    let command = command.replace("cd /srv/shop && ", "").replace("/var/lib/shakedown", &nights);
    let output = project.shell(&command, &[]);
    assert!(output.status.success() && output.stdout.is_empty(), "nothing is worth a mail: {}", said(&output));
    assert!(project.read("nights/history.html").contains("Every night"));
}

/// Holds a result to the schema of results, with no key in it that the schema does not know.
fn holds(result: &Value) {
    let mut schema = shakedown::result::json_schema();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let errors: Vec<String> =
        validator.iter_errors(result).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Allows no keys besides those that are named.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            entries.values_mut().for_each(close);
            if entries.contains_key("properties") && !entries.contains_key("additionalProperties") {
                entries.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn the_schema_of_results_is_the_committed_one_and_explains_every_key() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_shakedown")).args(["schema", "--result"]).output().expect("it starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/result.schema.json");
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(printed == committed, "run `shakedown schema --result > docs/result.schema.json`");
    let schema: Value = serde_json::from_str(&printed).expect("it is JSON");
    let mut silent = Vec::new();
    unexplained(&schema, "", &mut silent);
    assert!(silent.is_empty(), "without a word: {silent:#?}");
}

/// The keys that have no description.
fn unexplained(schema: &Value, place: &str, silent: &mut Vec<String>) {
    let Value::Object(entries) = schema else { return };
    for (name, property) in entries.get("properties").and_then(Value::as_object).into_iter().flatten() {
        // Seconds and nanoseconds speak for themselves, and so does the name of a choice.
        if property.get("description").is_none()
            && !["secs", "nanos"].contains(&name.as_str())
            && !place.contains("oneOf")
        {
            silent.push(format!("{place}.{name}"));
        }
    }
    for (name, inner) in entries {
        let place = format!("{place}/{name}");
        match inner {
            Value::Array(items) => items.iter().for_each(|item| unexplained(item, &place, silent)),
            inner => unexplained(inner, &place, silent),
        }
    }
}
