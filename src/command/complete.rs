//! `shakedown completions` and `shakedown man`, from the same definition as the command line.

use super::{Arguments, Exit, terminal};
use clap::CommandFactory as _;

pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "shakedown", &mut text);
    terminal::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Passed)
}

pub(super) fn manual() -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut text)?;
    terminal::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Passed)
}
