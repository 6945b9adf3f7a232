//! The scenarios that come with the program, and the files that each of them needs.

use super::Wrong;
use crate::scenario::{Outline, nearest};

/// Files of the repository by their paths, as `build.rs` has listed them.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/library.rs"));

const SCENARIOS: &str = "scenarios/";
const SHARED: &str = "seed-data/";

/// A scenario of the library.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    /// Its name: `add-memo`.
    pub(super) name: &'static str,
    text: &'static str,
}

/// All scenarios, by name.
pub(super) fn all() -> impl Iterator<Item = Carried> {
    FILES.iter().filter_map(|(path, bytes)| {
        let name = path.strip_prefix(SCENARIOS)?.strip_suffix(".yaml").filter(|name| !name.contains('/'))?;
        Some(Carried { name, text: std::str::from_utf8(bytes).ok()? })
    })
}

/// The scenario of that name, which may be given as its file.
pub(super) fn find(named: &str) -> Result<Carried, Wrong> {
    let name = named.trim_start_matches(SCENARIOS).trim_end_matches(".yaml");
    all().find(|carried| carried.name == name).ok_or_else(|| {
        let near = nearest(name, all().map(|carried| carried.name)).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "`shakedown list` shows them".to_owned());
        Wrong(format!("no scenario of the library is called `{name}`; {help}"))
    })
}

impl Carried {
    /// What it says of itself.
    pub(super) fn outline(&self) -> Outline {
        Outline::of(self.text).unwrap_or_default()
    }

    /// Its text, for a folder that has beside it whatever it needs.
    pub(super) fn text(&self) -> String {
        self.text.replace(&format!("../{SHARED}"), SHARED)
    }

    /// The files that it names, by their paths beside it.
    pub(super) fn files(&self) -> Vec<(&'static str, &'static [u8])> {
        let said = without_comments(self.text);
        let needed = |path: &'static str| match path.strip_prefix(SCENARIOS) {
            // A file may be named itself, or a folder that holds it.
            Some(beside) => {
                let folders = beside.match_indices('/').map(|(at, _)| &beside[..at]);
                folders.chain([beside]).any(|path| names(&said, path)).then_some(beside)
            }
            None => said.contains(&format!("../{path}")).then_some(path),
        };
        FILES.iter().filter_map(|(path, bytes)| Some((needed(path)?, *bytes))).collect()
    }
}

/// A comment may speak of other scenarios.
fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.map(|line| line.split("  #").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Whether a path stands in a text as a whole, with a slash behind or without.
fn names(text: &str, path: &str) -> bool {
    let within = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    text.match_indices(path).any(|(at, _)| {
        let behind = &text[at + path.len()..];
        let behind = behind.strip_prefix('/').unwrap_or(behind);
        !text[..at].ends_with(within) && !behind.starts_with(within)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_as_a_whole_only() {
        let text = "schema: shop/schema.sql\nfolder: app\nsteps: [ { directory: steps/ } ]\nwhy: other.yaml";
        for (path, expected) in [
            ("shop/schema.sql", true),
            ("shop", false),
            ("schema.sql", false),
            ("app", true),
            ("ap", false),
            ("steps", true),
            ("other", false),
        ] {
            assert_eq!(names(text, path), expected, "{path}");
        }
    }

    #[test]
    fn each_scenario_of_the_library_says_what_it_shows_in_one_sentence() {
        assert!(all().count() > 5);
        for carried in all() {
            let about = carried.outline().about.unwrap_or_else(|| panic!("{} has no `about`", carried.name));
            assert!(about.ends_with('.') && !about.contains('\n') && about.len() < 200, "{}: {about}", carried.name);
        }
    }

    #[test]
    fn a_scenario_brings_what_it_names_and_nothing_else() {
        let files = |name: &str| {
            let files = find(name).expect("it is there").files();
            files.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        assert_eq!(files("create-index"), ["create-index/schema.sql", "seed-data/event-kinds.txt"]);
        assert_eq!(files("scenarios/add-memo.yaml"), ["add-memo/schema.sql"]);
        let endpoints = files("subscription-endpoints");
        assert!(endpoints.contains(&"subscription-endpoints/shop/models.py"), "{endpoints:?}");
        assert!(endpoints.contains(&"subscription-dashboard/schema.sql"), "{endpoints:?}");
    }
}
