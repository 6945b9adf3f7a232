//! What a scenario is about, without the files that it names: enough to list it.

use super::text_of;
use crate::scenario::written::node::{Content, Node};
use crate::scenario::{Place, Problem, Problems};
use std::path::Path;

/// What a scenario says of itself; what is wrong with it is left to the check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// What it is about.
    pub name: String,
    /// What it shows, in one sentence.
    pub about: Option<String>,
    /// The names of its variants.
    pub variants: Vec<String>,
    /// The tables that it fills.
    pub seeded: Vec<String>,
}

impl Outline {
    /// Of a scenario's text; `None` where that is no YAML.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Node::read(text).ok().map(|node| Self::of_node(&node))
    }

    fn of_node(node: &Node) -> Self {
        let word = |key: &str| match node.get(key).map(|value| &value.content) {
            Some(Content::Scalar { text, .. }) => Some(text.clone()),
            _ => None,
        };
        let names = |key: &str| {
            let entries = node.get(key).map(Node::entries).unwrap_or_default();
            entries.iter().map(|entry| entry.key.clone()).collect()
        };
        Self {
            name: word("name").unwrap_or_default(),
            about: word("about"),
            variants: names("variants"),
            seeded: names("seed"),
        }
    }
}

/// Reads what a scenario file says of itself.
pub fn outline(path: &Path) -> Result<Outline, Problems> {
    let refuse = |text: &str, problem| Problems::new(path.to_owned(), text.to_owned(), vec![problem]);
    let text = text_of(path).map_err(|message| refuse("", Problem::at(Place::default(), message)))?;
    let node = Node::read(&text).map_err(|problem| refuse(&text, problem))?;
    Ok(Outline::of_node(&node))
}
