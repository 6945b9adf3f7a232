//! New migrations of a branch, rehearsed one by one on a standing scenario, in repositories of the tests' own.

mod support;

use shakedown::result::model::{RunResult, Verdict};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use support::rehearsal::{Rehearsal, said};

/// Without variants: each new file is one. The check decides, for time would not on a busy machine.
const STANDING: &str = "
name: The shop as it stands
engine: postgres
schema: migrations
seed: { items: { rows: 2k } }
traffic:
  look: { rate: 50/s, parameters: { item: { key: items } }, sql: 'SELECT name FROM items WHERE id = :item' }
phases: { warmup: 1s, before: 1s, after: 1s }
steady: false
checks: { nobody loses items: SELECT count(*) = 2000 FROM items }
";

const OLD: [(&str, &str); 3] = [
    ("0001_items.up.sql", "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);"),
    ("0001_items.down.sql", "DROP TABLE items;"),
    // What refuses a transaction is no trouble where it is alone.
    ("0002_names.up.sql", "CREATE INDEX CONCURRENTLY items_name ON items (name);"),
];

/// A repository with the old migrations on `main`, and a branch on which nothing has happened yet.
struct Repository {
    rehearsal: Rehearsal,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { rehearsal: Rehearsal::new("", "") };
        fs::create_dir(repository.path("migrations")).expect("it can be made");
        fs::write(repository.path("shakedown.yaml"), STANDING).expect("it is writable");
        for (name, text) in OLD {
            repository.write(name, text);
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        repository.git(&["checkout", "--quiet", "-b", "change"]);
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.rehearsal.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("migrations").join(name), text).expect("it is writable");
    }

    fn commit(&self) {
        self.git(&["add", "migrations", "shakedown.yaml"]);
        self.git(&["commit", "--quiet", "--message", "as it is"]);
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.rehearsal.path()).args(["-c", "user.name=a", "-c", "user.email=a@b.invalid"]);
        let output = git.args(arguments).output().expect("git is installed");
        assert!(output.status.success(), "{}", said(&output));
    }

    fn rehearse(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["rehearse", "migrations", "--out", "out"];
        all.extend(arguments);
        self.rehearsal.command(&all).output().expect("the program starts")
    }

    fn result(&self) -> RunResult {
        self.rehearsal.result().0
    }
}

#[test]
fn each_new_file_has_a_verdict_of_its_own_and_one_bad_file_fails_the_run() {
    let repository = Repository::new();
    repository.write("0003_note.up.sql", "ALTER TABLE items ADD COLUMN note text;\nCREATE INDEX ON items (note);");
    repository.write("0003_note.down.sql", "ALTER TABLE items DROP COLUMN note;");
    repository.commit();
    // Not even known to git yet; it builds on the file before it.
    repository.write("0004_notes.up.sql", "DELETE FROM items WHERE note IS NULL;");
    repository.write("0001_items.up.sql", "CREATE TABLE items (id bigint PRIMARY KEY, name text);");
    let output = repository.rehearse(&["--since", "main"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));

    let result = repository.result();
    let verdicts: Vec<_> = result.variants.iter().map(|variant| (variant.name.as_str(), variant.verdict)).collect();
    assert_eq!(verdicts, [("0003_note.up.sql", Verdict::Pass), ("0004_notes.up.sql", Verdict::Fail)]);
    let rounds: Vec<_> = result.variants.iter().map(|variant| &variant.rounds[0]).collect();
    assert_eq!((rounds[0].setup.len(), rounds[0].steps.len()), (0, 1));
    assert!(rounds[1].setup[0].0.contains("ADD COLUMN note"), "{:?}", rounds[1].setup);
    assert_eq!((rounds[1].steps[0].name.as_str(), rounds[1].steps[0].rows), ("0004_notes.up.sql", 2000));
    assert!(result.scenario.schema.contains("items_name") && !result.scenario.schema.contains("note"));
    let told: Vec<&str> = result.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(told.iter().any(|told| told.contains("`0001_items.up.sql` was changed since `main`")), "{told:?}");
    let about = result.scenario.about.expect("the report says what was rehearsed");
    assert!(about.contains("since `main`: 0003_note.up.sql, 0004_notes.up.sql"), "{about}");
}

#[test]
fn nothing_new_passes_at_once() {
    let repository = Repository::new();
    for (arguments, said_so) in [
        (["--since", "main"], "nothing new in `migrations` since `main`"),
        (["--after", "2"], "after `0002_names.up.sql`"),
    ] {
        let output = repository.rehearse(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(said(&output).contains(said_so), "{}", said(&output));
    }
    assert!(!repository.path("out").exists(), "nothing was run");
}

#[test]
fn what_cannot_be_found_is_told_with_its_remedy() {
    let repository = Repository::new();
    repository.git(&["checkout", "--quiet", "--orphan", "unrelated"]);
    repository.write("0003_note.up.sql", "ALTER TABLE items ADD COLUMN note text;");
    repository.commit();
    let arguments: [(&[&str], &str); 7] = [
        (&["--since", "origin/main"], "fetch-depth: 0"),
        (&["--since", "main"], "no commit in common"),
        (&["--after", "0005"], "there is no migration `0005`"),
        (&["--all", "--scenario", "no.yaml"], "no.yaml"),
        (&["--since", "main", "--all"], "cannot be used with"),
        (&[], "--since"),
        (&["--all", "--since", "--exec=x"], "--since"),
    ];
    for (arguments, word) in arguments {
        let output = repository.rehearse(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", said(&output));
        assert!(said(&output).contains(word), "{arguments:?} {}", said(&output));
    }
    fs::remove_file(repository.path("shakedown.yaml")).expect("it is ours");
    assert!(said(&repository.rehearse(&["--all"])).contains("--scenario"));
    fs::remove_dir_all(repository.path(".git")).expect("it is ours");
    let output = repository.rehearse(&["--since", "main", "--scenario", "scenario.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("in no git repository") && said(&output).contains("--after"), "{}", said(&output));
}

#[test]
fn a_migration_that_cannot_even_be_tried_is_told_before_any_load() {
    let repository = Repository::new();
    repository.write("0003_typo.up.sql", "ALTER TABLE item ADD COLUMN note text;");
    let output = repository.rehearse(&["--since", "main"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("0003_typo.up.sql") && said.contains("did you mean `items`?"), "{said}");
}
