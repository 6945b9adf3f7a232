//! Where programs of others are run: an application under test, or the tools that migrate.

use super::Place;
use std::path::PathBuf;

/// A folder with programs of others, and how they are prepared.
///
/// Commands are run by the shell, in its folder. In commands and in values of the environment `{database_url}` stands
/// for what this round gives them, and `{kept}` for a directory that outlives the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workshop {
    /// The folder in which commands run, beside the scenario.
    pub folder: PathBuf,
    /// Run once, in order, before anything else; what they make in `{kept}` is used by later runs.
    pub setup: Vec<String>,
    /// More of the environment of all commands.
    pub environment: Vec<(String, String)>,
    /// Where it stands in the file.
    pub place: Place,
}

impl Workshop {
    /// What stands, in braces, for what a round gives its commands.
    pub const PLACEHOLDERS: [&str; 2] = ["database_url", "kept"];
}
