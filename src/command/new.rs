//! `shakedown new`: a scenario of the user's own, from one that comes with the program.

use super::library::{self, Carried};
use super::{Exit, Wrong, terminal};
use crate::scenario::json_schema;
use anyhow::Context as _;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// Starts a scenario.
#[derive(Args, Debug)]
pub(super) struct New {
    /// A scenario of the library; `shakedown list` shows them.
    name: String,
    /// Where to; a directory of the scenario's name if left out. Nothing in it is overwritten.
    directory: Option<PathBuf>,
}

impl New {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let carried = library::find(&self.name)?;
        let directory = self.directory.unwrap_or_else(|| carried.name.into());
        let files = files(&carried);
        let there = files.iter().map(|(path, _)| directory.join(path)).find(|path| path.symlink_metadata().is_ok());
        if let Some(there) = there {
            let message =
                format!("`{}` is there already; name another directory: nothing was written", there.display());
            return Err(Wrong(message).into());
        }
        for (path, bytes) in &files {
            write(&directory.join(path), bytes)?;
            terminal::print(&format!("{}\n", directory.join(path).display()))?;
        }
        let scenario = directory.join(format!("{}.yaml", carried.name));
        terminal::say(&format!(
            "put your own tables, traffic and change in place of these; after every few lines\n  shakedown check \
             {scenario}\nsays what is wrong or missing, and at a hundredth of the data\n  shakedown run {scenario} --scale \
             0.01\nshows the structure before all of it shows the time",
            scenario = scenario.display()
        ));
        Ok(Exit::Passed)
    }
}

/// All that is written: the scenario, what it names, and the schema by which editors complete it.
fn files(carried: &Carried) -> Vec<(PathBuf, Vec<u8>)> {
    let scenario = (PathBuf::from(format!("{}.yaml", carried.name)), carried.text().into_bytes());
    let schema = (PathBuf::from("schema.json"), format!("{:#}\n", json_schema()).into_bytes());
    let named = carried.files().into_iter().map(|(path, bytes)| (PathBuf::from(path), bytes.to_vec()));
    [scenario].into_iter().chain(named).chain([schema]).collect()
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| format!("cannot write {}", path.display()))
}
