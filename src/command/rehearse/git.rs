//! What git knows of a directory: which files were added, changed and deleted since a commit.

use crate::command::Wrong;
use anyhow::{Context as _, bail};
use std::path::Path;
use std::process::{Command, Output};

/// What has become of the files of a directory, by their names in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) added: Vec<String>,
    pub(super) modified: Vec<String>,
    pub(super) deleted: Vec<String>,
}

/// What this branch, its uncommitted and its untracked files included, does to a directory since it left `reference`.
pub(super) fn since(directory: &Path, reference: &str) -> anyhow::Result<Changed> {
    let inside = ask(directory, &["rev-parse", "--is-inside-work-tree"])?;
    if !inside.status.success() {
        let why = said(&inside);
        let message = format!("`{}` is in no git repository that could be asked: {why}", directory.display());
        return Err(Wrong(format!("{message}; say --after NAME or --all instead")).into());
    }
    let commit = format!("{reference}^{{commit}}");
    if !ask(directory, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?.status.success() {
        return Err(Wrong(format!("there is no `{reference}` in this repository; {SHALLOW}")).into());
    }
    let base = ask(directory, &["merge-base", "--end-of-options", reference, "HEAD"])?;
    if !base.status.success() {
        return Err(Wrong(format!("`{reference}` and HEAD have no commit in common here; {SHALLOW}")).into());
    }
    // Against the working tree, so that what is not committed yet counts too; a renamed file is a new one.
    let base = String::from_utf8_lossy(&base.stdout).trim().to_owned();
    let diff = answer(directory, &["diff", "--relative", "--no-renames", "--name-status", "-z", &base, "--", "."])?;
    let untracked = answer(directory, &["ls-files", "--others", "--exclude-standard", "-z", "--", "."])?;
    Ok(changed(&diff, &untracked))
}

const SHALLOW: &str =
    "a shallow clone lacks it: fetch it (`git fetch --unshallow origin`, and `fetch-depth: 0` of actions/checkout)";

/// Reads what git says: pairs of a letter and a name, and names, each ended by NUL.
fn changed(diff: &str, untracked: &str) -> Changed {
    let mut changed = Changed::default();
    let mut words = diff.split_terminator('\0');
    while let (Some(status), Some(name)) = (words.next(), words.next()) {
        match status {
            "A" => changed.added.push(name.to_owned()),
            "D" => changed.deleted.push(name.to_owned()),
            _ => changed.modified.push(name.to_owned()),
        }
    }
    // A file deleted from the index and still there is both: it has only changed hands.
    for name in untracked.split_terminator('\0') {
        match changed.deleted.iter().position(|deleted| deleted == name) {
            Some(at) => changed.modified.push(changed.deleted.remove(at)),
            None => changed.added.push(name.to_owned()),
        }
    }
    changed
}

fn answer(directory: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = ask(directory, arguments)?;
    if !output.status.success() {
        bail!("`git {}` failed: {}", arguments.join(" "), said(&output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn ask(directory: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut git = Command::new("git");
    git.arg("-C").arg(directory).args(arguments);
    git.output().context("git cannot be started; install it, or say --after NAME or --all")
}

/// The first line of what git complains of.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().next().unwrap_or("it says nothing").trim_start_matches("fatal: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_names_are_told_apart() {
        let found = changed("A\0b c.sql\0M\0a.sql\0D\0old.sql\0D\0kept.sql\0", "new.sql\0kept.sql\0");
        let names = |names: &[&str]| names.iter().map(|each| (*each).to_owned()).collect::<Vec<_>>();
        assert_eq!(found.added, names(&["b c.sql", "new.sql"]));
        assert_eq!(found.modified, names(&["a.sql", "kept.sql"]));
        assert_eq!(found.deleted, names(&["old.sql"]));
        assert_eq!(changed("", ""), Changed::default());
    }
}
