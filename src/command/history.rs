//! `shakedown history`: the runs of many nights on one page.

use super::{Exit, terminal};
use crate::{report, result};
use clap::Args;
use std::path::PathBuf;

/// Shows how runs fared over time.
#[derive(Args, Debug)]
pub(super) struct History {
    /// The directory below which the runs lie, however deep.
    directory: PathBuf,
    /// Where the page goes, instead of `history.html` in that directory.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl History {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let nights = result::night::nights(&self.directory)?;
        for (directory, why) in &nights.unreadable {
            terminal::say(&format!("left out: {}: {why}", directory.display()));
        }
        let page = report::history(&nights, self.out.is_none())?;
        let path = self.out.unwrap_or_else(|| self.directory.join("history.html"));
        result::replace(&path, page.as_bytes())?;
        terminal::print(&format!("{}\n", path.display()))?;
        Ok(Exit::Passed)
    }
}
