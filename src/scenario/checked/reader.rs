//! Reads the values of a tree, and keeps every problem instead of stopping at the first.
//!
//! Whoever reads goes on with a default where a value is wrong: with a problem on the list no scenario comes of it.

use crate::scenario::written::form::{Form, Key};
use crate::scenario::written::node::{Content, Entry, Node};
use crate::scenario::{Place, Problem, nearest};
use crate::sql;
use crate::units::Unreadable;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The scenario's text, and what was found wrong with it so far.
pub(super) struct Reader<'a> {
    source: &'a str,
    folder: &'a Path,
    pub(super) problems: Vec<Problem>,
    /// Where steps use names; whether they stand for anything can only be said once all steps are read.
    uses: Vec<(String, Place)>,
}

impl<'a> Reader<'a> {
    /// A reader of a text whose file lies in that folder.
    pub(super) fn new(source: &'a str, folder: &'a Path) -> Self {
        Self { source, folder, problems: Vec::new(), uses: Vec::new() }
    }

    /// Where its first line ends: what is missing from the whole is told there.
    pub(super) fn first_line(&self) -> usize {
        self.source.lines().next().unwrap_or_default().len()
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The folder in which the scenario lies.
    pub(super) fn folder(&self) -> &'a Path {
        self.folder
    }

