//! Text from outside in Markdown, as GitHub and GitLab render it: no link, no markup, no mention of anybody.

use super::clean::line;

/// Plain text on one line, safe in a table as well.
pub(super) fn plain(text: &str) -> String {
    escaped(&line(text))
}

/// A sentence in which `code` stays code.
pub(super) fn sentence(text: &str) -> String {
    let text = line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of parts means that every backtick has its partner.
    if parts.len().is_multiple_of(2) {
        return escaped(&text);
    }
    let set = parts.iter().enumerate().map(|(place, part)| match place % 2 {
        0 => escaped(part),
        _ => code(part),
    });
    set.collect()
}

/// Code between backticks, of which it has none itself.
pub(super) fn code(text: &str) -> String {
    match line(text).replace('`', "'").replace('|', "¦").trim() {
        "" => String::new(),
        code => format!("`{code}`"),
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for (place, c) in text.char_indices() {
        let rest = &text[place..];
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // A bar parts cells even behind a backslash in some readers.
            '|' => safe.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => safe.extend(['\\', c]),
            // Somebody's name is no call for him: the space has no width.
            '@' => safe.push_str("@\u{200b}"),
            // What looks like an address becomes a link by itself.
            ':' if rest.starts_with("://") => safe.push_str("&#58;"),
            'w' if rest.starts_with("www.") => safe.push_str("&#119;"),
            _ => safe.push(c),
        }
    }
    // What would begin a list, a rule or a number of one.
    match safe.chars().next() {
        Some(c @ ('-' | '+' | '=')) => format!("\\{c}{}", &safe[1..]),
        _ => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_from_outside_is_markup_a_link_or_a_call() {
        for (said, expected) in [
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("[click](http://evil)", "\\[click\\](http&#58;//evil)"),
            ("a|b\n| c", "a&#124;b &#124; c"),
            ("@everyone", "@\u{200b}everyone"),
            ("www.evil.org", "&#119;ww.evil.org"),
            ("# head *bold* `code", "\\# head \\*bold\\* \\`code"),
            ("- item", "\\- item"),
        ] {
            assert_eq!(plain(said), expected);
        }
    }

    #[test]
    fn code_in_a_sentence_stays_code_and_cannot_get_out() {
        assert_eq!(sentence("`ALTER <t> | x` held *it*"), "`ALTER <t> ¦ x` held \\*it\\*");
        assert_eq!(sentence("a lone ` <b>"), "a lone \\` &lt;b&gt;");
    }
}
