//! What an application is told: the words of its commands and its environment, filled in.

use crate::scenario::App;
use crate::shell;
use std::path::Path;
use tokio::process::Command;

/// The `application_name` of its sessions, as far as its driver heeds `PGAPPNAME`.
pub const NAME: &str = "shakedown/app";

/// What stands for the words in braces.
pub(super) struct Words<'a> {
    pub(super) database_url: &'a str,
    pub(super) port: u16,
    pub(super) kept: &'a Path,
    pub(super) app: &'a App,
}

impl Words<'_> {
    /// A text with its words filled in.
    fn fill(&self, text: &str) -> String {
        let words = [("{port}", self.port.to_string()), ("{kept}", self.kept.display().to_string())];
        let filled = words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value));
        filled.replace("{database_url}", self.database_url)
    }

    /// A command of the application's, in its folder and with its environment.
    ///
    /// A command that names the database in its arguments shows its password to everybody on the machine, which is
    /// why it is in the environment as well.
    pub(super) fn command(&self, text: &str) -> Command {
        let mut command = shell::command(&self.fill(text));
        command.current_dir(&self.app.folder);
        command.env("PORT", self.port.to_string()).env("DATABASE_URL", self.database_url).env("PGAPPNAME", NAME);
        command.envs(self.app.environment.iter().map(|(name, value)| (name, self.fill(value))));
        command
    }

    /// What may be shown of its output.
    pub(super) fn without_secret(&self, line: &str) -> String {
        line.replace(self.database_url, "$DATABASE_URL")
    }
}
