//! Text from outside, fit to be passed on: nothing that cannot be seen, and no password.

/// What stands where a password was.
const HIDDEN: &str = "…";

/// The text without control characters, without such as turn the direction of reading round or are no characters at
/// all, and without the passwords of URLs. Line breaks stay.
pub(super) fn clean(text: &str) -> String {
    let seen = text.chars().filter(|c| *c == '\n' || !is_hidden(*c)).collect::<String>();
    without_passwords(&seen)
}

/// The same as one line.
pub(super) fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Controls, what XML 1.0 forbids, and the marks that let a text read otherwise than it is (Unicode TR36, 3.1).
fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\t'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}

/// `postgres://me:secret@host` becomes `postgres://me:…@host`, and `password=secret` becomes `password=…`.
fn without_passwords(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for (place, part) in text.split("://").enumerate() {
        if place > 0 {
            kept.push_str("://");
        }
        match part_with_password(part).filter(|_| place > 0) {
            Some((user, rest)) => kept.extend([user, ":", HIDDEN, "@", rest]),
            None => kept.push_str(part),
        }
    }
    without_words(&kept)
}

/// The user before the colon, and what follows the last `@` of the authority.
fn part_with_password(part: &str) -> Option<(&str, &str)> {
    let authority = part.split(['/', '?', '#', ' ', '\n', '\t', '"', '\'', '`', '<', '>']).next()?;
    let (login, _) = authority.rsplit_once('@')?;
    let (user, _) = login.split_once(':')?;
    Some((user, &part[login.len() + 1..]))
}

fn without_words(text: &str) -> String {
    const WORD: &str = "password=";
    let mut parts = text.split(WORD);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | ')' | '`')).unwrap_or(part.len());
        kept.extend([WORD, HIDDEN, &part[end..]]);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        assert_eq!(clean("a\u{0}b\u{1b}[2Jc\r\nd\u{fffe}\u{202e}e\tf"), "ab[2Jc\nde\tf");
        assert_eq!(line(" SELECT 1\n\n  FROM t\u{2028}"), "SELECT 1 FROM t");
    }

    #[test]
    fn a_password_is_hidden_wherever_it_stands() {
        for (said, expected) in [
            ("to postgres://me:geheim@host/db failed", "to postgres://me:…@host/db failed"),
            ("postgres://me:ge@heim@host", "postgres://me:…@host"),
            ("`http://a:b@c` and postgres://x:y@z", "`http://a:…@c` and postgres://x:…@z"),
            ("host=h password=geheim dbname=d", "host=h password=… dbname=d"),
            ("postgres://host/db?user=me&password=geheim&x=1", "postgres://host/db?user=me&password=…&x=1"),
            ("http://localhost:8080/a@b", "http://localhost:8080/a@b"),
            ("mail me@here.org: no URL", "mail me@here.org: no URL"),
        ] {
            assert_eq!(clean(said), expected);
        }
    }
}
