//! What a migration file runs forwards, and whether that is one transaction.
//!
//! A file may say so itself, in the words of its tool (dbmate, goose, sqlx, Atlas; Diesel in `metadata.toml`). Where it
//! does not, several statements are one transaction in every tool: some wrap the file (Flyway, Diesel, dbmate, goose,
//! sqlx), others send it whole (Prisma, golang-migrate), which the server runs as one. A file that is nothing but
//! statements which refuse a transaction, such as CREATE INDEX CONCURRENTLY, runs without one where the tool sees that
//! (Flyway) or sends a single statement as it is. A file with its own BEGIN is taken at its word.

use super::Unusable;
use super::layout::Layout;
use crate::scenario::Change;
use crate::sql::{self, Class, TokenKind, tokens};
use std::path::Path;

/// What is known of whoever applies a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// Wraps a file unless all of it refuses that.
    Flyway,
    /// Sends a file whole.
    Sends,
    /// Wraps a file, whatever it says.
    Wraps,
    /// Has been told not to.
    Apart,
}

impl Tool {
    /// By the layout and, where that is Diesel's, by the file beside.
    pub(super) fn of(layout: Layout, file: &Path) -> Self {
        match layout {
            Layout::Flyway => Self::Flyway,
            Layout::Reversible | Layout::Numbered | Layout::Prisma => Self::Sends,
            Layout::Diesel => {
                let beside = std::fs::read_to_string(file.with_file_name("metadata.toml")).unwrap_or_default();
                let apart = beside.split_whitespace().collect::<String>().contains("run_in_transaction=false");
                if apart { Self::Apart } else { Self::Wraps }
            }
        }
    }
}

/// The forward part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script<'a> {
    pub(super) text: &'a str,
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    tool: Tool,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    message: String,
    help: &'static str,
}

impl Wrong {
    /// With the file's name.
    pub(super) fn of(self, file: &Path) -> Unusable {
        Unusable::new(format!("`{}`: {}", file.display(), self.message), self.help)
    }
}

/// What a comment tells a tool.
enum Directive {
    Up { apart: bool },
    Down,
    Apart,
    Unknown,
}

/// Cuts the forward part out of a file.
pub(super) fn forwards(text: &str, tool: Tool) -> Result<Script<'_>, Wrong> {
    let wrong = |message: &str, help| Err(Wrong { message: message.to_owned(), help });
    let (mut start, mut end, mut tool) = (None, None, tool);
    for comment in tokens(text).filter(|token| token.kind == TokenKind::Comment) {
        let behind = comment.start + comment.text.len();
        match directive(comment.text, text[..comment.start].trim().is_empty()) {
            None => {}
            Some(Directive::Unknown) => {
                let message = format!("`{}` is not understood", comment.text.trim());
                return Err(Wrong { message, help: "what the tool would make of the file cannot be told" });
            }
            Some(Directive::Apart) => tool = Tool::Apart,
            Some(Directive::Up { .. }) if start.is_some() => {
                return wrong("it goes forwards twice", "keep one section that does");
            }
            Some(Directive::Up { apart }) => {
                if !sql::split(&text[..comment.start]).is_empty() {
                    return wrong("statements stand before the section that goes forwards", "move them into it");
                }
                (start, end) = (Some(behind), None);
                tool = if apart || tool == Tool::Apart { Tool::Apart } else { Tool::Wraps };
            }
            Some(Directive::Down) => end = end.or(Some(comment.start)),
        }
    }
    let Some(start) = start else {
        return match end {
            Some(_) => wrong("it only goes backwards", "it needs `-- migrate:up` or `-- +goose Up`"),
            None => Ok(Script { text, line: 1, tool }),
        };
    };
    // From the line behind the directive on, so that lines can be counted.
    let start = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
    let line = text[..start].matches('\n').count() + 1;
    Ok(Script { text: &text[start..end.unwrap_or(text.len()).max(start)], line, tool })
}

/// What a comment means to dbmate, goose, sqlx (which looks at the first line alone) or Atlas.
fn directive(comment: &str, first: bool) -> Option<Directive> {
    let words: Vec<&str> = comment.strip_prefix("--")?.split_whitespace().collect();
    Some(match &words[..] {
        ["migrate:up", options @ ..] => Directive::Up { apart: options.contains(&"transaction:false") },
        ["migrate:down", ..] | ["+goose", "Down" | "down", ..] => Directive::Down,
        ["+goose", "Up" | "up"] => Directive::Up { apart: false },
        ["+goose", "NO", "TRANSACTION"] | ["atlas:txmode", "none"] => Directive::Apart,
        ["no-transaction"] if first => Directive::Apart,
        // A statement knows where it ends without being told.
        ["+goose", "StatementBegin" | "StatementEnd" | "statementbegin" | "statementend"] => return None,
        ["+goose", ..] => Directive::Unknown,
        _ => return None,
    })
}

