//! One cell, whichever server it goes to and wherever it came from.
//!
//! A value knows no wire format: the server's room encodes it for the type that a column or a
//! parameter turns out to have.

use std::borrow::Cow;

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
