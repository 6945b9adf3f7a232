//! The process of an application, with all that it starts.

use super::output::Output;
use crate::scenario::App;
use crate::shell::{Group, OUTPUT_GRACE};
use crate::workshop::Words;
use anyhow::Context as _;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::process::{Child, ChildStdin};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Run before the application's own command. The application takes the place of this shell; beside it stays a
/// guard that reads from us: when we are gone, however that came, its input ends, and it kills the group.
const GUARD: &str = "exec 3<&0 </dev/null; (cat <&3 >/dev/null; kill -s KILL -- -$$) >/dev/null 2>&1 & exec 3<&- 2>&1";

/// An application that was started. Dropped, it is killed.
pub(super) struct Process {
    pub(super) output: Output,
    /// How it ended, once it has.
    status: watch::Receiver<Option<String>>,
    stop: CancellationToken,
    keeper: JoinHandle<()>,
    reader: JoinHandle<()>,
}

impl Process {
    /// Starts it; what it prints goes to the file at `path`.
    pub(super) fn start(app: &App, words: &Words<'_>, path: &Path) -> anyhow::Result<Self> {
        let mut command = words.command(&format!("{GUARD}\n{}", app.command));
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .with_context(|| format!("no command can be run in the folder {}", words.workshop.folder.display()))?;
        let group = Group::of(&child);
        let output = Output::default();
        let printed = child.stdout.take().context("its output was asked for")?;
        let reader = output.keep(printed, path, words.database_url.to_owned())?;
        let (told, status) = watch::channel(None);
        let stop = CancellationToken::new();
        let guard = child.stdin.take();
        let keeper = tokio::spawn(keep(child, group, guard, told, stop.clone()));
        Ok(Self { output, status, stop, keeper, reader })
    }

    /// Comes to its end when the application does so by itself, and says how.
    pub(super) fn ended(&self) -> impl Future<Output = String> + Send + use<> {
        let mut status = self.status.clone();
        async move {
            match status.wait_for(Option::is_some).await.map(|status| status.clone()) {
                Ok(Some(status)) => status,
                // It was ended by us.
                _ => std::future::pending().await,
            }
        }
    }

    /// Ends it; says how it had ended before, if it had.
    pub(super) async fn stop(mut self) -> Option<String> {
        let ended = self.status.borrow().clone();
        self.stop.cancel();
        // A task that broke has dropped the group, which kills it.
        (&mut self.keeper).await.ok();
        // All who could have held the output open are gone.
        timeout(OUTPUT_GRACE, &mut self.reader).await.ok();
        ended
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.keeper.abort();
        self.reader.abort();
    }
}

/// Waits for its end, or brings it about.
async fn keep(
    mut child: Child,
    group: Group,
    guard: Option<ChildStdin>,
    told: watch::Sender<Option<String>>,
    stop: CancellationToken,
) {
    let ended = tokio::select! {
        status = child.wait() => Some(status),
        () = stop.cancelled() => None,
    };
    match ended {
        Some(status) => {
            // Children that it leaves behind do not outlive it.
            drop(group);
            // Whoever waits for this word may have gone.
            told.send(Some(words(status))).ok();
        }
        // How an application ends when it is told to is its own affair.
        None => drop(group.end(&mut child).await),
    }
    drop(guard);
}

fn words(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}
