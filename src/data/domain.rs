//! Numbered sets of values: what a column chooses from.
//!
//! Indices above a set's size are allowed where the set goes on (whole numbers, names with a number), so rows above
//! the seeded ones have values of their own; where it does not, they begin again.

use super::column::{Column, Scratch};
use super::hash::{Salt, below, mix};
use super::source::NOWHERE;
use super::text::Wording;
use crate::value::Value;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

/// Values by their number.
#[derive(Clone, Debug)]
pub(super) enum Domain {
    /// `low`, `low + step`, …
    Whole { low: i64, step: i64 },
    /// `low`, `low + 1`, … units of the last decimal.
    Decimal { low: i128, scale: u8 },
    /// `low`, `low + step`, …
    Real { low: f64, step: f64 },
    /// Microseconds since 1970.
    Moments { from: i64 },
    /// Days since 1970.
    Days { from: i32 },
    /// Seconds of a day.
    Times,
    /// Seconds.
    Intervals,
    /// A moment between that of another column of the same row, which is the index, and an end.
    After { base: Arc<Column>, until: i64, salt: Salt, dates: bool },
    /// Some values.
    Values(Vec<Value<'static>>),
    /// Lines of a file.
    Lines(Arc<[String]>),
    /// The cell of another table's row.
    Cell { column: Arc<Column>, rows: u64 },
    /// Text of a kind.
    Words(Wording),
    /// Random letters; the index is what they are made from.
    Letters { least: u32, most: u32 },
    /// Letters and digits of a fixed width: the index itself, base 36.
    Code { width: u32 },
    /// UUIDs, version 4.
    Uuid(Salt),
    /// Random bytes, the first eight of them one to one.
    Bytes { least: u32, most: u32, salt: Salt },
    /// A document; each key's cell is that of row index.
    Document(Vec<(String, Column)>),
    /// An array; its elements are cells of rows of their own.
    Array { least: u32, most: u32, of: Box<Column>, salt: Salt },
}

impl Domain {
    /// The value of that number.
    pub(super) fn value<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Value<'a> {
        match self {
            Self::Whole { low, step } => Value::Int(low.wrapping_add(step.wrapping_mul(index as i64))),
            Self::Decimal { low, scale } => Value::Decimal { units: low + i128::from(index), scale: *scale },
            Self::Real { low, step } => Value::Float(low + step * index as f64),
            Self::Moments { from } => Value::Timestamp(from.saturating_add_unsigned(index)),
            Self::Days { from } => Value::Date(from.saturating_add_unsigned(index as u32)),
            Self::Times => Value::Time((index % 86_400) as i64 * 1_000_000),
            Self::Intervals => Value::Interval((index as i64).saturating_mul(1_000_000)),
            Self::After { base, until, salt, dates } => after(base, *until, *salt, *dates, index),
            Self::Values(values) => borrowed(&values[(index % values.len() as u64) as usize]),
            Self::Lines(lines) => Value::Text(Cow::Borrowed(&lines[(index % lines.len() as u64) as usize])),
            Self::Cell { rows: 0, .. } => Value::Null,
            Self::Cell { .. } if index == NOWHERE => Value::Null,
            Self::Cell { column, rows } => column.value(index % rows, scratch),
            Self::Words(wording) => wording.value(index, scratch),
            Self::Letters { least, most } => letters(index, *least, *most, scratch),
            Self::Code { width } => code(index, *width, scratch),
            Self::Uuid(salt) => Value::Uuid(uuid(*salt, index)),
            Self::Bytes { least, most, salt } => bytes(index, *least, *most, *salt, scratch),
            Self::Document(keys) => document(keys, index, scratch),
            Self::Array { least, most, of, salt } => array(index, *least, *most, of, *salt, scratch),
        }
    }
}

/// The same value without a copy of its text.
fn borrowed<'a>(value: &'a Value<'static>) -> Value<'a> {
    match value {
        Value::Text(text) => Value::Text(Cow::Borrowed(text)),
        Value::Bytes(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
        other => other.clone(),
    }
}

/// Most follow soon, some much later: a cubed fraction of the time that is left.
fn after(base: &Column, until: i64, salt: Salt, dates: bool, row: u64) -> Value<'static> {
    const DAY: i64 = 86_400_000_000;
    let from = match base.owned(row) {
        Value::Timestamp(micros) => micros,
        Value::Date(days) => i64::from(days) * DAY,
        _ => return Value::Null,
    };
    let share = super::hash::fraction(salt.bits(row)).powi(3);
    let moment = from + ((until - from).max(0) as f64 * share) as i64;
    match dates {
        true => Value::Date(moment.div_euclid(DAY) as i32),
        false => Value::Timestamp(moment),
    }
}

fn letters(bits: u64, least: u32, most: u32, scratch: &mut Scratch) -> Value<'_> {
    let length = u64::from(least) + below(mix(bits), u64::from(most.saturating_sub(least)) + 1);
    let text = &mut scratch.text;
    text.clear();
    let mut state = bits;
    // Twelve letters from each 64 bits: 26^12 is below 2^57.
    for place in 0..length {
        if place % 12 == 0 {
            state = mix(bits.wrapping_add(place + 1));
        }
        text.push(char::from(b'a' + below(state, 26) as u8));
        state = state.wrapping_mul(26);
    }
    Value::Text(Cow::Borrowed(text))
}

