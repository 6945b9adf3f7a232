//! A list of statements as it has to be sent: what stands between BEGIN and COMMIT belongs together.

use crate::sql::{Class, class, tokens};

/// Statements that succeed or fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit<'a> {
    /// One that may be put into a transaction.
    Wrapped(&'a String),
    /// One that stands alone: it may not be in a transaction, or might end one itself.
    Bare(&'a String),
    /// From BEGIN to COMMIT, as written.
    Block(&'a [String]),
}

/// Cuts a list into units.
pub(super) fn units(statements: &[String]) -> Vec<Unit<'_>> {
    let mut units = Vec::new();
    let mut rest = statements;
    while let Some(first) = rest.first() {
        let length = match class(first) {
            Class::Begins => rest.iter().position(|each| class(each) == Class::Ends).map_or(rest.len(), |end| end + 1),
            _ => 1,
        };
        let (unit, behind) = rest.split_at(length);
        rest = behind;
        units.push(match class(first) {
            Class::Begins => Unit::Block(unit),
            Class::Ordinary if may_be_wrapped(first) => Unit::Wrapped(first),
            _ => Unit::Bare(first),
        });
    }
    units
}

/// Whether a transaction around it changes nothing: not so for CALL and DO, which may commit, for LOCK and DECLARE,
/// which demand one, and for ALTER TYPE … ADD VALUE before PostgreSQL 12.
fn may_be_wrapped(statement: &str) -> bool {
    const SAFE: [&str; 15] = [
        "alter", "create", "drop", "update", "insert", "delete", "merge", "with", "truncate", "reindex", "refresh",
        "comment", "grant", "revoke", "select",
    ];
    let mut words = tokens(statement).filter(crate::sql::Token::counts);
    let first = words.next();
    let is_type = words.next().is_some_and(|second| second.is("type"));
    first.is_some_and(|first| SAFE.iter().any(|word| first.is(word)) && !(first.is("alter") && is_type))
}

/// Whether the number in the command tag is one of rows changed, not of rows read.
pub(super) fn changes_rows(statement: &str) -> bool {
    const CHANGES: [&str; 6] = ["insert", "update", "delete", "merge", "copy", "create"];
    let mut words = tokens(statement).filter(crate::sql::Token::counts);
    let Some(first) = words.next() else { return false };
    CHANGES.iter().any(|word| first.is(word))
        || first.is("with") && words.any(|token| CHANGES[..4].iter().any(|word| token.is(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(statements: &[&str]) -> Vec<String> {
        statements.iter().map(|each| (*each).to_owned()).collect()
    }

    #[test]
    fn what_stands_between_begin_and_commit_belongs_together() {
        let statements = list(&["CREATE TABLE a ()", "BEGIN", "DROP TABLE a", "COMMIT", "VACUUM", "CALL fill()"]);
        let expected = [
            Unit::Wrapped(&statements[0]),
            Unit::Block(&statements[1..4]),
            Unit::Bare(&statements[4]),
            Unit::Bare(&statements[5]),
        ];
        assert_eq!(units(&statements), expected);
        let unfinished = list(&["BEGIN", "DROP TABLE a"]);
        assert_eq!(units(&unfinished), [Unit::Block(&unfinished[..])]);
    }

    #[test]
    fn a_statement_is_put_into_a_transaction_only_where_that_changes_nothing() {
        let cases = [
            ("ALTER TABLE a ADD b int", true),
            ("/* why */ update a set b = 1", true),
            ("CREATE INDEX CONCURRENTLY i ON a (b)", false),
            ("ALTER TYPE mood ADD VALUE 'so so'", false),
            ("LOCK TABLE a", false),
            ("DO $$ BEGIN COMMIT; END $$", false),
        ];
        for (statement, wrapped) in cases {
            let statements = list(&[statement]);
            assert_eq!(matches!(units(&statements)[0], Unit::Wrapped(_)), wrapped, "{statement}");
        }
    }

    #[test]
    fn rows_read_are_not_rows_changed() {
        assert!(changes_rows("WITH gone AS (DELETE FROM a RETURNING *) SELECT count(*) FROM gone"));
        assert!(changes_rows("create table b as select * from a"));
        assert!(!changes_rows("SELECT 'update'"));
        assert!(!changes_rows("WITH few AS (SELECT 1) SELECT * FROM few"));
    }
}
