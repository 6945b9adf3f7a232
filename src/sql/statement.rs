//! One statement with named parameters, made ready for the wire.

use super::token::{Token, TokenKind, tokens};
use std::fmt;

/// A statement whose `:name` and `:name.column` have become `$1`, `$2`, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// As the scenario has it.
    pub written: String,
    /// With numbered parameters; equal references share a number.
    pub sql: String,
    /// What each number stands for, from `$1` on.
    pub references: Vec<Reference>,
}

/// A parameter as it stands in SQL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// A parameter of the operation, an answer named by `as`, or `as_of`.
    pub name: String,
    /// A column of the seeded row or of the answer.
    pub column: Option<String>,
}

impl fmt::Display for Reference {
    /// As it is written: `:name` or `:name.column`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(formatter, ":{}.{column}", self.name),
            None => write!(formatter, ":{}", self.name),
        }
    }
}

impl Statement {
    /// Numbers the parameters of a text.
    ///
    /// A parameter is a colon with a name right behind it. It is none in a string, a comment, a `::cast`,
    /// `:=`, or an array slice: within brackets only behind `[`, `,`, `(` or an operator, for
    /// `[a:b]` is a slice from a to b while `[:first]` is an element.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let tokens: Vec<Token<'_>> = tokens(text).collect();
        let mut statement =
            Self { written: text.to_owned(), sql: String::with_capacity(text.len()), references: vec![] };
        let mut brackets = 0_usize;
        let mut before = None;
        let mut at = 0;
        while at < tokens.len() {
            let token = tokens[at];
            match token.text {
                "[" if token.kind == TokenKind::Sign => brackets += 1,
                "]" if token.kind == TokenKind::Sign => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            let found = (brackets == 0 || !ends_a_value(before)).then(|| reference(&tokens[at..])).flatten();
            if let Some((reference, length)) = found {
                let number = statement.number(reference);
                statement.sql.push('$');
                statement.sql.push_str(&number.to_string());
                before = Some(tokens[at + length - 1]);
                at += length;
                continue;
            }
            statement.sql.push_str(token.text);
            before = if token.counts() { Some(token) } else { before };
            at += 1;
        }
        statement
    }

    /// The place of a reference among the parameters, from 1.
    fn number(&mut self, reference: Reference) -> usize {
        let known = self.references.iter().position(|each| *each == reference);
        known.unwrap_or_else(|| {
            self.references.push(reference);
            self.references.len() - 1
        }) + 1
    }
}

/// The reference that starts here, and of how many tokens it consists.
fn reference(tokens: &[Token<'_>]) -> Option<(Reference, usize)> {
    let is_sign = |at: usize, text: &str| tokens.get(at).is_some_and(|t| t.kind == TokenKind::Sign && t.text == text);
    let word = |at: usize| tokens.get(at).filter(|t| t.kind == TokenKind::Word).map(|t| t.text.to_owned());
    let name = is_sign(0, ":").then(|| word(1)).flatten()?;
    let column = is_sign(2, ".").then(|| word(3)).flatten();
    let length = if column.is_some() { 4 } else { 2 };
    Some((Reference { name, column }, length))
}

/// Whether a colon behind this token would stand between the ends of a slice.
fn ends_a_value(before: Option<Token<'_>>) -> bool {
    before.is_some_and(|token| match token.kind {
        TokenKind::Sign => matches!(token.text, ")" | "]"),
        TokenKind::Cast => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(text: &str) -> (String, Vec<String>) {
        let statement = Statement::parse(text);
        assert_eq!(statement.written, text);
        let names = statement.references.into_iter().map(|each| match each.column {
            Some(column) => format!("{}.{column}", each.name),
            None => each.name,
        });
        (statement.sql, names.collect())
    }

    #[test]
    fn references_become_numbers_and_equal_ones_share_theirs() {
        for (text, sql, names) in [
            ("SELECT :a", "SELECT $1", vec!["a"]),
            ("SELECT :a, :b.c, :a", "SELECT $1, $2, $1", vec!["a", "b.c"]),
            ("SELECT :a, :a.b", "SELECT $1, $2", vec!["a", "a.b"]),
            ("SELECT :a::int", "SELECT $1::int", vec!["a"]),
            ("WHERE x=:a;", "WHERE x=$1;", vec!["a"]),
            ("WHERE x = ANY (:items)", "WHERE x = ANY ($1)", vec!["items"]),
            ("SELECT :a.", "SELECT $1.", vec!["a"]),
            ("coalesce(:page.id, 9)", "coalesce($1, 9)", vec!["page.id"]),
            ("SELECT :naïve", "SELECT $1", vec!["naïve"]),
            ("SELECT :a_1", "SELECT $1", vec!["a_1"]),
        ] {
            assert_eq!(numbered(text), (sql.to_owned(), names.iter().map(ToString::to_string).collect()), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_reference_is_left_alone() {
        for text in [
            "SELECT ':a'",
            "SELECT \":a\"",
            "SELECT $$:a$$",
            "SELECT E'\\':a'",
            "-- :a\nSELECT 1",
            "/* :a /* :b */ */ SELECT 1",
            "SELECT x::int",
            "SELECT x :: int",
            "SELECT '12:30'::time",
            "SELECT a[1:2]",
            "SELECT a[i:j]",
            "SELECT a[f(1):j]",
            "SELECT a[b[1]:c]",
            "x := 1",
            "x :=y",
            "SELECT : a",
            "SELECT '{\"a\":1}'::jsonb",
        ] {
            assert_eq!(numbered(text), (text.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn an_element_may_be_a_parameter_where_a_slice_could_not_start() {
        for (text, sql) in [
            ("SELECT a[:i]", "SELECT a[$1]"),
            ("ARRAY[:a, :b]", "ARRAY[$1, $2]"),
            ("SELECT a[1 + :i]", "SELECT a[1 + $1]"),
            ("SELECT a[:i:j]", "SELECT a[$1:j]"),
            ("SELECT a[f(:i)]", "SELECT a[f($1)]"),
        ] {
            assert_eq!(numbered(text).0, sql, "{text}");
        }
    }
}
