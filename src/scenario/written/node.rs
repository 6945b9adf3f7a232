//! The YAML as a tree in which every value knows its place.
//!
//! Many keys of a scenario take a word or a map, which serde's own enums can only read by losing the
//! places. So the text becomes this tree first, through `serde-saphyr`, which is named nowhere else;
//! what the values mean is decided by those who read the tree.

use crate::scenario::Place;
use crate::scenario::problem::Problem;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location, Spanned};
use std::fmt;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What a value is, by its form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Nothing, `~` or `null`.
    Null,
    /// A word, a number, a text; its meaning depends on the key that it stands under.
    Scalar {
        text: String,
        /// Without quotes and not a block, so that YAML may have cut it short.
        plain: bool,
        /// Whether YAML takes it for a number or a truth.
        typed: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

impl Node {
    /// Reads YAML; what is not YAML is one problem, since nothing behind it can be trusted.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            with_snippet: false,
            non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
            // Deeper than any scenario; a level takes some 40 KiB of stack in a debug build, and threads have 2 MiB.
            budget: serde_saphyr::budget! { max_depth: 32, max_nodes: 100_000 },
        };
        let node = serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| problem(text, &error))?;
        Ok(node.with_text_of(text))
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list, or a value alone.
    pub(crate) fn one_or_more(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// In words: what a reader has before him.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Scalar { typed: true, .. } => "a number or a truth",
            Content::Scalar { .. } => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// Numbers and truths as they were typed: `1.10` is not yet `1.1`, and a name may be `007`.
    fn with_text_of(mut self, source: &str) -> Self {
        match &mut self.content {
            Content::Scalar { text, plain, typed } => {
                let raw = source.get(self.place.0.clone()).unwrap_or_default();
                *plain = *typed || !raw.starts_with(['"', '\'', '|', '>']);
                if *typed {
                    raw.trim().clone_into(text);
                }
            }
            Content::List(items) => {
                *items = std::mem::take(items).into_iter().map(|item| item.with_text_of(source)).collect();
            }
            Content::Map(entries) => {
                for entry in entries {
                    let empty = Node { place: Place::default(), content: Content::Null };
                    entry.value = std::mem::replace(&mut entry.value, empty).with_text_of(source);
                }
            }
            Content::Null => {}
        }
        self
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self { place: place(&spanned.defined), content: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

/// A number or a truth; its text is taken from the source later, since a number has lost its digits here.
fn typed() -> Content {
    Content::Scalar { text: String::new(), plain: true, typed: true }
}

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Content, E> {
        Ok(typed())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Content, E> {
        Ok(typed())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Content, E> {
        Ok(typed())
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Content, E> {
        Ok(typed())
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Content, E> {
        Ok(typed())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Content, E> {
        Ok(typed())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar { text: value.to_owned(), plain: true, typed: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<Option<String>>>()? {
            let value = map.next_value()?;
            // A choice may be for NULL.
            let text = key.value.unwrap_or_else(|| "null".to_owned());
            entries.push(Entry { key: text, place: place(&key.defined), value });
        }
        Ok(Content::Map(entries))
    }
}

fn place(location: &Location) -> Place {
    let span = location.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(length)) => Place(start as usize..(start + length) as usize),
        _ => Place::default(),
    }
}

/// What the parser says, at the place that it names.
fn problem(text: &str, error: &Error) -> Problem {
    let error = error.without_snippet();
    let at = error.location().map_or_else(Place::default, |location| match place(&location) {
        known if known != Place::default() => known,
        // The scanner counts characters, not bytes.
        _ => in_line(text, location.line(), location.column()),
    });
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or(&words);
    // What the parser offers its callers is of no use to the author of a scenario.
    let words = words.split(", set DuplicateKeyPolicy").next().unwrap_or(words);
    let words = words.split("; use from_str").next().unwrap_or(words).trim_end_matches('.');
    let problem = Problem::at(at, format!("this is not YAML: {}", words.replace("`\\u{0}'", "NUL")));
    match words {
        _ if words.contains("mapping values are not allowed") => {
            problem.help("a text with a colon and a blank in it must stand in quotes, or below `|`")
        }
        _ if words.contains("duplicate mapping key") => problem.help("each name may be given once"),
        _ => problem,
    }
}

fn in_line(text: &str, line: u64, column: u64) -> Place {
    let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = &text[line_start..];
    let at = rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(at, _)| at);
    Place(line_start + at..line_start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each scalar with the text that its place covers.
    fn scalars(node: &Node, source: &str) -> Vec<(String, String)> {
        match &node.content {
            Content::Null => vec![],
            Content::Scalar { text, .. } => vec![(text.clone(), source[node.place.0.clone()].to_owned())],
            Content::List(items) => items.iter().flat_map(|item| scalars(item, source)).collect(),
            Content::Map(entries) => entries.iter().flat_map(|entry| scalars(&entry.value, source)).collect(),
        }
    }

    #[test]
    fn every_value_knows_its_place() {
        let source = "a: {b: hello world , c: [1, 'q']}   # c\nlist:\n  - SELECT a\n    FROM b   # now\n  - ü: ü\n";
        let node = Node::read(source).expect("it is YAML");
        let expected = [
            ("hello world", "hello world"),
            ("1", "1"),
            ("q", "'q'"),
            ("SELECT a FROM b", "SELECT a\n    FROM b"),
            ("ü", "ü"),
        ];
        let expected = expected.map(|(text, raw)| (text.to_owned(), raw.to_owned()));
        assert_eq!(scalars(&node, source), expected);
        let list = source.find("list").expect("it is there");
        assert_eq!(node.entries()[1].place, Place(list..list + 4));
    }

    #[test]
    fn numbers_keep_their_digits_and_words_stay_words() {
        for (raw, is_typed) in
            [("007", true), ("1.10", true), ("true", true), ("yes", false), ("NO", false), (".nan", false)]
        {
            let node = Node::read(&format!("a: {raw}")).expect("it is YAML");
            let Some(Content::Scalar { text, typed, .. }) = node.get("a").map(|node| &node.content) else {
                panic!("{raw} is a scalar");
            };
            assert_eq!((text.as_str(), *typed), (raw, is_typed));
        }
    }

    #[test]
    fn what_is_not_yaml_is_told_at_its_line_and_column() {
        for (text, at) in [("a: 1\nb: [ü, {", 13), ("a: 1\na: 2", 5), ("ü: b: c", 5), ("a: *x", 3), ("? [a]\n: b", 2)]
        {
            let problem = Node::read(text).expect_err(text);
            assert_eq!(problem.place.0.start, at, "{text}: {problem:?}");
            assert!(!problem.message.contains(" at line "), "{problem:?}");
        }
    }

    #[test]
    fn hostile_documents_are_refused_and_not_expanded() {
        let mut laughs = "a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
        for (name, of) in
            ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip(["*a", "*b", "*c", "*d", "*e", "*f", "*g", "*h"])
        {
            laughs += &[name, ": &", name, " [", &[of; 9].join(", "), "]\n"].concat();
        }
        assert!(Node::read(&laughs).is_err());
        assert!(Node::read(&"[".repeat(100_000)).is_err());
        assert!(Node::read(&"{a: ".repeat(100_000)).is_err());
        assert!(Node::read("a: \0").is_err());
    }
}
