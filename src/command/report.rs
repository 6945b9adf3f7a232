//! `shakedown report`: renders the report of a run again, from its results alone.

use super::{Exit, terminal};
use crate::result::model::RunResult;
use crate::result::{Recording, Rendering};
use crate::{report, result};
use clap::Args;
use std::path::{Path, PathBuf};

/// Renders what is made of a run's results.
#[derive(Args, Debug)]
pub(super) struct Report {
    /// The directory of a run.
    directory: PathBuf,
}

impl Report {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let (result, path) = render(&self.directory)?;
        terminal::print(&report::summary(&result, terminal::colour(), terminal::width()))?;
        terminal::print(&format!("{}\n", path.display()))?;
        Ok(Exit::of(&result.ended, result.verdict))
    }
}

/// Writes the report and what CI servers and pull requests read beside the results that they are made from; gives the
/// path of the report.
pub(super) fn render(directory: &Path) -> anyhow::Result<(RunResult, PathBuf)> {
    let (result, series) = result::read(directory)?;
    let recording = Recording::of(directory);
    for rendering in Rendering::ALL {
        let text = report::render(&result, &series, rendering)?;
        result::replace(&recording.rendered(rendering), text.as_bytes())?;
    }
    Ok((result, recording.rendered(Rendering::Report)))
}
