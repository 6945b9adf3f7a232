//! A request with the places that its values come from, and the same filled in.

use super::super::perform::value;
use super::super::program::Source;
use crate::data::Drawn;
use crate::failure::Failure;
use crate::scenario::{HttpExpect, HttpRequest, Method, Piece, Template, json_reference};
use crate::sql::Reference;
use crate::value::Value;
use anyhow::Context as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write as _;
use std::time::Duration;

/// A request, ready to be filled any number of times.
pub(in super::super) struct Request {
    pub(super) method: Method,
    path: Vec<Part>,
    headers: Vec<(HeaderName, Vec<Part>)>,
    json: Option<Json>,
    pub(super) expect: HttpExpect,
    pub(super) timeout: Duration,
}

/// A request as it is sent.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// A body of JSON.
    pub(super) body: Option<Vec<u8>>,
}

/// A piece of a text.
enum Part {
    Text(String),
    Value(Source),
}

/// A body whose values are not known yet.
enum Json {
    Known(serde_json::Value),
    Value(Source),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Request {
    /// Resolves what the request refers to.
    pub(in super::super) fn new(
        request: &HttpRequest,
        source: &impl Fn(&Reference) -> anyhow::Result<Source>,
    ) -> anyhow::Result<Self> {
        let header = |(name, value): &(String, Template)| {
            let name: HeaderName = name.parse().with_context(|| format!("`{name}` cannot be the name of a header"))?;
            Ok((name, parts(value, source)?))
        };
        Ok(Self {
            method: request.method,
            path: parts(&request.path, source)?,
            headers: request.headers.iter().map(header).collect::<anyhow::Result<_>>()?,
            json: request.json.as_ref().map(|json| Json::new(json, source)).transpose()?,
            expect: request.expect.clone(),
            timeout: request.timeout,
        })
    }

    /// The request of one arrival.
    pub(super) fn fill(&self, drawn: &[Drawn], as_of: i64) -> Result<Filled, Failure> {
        let value = |source: &Source| value(source, drawn, &[], as_of).map(Value::into_owned);
        let path = text(&self.path, |source| Ok(escaped(&value(source)?.to_string())))?;
        let mut headers = HeaderMap::new();
        for (name, parts) in &self.headers {
            let text = text(parts, |source| Ok(value(source)?.to_string()))?;
            headers.append(name, HeaderValue::from_str(&text).map_err(|_| Failure::BadValue)?);
        }
        let json = self.json.as_ref().map(|json| json.fill(&value)).transpose()?;
        Ok(Filled { path, headers, body: json.map(|json| json.to_string().into_bytes()) })
    }
}

fn parts(template: &Template, source: &impl Fn(&Reference) -> anyhow::Result<Source>) -> anyhow::Result<Vec<Part>> {
    let part = |piece: &Piece| {
        Ok(match piece {
            Piece::Text(text) => Part::Text(text.clone()),
            Piece::Reference(reference) => Part::Value(source(reference)?),
        })
    };
    template.pieces.iter().map(part).collect()
}

fn text(parts: &[Part], value: impl Fn(&Source) -> Result<String, Failure>) -> Result<String, Failure> {
    let text = parts.iter().map(|part| match part {
        Part::Text(text) => Ok(text.clone()),
        Part::Value(source) => value(source),
    });
    text.collect()
}

/// A value within a path or a query: all but the unreserved characters of RFC 3986, 2.3 are percent-encoded.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => escaped.push(char::from(byte)),
            false => write!(escaped, "%{byte:02X}").expect("a string takes all that is written to it"),
        }
        escaped
    })
}

impl Json {
    fn new(json: &serde_json::Value, source: &impl Fn(&Reference) -> anyhow::Result<Source>) -> anyhow::Result<Self> {
        Ok(match json {
            serde_json::Value::String(text) => match json_reference(text) {
                Some(reference) => Self::Value(source(&reference)?),
                None => Self::Known(json.clone()),
            },
            serde_json::Value::Array(items) => {
                Self::Array(items.iter().map(|item| Self::new(item, source)).collect::<anyhow::Result<_>>()?)
            }
            serde_json::Value::Object(entries) => {
                let entry = |(name, json): (&String, _)| Ok((name.clone(), Self::new(json, source)?));
                Self::Object(entries.iter().map(entry).collect::<anyhow::Result<_>>()?)
            }
            known => Self::Known(known.clone()),
        })
    }

    fn fill(&self, value: &impl Fn(&Source) -> Result<Value<'static>, Failure>) -> Result<serde_json::Value, Failure> {
        Ok(match self {
            Self::Known(json) => json.clone(),
            Self::Value(source) => as_json(&value(source)?),
            Self::Array(items) => items.iter().map(|item| item.fill(value)).collect::<Result<_, _>>()?,
            Self::Object(entries) => {
                let entries = entries.iter().map(|(name, json)| Ok((name.clone(), json.fill(value)?)));
                serde_json::Value::Object(entries.collect::<Result<_, Failure>>()?)
            }
        })
    }
}

/// The JSON type that a value has. Decimals are text, as they are where their digits must not get lost.
fn as_json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Array(items) => items.iter().map(as_json).collect(),
        text => text.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;
    use crate::data::shape::{Literal, Shape, Values};
    use crate::scenario::Place;
    use crate::schema::Schema;
    use serde_json::json;

    fn request() -> HttpRequest {
        HttpRequest {
            method: Method::Post,
            path: Template::parse("/accounts/:name/days?of=:id"),
            headers: vec![("x-user".to_owned(), Template::parse("user :id"))],
            json: Some(json!({ "id": ":id", "name": ":name", "deep": [":id", "id: 5", 7] })),
            expect: HttpExpect::default(),
            timeout: Duration::from_secs(1),
            place: Place::default(),
        }
    }

    #[test]
    fn values_are_escaped_in_paths_as_they_are_in_headers_and_typed_in_json() {
        let data = Data::plan(&Schema::default(), &[], 1, 0).expect("there is nothing to plan");
        let parameter = |name: &str, values| {
            let shape = Shape { values, nulls: 0.0, unique: false, count: None };
            data.parameter("op", name, &shape).expect("it can be planned").draw(0)
        };
        let drawn = [
            parameter("id", Values::Uniform { low: 42.0, high: 42.0 }),
            parameter("name", Values::Constant(Literal::Text("a/b c?ü".to_owned()))),
        ];
        let source = |reference: &Reference| {
            let place = usize::from(reference.name != "id");
            Ok(Source::Parameter { place, column: None })
        };
        let filled = Request::new(&request(), &source).expect("it refers to both").fill(&drawn, 0).expect("it fits");
        assert_eq!(filled.path, "/accounts/a%2Fb%20c%3F%C3%BC/days?of=42");
        assert_eq!(filled.headers["x-user"], "user 42");
        let body: serde_json::Value = serde_json::from_slice(&filled.body.expect("it has one")).expect("it is JSON");
        assert_eq!(body, json!({ "id": 42, "name": "a/b c?ü", "deep": [42, "id: 5", 7] }));
    }
}
