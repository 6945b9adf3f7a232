//! What a statement is, as far as its first words tell.

use super::token::{Token, TokenKind, tokens};

/// How a statement stands to transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// BEGIN, START TRANSACTION.
    Begins,
    /// COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION; not ROLLBACK TO, which ends nothing.
    Ends,
    /// What the server refuses inside of a transaction, such as CREATE INDEX CONCURRENTLY.
    Alone,
    /// Anything else.
    Ordinary,
}

/// The class of one statement (PostgreSQL docs, each command's page; `PreventInTransactionBlock` in its source).
#[must_use]
pub fn class(statement: &str) -> Class {
    let tokens: Vec<Token<'_>> = tokens(statement).filter(Token::counts).collect();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    let starts = |words: &[&str]| words.iter().enumerate().all(|(at, word)| is(at, word));
    let has = |word: &str| tokens.iter().any(|token| token.is(word));
    match () {
        () if is(0, "begin") || starts(&["start", "transaction"]) => Class::Begins,
        () if is(0, "rollback") && !has("to") && !has("prepared") => Class::Ends,
        () if is(0, "commit") && !has("prepared") => Class::Ends,
        () if is(0, "end") || is(0, "abort") || starts(&["prepare", "transaction"]) => Class::Ends,
        () if is(0, "commit") || is(0, "rollback") && has("prepared") => Class::Alone,
        () if concurrently(&tokens) || ALONE.iter().any(|words| starts(words)) => Class::Alone,
        () if starts(&["discard", "all"]) || is(0, "cluster") && tokens.len() == 1 => Class::Alone,
        () if is(0, "reindex") && (has("schema") || has("database") || has("system")) => Class::Alone,
        () => Class::Ordinary,
    }
}

/// Commands that are refused in a transaction whatever follows.
const ALONE: &[&[&str]] = &[
    &["vacuum"],
    &["create", "database"],
    &["drop", "database"],
    &["create", "tablespace"],
    &["drop", "tablespace"],
    &["alter", "system"],
    &["create", "subscription"],
    &["drop", "subscription"],
];

