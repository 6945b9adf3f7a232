//! An external command: any tool that migrates.
//!
//! It finds the database in `DATABASE_URL`, in its environment and never among its arguments, which everybody on the
//! machine can read. `PGAPPNAME` tells its sessions from others, as far as its driver heeds it.

use crate::scenario::Change;
use crate::server::postgres::Address;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Lines of output that are kept.
const TAIL: usize = 20;
/// How long a command may take to end once it is told to.
const GRACE: Duration = Duration::from_secs(5);
/// Output may be held open by something that the command left running.
const OUTPUT_GRACE: Duration = Duration::from_secs(1);

/// What came of a command.
pub(super) struct Outcome {
    pub(super) status: ExitStatus,
    /// The last lines that it wrote, errors behind the rest.
    pub(super) output: Vec<String>,
}

/// The `application_name` of the sessions that a step's command opens; empty for other steps.
pub(super) fn application(place: u16, change: &Change) -> String {
    match change {
        Change::Command(_) => format!("shakedown/command/{place}"),
        _ => String::new(),
    }
}

/// Runs a command of the shell to its end, or to that of its group when `cut` says so.
pub(super) async fn run(
    command: &str,
    application: &str,
    address: &Address,
    cut: &CancellationToken,
) -> io::Result<Outcome> {
    let url = address.secret_url();
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .env("DATABASE_URL", &url)
        .env("PGAPPNAME", application)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = Group(child.id());
    let tails = [child.stdout.take().map(tail), child.stderr.take().map(tail)];
    let status = ended(&mut child, group, cut).await?;
    let mut output = Vec::new();
    for mut tail in tails.into_iter().flatten() {
        match timeout(OUTPUT_GRACE, &mut tail).await {
            Ok(lines) => output.extend(lines.unwrap_or_default()),
            Err(_) => tail.abort(),
        }
    }
    // A tool may print the URL that it was given, password included.
    let output = output.into_iter().map(|line| line.replace(&url, "$DATABASE_URL")).collect();
    Ok(Outcome { status, output })
}

async fn ended(child: &mut Child, group: Group, cut: &CancellationToken) -> io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => {
            group.has_ended();
            return status;
        }
        () = cut.cancelled() => {}
    }
    group.signal(Signal::SIGTERM);
    if let Ok(status) = timeout(GRACE, child.wait()).await {
        return status;
    }
    group.signal(Signal::SIGKILL);
    child.wait().await
}

/// A command with all that it has started: given up, it is killed as a whole.
struct Group(Option<u32>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // It fails only for a group that has ended.
            killpg(Pid::from_raw(group.cast_signed()), signal).ok();
        }
    }

    /// What a command that has ended by itself leaves running is meant to run.
    fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// Reads to the end and keeps the last lines.
fn tail(output: impl AsyncRead + Send + Unpin + 'static) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut lines = VecDeque::new();
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        // Bytes, not text: what a tool prints need not be UTF-8.
        while output.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            if lines.len() == TAIL {
                lines.pop_front();
            }
            lines.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
        lines.into()
    })
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
            run(command, "shakedown/command/1", &address(), &CancellationToken::new()).await.expect("sh runs");
        assert_eq!(outcome.status.code(), Some(3));
        assert_eq!(outcome.output, ["$DATABASE_URL", "shakedown/command/1"]);
    }

    #[tokio::test]
    async fn only_the_end_of_a_long_output_is_kept() {
        let outcome = run("seq 1 100000", "", &address(), &CancellationToken::new()).await.expect("sh runs");
        assert_eq!(outcome.output.len(), TAIL);
        assert_eq!(outcome.output.last().map(String::as_str), Some("100000"));
    }

    #[tokio::test]
    async fn a_command_is_cut_with_all_that_it_started() {
        let cut = CancellationToken::new();
        cut.cancel();
        let outcome = run("sleep 1000 & sleep 1000", "", &address(), &cut).await.expect("sh runs");
        assert_eq!(outcome.status.code(), None, "ended by a signal");
    }
}
