//! PostgreSQL's binary format as values: the answers of statements.

use crate::schema::Type;
use crate::value::Value;
use std::net::{Ipv4Addr, Ipv6Addr};

/// 2000-01-01, from which the server counts, in days since 1970.
pub(super) const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
pub(super) const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// The value of a binary field; `None` for types whose binary form is not known here.
#[must_use]
pub fn decode(bytes: &[u8], data_type: &Type) -> Option<Value<'static>> {
    Some(match data_type {
        Type::Bool => Value::Bool(*bytes.first()? != 0),
        Type::Int2 => Value::Int(i64::from(i16::from_be_bytes(bytes.try_into().ok()?))),
        Type::Int4 => Value::Int(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))),
        Type::Int8 => Value::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
        Type::Float4 => Value::Float(f64::from(f32::from_be_bytes(bytes.try_into().ok()?))),
        Type::Float8 => Value::Float(f64::from_be_bytes(bytes.try_into().ok()?)),
        Type::Numeric { .. } => numeric(bytes)?,
        Type::Text | Type::Enum(_) | Type::Json { binary: false } => text(bytes),
        Type::Json { binary: true } => text(bytes.get(1..)?),
        Type::Bytes => Value::Bytes(bytes.to_vec().into()),
        // The ends of time are the ends of the numbers, and stay there.
        Type::Timestamp { .. } => {
            Value::Timestamp(i64::from_be_bytes(bytes.try_into().ok()?).saturating_add(EPOCH_MICROS))
        }
        Type::Date => Value::Date(i32::from_be_bytes(bytes.try_into().ok()?).saturating_add(EPOCH_DAYS)),
        Type::Time => Value::Time(i64::from_be_bytes(bytes.try_into().ok()?)),
        Type::Interval => interval(bytes)?,
        Type::Uuid => Value::Uuid(bytes.try_into().ok()?),
        Type::Inet => inet(bytes)?,
        Type::Array { of, .. } => array(bytes, of)?,
        Type::Other(_) => return None,
    })
}

fn text(bytes: &[u8]) -> Value<'static> {
    Value::Text(String::from_utf8_lossy(bytes).into_owned().into())
}

/// The next so many bytes.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn numeric(mut bytes: &[u8]) -> Option<Value<'static>> {
    let groups = i32::from(u16::from_be_bytes(take(&mut bytes)?));
    let weight = i32::from(i16::from_be_bytes(take(&mut bytes)?));
    let sign = u16::from_be_bytes(take(&mut bytes)?);
    let scale = u16::from_be_bytes(take(&mut bytes)?);
    if sign != 0 && sign != 0x4000 {
        let name = if sign == 0xc000 {
            "NaN"
        } else if sign == 0xd000 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return Some(Value::Text(name.into()));
    }
    let mut units = 0i128;
    for _ in 0..groups {
        units = units.checked_mul(10_000)?.checked_add(i128::from(u16::from_be_bytes(take(&mut bytes)?)))?;
    }
    // Trailing zero groups are left out on the wire, and a last group may reach behind the scale.
    let exponent = (weight - groups + 1) * 4 + i32::from(scale);
    units = match u32::try_from(exponent) {
        Ok(missing) => units.checked_mul(10i128.checked_pow(missing)?)?,
        Err(_) => units / 10i128.checked_pow(exponent.unsigned_abs())?,
    };
    Some(Value::Decimal { units: if sign == 0 { units } else { -units }, scale: u8::try_from(scale).ok()? })
}

fn interval(mut bytes: &[u8]) -> Option<Value<'static>> {
    let micros = i64::from_be_bytes(take(&mut bytes)?);
    let days = i32::from_be_bytes(take(&mut bytes)?);
    let months = i32::from_be_bytes(take(&mut bytes)?);
    Some(match months {
        0 => Value::Interval(micros.checked_add(i64::from(days) * 86_400_000_000)?),
        // A month has no length.
        months => Value::Text(format!("{months} months {days} days {micros} microseconds").into()),
    })
}

fn inet(bytes: &[u8]) -> Option<Value<'static>> {
    let (header, address) = bytes.split_first_chunk::<4>()?;
    let (address, whole) = match address.len() {
        4 => (Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).to_string(), 32),
        16 => (Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).to_string(), 128),
        _ => return None,
    };
    Some(Value::Text(if header[1] == whole { address.into() } else { format!("{address}/{}", header[1]).into() }))
}

fn array(mut bytes: &[u8], of: &Type) -> Option<Value<'static>> {
    let dimensions = i32::from_be_bytes(take(&mut bytes)?);
    let _has_nulls = take::<4>(&mut bytes)?;
    let _element = take::<4>(&mut bytes)?;
    if dimensions == 0 {
        return Some(Value::Array(Vec::new()));
    }
    if dimensions != 1 {
        return None;
    }
    let length = i32::from_be_bytes(take(&mut bytes)?);
    let _lower_bound = take::<4>(&mut bytes)?;
    let mut items = Vec::with_capacity(usize::try_from(length).ok()?.min(bytes.len()));
    for _ in 0..length {
        match usize::try_from(i32::from_be_bytes(take(&mut bytes)?)) {
            Err(_) => items.push(Value::Null),
            Ok(size) => {
                items.push(decode(bytes.get(..size)?, of)?);
                bytes = &bytes[size..];
            }
        }
    }
    Some(Value::Array(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_cut_short_give_nothing() {
        for data_type in
            [Type::Int8, Type::Numeric { precision: None, scale: 0 }, Type::Interval, Type::Inet, Type::Uuid]
        {
            assert_eq!(decode(&[0, 1], &data_type), None, "{data_type:?}");
        }
        assert_eq!(decode(&[0, 0, 0, 1], &Type::Array { of: Box::new(Type::Int4), oid: 23 }), None);
    }

    #[test]
    fn zeros_that_the_wire_leaves_out_come_back() {
        // 100000.00 is one group, 10, of weight 1.
        let wire = [0, 1, 0, 1, 0, 0, 0, 2, 0, 10];
        let value = decode(&wire, &Type::Numeric { precision: None, scale: 0 });
        assert_eq!(value, Some(Value::Decimal { units: 10_000_000, scale: 2 }));
    }
}