/// Whether an index or a partition is worked on beside the traffic; REFRESH … CONCURRENTLY may be in a transaction.
fn concurrently(tokens: &[Token<'_>]) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    let at = tokens.iter().position(|token| token.is("concurrently"));
    let created = tokens.iter().take(3).position(|token| token.is("index")).filter(|_| is(0, "create"));
    let detach = is(0, "alter") && is(1, "table") && tokens.iter().any(|token| token.is("detach"));
    at.is_some_and(|at| match created {
        Some(index) => at == index + 1,
        None if is(0, "drop") && is(1, "index") => at == 2,
        None => is(0, "reindex") || detach,
    })
}

/// The command of psql that a statement holds, such as `\connect`: no server knows it.
#[must_use]
pub fn meta_command(statement: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = tokens(statement).collect();
    let at = tokens.iter().position(|token| token.kind == TokenKind::Sign && token.text == "\\")?;
    let name: String = tokens[at + 1..].iter().take_while(|token| token.counts()).map(|token| token.text).collect();
    Some(format!("\\{name}"))
}

/// Whether a text has a COPY whose rows are to follow in the text, as only psql can read them.
#[must_use]
pub fn copies_from_stdin(text: &str) -> bool {
    super::split(text).iter().any(|statement| {
        let tokens: Vec<Token<'_>> = tokens(statement).filter(Token::counts).collect();
        let copies = tokens.first().is_some_and(|token| token.is("copy"));
        copies && tokens.windows(2).any(|pair| pair[0].is("from") && pair[1].is("stdin"))
    })
}

/// Whether a statement does nothing but wait: a SELECT of `pg_sleep` and nothing else.
#[must_use]
pub fn sleeps(statement: &str) -> bool {
    let tokens: Vec<Token<'_>> = tokens(statement).filter(Token::counts).collect();
    let [select, sleep, open, within @ .., close] = &tokens[..] else { return false };
    let sign = |token: &Token<'_>, text| token.kind == TokenKind::Sign && token.text == text;
    let sleeps = ["pg_sleep", "pg_sleep_for", "pg_sleep_until"].into_iter().any(|name| sleep.is(name));
    let brackets = within.iter().any(|token| sign(token, "(") || sign(token, ")"));
    select.is("select") && sleeps && sign(open, "(") && sign(close, ")") && !brackets
}

/// The name of the setting of a SET statement; SET cannot take parameters.
#[must_use]
pub fn setting(statement: &str) -> Option<String> {
    let mut words = tokens(statement).filter(Token::counts).skip_while(|token| token.kind == TokenKind::Comment);
    words.next().filter(|token| token.is("set"))?;
    let mut words = words.skip_while(|token| token.is("local") || token.is("session")).peekable();
    let mut name = String::new();
    while let Some(token) = words.next_if(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Quoted) && !token.is("to") || token.text == "."
    }) {
        name.push_str(token.text);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_follows_from_the_first_words() {
        for (statement, expected) in [
            ("BEGIN", Class::Begins),
            ("begin isolation level serializable", Class::Begins),
            ("START TRANSACTION", Class::Begins),
            ("-- now\nCOMMIT AND CHAIN", Class::Ends),
            ("END", Class::Ends),
            ("ROLLBACK", Class::Ends),
            ("ROLLBACK TO SAVEPOINT a", Class::Ordinary),
            ("COMMIT PREPARED 'a'", Class::Alone),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", Class::Alone),
            ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", Class::Alone),
            ("CREATE INDEX i ON t (a)", Class::Ordinary),
            ("CREATE INDEX ON concurrently (a)", Class::Ordinary),
            ("DROP INDEX CONCURRENTLY i", Class::Alone),
            ("REINDEX TABLE CONCURRENTLY t", Class::Alone),
            ("REINDEX (CONCURRENTLY, VERBOSE) INDEX i", Class::Alone),
            ("REINDEX TABLE t", Class::Ordinary),
            ("REINDEX DATABASE d", Class::Alone),
            ("VACUUM (ANALYZE) t", Class::Alone),
            ("CREATE DATABASE d", Class::Alone),
            ("ALTER SYSTEM SET a = 1", Class::Alone),
            ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY", Class::Alone),
            ("ALTER TABLE a DETACH PARTITION b", Class::Ordinary),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", Class::Ordinary),
            ("SELECT 'CREATE INDEX CONCURRENTLY'", Class::Ordinary),
            ("ANALYZE t", Class::Ordinary),
            ("", Class::Ordinary),
        ] {
            assert_eq!(class(statement), expected, "{statement}");
        }
    }

    #[test]
    fn commands_of_psql_are_found() {
        assert_eq!(meta_command("\\connect other\nSELECT 1").as_deref(), Some("\\connect"));
        assert_eq!(meta_command("SELECT 1 \\gexec").as_deref(), Some("\\gexec"));
        assert_eq!(meta_command("SELECT '\\d', E'\\n'"), None);
    }

    #[test]
    fn a_copy_whose_rows_follow_is_found() {
        for (text, expected) in [
            ("CREATE TABLE t (a int);\nCOPY public.t (a) FROM stdin;\n1\n\\.\n", true),
            ("copy t from STDIN with (format csv)", true),
            ("COPY t FROM '/tmp/rows'", false),
            ("COPY t TO stdout", false),
            ("SELECT 'COPY t FROM stdin'", false),
        ] {
            assert_eq!(copies_from_stdin(text), expected, "{text}");
        }
    }

    #[test]
    fn a_statement_that_only_waits_is_told_from_one_that_waits_on_the_way() {
        for (statement, expected) in [
            ("SELECT pg_sleep(600)", true),
            ("select PG_SLEEP ( 0.5 ) -- a while", true),
            ("SELECT pg_sleep_for('5 minutes')", true),
            ("SELECT pg_sleep(600) FROM items", false),
            ("SELECT pg_sleep(1), pg_sleep(2)", false),
            ("SELECT f(pg_sleep(1))", false),
            ("SELECT 1", false),
        ] {
            assert_eq!(sleeps(statement), expected, "{statement}");
        }
    }

    #[test]
    fn the_setting_of_a_set_statement_is_named() {
        assert_eq!(setting("SET LOCAL app.tenant = :t").as_deref(), Some("app.tenant"));
        assert_eq!(setting("set session work_mem to :m").as_deref(), Some("work_mem"));
        assert_eq!(setting("UPDATE t SET a = :a"), None);
    }
}
