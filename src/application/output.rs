//! What an application prints: kept in a file of the run, with its last lines at hand for messages.

use crate::shell::{Tail, next_line};
use anyhow::Context as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, BufReader};
use tokio::task::JoinHandle;

/// The last lines, shared with the task that reads.
#[derive(Clone, Default)]
pub(super) struct Output(Arc<Mutex<Tail>>);

impl Output {
    /// Starts the task that reads to the end, `secret` replaced. What cannot be written for want of space is lost: the
    /// application must not come to a halt over it.
    pub(super) fn keep(
        &self,
        printed: impl AsyncRead + Unpin + Send + 'static,
        path: &Path,
        secret: String,
    ) -> anyhow::Result<JoinHandle<()>> {
        let mut file = File::create(path).with_context(|| format!("cannot write to {}", path.display()))?;
        let tail = Arc::clone(&self.0);
        Ok(tokio::spawn(async move {
            let (mut printed, mut bytes) = (BufReader::new(printed), Vec::new());
            while let Some(line) = next_line(&mut printed, &mut bytes).await {
                let line = line.replace(&secret, "$DATABASE_URL");
                writeln!(file, "{line}").ok();
                tail.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        }))
    }

    /// The last lines, for the end of a message.
    pub(super) fn last(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner).lines();
        match lines.is_empty() {
            true => "it printed nothing".to_owned(),
            false => format!("it printed:\n{}", lines.join("\n")),
        }
    }
}
