//! GitHub Actions, where a run takes place in one: the step's summary, annotations, and nobody else's commands.

use super::terminal;
use crate::report;
use crate::result::model::RunResult;
use crate::result::{Recording, Rendering};
use anyhow::Context as _;
use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

/// Whether a runner reads what is printed.
fn is_read() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Adds a run's summary to that of the step, and prints what failed as annotations; nothing anywhere else. Where
/// standard output is for a program, the annotations go to standard error, which a runner reads as well.
pub(super) fn tell(result: &RunResult, directory: &Path, output_is_taken: bool) -> anyhow::Result<()> {
    if let Err(error) = summarize(&Recording::of(directory).rendered(Rendering::Summary)) {
        // What was found matters more than where it is told.
        terminal::error(&error);
    }
    if is_read() {
        let annotations = report::annotations(result);
        match output_is_taken {
            true => terminal::say(annotations.trim_end()),
            false => terminal::print(&annotations)?,
        }
    }
    Ok(())
}

/// Adds a Markdown file to the summary of the step.
fn summarize(markdown: &Path) -> anyhow::Result<()> {
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let about = || format!("cannot add to the summary of the step, {}", Path::new(&path).display());
    let text = fs::read(markdown).with_context(about)?;
    let mut file = File::options().append(true).create(true).open(&path).with_context(about)?;
    file.write_all(&text).and_then(|()| file.write_all(b"\n")).with_context(about)
}

/// The text as it is; for a runner, so fenced that no name or message in it is taken for a command.
pub(super) fn fenced(text: &str) -> String {
    if !is_read() {
        return text.to_owned();
    }
    // Nobody who wrote a scenario can know when it is run.
    let token = format!("shakedown-{:x}-{:x}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
    format!("::stop-commands::{token}\n{text}::{token}::\n")
}
