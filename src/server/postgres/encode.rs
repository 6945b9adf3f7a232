//! Values in PostgreSQL's binary format, for COPY and for parameters alike.
//!
//! A parameter's type is the server's choice, so any value that can be read as that type is: a number as text, text as
//! a moment. The formats are those of the `*_recv` functions of the server's sources (`src/backend/utils/adt`).

use super::decode::{EPOCH_DAYS, EPOCH_MICROS};
use crate::schema::Type;
use crate::value::Value;
use jiff::civil;
use jiff::{Span, Timestamp};
use std::io::Write as _;
use std::net::IpAddr;

pub use super::decode::decode;

/// A value that cannot be written as the type that is wanted.
#[derive(Debug, thiserror::Error)]
#[error("{value} does not fit type {data_type}")]
pub struct Misfit {
    /// The value, in words.
    pub value: String,
    /// The type.
    pub data_type: String,
}

impl Misfit {
    fn new(value: &Value<'_>, data_type: &Type) -> Self {
        Self { value: format!("`{value}`"), data_type: format!("{data_type:?}") }
    }
}

/// Appends the binary form of `value`, without its length; `false` stands for NULL, of which nothing is appended.
pub fn encode(value: &Value<'_>, data_type: &Type, out: &mut Vec<u8>) -> Result<bool, Misfit> {
    if matches!(value, Value::Null) {
        return Ok(false);
    }
    let misfit = || Misfit::new(value, data_type);
    match data_type {
        Type::Text | Type::Enum(_) | Type::Other(_) => text(value, out),
        Type::Int8 => out.extend_from_slice(&whole(value).ok_or_else(misfit)?.to_be_bytes()),
        Type::Int4 => out.extend_from_slice(&narrow::<i32>(value).ok_or_else(misfit)?.to_be_bytes()),
        Type::Int2 => out.extend_from_slice(&narrow::<i16>(value).ok_or_else(misfit)?.to_be_bytes()),
        Type::Bool => out.push(u8::from(boolean(value).ok_or_else(misfit)?)),
        Type::Float8 => out.extend_from_slice(&float(value).ok_or_else(misfit)?.to_be_bytes()),
        Type::Float4 => out.extend_from_slice(&(float(value).ok_or_else(misfit)? as f32).to_be_bytes()),
        Type::Numeric { .. } => {
            let (units, scale) = decimal(value).ok_or_else(misfit)?;
            numeric(units, scale, out);
        }
        Type::Timestamp { .. } => {
            let micros = moment(value).ok_or_else(misfit)?;
            out.extend_from_slice(&micros.saturating_sub(EPOCH_MICROS).to_be_bytes());
        }
        Type::Date => out.extend_from_slice(&date(value).ok_or_else(misfit)?.saturating_sub(EPOCH_DAYS).to_be_bytes()),
        Type::Time => out.extend_from_slice(&time(value).ok_or_else(misfit)?.to_be_bytes()),
        Type::Interval => {
            let (months, days, micros) = interval(value).ok_or_else(misfit)?;
            out.extend_from_slice(&micros.to_be_bytes());
            out.extend_from_slice(&days.to_be_bytes());
            out.extend_from_slice(&months.to_be_bytes());
        }
        Type::Uuid => out.extend_from_slice(&uuid(value).ok_or_else(misfit)?),
        Type::Bytes => bytes(value, out),
        Type::Json { binary } => json(value, *binary, out),
        Type::Inet => inet(value, out).ok_or_else(misfit)?,
        Type::Array { of, oid } => array(value, of, *oid, out)?,
    }
    Ok(true)
}

