//! Where the text of a scenario says something, for whoever has only the text: a result keeps no places.

use super::written::node::{Content, Entry, Node};

/// A scenario's text, read as YAML and no further.
#[derive(Debug)]
pub struct Source<'a> {
    text: &'a str,
    root: Option<Node>,
}

impl<'a> Source<'a> {
    /// Reads a text; what is no YAML says nothing.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        Self { text, root: Node::read(text).ok() }
    }

    /// The line, counted from one, of the deepest of these keys that is there; each stands within the one before.
    #[must_use]
    pub fn line(&self, keys: &[&str]) -> Option<usize> {
        let start = self.entries(keys).last()?.place.0.start;
        Some(self.text.get(..start)?.matches('\n').count() + 1)
    }

    /// The word that stands under these keys.
    #[must_use]
    pub fn word(&self, keys: &[&str]) -> Option<&str> {
        match &self.entries(keys).get(keys.len().checked_sub(1)?)?.value.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The entries of the keys, as far as they are there.
    fn entries(&self, keys: &[&str]) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = Vec::new();
        let mut within = self.root.as_ref();
        for key in keys {
            let Some(entry) = within.and_then(|node| node.entries().iter().find(|entry| entry.key == **key)) else {
                break;
            };
            found.push(entry);
            within = Some(&entry.value);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "name: A look\nsame_schema: true\nthresholds:\n  page: { p99: 50ms }\n  'all traffic':\n    errors: 0\n";

    #[test]
    fn a_key_is_found_at_its_line_and_one_that_is_not_there_at_what_it_would_stand_in() {
        let source = Source::read(TEXT);
        for (keys, line) in [
            (&["name"][..], Some(1)),
            (&["thresholds", "page", "p99"], Some(4)),
            (&["thresholds", "all traffic", "errors"], Some(6)),
            (&["thresholds", "other"], Some(3)),
            (&["checks", "all are there"], None),
            (&[], None),
        ] {
            assert_eq!(source.line(keys), line, "{keys:?}");
        }
    }

    #[test]
    fn a_word_is_what_stands_there_and_nothing_else() {
        let source = Source::read(TEXT);
        assert_eq!(source.word(&["same_schema"]), Some("true"));
        assert_eq!([source.word(&["thresholds"]), source.word(&["name", "more"]), source.word(&[])], [None; 3]);
        assert_eq!(Source::read("a: [").line(&["a"]), None);
    }
}
