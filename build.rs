//! Lists the files of the scenarios that come with the program, so that it carries them: somebody may have only the binary.
//!
//! A table in the sources would say the same by hand, for every file of every scenario.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders of the repository that are carried.
const CARRIED: [&str; 2] = ["scenarios", "seed-data"];
/// What running a scenario in its place may leave behind, and what the program prints itself.
const LEFT_OUT: [&str; 3] = ["__pycache__", "node_modules", "schema.json"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let mut files = Vec::new();
    for folder in CARRIED {
        println!("cargo:rerun-if-changed={folder}");
        visit(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut table = "&[\n".to_owned();
    for file in files {
        let name = file.strip_prefix(&root).expect("it was found below").to_string_lossy().into_owned();
        let file = file.to_str().expect("the repository lies where paths are text");
        writeln!(table, "    ({name:?}, include_bytes!({file:?})),").expect("text takes all that is written");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write"));
    fs::write(out.join("library.rs"), table + "]\n")
}

fn visit(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        match path.is_dir() {
            true => visit(&path, found)?,
            false => found.push(path),
        }
    }
    Ok(())
}
