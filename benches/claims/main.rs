//! Measures what the case studies claim, and writes `docs/case-studies.md`.
//!
//! `make claims` runs every scenario as `docs/case-studies/claims.yaml` says, an hour or two; names choose some. With
//! `--render` nothing is run: what earlier runs left below `reports/claims` is read again.
#![expect(clippy::print_stderr, reason = "it says what it does")]

mod claim;
mod figure;
mod measured;
mod page;

use anyhow::{Context as _, ensure};
use claim::{Claims, Run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = root.join("docs");
    let claims = Claims::read(&docs.join("case-studies/claims.yaml"))?;
    for name in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        ensure!(claims.runs.iter().any(|run| run.name == *name), "no run is called `{name}`");
    }
    let path = docs.join("case-studies/measured.json");
    let mut measured = measured::read(&path)?;
    let render = arguments.iter().any(|argument| argument == "--render");
    for run in claims.runs.iter().filter(|run| arguments.is_empty() || render || arguments.contains(&run.name)) {
        if !render {
            execute(root, run)?;
        }
        let result = out(root, run).join("result.json");
        if result.exists() {
            measured.insert(run.name.clone(), measured::found(run, &result)?);
        }
    }
    measured.retain(|name, _| claims.runs.iter().any(|run| run.name == *name));
    fs::write(&path, serde_json::to_string_pretty(&measured)? + "\n")?;
    fs::write(docs.join("case-studies.md"), page::page(&claims, &measured))?;
    Ok(())
}

fn out(root: &Path, run: &Run) -> PathBuf {
    root.join("reports/claims").join(&run.name)
}

/// Runs it as a user would. A variant that fails is a finding like any other; a run that could not be made is not.
fn execute(root: &Path, run: &Run) -> anyhow::Result<()> {
    eprintln!("shakedown run {}", run.arguments);
    let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
    command.current_dir(root).arg("run").args(run.arguments.split_whitespace()).arg("--out").arg(out(root, run));
    let status = command.status().context("the program cannot be started")?;
    ensure!(matches!(status.code(), Some(0 | 1 | 4)), "{}: {status}", run.name);
    Ok(())
}
