//! What the terminal sees: results on standard output, progress and errors on standard error.
//!
//! Bars and colours only where somebody looks; plain lines elsewhere; `NO_COLOR` is respected.

use crate::scenario::Problems;
use std::io::{self, IsTerminal as _, Write as _};

/// Whether standard output may be coloured.
pub(super) fn colour() -> bool {
    io::stdout().is_terminal() && plain_wish()
}

/// Whether standard error may be coloured.
pub(super) fn error_colour() -> bool {
    io::stderr().is_terminal() && plain_wish()
}

fn plain_wish() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, 100 where there is none.
pub(super) fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100)
}

/// Writes to standard output; a reader that has gone away is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. Nobody is left to tell if that fails.
pub(super) fn say(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// What a reader wants to know before the run.
pub(super) fn warn(warnings: Option<&Problems>) {
    if let Some(warnings) = warnings {
        problems(warnings);
    }
}

/// What is wrong with a scenario, drawn at its place.
pub(super) fn problems(problems: &Problems) {
    say(&if error_colour() { problems.coloured() } else { problems.to_string() });
}

/// The chain of an error, on one line each.
pub(super) fn error(error: &anyhow::Error) {
    let (red, plain) = if error_colour() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    say(&format!("{red}error{plain}: {error}"));
    for cause in error.chain().skip(1) {
        say(&format!("  because: {cause}"));
    }
}
