//! `shakedown check`: everything that can be found without load.

use super::{Exit, Subject, terminal};
use clap::Args;

/// Checks a scenario.
#[derive(Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    subject: Subject,
}

impl Check {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        super::runtime()?.block_on(async {
            let prepared = self.subject.prepare().await?;
            terminal::warn(prepared.warnings().as_ref());
            let name = self.subject.scenario.display().to_string();
            prepared.close().await?;
            terminal::print(&format!("{name} is sound\n"))?;
            Ok(Exit::Passed)
        })
    }
}
