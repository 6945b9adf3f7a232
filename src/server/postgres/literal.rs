//! Values as SQL literals, for the simple protocol.
//!
//! All are quoted, numbers too: the server then infers their type as it would for a parameter, and `-:x`
//! with a negative number does not become a comment.

use super::ServerError;
use crate::sql::{TokenKind, tokens};
use crate::value::Value;

/// A statement with its parameters written into it.
pub fn with_literals(sql: &str, arguments: &[Value<'_>]) -> Result<String, ServerError> {
    let mut text = String::with_capacity(sql.len() + 16 * arguments.len());
    for token in tokens(sql) {
        let argument = (token.kind == TokenKind::Parameter)
            .then(|| token.text.trim_start_matches('$').parse::<usize>().ok()?.checked_sub(1))
            .flatten()
            .and_then(|place| arguments.get(place));
        match argument {
            Some(value) => push_literal(value, &mut text)?,
            None => text.push_str(token.text),
        }
    }
    Ok(text)
}

/// Appends a value as a literal (PostgreSQL docs, 4.1.2.1 and 4.1.2.2).
fn push_literal(value: &Value<'_>, out: &mut String) -> Result<(), ServerError> {
    if matches!(value, Value::Null) {
        out.push_str("NULL");
        return Ok(());
    }
    let plain = value.to_string();
    if plain.contains('\0') {
        return Err(ServerError::bad_value("text with a NUL byte cannot be sent to PostgreSQL".to_owned()));
    }
    // A backslash means itself in '…' only where standard_conforming_strings is on; in E'…' it is always doubled.
    // The space keeps the E apart from a word before it.
    let escaped = plain.contains('\\');
    out.push_str(if escaped { " E'" } else { "'" });
    for letter in plain.chars() {
        match letter {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            letter => out.push(letter),
        }
    }
    out.push('\'');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(value: Value<'_>) -> String {
        with_literals("$1", &[value]).expect("it can be written")
    }

    #[test]
    fn every_kind_of_value_is_quoted() {
        for (value, expected) in [
            (Value::Null, "NULL"),
            (Value::Bool(true), "'t'"),
            (Value::Int(-5), "'-5'"),
            (Value::Decimal { units: -5, scale: 2 }, "'-0.05'"),
            (Value::Bytes(vec![0, 255].into()), " E'\\\\x00ff'"),
            (Value::Timestamp(0), "'1970-01-01T00:00:00Z'"),
            (
                Value::Array(vec![Value::Int(1), Value::Null, Value::Text("a\"b".into())]),
                " E'{\"1\",NULL,\"a\\\\\"b\"}'",
            ),
        ] {
            assert_eq!(literal(value.clone()), expected, "{value:?}");
        }
    }

    #[test]
    fn nothing_escapes_from_its_quotes() {
        for (text, expected) in [
            ("it's", "'it''s'"),
            ("'; DROP TABLE users; --", "'''; DROP TABLE users; --'"),
            ("a\\", " E'a\\\\'"),
            ("\\'", " E'\\\\'''"),
        ] {
            assert_eq!(literal(Value::Text(text.into())), expected);
        }
        assert!(with_literals("$1", &[Value::Text("a\0b".into())]).is_err());
    }

    #[test]
    fn only_parameters_are_replaced() {
        let text = with_literals("SELECT $1, '$1', $$ $1 $$, $2::int -- $2", &[Value::Int(1), Value::Int(2)]);
        assert_eq!(text.expect("it can be written"), "SELECT '1', '$1', $$ $1 $$, '2'::int -- $2");
    }
}
