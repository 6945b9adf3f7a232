//! The rooms of the crate doc, enforced: a room uses rooms of lower rows only, never its own row.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the top down, as in the crate doc; whatever is not named is a plain value and uses plain values only.
const ROWS: &[&[&str]] = &[
    &["command"],
    &["experiment", "report"],
    &["place", "load", "traffic", "preflight"],
    &["migration", "watch", "application", "network"],
    &["server", "workshop"],
    &["scenario", "result"],
    &["sql", "data", "attribution", "verdict"],
];

fn row(room: &str) -> usize {
    ROWS.iter().position(|rooms| rooms.contains(&room)).unwrap_or(ROWS.len())
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("its entries can be read").path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

/// The rooms that a source names: `crate::room`, in code or in a doc link, tests left out.
fn uses(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned())
        .filter(|room| !room.is_empty())
        .collect()
}

#[test]
fn a_room_uses_rooms_of_lower_rows_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    let mut offences = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&source).expect("found below it");
        let first = inside.components().next().expect("a file has a name").as_os_str().to_string_lossy();
        let room = first.trim_end_matches(".rs").to_owned();
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        for used in uses(&fs::read_to_string(&file).expect("it can be read")) {
            let plain = row(&room) == ROWS.len() && row(&used) == ROWS.len();
            if used != room && !plain && row(&used) <= row(&room) {
                offences.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(offences.is_empty(), "arrows that point up or sideways:\n{}", offences.join("\n"));
}
