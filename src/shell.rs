//! Commands of the shell, each with all that it starts as one group that ends as a whole.
//!
//! It knows neither databases nor scenarios: what a command is told, its caller puts into its environment.

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
pub const TAIL: usize = 20;
/// How long a command may take to end once it is told to.
pub const GRACE: Duration = Duration::from_secs(5);
/// Output may be held open by something that the command left running.
pub const OUTPUT_GRACE: Duration = Duration::from_secs(1);

/// What came of a command.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// The last lines that it wrote, errors behind the rest.
    pub output: Vec<String>,
}

/// A command in a group of its own, without input, its output for us to read.
#[must_use]
pub fn command(text: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(text).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command
}

/// Runs a command to its end, or to that of its group when `cut` says so.
pub async fn run(mut command: Command, cut: &CancellationToken) -> io::Result<Outcome> {
    let mut child = command.spawn()?;
    let group = Group::of(&child);
    let tails = [child.stdout.take().map(tail), child.stderr.take().map(tail)];
    let status = ended(&mut child, group, cut).await?;
    let mut output = Vec::new();
    for mut tail in tails.into_iter().flatten() {
        match timeout(OUTPUT_GRACE, &mut tail).await {
            Ok(lines) => output.extend(lines.unwrap_or_default()),
            Err(_) => tail.abort(),
        }
    }
    Ok(Outcome { status, output })
}

async fn ended(child: &mut Child, group: Group, cut: &CancellationToken) -> io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => {
            group.has_ended();
            status
        }
        () = cut.cancelled() => group.end(child).await,
    }
}

/// A command with all that it has started: given up, it is killed as a whole.
#[derive(Debug)]
pub struct Group(Option<u32>);

impl Group {
    /// The group of a command that was started in one of its own.
    #[must_use]
    pub fn of(child: &Child) -> Self {
        Self(child.id())
    }

    /// Asks it to end, and ends it when it does not; gives how its leader ended.
    pub async fn end(self, child: &mut Child) -> io::Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        if let Ok(status) = timeout(GRACE, child.wait()).await {
            return status;
        }
        self.signal(Signal::SIGKILL);
        child.wait().await
    }

    /// What a command that has ended by itself leaves running is meant to run.
    fn has_ended(mut self) {
        self.0 = None;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // It fails only for a group that has ended.
            killpg(Pid::from_raw(group.cast_signed()), signal).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// The last lines of an output.
#[derive(Debug, Default)]
pub struct Tail(VecDeque<String>);

impl Tail {
    /// One more line.
    pub fn push(&mut self, line: String) {
        if self.0.len() == TAIL {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// All that are kept.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

/// The next line of an output without its end; `None` behind the last. What a tool prints need not be UTF-8.
pub async fn next_line(output: &mut BufReader<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) -> Option<String> {
    bytes.clear();
    let length = output.read_until(b'\n', bytes).await.unwrap_or(0);
    (length > 0).then(|| String::from_utf8_lossy(bytes).trim_end().to_owned())
}

/// Reads to the end and keeps the last lines.
fn tail(output: impl AsyncRead + Send + Unpin + 'static) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let (mut tail, mut output, mut bytes) = (Tail::default(), BufReader::new(output), Vec::new());
        while let Some(line) = next_line(&mut output, &mut bytes).await {
            tail.push(line);
        }
        tail.lines()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_end_of_a_long_output_is_kept() {
        let outcome = run(command("seq 1 100000"), &CancellationToken::new()).await.expect("sh runs");
        assert_eq!(outcome.output.len(), TAIL);
        assert_eq!(outcome.output.last().map(String::as_str), Some("100000"));
    }

    #[tokio::test]
    async fn a_command_is_cut_with_all_that_it_started() {
        let cut = CancellationToken::new();
        cut.cancel();
        let outcome = run(command("sleep 1000 & sleep 1000"), &cut).await.expect("sh runs");
        assert_eq!(outcome.status.code(), None, "ended by a signal");
    }
}
