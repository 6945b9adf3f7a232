//! An external command: any tool that migrates.
//!
//! It finds the database in `DATABASE_URL`, in its environment and never among its arguments, which everybody on the
//! machine can read. `PGAPPNAME` tells its sessions from others, as far as its driver heeds it; where nobody else has
//! reason to come, all that come while it runs are its own.

use crate::server::postgres::Address;
use crate::shell::{self, Outcome};
use crate::workshop::Tools;
use std::io;
use tokio_util::sync::CancellationToken;

/// The `application_name` of the sessions that the command of a step opens.
pub(super) fn application(place: u16) -> String {
    format!("shakedown/command/{place}")
}

/// Runs a command of the shell to its end, or to that of its group when `cut` says so.
pub(super) async fn run(
    command: &str,
    tools: Option<&Tools>,
    application: &str,
    address: &Address,
    cut: &CancellationToken,
) -> io::Result<Outcome> {
    let url = address.secret_url();
    let command = if let Some(tools) = tools {
        tools.words(&url, application).command(command)
    } else {
        let mut command = shell::command(command);
        command.env("DATABASE_URL", &url).env("PGAPPNAME", application);
        command
    };
    let Outcome { status, output } = shell::run(command, cut).await?;
    // A tool may print the URL that it was given, password included.
    let output = output.into_iter().map(|line| line.replace(&url, "$DATABASE_URL")).collect();
    Ok(Outcome { status, output })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::url("postgres://app:secret@db.example/shop").expect("it is a URL")
    }

    #[tokio::test]
    async fn a_command_finds_the_database_in_its_environment_and_leaves_no_password() {
        let command = "echo $DATABASE_URL; echo $PGAPPNAME >&2; exit 3";
        let outcome =
            run(command, None, "shakedown/command/1", &address(), &CancellationToken::new()).await.expect("sh runs");
        assert_eq!(outcome.status.code(), Some(3));
        assert_eq!(outcome.output, ["$DATABASE_URL", "shakedown/command/1"]);
    }
}
