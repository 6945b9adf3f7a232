//! Workshops: programs of others are prepared once, kept for later runs, and told what they need.
//!
//! It starts nothing but set-ups, and knows of databases only what a command is told of them.

mod kept;
mod words;

pub use kept::Kept;
pub use words::Words;

use crate::progress::Progress;
use crate::scenario::Workshop;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The `application_name` of whatever a set-up of tools asks the database.
const NAME: &str = "shakedown/tools";

/// A workshop whose tools are ready to be used.
#[derive(Clone, Debug)]
pub struct Tools {
    workshop: Workshop,
    kept: PathBuf,
}

impl Tools {
    /// Runs the set-up unless an earlier run has; gives its commands with the time that each took.
    pub async fn prepare(
        workshop: &Workshop,
        cache: &Path,
        database_url: &str,
        progress: &dyn Progress,
    ) -> anyhow::Result<(Self, Vec<(String, Duration)>)> {
        let kept = Kept::of(workshop, cache)?;
        let tools = Self { workshop: workshop.clone(), kept: kept.directory().to_owned() };
        let took = kept.prepare("the tools", &tools.words(database_url, NAME), progress).await?;
        Ok((tools, took))
    }

    /// What one of their commands is told.
    #[must_use]
    pub fn words<'a>(&'a self, database_url: &'a str, name: &'a str) -> Words<'a> {
        Words { workshop: &self.workshop, kept: &self.kept, database_url, name, port: None }
    }
}
