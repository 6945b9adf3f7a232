//! Values in PostgreSQL's binary format, for COPY and for parameters alike.

use crate::schema::Type;
use crate::value::Value;

/// A value that cannot be written as the type that is wanted.
#[derive(Debug, thiserror::Error)]
#[error("{value} does not fit type {data_type}")]
pub struct Misfit {
    /// The value, in words.
    pub value: String,
    /// The type.
    pub data_type: String,
}

/// Appends the binary form of `value`, without its length; `false` stands for NULL, of which nothing is appended.
pub fn encode(value: &Value<'_>, data_type: &Type, out: &mut Vec<u8>) -> Result<bool, Misfit> {
    match (value, data_type) {
        (Value::Null, _) => return Ok(false),
        (Value::Bool(value), Type::Bool) => out.push(u8::from(*value)),
        (Value::Int(value), Type::Int4) => out.extend((*value as i32).to_be_bytes()),
        (Value::Int(value), Type::Int8) => out.extend(value.to_be_bytes()),
        (Value::Text(text), Type::Text) => out.extend(text.as_bytes()),
        (value, data_type) => {
            return Err(Misfit { value: format!("{value:?}"), data_type: format!("{data_type:?}") });
        }
    }
    Ok(true)
}

/// The value of a binary field.
#[must_use]
pub fn decode(bytes: &[u8], data_type: &Type) -> Option<Value<'static>> {
    Some(match data_type {
        Type::Bool => Value::Bool(*bytes.first()? != 0),
        Type::Int4 => Value::Int(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))),
        Type::Int8 => Value::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
        Type::Text | Type::Enum(_) => Value::Text(String::from_utf8_lossy(bytes).into_owned().into()),
        _ => return None,
    })
}