/// How many codes of that width there are, at most 2^62.
pub(super) fn codes(width: u32) -> u64 {
    36u64.checked_pow(width).unwrap_or(u64::MAX).min(1 << 62)
}

fn code(index: u64, width: u32, scratch: &mut Scratch) -> Value<'_> {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let text = &mut scratch.text;
    text.clear();
    let mut rest = index % codes(width);
    for _ in 0..width {
        text.push(char::from(DIGITS[(rest % 36) as usize]));
        rest /= 36;
    }
    Value::Text(Cow::Borrowed(text))
}

/// RFC 9562, version 4; the 62 bits behind the variant are the index, scrambled one to one.
fn uuid(salt: Salt, index: u64) -> [u8; 16] {
    const LOW: u64 = (1 << 62) - 1;
    let high = (salt.bits(index) & !0xf000) | 0x4000;
    let mut low = index.wrapping_add(salt.bits(u64::MAX)) & LOW;
    // Each line is one to one modulo 2^62.
    low = (low ^ (low >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) & LOW;
    low = (low ^ (low >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) & LOW;
    low ^= low >> 31;
    ((u128::from(high) << 64) | u128::from(low | (1 << 63))).to_be_bytes()
}

fn bytes(index: u64, least: u32, most: u32, salt: Salt, scratch: &mut Scratch) -> Value<'_> {
    let first = salt.bits(index);
    let length = u64::from(least) + below(mix(first), u64::from(most.saturating_sub(least)) + 1);
    scratch.bytes.clear();
    for part in 0..length.div_ceil(8) {
        let bits = if part == 0 { first } else { mix(first.wrapping_add(part)) };
        scratch.bytes.extend(bits.to_be_bytes());
    }
    scratch.bytes.truncate(length as usize);
    Value::Bytes(Cow::Borrowed(&scratch.bytes))
}

fn document<'a>(keys: &[(String, Column)], row: u64, scratch: &'a mut Scratch) -> Value<'a> {
    let mut text = std::mem::take(&mut scratch.document);
    text.clear();
    text.push('{');
    for (place, (key, column)) in keys.iter().enumerate() {
        text.push_str(if place == 0 { "" } else { ", " });
        push_string(&mut text, key);
        text.push_str(": ");
        let nested = matches!(column.domain, Domain::Document(_));
        push_json(&mut text, &column.value(row, scratch), nested);
    }
    text.push('}');
    scratch.document = text;
    Value::Text(Cow::Borrowed(&scratch.document))
}

fn push_json(out: &mut String, value: &Value<'_>, is_json: bool) {
    let written = match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::Float(value) => write!(out, "{value}"),
        Value::Decimal { .. } => write!(out, "{value}"),
        Value::Text(text) if is_json => out.write_str(text),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                push_json(out, item, false);
            }
            out.write_str("]")
        }
        Value::Text(text) => {
            push_string(out, text);
            Ok(())
        }
        other => {
            push_string(out, &other.to_string());
            Ok(())
        }
    };
    written.expect("writing to a string cannot fail");
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            // U+0000 is valid JSON and refused by jsonb.
            '\0' => {}
            control if control < ' ' => {
                write!(out, "\\u{:04x}", u32::from(control)).expect("writing to a string cannot fail");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

fn array<'a>(index: u64, least: u32, most: u32, of: &Column, salt: Salt, scratch: &mut Scratch) -> Value<'a> {
    let length = u64::from(least) + below(salt.bits(index), u64::from(most.saturating_sub(least)) + 1);
    let first = index.wrapping_mul(u64::from(most.max(1)));
    Value::Array((0..length).map(|place| of.value(first.wrapping_add(place), scratch).into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn text(value: &Value<'_>) -> String {
        match value {
            Value::Text(text) => text.to_string(),
            other => panic!("{other:?} is no text"),
        }
    }

    #[test]
    fn uuids_are_of_version_four_and_never_come_twice() {
        let salt = Salt::new(1, &["t", "id"]);
        let made: HashSet<[u8; 16]> = (0..10_000).map(|index| uuid(salt, index)).collect();
        assert_eq!(made.len(), 10_000);
        assert!(made.iter().all(|uuid| uuid[6] >> 4 == 4 && uuid[8] >> 6 == 2));
        // The half that holds the index is one to one by itself.
        let halves: HashSet<&[u8]> = made.iter().map(|uuid| &uuid[8..]).collect();
        assert_eq!(halves.len(), 10_000);
    }

    #[test]
    fn codes_have_one_width_and_never_come_twice() {
        let scratch = &mut Scratch::default();
        let made: HashSet<String> = (0..1296).map(|index| text(&code(index, 2, scratch))).collect();
        assert_eq!(made.len(), 1296);
        assert!(made.iter().all(|code| code.len() == 2));
    }

    #[test]
    fn letters_keep_their_bounds() {
        let scratch = &mut Scratch::default();
        for bits in 0..500 {
            let length = text(&letters(mix(bits), 3, 30, scratch)).len();
            assert!((3..=30).contains(&length), "{length}");
        }
    }

    #[test]
    fn text_in_a_document_is_escaped() {
        let mut out = String::new();
        push_string(&mut out, "say \"\\\n\0\"");
        assert_eq!(out, r#""say \"\\\u000a\"""#);
    }
}
