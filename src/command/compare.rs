//! `shakedown compare`: a finished run held against earlier ones.

use super::{Exit, Wrong, terminal};
use crate::report;
use crate::result::model::{Against, Conclusion, Ended, RunResult};
use crate::result::{EarlierRuns, Recording, earlier_runs, read_result};
use anyhow::ensure;
use clap::Args;
use std::path::{Path, PathBuf};

/// Compares runs.
#[derive(Args, Debug)]
pub(super) struct Compare {
    /// The earlier run, or a directory of runs, of which the newest 20 are used.
    old: PathBuf,
    /// The run that is held against it; of a directory of runs the newest.
    new: PathBuf,
    /// Exit with 4 where nobody can tell.
    #[arg(long)]
    strict: bool,
    /// Print the comparison as JSON instead of a summary.
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let (directory, new) = newest(&self.new).map_err(|error| wrong(&error))?;
        let against = earlier(&self.old, &new.scenario.name, &directory)?.against(&new);
        if self.json {
            terminal::print(&format!("{}\n", serde_json::to_string(&against)?))?;
        } else {
            terminal::print(&report::against(&against, terminal::colour(), terminal::width()))?;
        }
        Ok(told(&against, self.strict))
    }
}

/// The run of a directory, or the newest below it, with where it is.
fn newest(path: &Path) -> anyhow::Result<(PathBuf, RunResult)> {
    if !Recording::is_in(path) {
        let mut found = earlier_runs(path, None, None)?.at_least_one()?;
        return Ok(found.runs.swap_remove(0));
    }
    let result = read_result(path)?;
    ensure!(
        result.ended == Ended::Completed,
        "the run in {} did not come to its end, so that there is nothing to compare",
        path.display()
    );
    Ok((path.to_owned(), result))
}

/// The earlier runs of a scenario at a path, the one in the directory `but` left out.
fn earlier(path: &Path, scenario: &str, but: &Path) -> anyhow::Result<EarlierRuns> {
    let found = earlier_runs(path, Some(scenario), Some(but));
    found.and_then(EarlierRuns::at_least_one).map_err(|error| wrong(&error))
}

/// The same for a run that is still to be made: the first night finds none in its directory, which is told and keeps
/// nobody from measuring.
pub(super) fn baseline(path: &Path, scenario: &str, but: &Path) -> anyhow::Result<Option<EarlierRuns>> {
    match earlier(path, scenario, but) {
        Err(error) if path.is_dir() && !Recording::is_in(path) => {
            terminal::say(&format!("held against nothing: {error:#}"));
            Ok(None)
        }
        found => found.map(Some),
    }
}

/// What cannot be read is not what the command line takes it for.
fn wrong(error: &anyhow::Error) -> anyhow::Error {
    Wrong(format!("{error:#}")).into()
}

/// How the program ends by what a comparison comes to.
pub(super) fn told(against: &Against, strict: bool) -> Exit {
    match against.conclusion {
        None => Exit::Wrong,
        Some(Conclusion::Worse) => Exit::Failed,
        Some(Conclusion::CannotTell) if strict => Exit::Invalid,
        Some(_) => Exit::Passed,
    }
}
