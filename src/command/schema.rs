//! `shakedown schema`: the scenario format, for editors.

use super::{Exit, terminal};
use crate::scenario;

pub(super) fn execute() -> anyhow::Result<Exit> {
    terminal::print(&format!("{:#}\n", scenario::json_schema()))?;
    Ok(Exit::Passed)
}