impl Script<'_> {
    /// As a step of a migration.
    pub(super) fn change(&self) -> Result<Change, Wrong> {
        let statements = sql::split(self.text);
        let is = |wanted: &[Class]| statements.iter().filter(|each| wanted.contains(&sql::class(each))).count();
        let (own, alone) = (is(&[Class::Begins, Class::Ends]), is(&[Class::Alone]));
        let apart = match self.tool {
            Tool::Apart => true,
            _ if own > 0 => true,
            Tool::Flyway => alone == statements.len(),
            Tool::Sends => statements.len() < 2,
            Tool::Wraps => false,
        };
        if apart {
            return Ok(Change::Sql(statements));
        }
        match statements.iter().find(|statement| sql::class(statement) == Class::Alone) {
            None => Ok(Change::Transaction(statements)),
            Some(refused) => Err(Wrong {
                message: format!("the server refuses this within the transaction of its file: {}", one_line(refused)),
                help: "put it into a file of its own, and tell your tool not to wrap that: `-- migrate:up \
                       transaction:false` (dbmate), `-- +goose NO TRANSACTION`, `-- no-transaction` (sqlx)",
            }),
        }
    }
}

fn one_line(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a file: its statements, with `{}` around them in a transaction, or what is wrong.
    fn read(text: &str, tool: Tool) -> String {
        match forwards(text, tool).and_then(|script| script.change()) {
            Ok(Change::Transaction(statements)) => format!("{{{}}}", statements.join("; ")),
            Ok(Change::Sql(statements)) => statements.join("; "),
            Ok(other) => panic!("{other:?}"),
            Err(wrong) => format!("wrong: {}", wrong.message),
        }
    }

    #[test]
    fn a_file_is_one_transaction_as_its_tool_makes_it() {
        const LONE: &str = "CREATE INDEX CONCURRENTLY i ON t (a)";
        let two = format!("{LONE}; {LONE}");
        let mixed = format!("DROP TABLE a; {LONE}");
        for (text, tool, expected) in [
            ("a; b", Tool::Flyway, "{a; b}"),
            ("a; b", Tool::Sends, "{a; b}"),
            ("a", Tool::Sends, "a"),
            ("a", Tool::Wraps, "{a}"),
            ("", Tool::Sends, ""),
            (LONE, Tool::Flyway, LONE),
            (LONE, Tool::Sends, LONE),
            (LONE, Tool::Wraps, "wrong: the server refuses"),
            (&two, Tool::Flyway, &two),
            (&two, Tool::Sends, "wrong: the server refuses"),
            (&mixed, Tool::Flyway, "wrong: the server refuses"),
            (&mixed, Tool::Apart, &mixed),
            ("BEGIN; a; COMMIT", Tool::Sends, "BEGIN; a; COMMIT"),
            ("-- no-transaction\na; b", Tool::Sends, "a; b"),
            ("a;\n-- no-transaction\nb", Tool::Sends, "{a; \n-- no-transaction\nb}"),
            ("-- atlas:txmode none\n\na; b", Tool::Sends, "a; b"),
        ] {
            let found = read(text, tool);
            let expected = expected.replace("\n-- no-transaction\n", "");
            assert!(
                found == expected || expected.starts_with("wrong") && found.starts_with(&expected),
                "{text}: {found}"
            );
        }
    }

    #[test]
    fn sections_are_those_of_dbmate_and_goose() {
        let function = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$";
        for (text, expected) in [
            ("-- migrate:up\na; b;\n-- migrate:down\nc;", "{a; b}".to_owned()),
            ("-- migrate:up transaction:false\na; b;\n\n-- migrate:down transaction:false\nc;", "a; b".to_owned()),
            ("--migrate:up\na;\n", "{a}".to_owned()),
            (
                "-- +goose Up\n-- +goose StatementBegin\na;\n-- +goose StatementEnd\n-- +goose Down\nb;",
                "{a}".to_owned(),
            ),
            ("-- +goose NO TRANSACTION\n-- +goose Up\na; b;", "a; b".to_owned()),
            (&format!("-- +goose Up\n{function};\nb;"), format!("{{{function}; b}}")),
            ("-- +goose Up\nSELECT '\n-- +goose Down\n';", "{SELECT '\n-- +goose Down\n'}".to_owned()),
            ("-- +goose Up", "{}".to_owned()),
            ("-- migrate:down\nc;", "wrong: it only goes backwards".to_owned()),
            ("a;\n-- migrate:up\nb;", "wrong: statements stand before the section that goes forwards".to_owned()),
            ("-- migrate:up\na;\n-- migrate:up\nb;", "wrong: it goes forwards twice".to_owned()),
            ("-- +goose ENVSUB ON\n-- +goose Up\na;", "wrong: `-- +goose ENVSUB ON` is not understood".to_owned()),
        ] {
            assert_eq!(read(text, Tool::Sends), expected, "{text}");
        }
        let script = forwards("-- why\n-- migrate:up\n\na;\n-- migrate:down", Tool::Sends).expect("it is sound");
        assert_eq!((script.line, script.text), (3, "\na;\n"));
    }
}
