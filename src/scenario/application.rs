//! An application under test, and what is asked of it.

use super::{Place, Workshop};
use crate::sql::Reference;
use std::time::Duration;

/// The application: how it is prepared, started, and known to be ready.
///
/// In its commands and environment `{port}` stands for where it must listen, beside the placeholders of its workshop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Where it runs, and how it is prepared.
    pub workshop: Workshop,
    /// What starts it and stays in the foreground. It gets `PORT` and `DATABASE_URL` in its environment.
    pub command: String,
    /// The path whose success says that it is ready.
    pub ready: String,
    /// How long that may take.
    pub ready_within: Duration,
}

/// One request, and what it must be answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: Method,
    /// Path and query, from `/` on; values of parameters are escaped.
    pub path: Template,
    /// Headers over those that every client sends.
    pub headers: Vec<(String, Template)>,
    /// A body of JSON; a string that is nothing but `:name` or `:name.column` stands for that parameter, as the JSON
    /// type that it has.
    pub json: Option<serde_json::Value>,
    /// What counts as success.
    pub expect: HttpExpect,
    /// How long its user waits for the whole answer.
    pub timeout: Duration,
    /// Where it stands in the file.
    pub place: Place,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads it.
    Get,
    /// Reads its headers.
    Head,
    /// Adds to it.
    Post,
    /// Replaces it.
    Put,
    /// Changes a part of it.
    Patch,
    /// Removes it.
    Delete,
}

/// What counts as success.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpExpect {
    /// The status, where it is said: then redirects are not followed. Otherwise they are, and any 2xx succeeds.
    pub status: Option<u16>,
    /// Values that the answer must have, by JSON pointer (RFC 6901).
    pub json: Vec<(String, serde_json::Value)>,
}

/// Text with `:name` and `:name.column` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// As the scenario has it.
    pub written: String,
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// What stands for a value.
    Reference(Reference),
}

impl App {
    /// What stands, in braces, for what a round gives the application.
    pub const PLACEHOLDERS: [&str; 3] = ["database_url", "port", "kept"];
}

impl Method {
    /// All of them, by the names that scenarios and the protocol use.
    pub const NAMED: [(&str, Self); 6] = [
        ("GET", Self::Get),
        ("HEAD", Self::Head),
        ("POST", Self::Post),
        ("PUT", Self::Put),
        ("PATCH", Self::Patch),
        ("DELETE", Self::Delete),
    ];

    /// Whether asking twice changes nothing (RFC 9110, 9.2.1).
    #[must_use]
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, method)| *method == self).map_or("GET", |(name, _)| name)
    }
}

impl HttpRequest {
    /// What its values come from.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut references: Vec<Reference> = self.path.references().cloned().collect();
        references.extend(self.headers.iter().flat_map(|(_, value)| value.references()).cloned());
        references.extend(self.json.iter().flat_map(json_references));
        references
    }
}

/// The parameter that a string of a JSON body stands for, if it stands for one.
#[must_use]
pub fn json_reference(text: &str) -> Option<Reference> {
    match Template::parse(text).pieces.as_slice() {
        [Piece::Reference(reference)] => Some(reference.clone()),
        _ => None,
    }
}

fn json_references(value: &serde_json::Value) -> Vec<Reference> {
    match value {
        serde_json::Value::String(text) => json_reference(text).into_iter().collect(),
        serde_json::Value::Array(items) => items.iter().flat_map(json_references).collect(),
        serde_json::Value::Object(entries) => entries.values().flat_map(json_references).collect(),
        _ => Vec::new(),
    }
}

impl Template {
    /// Finds the references of a text: a colon with a name right behind it, and a column behind a dot.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(':') {
            plain.push_str(before);
            let (name, after) = word(behind);
            if name.is_empty() {
                plain.push(':');
                rest = behind;
                continue;
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let column = after.strip_prefix('.').map(word).filter(|(column, _)| !column.is_empty());
            let reference = Reference { name: name.to_owned(), column: column.map(|(column, _)| column.to_owned()) };
            pieces.push(Piece::Reference(reference));
            rest = column.map_or(after, |(_, after)| after);
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self { written: text.to_owned(), pieces }
    }

    /// What its values come from.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Reference(reference) => Some(reference),
        })
    }
}

/// The name at the start of a text, and what follows it; no name begins with a digit.
fn word(text: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    match text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        true => text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len())),
        false => ("", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_at_its_parameters() {
        let template = Template::parse("/accounts/:account.id/invoices?from=:day&at=12:30");
        let reference = |name: &str, column: Option<&str>| {
            Piece::Reference(Reference { name: name.to_owned(), column: column.map(str::to_owned) })
        };
        let text = |text: &str| Piece::Text(text.to_owned());
        let expected = [
            text("/accounts/"),
            reference("account", Some("id")),
            text("/invoices?from="),
            reference("day", None),
            text("&at=12:30"),
        ];
        assert_eq!(template.pieces, expected);
        assert_eq!(Template::parse("/plain").pieces, [text("/plain")]);
    }
}
