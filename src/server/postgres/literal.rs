//! Values as SQL literals, for the simple protocol.
//!
//! All are quoted, numbers too: the server then infers their type as it would for a parameter, and `-:x`
//! with a negative number does not become a comment.

use super::ServerError;
use crate::sql::{TokenKind, tokens};
use crate::value::Value;
use std::fmt::Write as _;

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
    let plain = plain(value);
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

/// A value as PostgreSQL's input functions read it.
fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) if value.is_infinite() => if *value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        Value::Float(value) => value.to_string(),
        Value::Decimal { units, scale } => decimal(*units, usize::from(*scale)),
        Value::Text(text) => text.clone().into_owned(),
        Value::Bytes(bytes) => format!("\\x{}", hex(bytes)),
        Value::Timestamp(micros) => {
            let (days, rest) = (micros.div_euclid(MICROS_A_DAY), micros.rem_euclid(MICROS_A_DAY));
            match date(days) {
                (day, _) if day.ends_with("infinity") => day,
                (day, era) => format!("{day} {}+00{era}", time(rest)),
            }
        }
        Value::Date(days) => {
            let (day, era) = date(i64::from(*days));
            format!("{day}{era}")
        }
        Value::Time(micros) => time(*micros),
        Value::Interval(micros) => format!("{micros} microseconds"),
        Value::Uuid(bytes) => hex(bytes),
        Value::Array(items) => array(items),
    }
}

const MICROS_A_DAY: i64 = 86_400_000_000;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written");
        text
    })
}

fn decimal(units: i128, scale: usize) -> String {
    if scale == 0 {
        return units.to_string();
    }
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if units < 0 { "-" } else { "" })
}

fn time(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    format!("{:02}:{:02}:{:02}.{fraction:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A day as `year-month-day`, and ` BC` where it is needed; days beyond the years ±9999 are the infinities.
fn date(days: i64) -> (String, &'static str) {
    let epoch = jiff::civil::date(1970, 1, 1);
    match jiff::Span::new().try_days(days).and_then(|span| epoch.checked_add(span)) {
        Ok(day) if day.year() > 0 => (format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()), ""),
        Ok(day) => (format!("{:04}-{:02}-{:02}", 1 - day.year(), day.month(), day.day()), " BC"),
        Err(_) if days > 0 => ("infinity".to_owned(), ""),
        Err(_) => ("-infinity".to_owned(), ""),
    }
}

fn array(items: &[Value<'_>]) -> String {
    let mut text = String::from("{");
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        match item {
            Value::Null => text.push_str("NULL"),
            Value::Array(inner) => text.push_str(&array(inner)),
            item => {
                text.push('"');
                for letter in plain(item).chars() {
                    if matches!(letter, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(letter);
                }
                text.push('"');
            }
        }
    }
    text.push('}');
    text
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
            (Value::Bool(true), "'true'"),
            (Value::Int(-5), "'-5'"),
            (Value::Float(0.1), "'0.1'"),
            (Value::Float(f64::NEG_INFINITY), "'-Infinity'"),
            (Value::Decimal { units: -5, scale: 2 }, "'-0.05'"),
            (Value::Decimal { units: 12_345, scale: 2 }, "'123.45'"),
            (Value::Bytes(vec![0, 255].into()), " E'\\\\x00ff'"),
            (Value::Timestamp(0), "'1970-01-01 00:00:00.000000+00'"),
            (Value::Timestamp(-1), "'1969-12-31 23:59:59.999999+00'"),
            (Value::Date(19_782), "'2024-02-29'"),
            (Value::Date(-719_163), "'0001-12-31 BC'"),
            (Value::Time(3_661_000_001), "'01:01:01.000001'"),
            (Value::Interval(1_500_000), "'1500000 microseconds'"),
            (Value::Uuid([0x11; 16]), "'11111111111111111111111111111111'"),
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
