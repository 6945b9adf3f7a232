//! `shakedown report`: renders the report of a run again, from its results alone.

use super::{Exit, terminal};
use crate::result::Recording;
use crate::result::model::RunResult;
use crate::{report, result};
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};

/// Renders a report.
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

/// Writes `report.html` beside the results that it is made from.
pub(super) fn render(directory: &Path) -> anyhow::Result<(RunResult, PathBuf)> {
    let (result, series) = result::read(directory)?;
    let path = Recording::of(directory).report();
    let beside = path.with_extension("html.partial");
    let html = report::html(&result, &series)?;
    std::fs::write(&beside, html)
        .and_then(|()| std::fs::rename(&beside, &path))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok((result, path))
}
