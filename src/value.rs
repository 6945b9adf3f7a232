//! One cell, whichever server it goes to and wherever it came from.
//!
//! A value knows no wire format: the server's room encodes it for the type that a column or a
//! parameter turns out to have.

use jiff::Timestamp;
use jiff::civil::Date;
use std::borrow::Cow;
use std::fmt;

/// A cell of a row, a parameter of a statement, or an answer's field.
///
/// Text is borrowed where it comes from a dictionary, so that making a row allocates nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// SQL's NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any integer; the encoder narrows it and refuses what does not fit.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// An exact decimal: `units` × 10^-`scale`.
    Decimal {
        /// The digits, with the sign.
        units: i128,
        /// How many of the digits stand behind the point.
        scale: u8,
    },
    /// Text, and whatever is written as text: JSON, enum labels, types without a form of their own.
    Text(Cow<'a, str>),
    /// Raw bytes.
    Bytes(Cow<'a, [u8]>),
    /// Microseconds since 1970-01-01 00:00 UTC.
    Timestamp(i64),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds; months and days are never generated, for their length varies.
    Interval(i64),
    /// A UUID, big-endian.
    Uuid([u8; 16]),
    /// A one-dimensional array.
    Array(Vec<Value<'a>>),
}

impl Value<'_> {
    /// The same value, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            Self::Decimal { units, scale } => Value::Decimal { units, scale },
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            Self::Timestamp(micros) => Value::Timestamp(micros),
            Self::Date(days) => Value::Date(days),
            Self::Time(micros) => Value::Time(micros),
            Self::Interval(micros) => Value::Interval(micros),
            Self::Uuid(bytes) => Value::Uuid(bytes),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
        }
    }
}

/// As servers read it in text: `null`, `t`, `12.50`, `2024-03-31T12:00:00Z`, `{1,2}`. Text is itself, without quotes.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => f.write_str(if *value { "t" } else { "f" }),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Decimal { units, scale } => decimal(f, *units, usize::from(*scale)),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => {
                f.write_str("\\x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Timestamp(micros) => match Timestamp::from_microsecond(*micros) {
                Ok(moment) => write!(f, "{moment}"),
                Err(_) => f.write_str(if *micros < 0 { "-infinity" } else { "infinity" }),
            },
            Self::Date(days) => match Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(*days)) {
                Ok(date) => write!(f, "{date}"),
                Err(_) => f.write_str(if *days < 0 { "-infinity" } else { "infinity" }),
            },
            Self::Time(micros) => {
                let seconds = micros / 1_000_000;
                let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
                write!(f, "{hours:02}:{minutes:02}:{:02}.{:06}", seconds % 60, micros % 1_000_000)
            }
            Self::Interval(micros) => write!(f, "{micros} microseconds"),
            Self::Uuid(bytes) => {
                for (place, byte) in bytes.iter().enumerate() {
                    let hyphen = if [4, 6, 8, 10].contains(&place) { "-" } else { "" };
                    write!(f, "{hyphen}{byte:02x}")?;
                }
                Ok(())
            }
            Self::Array(items) => array(f, items),
        }
    }
}

fn decimal(f: &mut fmt::Formatter<'_>, units: i128, scale: usize) -> fmt::Result {
    let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    let sign = if units < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    write!(f, "{sign}{whole}{point}{rest}")
}

fn array(f: &mut fmt::Formatter<'_>, items: &[Value<'_>]) -> fmt::Result {
    f.write_str("{")?;
    for (place, item) in items.iter().enumerate() {
        f.write_str(if place == 0 { "" } else { "," })?;
        match item {
            Value::Null => f.write_str("NULL")?,
            item => write!(f, "\"{}\"", item.to_string().replace('\\', "\\\\").replace('"', "\\\""))?,
        }
    }
    f.write_str("}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_servers_read_them() {
        let table = [
            (Value::Decimal { units: -1205, scale: 2 }, "-12.05"),
            (Value::Decimal { units: 5, scale: 3 }, "0.005"),
            (Value::Decimal { units: 7, scale: 0 }, "7"),
            (Value::Bytes(vec![0, 255].into()), "\\x00ff"),
            (Value::Timestamp(1_700_000_000_000_000), "2023-11-14T22:13:20Z"),
            (Value::Date(-1), "1969-12-31"),
            (Value::Time(3_661_000_001), "01:01:01.000001"),
            (Value::Array(vec![Value::Int(1), Value::Null, Value::Text("a\"b".into())]), r#"{"1",NULL,"a\"b"}"#),
        ];
        for (value, text) in table {
            assert_eq!(value.to_string(), text);
        }
    }
}