    /// A file that the scenario names, beside it, and where it lies.
    pub(super) fn file(&mut self, node: &Node) -> (PathBuf, String) {
        let path = self.folder.join(self.text(node).unwrap_or_default());
        match std::fs::read_to_string(&path) {
            Ok(text) => (path, text),
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", path.display());
                self.problem(Problem::at(node.place.clone(), message).help("paths start from the scenario's folder"));
                (path, String::new())
            }
        }
    }

    /// Checks the keys of a map. `place` is where its name stands, for what is missing from it.
    pub(super) fn form(&mut self, node: &Node, form: &Form, place: &Place) {
        if !matches!(node.content, Content::Map(_)) {
            return self.wrong(node, &format!("{} as a map", form.says));
        }
        for entry in strange(node, form) {
            self.unknown_key(entry, form);
        }
        // What is misspelt is told once, and not as missing besides.
        let meant: Vec<&str> = strange(node, form).filter_map(|entry| nearest(&entry.key, form.words())).collect();
        let missing = |key: &&Key| key.required && node.get(key.name).is_none() && !meant.contains(&key.name);
        for key in form.keys.iter().filter(missing) {
            let message = format!("{} needs `{}`", form.says, key.name);
            self.problem(Problem::at(place.clone(), message).help(key.says));
        }
        for group in form.one_of.iter().chain(form.never_both) {
            self.at_most_one(node, group);
        }
        for group in form.one_of.iter().filter(|group| group.iter().all(|key| node.get(key).is_none())) {
            let message = format!("{} needs one of {}", form.says, quoted(group));
            self.problem(Problem::at(place.clone(), message));
        }
    }

    /// The form, among several, whose leading key a map has.
    pub(super) fn choose(&mut self, node: &Node, forms: &[&'static Form], place: &Place) -> Option<&'static Form> {
        let leads = || forms.iter().map(|form| form.lead());
        if !matches!(node.content, Content::Map(_)) {
            self.wrong(node, &format!("a map with one of {}", leads().collect::<Vec<_>>().join(", ")));
            return None;
        }
        if let Some(form) = forms.iter().find(|form| node.get(form.lead()).is_some()) {
            self.form(node, form, place);
            return Some(form);
        }
        if let Some(entry) = node.entries().first() {
            let problem = Problem::at(entry.place.clone(), format!("unknown key `{}`", entry.key));
            self.problem(problem.suggest(&entry.key, leads()));
        } else {
            let known = leads().collect::<Vec<_>>().join(", ");
            self.problem(Problem::at(place.clone(), format!("an empty map; it needs one of {known}")));
        }
        None
    }

    fn unknown_key(&mut self, entry: &Entry, form: &Form) {
        let problem = Problem::at(entry.place.clone(), format!("unknown key `{}`", entry.key));
        let problem = problem.label(format!("not a key of {}", form.says));
        self.problem(match entry.value.content == Content::Null && entry.key.contains(' ') {
            true => problem.help("within braces a comma ends a value: put the text before it into quotes"),
            false => problem.suggest(&entry.key, form.words()),
        });
    }

    fn at_most_one(&mut self, node: &Node, group: &[&str]) {
        let mut found = node.entries().iter().filter(|entry| group.contains(&entry.key.as_str()));
        if let (Some(first), Some(second)) = (found.next(), found.next()) {
            let message = format!("`{}` and `{}` exclude each other", first.key, second.key);
            self.problem(Problem::at(second.place.clone(), message).help(format!("keep one of {}", quoted(group))));
        }
    }

    /// A value of another type than its key takes.
    pub(super) fn wrong(&mut self, node: &Node, wanted: &str) {
        let message = format!("expected {wanted}, found {}", node.kind());
        self.problem(Problem::at(node.place.clone(), message));
    }

    /// A text, in which a number counts as one too.
    pub(super) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        if let Content::Scalar { text, .. } = &node.content {
            return Some(text);
        }
        self.wrong(node, "a text");
        None
    }

    /// A quantity, read by one of `units`.
    pub(super) fn quantity<T>(&mut self, node: &Node, read: impl Fn(&str) -> Result<T, Unreadable>) -> Option<T> {
        let text = self.text(node)?;
        match read(text) {
            Ok(quantity) => Some(quantity),
            Err(unreadable) => {
                let message = format!("`{}` is not {}", unreadable.text, unreadable.wanted);
                self.problem(Problem::at(node.place.clone(), message).help(format!("write {}", unreadable.example)));
                None
            }
        }
    }

    /// A count within bounds.
    pub(super) fn count(&mut self, node: &Node, bounds: RangeInclusive<u64>) -> Option<u64> {
        let count = self.quantity(node, crate::units::count)?;
        if bounds.contains(&count) {
            return Some(count);
        }
        let message = format!("{count} is out of bounds: from {} to {}", bounds.start(), bounds.end());
        self.problem(Problem::at(node.place.clone(), message));
        None
    }

    /// A small count under a key; a default where the key is left out.
    pub(super) fn small(&mut self, node: &Node, key: &str, bounds: RangeInclusive<u32>, default: u32) -> u32 {
        let bounds = u64::from(*bounds.start())..=u64::from(*bounds.end());
        let count = node.get(key).and_then(|value| self.count(value, bounds));
        count.and_then(|count| u32::try_from(count).ok()).unwrap_or(default)
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self, node: &Node, key: &str, default: bool) -> bool {
        let Some(value) = node.get(key) else { return default };
        match &value.content {
            Content::Scalar { text, typed: true, .. } if text == "true" || text == "false" => text == "true",
            _ => {
                self.wrong(value, "true or false");
                default
            }
        }
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let problem = Problem::at(node.place.clone(), format!("unknown word `{text}`"));
            self.problem(problem.suggest(text, words.iter().map(|(word, _)| *word)));
        }
        found
    }

    /// The items of a list.
    pub(super) fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        if let Content::List(items) = &node.content {
            return items;
        }
        self.wrong(node, "a list");
        &[]
    }

    /// The entries of a map whose keys are the author's own; none where the key is left out.
    pub(super) fn named<'n>(&mut self, node: Option<&'n Node>) -> &'n [Entry] {
        let Some(node) = node else { return &[] };
        if !matches!(node.content, Content::Map(_)) {
            self.wrong(node, "a map of names");
        }
        for entry in node.entries().iter().filter(|entry| entry.key.trim().is_empty()) {
            self.problem(Problem::at(entry.place.clone(), "an empty name"));
        }
        node.entries()
    }

    /// SQL: text that YAML has not cut short.
    pub(super) fn sql(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        self.refuse_cut(node, "not part of the SQL");
        if text.contains('\0') {
            self.problem(Problem::at(node.place.clone(), "SQL cannot hold the character NUL"));
        }
        self.refuse_psql(text, None, &node.place);
        if sql::split(text).is_empty() {
            self.problem(Problem::at(node.place.clone(), "there is no statement in it"));
        }
        Some(text.to_owned())
    }

    /// What only psql understands: its own commands, and rows that follow a COPY.
    pub(super) fn refuse_psql(&mut self, text: &str, file: Option<&Path>, place: &Place) {
        let whose = file.map(|path| format!(" in `{}`", path.display())).unwrap_or_default();
        if sql::copies_from_stdin(text) {
            let message = format!("rows that follow `COPY … FROM stdin`{whose} are read by psql and not by the server");
            let help = "let `seed` make the rows, or insert them; of a dump take the schema alone: `pg_dump -s`";
            self.problem(Problem::at(place.clone(), message).help(help));
        } else if let Some(command) = sql::meta_command(text) {
            let message = format!("`{command}`{whose} is a command of psql and not SQL");
            self.problem(Problem::at(place.clone(), message).help("leave it out, or say the same in SQL"));
        }
    }

    /// A list of statements; an item may hold several.
    pub(super) fn statements(&mut self, node: &Node) -> Vec<String> {
        let items = self.list(node);
        items.iter().filter_map(|item| self.sql(item)).flat_map(|text| sql::split(&text)).collect()
    }

    /// YAML takes ` #` for a comment, and PostgreSQL has operators that begin so. A comment that is meant as one
    /// is told from an operator by standing two blanks apart, as in `sql: SELECT 1  # why`.
    pub(super) fn refuse_cut(&mut self, node: &Node, label: &str) {
        let behind = self.source.get(node.place.0.end..).unwrap_or_default();
        let comment = behind.trim_start_matches([' ', '\t']);
        let blanks = behind.len() - comment.len();
        let apart = blanks > 1 && comment.chars().nth(1).is_none_or(char::is_whitespace);
        let plain = matches!(node.content, Content::Scalar { plain: true, .. });
        if plain && blanks > 0 && comment.starts_with('#') && !apart {
            let end = node.place.0.end + blanks + comment.lines().next().unwrap_or_default().len();
            let problem = Problem::at(Place(node.place.0.end + blanks..end), "YAML cuts this off as a comment");
            self.problem(problem.label(label).help(
                "put the text into quotes, or write it below `|`; a real comment stands two blanks apart: `  # …`",
            ));
        }
    }

    /// Remembers where a step uses a name.
    pub(super) fn remember(&mut self, name: &str, place: &Place) {
        self.uses.push((name.to_owned(), place.clone()));
    }

    /// Where a step last used that name.
    pub(super) fn use_of(&self, name: &str) -> Option<Place> {
        self.uses.iter().rev().find(|(each, _)| each == name).map(|(_, place)| place.clone())
    }

    /// Where a part of a text stands, if the text is written there as it is read; else the whole of it.
    pub(super) fn within(&self, place: &Place, part: &str) -> Place {
        self.found_within(place, part).unwrap_or_else(|| place.clone())
    }

    /// Where a part of a text stands, if the text is written there as it is read.
    pub(super) fn found_within(&self, place: &Place, part: &str) -> Option<Place> {
        let raw = self.raw(place);
        let longer = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let mut found = raw.match_indices(part).map(|(at, _)| at);
        let at = place.0.start + found.find(|at| !longer(&raw[at + part.len()..]))?;
        Some(Place(at..at + part.len()))
    }

    /// The text as it stands in the file.
    pub(super) fn raw(&self, place: &Place) -> &'a str {
        self.source.get(place.0.clone()).unwrap_or_default()
    }

    /// Whether a key stands in quotes.
    pub(super) fn is_quoted(&self, place: &Place) -> bool {
        self.raw(place).starts_with(['"', '\''])
    }
}

/// The entries whose keys the form does not know.
fn strange<'n>(node: &'n Node, form: &Form) -> impl Iterator<Item = &'n Entry> {
    node.entries().iter().filter(|entry| !form.words().any(|word| word == entry.key))
}

/// Whether it is a map of known keys, so that what is missing is not merely misspelt.
pub(super) fn is_sound(node: &Node, form: &Form) -> bool {
    matches!(node.content, Content::Map(_)) && strange(node, form).next().is_none()
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
