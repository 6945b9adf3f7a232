//! Ends the server of an earlier run that was killed.

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// After SIGQUIT the postmaster gives its children five seconds itself.
const LIMIT: Duration = Duration::from_secs(10);

/// Ends a server that still runs on `data`, and forgets its pid file: whoever calls holds the directory.
pub(super) async fn end(data: &Path) -> anyhow::Result<()> {
    let file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
    let pid = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok()).filter(|pid| *pid > 1);
    if let Some(pid) = pid.filter(|pid| serves(*pid, data)) {
        kill(Pid::from_raw(pid), Signal::SIGQUIT)
            .with_context(|| format!("the leftover server {pid} on {} cannot be ended", data.display()))?;
        let deadline = Instant::now() + LIMIT;
        while serves(pid, data) {
            if Instant::now() > deadline {
                bail!("the leftover server {pid} on {} does not end", data.display());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", file.display()))
        }
        _ => Ok(()),
    }
}

/// Whether that process is a server on `data`: process ids are used again, so the number alone proves nothing.
fn serves(pid: i32, data: &Path) -> bool {
    let command = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(words) => String::from_utf8_lossy(&words).replace('\0', " "),
        Err(_) if cfg!(target_os = "linux") => return false,
        Err(_) => {
            let printed = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
            printed.map(|each| String::from_utf8_lossy(&each.stdout).into_owned()).unwrap_or_default()
        }
    };
    command.contains("postgres") && command.contains(&*data.to_string_lossy())
}
