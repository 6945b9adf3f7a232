//! A text of many statements, cut at the semicolons that end them.

use super::token::{Token, TokenKind, tokens};

/// Cuts a text into statements, without the semicolons that end them.
///
/// Comments inside of a statement stay, for a report shows what was written; those that stand before or
/// behind one go, and so do statements that consist of nothing else.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut cut = Cut::default();
    for token in tokens(text) {
        if cut.ends_at(&token) {
            statements.extend(cut.statement(text));
            cut = Cut::default();
        } else {
            cut.take(&token);
        }
    }
    statements.extend(cut.statement(text));
    statements
}

/// What is known of the statement under way.
#[derive(Default)]
struct Cut<'a> {
    /// From the first token that counts to the end of the last.
    range: Option<(usize, usize)>,
    parentheses: usize,
    /// Whether it is a CREATE FUNCTION or PROCEDURE, whose body may be BEGIN ATOMIC … END.
    first: Option<&'a str>,
    routine: bool,
    /// BEGIN ATOMIC and each CASE inside of it wait for an END.
    ends_awaited: usize,
    before: Option<Token<'a>>,
}

impl<'a> Cut<'a> {
    fn ends_at(&self, token: &Token<'_>) -> bool {
        token.kind == TokenKind::Sign && token.text == ";" && self.parentheses == 0 && self.ends_awaited == 0
    }

    fn take(&mut self, token: &Token<'a>) {
        if !token.counts() {
            return;
        }
        match token.text {
            "(" if token.kind == TokenKind::Sign => self.parentheses += 1,
            ")" if token.kind == TokenKind::Sign => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        self.first.get_or_insert(token.text);
        let creates = self.first.is_some_and(|first| first.eq_ignore_ascii_case("create"));
        self.routine |= creates && self.ends_awaited == 0 && (token.is("function") || token.is("procedure"));
        let after_begin = self.before.is_some_and(|before| before.is("begin"));
        match self.ends_awaited {
            0 if self.routine && token.is("atomic") && after_begin => self.ends_awaited = 1,
            0 => {}
            _ if token.is("case") => self.ends_awaited += 1,
            _ if token.is("end") => self.ends_awaited -= 1,
            _ => {}
        }
        let end = token.start + token.text.len();
        self.range = Some((self.range.map_or(token.start, |(start, _)| start), end));
        self.before = Some(*token);
    }

    fn statement(&self, text: &str) -> Option<String> {
        self.range.map(|(start, end)| text[start..end].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_and_at_the_end() {
        for (text, expected) in [
            ("", vec![]),
            (" ; ;; ", vec![]),
            ("a", vec!["a"]),
            ("a; b;", vec!["a", "b"]),
            ("a;\nb", vec!["a", "b"]),
            ("SELECT ';' ; SELECT \";\"", vec!["SELECT ';'", "SELECT \";\""]),
            ("DO $$ BEGIN a; b; END $$; c", vec!["DO $$ BEGIN a; b; END $$", "c"]),
            ("DO $x$ $$;$$ $x$; c", vec!["DO $x$ $$;$$ $x$", "c"]),
            ("SELECT E'\\';'; b", vec!["SELECT E'\\';'", "b"]),
            ("BEGIN; a; COMMIT;", vec!["BEGIN", "a", "COMMIT"]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn comments_alone_are_dropped_and_those_inside_are_kept() {
        for (text, expected) in [
            ("-- only a word; or two\n", vec![]),
            ("/* a; /* b; */ */", vec![]),
            ("-- first\na; -- behind\nb -- last", vec!["a", "b"]),
            ("a -- in; side\n b", vec!["a -- in; side\n b"]),
            ("a /* ; */ b", vec!["a /* ; */ b"]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn the_body_of_a_routine_is_part_of_its_statement() {
        let function = "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC \
                        SELECT 1; SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; END";
        assert_eq!(split(&format!("{function}; SELECT 2")), [function, "SELECT 2"]);
        let procedure = "create procedure p() begin atomic insert into t values (1); end";
        assert_eq!(split(&format!("{procedure};")), [procedure]);
    }

    #[test]
    fn a_transaction_is_no_body() {
        assert_eq!(split("BEGIN; SELECT atomic; END; SELECT 1"), ["BEGIN", "SELECT atomic", "END", "SELECT 1"]);
    }

    #[test]
    fn a_rule_holds_several_statements_in_parentheses() {
        let rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); INSERT INTO b VALUES (2))";
        assert_eq!(split(&format!("{rule}; c")), [rule, "c"]);
    }
}