/// Appends a field as COPY and Bind have it: its length, then its bytes; -1 for NULL.
pub(super) fn field(value: &Value<'_>, data_type: &Type, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let start = out.len();
    out.extend_from_slice(&(-1i32).to_be_bytes());
    if encode(value, data_type, out)? {
        let length = (out.len() - start - 4) as i32;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

fn text(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => out.extend_from_slice(text.as_bytes()),
        value => write!(out, "{value}").expect("writing to a vector cannot fail"),
    }
}

fn whole(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Float(value) if value.abs() < 9.2e18 => Some(value.round() as i64),
        Value::Decimal { units, scale } => {
            let unit = 10i128.checked_pow(u32::from(*scale))?;
            i64::try_from((units + units.signum() * unit / 2) / unit).ok()
        }
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn narrow<T: TryFrom<i64>>(value: &Value<'_>) -> Option<T> {
    T::try_from(whole(value)?).ok()
}

fn boolean(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(value) => Some(*value != 0),
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "t" | "true" | "on" | "yes" | "1" => Some(true),
            "f" | "false" | "off" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn float(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Float(value) => Some(*value),
        Value::Int(value) => Some(*value as f64),
        Value::Decimal { units, scale } => Some(*units as f64 / 10f64.powi(i32::from(*scale))),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn decimal(value: &Value<'_>) -> Option<(i128, u8)> {
    match value {
        Value::Decimal { units, scale } => Some((*units, *scale)),
        Value::Int(value) => Some((i128::from(*value), 0)),
        // The shortest text that reads as the same number.
        Value::Float(value) if value.is_finite() => digits(&value.to_string()),
        Value::Text(text) => digits(text.trim()),
        _ => None,
    }
}

fn digits(text: &str) -> Option<(i128, u8)> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    Some((format!("{whole}{rest}").parse().ok()?, u8::try_from(rest.len()).ok()?))
}

/// Groups of four decimal digits, the point between two groups (`numeric_recv`).
fn numeric(units: i128, scale: u8, out: &mut Vec<u8>) {
    const SIGN_MINUS: u16 = 0x4000;
    let pad = u32::from((4 - scale % 4) % 4);
    let Some(mut rest) = units.unsigned_abs().checked_mul(10u128.pow(pad)) else {
        // Beyond 35 digits: cut the last ones rather than the number.
        return numeric(units / 10, scale.saturating_sub(1), out);
    };
    let mut groups = [0u16; 12];
    let mut count = 0;
    while rest > 0 {
        // Nearly all numbers are short, and short division is ten times faster.
        (groups[count], rest) = match u64::try_from(rest) {
            Ok(rest) => ((rest % 10_000) as u16, u128::from(rest / 10_000)),
            Err(_) => ((rest % 10_000) as u16, rest / 10_000),
        };
        count += 1;
    }
    let behind = (u32::from(scale) + pad) / 4;
    let weight = count as i16 - 1 - behind as i16;
    out.extend_from_slice(&(count as i16).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&(if units < 0 { SIGN_MINUS } else { 0 }).to_be_bytes());
    out.extend_from_slice(&u16::from(scale).to_be_bytes());
    groups[..count].iter().rev().for_each(|group| out.extend_from_slice(&group.to_be_bytes()));
}

fn moment(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Timestamp(micros) => Some(*micros),
        Value::Date(days) => Some(i64::from(*days) * 86_400_000_000),
        Value::Text(text) => match text.trim() {
            "infinity" => Some(i64::MAX),
            "-infinity" => Some(i64::MIN),
            text => text_moment(text),
        },
        _ => None,
    }
}

/// With an offset, else in UTC.
fn text_moment(text: &str) -> Option<i64> {
    let zoned = text.parse::<Timestamp>().ok();
    let local = || text.parse::<civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    Some(zoned.or_else(|| local().map(|zoned| zoned.timestamp()))?.as_microsecond())
}

fn date(value: &Value<'_>) -> Option<i32> {
    match value {
        Value::Date(days) => Some(*days),
        Value::Timestamp(micros) => i32::try_from(micros.div_euclid(86_400_000_000)).ok(),
        Value::Text(text) => {
            let date = text.trim().parse::<civil::Date>().ok()?;
            let since = date.since(civil::Date::constant(1970, 1, 1)).ok()?;
            Some(since.get_days())
        }
        _ => None,
    }
}

fn time(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Time(micros) => Some(*micros),
        Value::Text(text) => {
            let since = text.trim().parse::<civil::Time>().ok()?.since(civil::Time::midnight()).ok()?;
            since.total(jiff::Unit::Microsecond).ok().map(|micros| micros as i64)
        }
        _ => None,
    }
}

/// Months, days, microseconds.
fn interval(value: &Value<'_>) -> Option<(i32, i32, i64)> {
    match value {
        Value::Interval(micros) => Some((0, 0, *micros)),
        Value::Int(seconds) => Some((0, 0, seconds.checked_mul(1_000_000)?)),
        Value::Text(text) => {
            let span = text.trim().parse::<Span>().ok()?;
            let months = i32::from(span.get_years()) * 12 + span.get_months();
            let days = span.get_weeks() * 7 + span.get_days();
            let time = Span::new().hours(span.get_hours()).minutes(span.get_minutes()).seconds(span.get_seconds());
            let micros = time.total(jiff::Unit::Microsecond).ok()? as i64;
            Some((months, days, micros + span.get_milliseconds() * 1000 + span.get_microseconds()))
        }
        _ => None,
    }
}

fn uuid(value: &Value<'_>) -> Option<[u8; 16]> {
    match value {
        Value::Uuid(bytes) => Some(*bytes),
        Value::Text(text) => {
            let digits: String = text.chars().filter(|&character| character != '-').collect();
            let fits = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            fits.then(|| u128::from_str_radix(&digits, 16).ok()).flatten().map(u128::to_be_bytes)
        }
        _ => None,
    }
}

fn bytes(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        value => text(value, out),
    }
}

