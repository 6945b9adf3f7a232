//! Workshops: where an application under test runs, and the tools of a migration.

use super::reader::Reader;
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::{Change, Place, Problem, Step, Workshop, nearest};
use std::path::PathBuf;

/// The words that may stand in braces.
type Placeholders = &'static [&'static str];

impl Reader<'_> {
    /// The keys that applications and tools have in common.
    pub(super) fn workshop(&mut self, node: &Node, place: &Place, known: Placeholders) -> Workshop {
        Workshop {
            folder: self.workshop_folder(node.get("folder")),
            setup: self.workshop_setup(node.get("setup"), known),
            environment: self.environment(node.get("environment"), known),
            place: place.clone(),
        }
    }

    /// Refuses words in braces of commands that nothing stands for.
    pub(super) fn commands(&mut self, migration: &[Step], tools: Option<&Workshop>) {
        let commands = migration.iter().filter_map(|step| match &step.change {
            Change::Command(text) => Some((text, &step.place)),
            _ => None,
        });
        for (text, place) in commands {
            match tools {
                Some(_) => self.placeholders(text, place, &Workshop::PLACEHOLDERS),
                None => self.needs_tools(text, place),
            }
        }
    }

    fn needs_tools(&mut self, text: &str, place: &Place) {
        for word in Workshop::PLACEHOLDERS {
            let braced = format!("{{{word}}}");
            if text.contains(&braced) {
                let problem = Problem::at(self.within(place, &braced), format!("nothing stands for `{braced}`"));
                self.problem(problem.help("say what prepares the command: `tools: { folder: …, setup: [ … ] }`"));
            }
        }
    }

    fn workshop_folder(&mut self, node: Option<&Node>) -> PathBuf {
        // A scenario in the working directory has the empty path for a folder, in which no process can be started.
        let here = node.and_then(|node| self.text(node)).unwrap_or(".");
        let folder = self.folder().join(here);
        let Some(node) = node else { return folder };
        if !folder.is_dir() && matches!(node.content, Content::Scalar { .. }) {
            let message = format!("there is no folder `{}`", folder.display());
            self.problem(Problem::at(node.place.clone(), message).help("paths start from the scenario's folder"));
        }
        folder
    }

    /// One command or a list of them.
    fn workshop_setup(&mut self, node: Option<&Node>, known: Placeholders) -> Vec<String> {
        let Some(node) = node else { return Vec::new() };
        node.one_or_more().iter().filter_map(|item| self.shell(item, known)).collect()
    }

    /// A command of the shell.
    pub(super) fn shell(&mut self, node: &Node, known: Placeholders) -> Option<String> {
        let text = self.shell_text(node)?;
        self.placeholders(text, &node.place, known);
        Some(text.to_owned())
    }

    /// The same, whatever stands in braces.
    pub(super) fn shell_text<'a>(&mut self, node: &'a Node) -> Option<&'a str> {
        let text = self.text(node)?;
        self.refuse_cut(node, "not part of the command");
        if text.trim().is_empty() {
            self.problem(Problem::at(node.place.clone(), "there is no command in it"));
        }
        Some(text)
    }

    fn environment(&mut self, node: Option<&Node>, known: Placeholders) -> Vec<(String, String)> {
        let variable = |reader: &mut Self, entry: &Entry| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !entry.key.chars().all(is_part) || entry.key.starts_with(|c: char| c.is_ascii_digit()) {
                let message = format!("`{}` cannot be the name of a variable", entry.key);
                let problem = Problem::at(entry.place.clone(), message);
                reader.problem(problem.help("letters, digits and `_`, and no digit first"));
            }
            let value = reader.text(&entry.value)?;
            reader.placeholders(value, &entry.value.place, known);
            Some((entry.key.clone(), value.to_owned()))
        };
        self.named(node).iter().filter_map(|entry| variable(self, entry)).collect()
    }

    /// Refuses what looks like a placeholder and is none, and what no process can be given.
    fn placeholders(&mut self, text: &str, place: &Place, known: Placeholders) {
        if text.contains('\0') {
            self.problem(Problem::at(place.clone(), "a command cannot hold the character NUL"));
        }
        for word in strange_placeholders(text, known) {
            let problem = Problem::at(self.within(place, &format!("{{{word}}}")), format!("unknown `{{{word}}}`"));
            let problem = problem.suggest(word, known.iter().copied());
            self.problem(problem.label("neither the shell's nor Shakedown's"));
        }
    }
}

/// Words in braces that are neither placeholders nor anything that shells and other programs write so: `${HOME}`,
/// `%{http_code}`, `stash@{upstream}`, `{{range}}`, `{fd}>log`, and whatever single quotes keep from the shell, such
/// as `'{print}'` of awk, unless a placeholder is hardly misspelt there.
fn strange_placeholders<'a>(text: &'a str, known: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut quoted = Quoting::None;
    for (at, character) in text.char_indices() {
        quoted = quoted.after(character);
        if character != '{' || text[..at].ends_with(['$', '%', '@', '#', '\\', '{']) {
            continue;
        }
        let Some((word, behind)) = text[at + 1..].split_once('}') else { continue };
        let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_word || behind.starts_with(['}', '<', '>']) || known.contains(&word) {
            continue;
        }
        if quoted != Quoting::Single || nearest(word, known.iter().copied()).is_some() {
            found.push(word);
        }
    }
    found
}

/// Within which quotes of the shell a character stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    None,
    Single,
    Double,
}

impl Quoting {
    fn after(self, character: char) -> Self {
        match (self, character) {
            (Self::None, '\'') => Self::Single,
            (Self::None, '"') => Self::Double,
            (Self::Single, '\'') | (Self::Double, '"') => Self::None,
            (same, _) => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::App;

    #[test]
    fn only_what_shells_do_not_write_is_a_strange_placeholder() {
        for text in [
            "serve --port {port} --data {kept}/data",
            "psql {database_url}?sslmode=disable",
            "echo ${HOME} ${PORT:-8000} {1..3} {a,b} {a..z} {} { ls; }",
            "awk '{print}' x | awk '{ print $1 }'",
            "curl -w %{http_code} --fail localhost",
            "git show stash@{upstream}",
            "docker ps --format {{Names}}",
            "python -c 'print(f\"{x}\")'",
            "exec {fd}>log; echo \\{word}",
            "echo '{\"a\": {\"b\": 1}}' {",
        ] {
            assert_eq!(strange_placeholders(text, &App::PLACEHOLDERS), Vec::<&str>::new(), "{text}");
        }
        for (text, words) in [
            ("serve {host}:{prot}", vec!["host", "prot"]),
            ("serve \"{databse_url}\"", vec!["databse_url"]),
            ("sh -c 'serve {prt}'", vec!["prt"]),
            ("echo 'it' is {y}", vec!["y"]),
        ] {
            assert_eq!(strange_placeholders(text, &App::PLACEHOLDERS), words, "{text}");
        }
    }
}
