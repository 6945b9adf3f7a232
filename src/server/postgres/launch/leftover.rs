//! Ends what is left of a server that was killed, or whose program was.

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// After SIGQUIT the postmaster gives its children five seconds itself.
const LIMIT: Duration = Duration::from_secs(10);

/// Ends a server that still runs on `data`: whoever calls holds the directory.
///
/// The pid file of a server that is gone stays: by it PostgreSQL finds backends that outlived their postmaster.
pub(super) async fn end(data: &Path) -> anyhow::Result<()> {
    let file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
    let pid = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok()).filter(|pid| *pid > 1);
    let Some(pid) = pid.map(Pid::from_raw) else { return Ok(()) };
    if serves(pid, data) {
        return quit(pid, data).await;
    }
    end_orphans(data);
    // Process ids are used again: PostgreSQL would take a stranger of that number for the server and refuse to start.
    if kill(pid, None).is_ok() {
        fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))?;
    }
    Ok(())
}

/// Kills the backends that have outlived their postmaster: one that computes would go on until it is done, and
/// nothing starts on its files before. Whatever they were at is undone by crash recovery.
///
/// They are told by the directory in which they work, as far as the system shows it (Linux).
pub(super) fn end_orphans(data: &Path) {
    let Ok(data) = fs::canonicalize(data) else { return };
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let works_there = fs::read_link(process.path().join("cwd")).is_ok_and(|directory| directory == data);
        let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        let pid = process.file_name().to_str().and_then(|pid| pid.parse().ok()).filter(|pid| *pid > 1);
        if let (true, "postgres", Some(pid)) = (works_there, name.trim_end(), pid) {
            // It may end at this very moment, which is what is wanted.
            kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
        }
    }
}

async fn quit(pid: Pid, data: &Path) -> anyhow::Result<()> {
    kill(pid, Signal::SIGQUIT)
        .with_context(|| format!("the leftover server {pid} on {} cannot be ended", data.display()))?;
    let deadline = Instant::now() + LIMIT;
    while serves(pid, data) {
        if Instant::now() > deadline {
            bail!("the leftover server {pid} on {} does not end", data.display());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Whether that process is a server on `data`.
fn serves(pid: Pid, data: &Path) -> bool {
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
