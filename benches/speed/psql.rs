//! PostgreSQL's own tools, as children whose CPU time can be told.

use anyhow::Context as _;
use shakedown::server::postgres::{Address, find};
use std::process::Command;

/// Runs `psql` or `pgbench` to its end and gives what it printed.
pub(crate) fn run(program: &str, arguments: &[&str], address: &Address) -> anyhow::Result<String> {
    let path = find::installation()?.bin.join(program);
    let answer = Command::new(path).args(arguments).arg(address.secret_url()).output();
    let answer = answer.with_context(|| format!("{program} cannot be run"))?;
    let said = String::from_utf8_lossy(&answer.stderr);
    anyhow::ensure!(answer.status.success(), "{program} {arguments:?} failed: {said}");
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}
