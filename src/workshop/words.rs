//! What commands of a workshop are told: their own words and their environment, filled in.

use crate::scenario::Workshop;
use crate::shell;
use std::path::Path;
use tokio::process::Command;

/// What stands for the words in braces, and what the environment tells besides.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The workshop whose commands they are.
    pub workshop: &'a Workshop,
    /// What `{kept}` stands for.
    pub kept: &'a Path,
    /// What `{database_url}` stands for, password included.
    pub database_url: &'a str,
    /// The `application_name` of their sessions, as far as drivers heed `PGAPPNAME`.
    pub name: &'a str,
    /// Where to listen, for whom that is asked of.
    pub port: Option<u16>,
}

impl Words<'_> {
    /// A text with its words filled in.
    fn fill(&self, text: &str) -> String {
        let mut filled = text.replace("{kept}", &self.kept.display().to_string());
        if let Some(port) = self.port {
            filled = filled.replace("{port}", &port.to_string());
        }
        filled.replace("{database_url}", self.database_url)
    }

    /// A command of the workshop's, in its folder and with its environment.
    ///
    /// A command that names the database in its arguments shows its password to everybody on the machine, which is
    /// why it is in the environment as well.
    #[must_use]
    pub fn command(&self, text: &str) -> Command {
        let mut command = shell::command(&self.fill(text));
        command.current_dir(&self.workshop.folder);
        command.env("DATABASE_URL", self.database_url).env("PGAPPNAME", self.name);
        if let Some(port) = self.port {
            command.env("PORT", port.to_string());
        }
        command.envs(self.workshop.environment.iter().map(|(name, value)| (name, self.fill(value))));
        command
    }

    /// What may be shown of their output.
    #[must_use]
    pub fn without_secret(&self, line: &str) -> String {
        line.replace(self.database_url, "$DATABASE_URL")
    }
}
