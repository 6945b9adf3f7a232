//! PostgreSQL's tokens, as far as cutting and parameters need them.
//!
//! Every byte belongs to exactly one token, so that text can be put together again unchanged. What is not
//! closed (a string, a comment) reaches to the end: the server will say what is wrong with it.
//! The rules are those of the PostgreSQL documentation, 4.1 Lexical Structure.

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line ends.
    Space,
    /// `-- …` or `/* … */`, nested as PostgreSQL nests them.
    Comment,
    /// `'…'`, `E'…'`, `B'…'`, `U&'…'` and `$tag$…$tag$`.
    Text,
    /// `"…"` and `U&"…"`.
    Quoted,
    /// A key word or a name.
    Word,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// `::`, the cast.
    Cast,
    /// A single sign: an operator's, a bracket, a comma, `:`, `;`.
    Sign,
}

/// A piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'a str,
    /// Where it starts, in bytes.
    pub start: usize,
}

impl Token<'_> {
    /// Whether it is that key word, in whatever case.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether a parser would see it.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }
}

/// The tokens of a text, one after the other.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let (kind, length) = next(rest);
        let token = Token { kind, text: &rest[..length], start };
        start += length;
        Some(token)
    })
}

fn next(rest: &str) -> (TokenKind, usize) {
    let mut chars = rest.chars();
    let first = chars.next().unwrap_or_default();
    let second = chars.next();
    match (first, second) {
        (c, _) if c.is_whitespace() => (TokenKind::Space, run(rest, char::is_whitespace)),
        ('-', Some('-')) => (TokenKind::Comment, run(rest, |c| c != '\n')),
        ('/', Some('*')) => (TokenKind::Comment, block_comment(rest)),
        ('\'', _) => (TokenKind::Text, quoted(rest, 0, b'\'', false)),
        ('"', _) => (TokenKind::Quoted, quoted(rest, 0, b'"', false)),
        ('e' | 'E', Some('\'')) => (TokenKind::Text, quoted(rest, 1, b'\'', true)),
        ('b' | 'B' | 'x' | 'X' | 'n' | 'N', Some('\'')) => (TokenKind::Text, quoted(rest, 1, b'\'', false)),
        ('u' | 'U', Some('&')) if rest[2..].starts_with('\'') => (TokenKind::Text, quoted(rest, 2, b'\'', false)),
        ('u' | 'U', Some('&')) if rest[2..].starts_with('"') => (TokenKind::Quoted, quoted(rest, 2, b'"', false)),
        ('$', Some('0'..='9')) => (TokenKind::Parameter, 1 + run(&rest[1..], |c| c.is_ascii_digit())),
        ('$', _) => dollar_quoted(rest).map_or((TokenKind::Sign, 1), |length| (TokenKind::Text, length)),
        (':', Some(':')) => (TokenKind::Cast, 2),
        ('0'..='9', _) | ('.', Some('0'..='9')) => (TokenKind::Number, number(rest)),
        (c, _) if starts_word(c) => (TokenKind::Word, run(rest, continues_word)),
        (c, _) => (TokenKind::Sign, c.len_utf8()),
    }
}

/// Whether a name may start so; PostgreSQL takes every byte above ASCII for a letter.
pub(super) fn starts_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn continues_word(c: char) -> bool {
    starts_word(c) || c.is_ascii_digit() || c == '$'
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'/', b'*') => (depth, at) = (depth + 1, at + 2),
            (b'*', b'/') if depth == 1 => return at + 2,
            (b'*', b'/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.len()
}

/// A doubled quote is a quote inside; behind a backslash so is any, where backslashes escape.
fn quoted(text: &str, prefix: usize, quote: u8, escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = prefix + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// `None` if what stands here opens no dollar quote.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag = run(&text[1..], |c| starts_word(c) || c.is_ascii_digit());
    let opening = text.get(..tag + 2).filter(|opening| opening.ends_with('$'))?;
    let closing = text[opening.len()..].find(opening);
    Some(closing.map_or(text.len(), |at| opening.len() + at + opening.len()))
}

fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = run(text, |c| c.is_ascii_alphanumeric() || c == '_');
    // `1..10` is a range of PL/pgSQL and no fraction.
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1) != Some(&b'.') {
        at += 1 + run(&text[at + 1..], |c| c.is_ascii_alphanumeric() || c == '_');
    }
    let exponent = matches!(bytes.get(at.wrapping_sub(1)), Some(b'e' | b'E')) && !text.starts_with("0x");
    if exponent && matches!(bytes.get(at), Some(b'+' | b'-')) {
        at += 1 + run(&text[at + 1..], |c| c.is_ascii_digit());
    }
    at.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<(TokenKind, &str)> {
        tokens(text).filter(Token::counts).map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn what_is_quoted_is_one_token() {
        for text in [
            "'it''s'",
            r"E'it\'s; \\'",
            "U&'d\\0061t'",
            "b'01'",
            "$$ a; 'b $x$ $$",
            "$tag$ $$ ; $tag$",
            "$ä$ ; $ä$",
            "'open ; ",
            "$$ open ; ",
        ] {
            assert_eq!(seen(text), [(TokenKind::Text, text)], "{text}");
        }
        for text in ["\"a\"\"b;\"", "U&\"d;\"", "\"open"] {
            assert_eq!(seen(text), [(TokenKind::Quoted, text)], "{text}");
        }
    }

    #[test]
    fn a_backslash_escapes_only_where_the_string_says_so() {
        assert_eq!(seen(r"'a\' b"), [(TokenKind::Text, r"'a\'"), (TokenKind::Word, "b")]);
        assert_eq!(seen(r"e'a\' b'"), [(TokenKind::Text, r"e'a\' b'")]);
    }

    #[test]
    fn comments_nest_and_end_with_their_line() {
        assert_eq!(seen("/* a /* b */ ' */ c"), [(TokenKind::Word, "c")]);
        assert_eq!(seen("-- it's\nc"), [(TokenKind::Word, "c")]);
        assert_eq!(seen("/* open ; '"), []);
    }

    #[test]
    fn a_dollar_within_a_name_quotes_nothing() {
        assert_eq!(seen("a$b$c;"), [(TokenKind::Word, "a$b$c"), (TokenKind::Sign, ";")]);
        assert_eq!(seen("$1$"), [(TokenKind::Parameter, "$1"), (TokenKind::Sign, "$")]);
    }

    #[test]
    fn numbers_casts_and_slices_are_told_apart() {
        let kinds: Vec<_> = seen("1.5e-3::x [1:2] .5 1..10").into_iter().map(|(_, text)| text).collect();
        assert_eq!(kinds, ["1.5e-3", "::", "x", "[", "1", ":", "2", "]", ".5", "1", ".", ".10"]);
    }

    #[test]
    fn every_byte_belongs_to_a_token() {
        for text in ["", "SELECT 'ü' /* ü */ ü :ü", "$", "e", "u&", "\u{a0}a", "'", "E'\\", "1e", "0x", "/*/", "E'\\ü'"]
        {
            assert_eq!(tokens(text).map(|token| token.text).collect::<String>(), text);
        }
    }
}
