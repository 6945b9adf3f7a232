//! The application under test.

use super::reader::{Reader, is_sound};
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::written::vocabulary::application::APP;
use crate::scenario::{App, Place, Problem, nearest};
use std::path::PathBuf;
use std::time::Duration;

/// A large framework with its imports is up within a few seconds, on a busy machine too.
const READY_WITHIN: Duration = Duration::from_secs(30);
const READY_LEAST: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// The section `app` of a variant.
    pub(super) fn app(&mut self, node: &Node, place: &Place) -> App {
        self.form(node, &APP, place);
        let within = node.get("ready_within").and_then(|value| self.duration_of_at_least(value, READY_LEAST));
        App {
            folder: self.app_folder(node.get("folder")),
            setup: self.app_setup(node.get("setup")),
            command: self.app_command(node, place),
            environment: self.environment(node.get("environment")),
            ready: self.ready(node, place),
            ready_within: within.unwrap_or(READY_WITHIN),
            place: place.clone(),
        }
    }

    fn app_folder(&mut self, node: Option<&Node>) -> PathBuf {
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
    fn app_setup(&mut self, node: Option<&Node>) -> Vec<String> {
        let Some(node) = node else { return Vec::new() };
        node.one_or_more().iter().filter_map(|item| self.shell(item)).collect()
    }

    fn app_command(&mut self, node: &Node, place: &Place) -> String {
        if let Some(command) = node.get("command") {
            return self.shell(command).unwrap_or_default();
        }
        self.missing(node, "command", "what starts it and stays in the foreground", place);
        String::new()
    }

    fn ready(&mut self, node: &Node, place: &Place) -> String {
        let Some(value) = node.get("ready") else {
            self.missing(node, "ready", "the path whose success says that it is ready, such as `/healthz`", place);
            return String::new();
        };
        let Some(path) = self.text(value) else { return String::new() };
        if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let problem = Problem::at(value.place.clone(), format!("`{path}` is not a path"));
            self.problem(problem.help("write what stands behind host and port: `/healthz`"));
        }
        path.to_owned()
    }

    /// What neither the variant nor the base says; what is misspelt is told already.
    fn missing(&mut self, node: &Node, key: &str, help: &str, place: &Place) {
        if is_sound(node, &APP) {
            self.problem(Problem::at(place.clone(), format!("an application needs `{key}`")).help(help));
        }
    }

    /// A command of the shell.
    fn shell(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        self.refuse_cut(node, "not part of the command");
        if text.trim().is_empty() {
            self.problem(Problem::at(node.place.clone(), "there is no command in it"));
        }
        self.placeholders(text, &node.place);
        Some(text.to_owned())
    }

    fn environment(&mut self, node: Option<&Node>) -> Vec<(String, String)> {
        let variable = |reader: &mut Self, entry: &Entry| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !entry.key.chars().all(is_part) || entry.key.starts_with(|c: char| c.is_ascii_digit()) {
                let message = format!("`{}` cannot be the name of a variable", entry.key);
                let problem = Problem::at(entry.place.clone(), message);
                reader.problem(problem.help("letters, digits and `_`, and no digit first"));
            }
            let value = reader.text(&entry.value)?;
            reader.placeholders(value, &entry.value.place);
            Some((entry.key.clone(), value.to_owned()))
        };
        self.named(node).iter().filter_map(|entry| variable(self, entry)).collect()
    }

    /// Refuses what looks like a placeholder and is none, and what no process can be given.
    fn placeholders(&mut self, text: &str, place: &Place) {
        if text.contains('\0') {
            self.problem(Problem::at(place.clone(), "a command cannot hold the character NUL"));
        }
        for word in strange_placeholders(text) {
            let problem = Problem::at(self.within(place, &format!("{{{word}}}")), format!("unknown `{{{word}}}`"));
            let problem = problem.suggest(word, App::PLACEHOLDERS);
            self.problem(problem.label("neither the shell's nor Shakedown's"));
        }
    }
}

/// Words in braces that are neither placeholders nor anything that shells and other programs write so: `${HOME}`,
/// `%{http_code}`, `stash@{upstream}`, `{{range}}`, `{fd}>log`, and whatever single quotes keep from the shell, such
/// as `'{print}'` of awk, unless a placeholder is hardly misspelt there.
fn strange_placeholders(text: &str) -> Vec<&str> {
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
        if !is_word || behind.starts_with(['}', '<', '>']) || App::PLACEHOLDERS.contains(&word) {
            continue;
        }
        if quoted != Quoting::Single || nearest(word, App::PLACEHOLDERS).is_some() {
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
            assert_eq!(strange_placeholders(text), Vec::<&str>::new(), "{text}");
        }
        for (text, words) in [
            ("serve {host}:{prot}", vec!["host", "prot"]),
            ("serve \"{databse_url}\"", vec!["databse_url"]),
            ("sh -c 'serve {prt}'", vec!["prt"]),
            ("echo 'it' is {y}", vec!["y"]),
        ] {
            assert_eq!(strange_placeholders(text), words, "{text}");
        }
    }
}
