//! `shakedown seed`: builds and keeps the data, so that the next run starts at once.

use super::progress::Terminal;
use super::{Exit, Subject, terminal};
use crate::place::Copy;
use crate::units;
use clap::Args;

/// Builds the data of a scenario.
#[derive(Args, Debug)]
pub(super) struct Seed {
    #[command(flatten)]
    subject: Subject,
    /// Print what is in the database as JSON.
    #[arg(long)]
    json: bool,
}

impl Seed {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let progress = Terminal::new();
        super::interruptible(async |stop| {
            let seeding = async { self.subject.prepare().await?.seed(&progress).await };
            let Some(seeded) = super::unless_stopped(&stop, seeding).await? else { return Ok(Exit::Interrupted) };
            let facts = seeded.facts.clone();
            seeded.close(Copy::Dropped).await?;
            match self.json {
                true => terminal::print(&format!("{}\n", serde_json::to_string_pretty(&facts)?))?,
                false => {
                    for table in &facts.tables {
                        let (rows, size) = (units::thousands(table.rows), units::bytes(table.bytes));
                        terminal::print(&format!("{}: {rows} rows, {size}\n", table.name))?;
                    }
                }
            }
            Ok(Exit::Passed)
        })
    }
}
