//! `shakedown schema`: the scenario format, for editors; the results, for programs.

use super::{Exit, terminal};
use crate::{result, scenario};
use clap::Args;

/// Prints a JSON Schema.
#[derive(Args, Debug)]
pub(super) struct Schema {
    /// That of `result.json`, which `--json` prints as well, instead of that of a scenario.
    #[arg(long)]
    result: bool,
}

impl Schema {
    pub(super) fn execute(&self) -> anyhow::Result<Exit> {
        let schema = if self.result { result::json_schema() } else { scenario::json_schema() };
        terminal::print(&format!("{schema:#}\n"))?;
        Ok(Exit::Passed)
    }
}
