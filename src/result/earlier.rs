//! Earlier runs, as they lie in directories, and a run held against them.

use super::model::{Against, Conclusion, Earlier, Ended, LeftOut, RunResult, VariantResult, Verdict};
use super::read::{Head, read_head, read_result};
use super::recording::Recording;
use crate::verdict::baseline::{self, Noise, Seen};
use anyhow::{Context as _, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// So many of the newest runs are used; older ones say little of the machine as it is.
const MOST: usize = 20;
/// Below a directory of runs they lie at most so deep: `reports/<scenario>/<time>`.
const DEEPEST: usize = 2;

/// Earlier runs that can be used, the newest first.
#[derive(Clone, Debug, Default)]
pub struct EarlierRuns {
    /// Where they were looked for.
    pub path: String,
    /// The runs, each with its directory.
    pub runs: Vec<(PathBuf, RunResult)>,
    /// What was found and is of no use.
    pub left_out: Vec<LeftOut>,
}

/// Reads the run in a directory, or the newest 20 of those below it.
///
/// Interrupted, failed and invalid runs and those that cannot be read are left out, the one in the directory `but` as
/// if it were not there. Where there are runs of `scenario`, those of others are passed over.
pub fn earlier_runs(path: &Path, scenario: Option<&str>, but: Option<&Path>) -> anyhow::Result<EarlierRuns> {
    let mut found = EarlierRuns { path: path.display().to_string(), ..EarlierRuns::default() };
    let itself = but.and_then(|but| but.canonicalize().ok());
    let is_another = |directory: &PathBuf| itself.is_none() || directory.canonicalize().ok() != itself;
    let mut heads: Vec<(PathBuf, Head)> = Vec::new();
    for directory in directories(path)?.into_iter().filter(is_another) {
        match read_head(&directory).and_then(usable) {
            Ok(head) => heads.push((directory, head)),
            Err(error) => found.leave_out(&directory, &error),
        }
    }
    let is_of = |head: &Head| scenario.is_none_or(|name| head.scenario() == name);
    if heads.iter().any(|(_, head)| is_of(head)) {
        heads.retain(|(_, head)| is_of(head));
    }
    heads.sort_by(|a, b| b.1.started.cmp(&a.1.started).then(b.0.cmp(&a.0)));
    // Only those that are used are read whole: a year of nights may lie there.
    for (directory, _) in heads {
        match read_result(&directory) {
            _ if found.runs.len() == MOST => break,
            Ok(result) => found.runs.push((directory, result)),
            Err(error) => found.leave_out(&directory, &error),
        }
    }
    Ok(found)
}

/// Those that have a result, the path itself or below it.
fn directories(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if Recording::is_in(path) {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut level = vec![path.to_owned()];
    for _ in 0..DEEPEST {
        let mut below = Vec::new();
        for directory in &level {
            let about = || format!("cannot read the directory {}", directory.display());
            for entry in fs::read_dir(directory).with_context(about)? {
                let entry = entry.with_context(about)?.path();
                if entry.is_dir() {
                    below.push(entry);
                }
            }
        }
        below.sort();
        (level, below) = below.into_iter().partition(|directory| !Recording::is_in(directory));
        found.extend(below);
    }
    Ok(found)
}

fn usable(head: Head) -> anyhow::Result<Head> {
    match (&head.ended, head.verdict) {
        (Ended::Interrupted, _) => bail!("it was interrupted"),
        (Ended::Failed(why), _) => bail!("it could not be finished: {why}"),
        (_, Verdict::Invalid) => bail!("it is invalid"),
        _ => Ok(head),
    }
}

impl EarlierRuns {
    /// Themselves, or an error where there is none.
    pub fn at_least_one(self) -> anyhow::Result<Self> {
        match (self.runs.is_empty(), self.left_out.first()) {
            (false, _) => Ok(self),
            (true, None) => bail!("{} holds no run: there is no result.json in it, nor below it", self.path),
            (true, Some(LeftOut { directory, why })) => {
                bail!("{} holds no run that can be used; {directory}: {why}", self.path)
            }
        }
    }

    fn leave_out(&mut self, directory: &Path, error: &anyhow::Error) {
        self.left_out.push(LeftOut { directory: directory.display().to_string(), why: format!("{error:#}") });
    }

    /// A run held against them.
    #[must_use]
    pub fn against(&self, run: &RunResult) -> Against {
        let mut against = baseline::hold(&run.seen(Path::new("")), &self.seen());
        against.path.clone_from(&self.path);
        against.left_out.splice(0..0, self.left_out.iter().cloned());
        against
    }

    /// What their figures vary by, nothing having been changed.
    #[must_use]
    pub fn noise(&self) -> Vec<Noise> {
        baseline::noise(&self.seen())
    }

    fn seen(&self) -> Vec<Seen<'_>> {
        self.runs.iter().map(|(directory, result)| result.seen(directory)).collect()
    }
}

impl RunResult {
    fn seen(&self, directory: &Path) -> Seen<'_> {
        Seen {
            run: Earlier { directory: directory.display().to_string(), started: self.started.clone() },
            facts: self.facts(),
            variants: self.variants.iter().map(VariantResult::alternative).collect(),
        }
    }

    /// Holds the run against earlier ones; one that is worse has failed.
    pub fn hold_against(&mut self, earlier: &EarlierRuns) {
        let against = earlier.against(self);
        if against.conclusion == Some(Conclusion::Worse) {
            self.verdict = Verdict::Fail;
        }
        self.baseline = Some(against);
    }
}