fn json(value: &Value<'_>, binary: bool, out: &mut Vec<u8>) {
    if binary {
        // The version of the format.
        out.push(1);
    }
    let written = match value {
        Value::Text(text) => out.write_all(text.as_bytes()),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(_) | Value::Float(_) | Value::Decimal { .. } => write!(out, "{value}"),
        value => write!(out, "\"{value}\""),
    };
    written.expect("writing to a vector cannot fail");
}

/// Family, prefix, whether it is a network, length, address (`network_recv`).
fn inet(value: &Value<'_>, out: &mut Vec<u8>) -> Option<()> {
    const FAMILIES: (u8, u8) = (2, 3);
    let Value::Text(text) = value else { return None };
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (text.as_ref(), None),
    };
    match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => {
            out.extend([FAMILIES.0, prefix.unwrap_or(32), 0, 4]);
            out.extend(address.octets());
        }
        IpAddr::V6(address) => {
            out.extend([FAMILIES.1, prefix.unwrap_or(128), 0, 16]);
            out.extend(address.octets());
        }
    }
    Some(())
}

/// Dimensions, whether there are NULLs, the element's type, then each dimension's length and lower bound, then the
/// elements (`array_recv`).
fn array(value: &Value<'_>, of: &Type, oid: u32, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let Value::Array(items) = value else {
        let data_type = Type::Array { of: Box::new(of.clone()), oid };
        return Err(Misfit::new(value, &data_type));
    };
    out.extend_from_slice(&i32::from(!items.is_empty()).to_be_bytes());
    out.extend_from_slice(&i32::from(items.contains(&Value::Null)).to_be_bytes());
    out.extend_from_slice(&oid.to_be_bytes());
    if !items.is_empty() {
        out.extend_from_slice(&(items.len() as i32).to_be_bytes());
        out.extend_from_slice(&1i32.to_be_bytes());
    }
    items.iter().try_for_each(|item| field(item, of, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric_type() -> Type {
        Type::Numeric { precision: None, scale: 0 }
    }

    fn back(value: &Value<'_>, data_type: &Type) -> Value<'static> {
        let mut out = Vec::new();
        assert!(encode(value, data_type, &mut out).expect("it fits"), "{value} is not null");
        decode(&out, data_type).expect("it can be read")
    }

    #[test]
    fn values_come_back_as_they_went() {
        let array = Type::Array { of: Box::new(Type::Int4), oid: 23 };
        let table = [
            (Value::Bool(true), Type::Bool),
            (Value::Int(-7), Type::Int2),
            (Value::Int(-70_000), Type::Int4),
            (Value::Int(i64::MIN), Type::Int8),
            (Value::Float(1.5), Type::Float4),
            (Value::Float(-0.1), Type::Float8),
            (Value::Decimal { units: -12_345_678, scale: 3 }, numeric_type()),
            (Value::Decimal { units: 100_000, scale: 2 }, numeric_type()),
            (Value::Decimal { units: 1, scale: 9 }, numeric_type()),
            (Value::Decimal { units: 0, scale: 2 }, numeric_type()),
            (Value::Decimal { units: 10i128.pow(30), scale: 0 }, numeric_type()),
            (Value::Text("é".into()), Type::Text),
            (Value::Bytes(vec![0, 1].into()), Type::Bytes),
            (Value::Timestamp(1_700_000_000_000_001), Type::Timestamp { zoned: true }),
            (Value::Date(-3), Type::Date),
            (Value::Time(1), Type::Time),
            (Value::Interval(-5), Type::Interval),
            (Value::Uuid([7; 16]), Type::Uuid),
            (Value::Text("{}".into()), Type::Json { binary: true }),
            (Value::Text("10.1.2.3".into()), Type::Inet),
            (Value::Text("2001:db8::/32".into()), Type::Inet),
            (Value::Array(vec![Value::Int(1), Value::Null]), array.clone()),
            (Value::Array(vec![]), array),
        ];
        for (value, data_type) in table {
            assert_eq!(back(&value, &data_type), value, "{data_type:?}");
        }
    }

    #[test]
    fn a_value_is_read_as_the_type_that_the_server_wants() {
        let table = [
            (Value::Int(5), Type::Text, Value::Text("5".into())),
            (Value::Text("5".into()), Type::Int4, Value::Int(5)),
            (Value::Decimal { units: 250, scale: 2 }, Type::Int4, Value::Int(3)),
            (Value::Float(2.5), numeric_type(), Value::Decimal { units: 25, scale: 1 }),
            (Value::Int(3), Type::Float8, Value::Float(3.0)),
            (
                Value::Text("2023-11-14 22:13:20".into()),
                Type::Timestamp { zoned: false },
                Value::Timestamp(1_700_000_000_000_000),
            ),
            (Value::Text("1970-01-03".into()), Type::Date, Value::Date(2)),
            (Value::Text("30 seconds".into()), Type::Interval, Value::Interval(30_000_000)),
            (Value::Text("yes".into()), Type::Bool, Value::Bool(true)),
            (Value::Int(7), Type::Json { binary: true }, Value::Text("7".into())),
        ];
        for (value, data_type, expected) in table {
            assert_eq!(back(&value, &data_type), expected, "{value} as {data_type:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_named() {
        let mut out = Vec::new();
        let refused = encode(&Value::Int(40_000), &Type::Int2, &mut out).expect_err("too large");
        assert_eq!(refused.to_string(), "`40000` does not fit type Int2");
        assert!(encode(&Value::Text("soon".into()), &Type::Date, &mut out).is_err());
        assert!(encode(&Value::Int(1), &Type::Array { of: Box::new(Type::Int4), oid: 23 }, &mut out).is_err());
    }

    #[test]
    fn null_is_null_for_every_type() {
        let mut out = Vec::new();
        assert!(!encode(&Value::Null, &Type::Uuid, &mut out).expect("null fits"));
        assert!(out.is_empty());
    }
}
