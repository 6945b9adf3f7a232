//! Runs the program on a scenario in a directory of its own, as a user would.

use shakedown::result::model::RunResult;
use shakedown::result::series::RoundSeries;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A scenario on disk, with a cache and an output directory that nobody shares.
pub(crate) struct Rehearsal {
    directory: tempfile::TempDir,
}

#[allow(dead_code, reason = "each test binary uses the part that it needs")]
impl Rehearsal {
    /// Writes `schema.sql` and `scenario.yaml`, which has `schema: schema.sql` put in front.
    pub(crate) fn new(schema: &str, scenario: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("shakedown-test-").tempdir().expect("a directory can be made");
        // The server's user must be able to pass.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).expect("it is ours");
        std::fs::write(directory.path().join("schema.sql"), schema).expect("it can be written");
        let rehearsal = Self { directory };
        rehearsal.rewrite(scenario);
        rehearsal
    }

    /// Another scenario in the place of the one that is there.
    pub(crate) fn rewrite(&self, scenario: &str) {
        let text = format!("engine: postgres\nschema: schema.sql\n{scenario}");
        std::fs::write(self.path().join("scenario.yaml"), text).expect("it can be written");
    }

    /// A scenario of this repository, in which each of the first texts has become the second; it must be there.
    pub(crate) fn of(path: &str, rewrites: &[(&str, &str)]) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = std::fs::read_to_string(&path).expect("it is there");
        let home = path.parent().expect("it is a file");
        let text = text.replace("../", &format!("{}/../", home.display()));
        let text = rewrites.iter().fold(text, |text, (old, new)| {
            assert!(text.contains(old), "{} does not say {old}", path.display());
            text.replace(old, new)
        });
        let rehearsal = Self::new("", "");
        // What it names beside itself is found beside it here, too.
        for entry in std::fs::read_dir(home).expect("it can be listed") {
            let entry = entry.expect("it can be listed").path();
            let here = rehearsal.path().join(entry.file_name().expect("it has a name"));
            if !here.exists() {
                std::os::unix::fs::symlink(entry, here).expect("a link can be made");
            }
        }
        std::fs::write(rehearsal.path().join("scenario.yaml"), text).expect("it can be written");
        rehearsal
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The program with these arguments, `scenario.yaml` and the output directory understood.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
        command.current_dir(self.path()).args(arguments).env("SHAKEDOWN_CACHE", self.path().join("cache"));
        command.env_remove("SHAKEDOWN_DATABASE");
        command
    }

    /// `shakedown run scenario.yaml --out out …`, to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["run", "scenario.yaml", "--out", "out"];
        all.extend(arguments);
        self.command(&all).output().expect("the program starts")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.path().join("out")
    }

    /// What a run left in the output directory.
    pub(crate) fn result(&self) -> (RunResult, Vec<RoundSeries>) {
        shakedown::result::read(&self.out()).expect("the run left results")
    }
}

/// What a program printed, for messages of tests that fail.
#[allow(dead_code, reason = "each test binary uses the part that it needs")]
pub(crate) fn said(output: &Output) -> String {
    format!("{}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
