//! The JSON Schema of a scenario, from the same forms that the check reads by.
//!
//! What a schema cannot say, such as that a pool of that name exists, is the check's alone.

use super::form::{Form, Key, Takes};
use super::vocabulary::SCENARIO;
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) by which editors complete and check scenarios.
#[must_use]
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    let Value::Object(scenario) = of_form(&SCENARIO, &mut definitions) else { return Value::Null };
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("Shakedown scenario"));
    schema.extend(scenario);
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

fn of_form(form: &'static Form, definitions: &mut Map<String, Value>) -> Value {
    let properties: Map<String, Value> =
        form.keys.iter().map(|key| (key.name.to_owned(), of_key(key, definitions))).collect();
    let required: Vec<&str> = form.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    let rules: Vec<Value> = form.one_of.iter().map(|keys| one_of(keys)).chain(never_both(form)).collect();
    if !rules.is_empty() {
        schema["allOf"] = json!(rules);
    }
    schema
}

fn one_of(keys: &[&str]) -> Value {
    json!({ "oneOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>() })
}

fn never_both(form: &'static Form) -> impl Iterator<Item = Value> {
    let pairs = |keys: &'static [&'static str]| {
        keys.iter().enumerate().flat_map(move |(at, first)| keys[at + 1..].iter().map(move |second| (first, second)))
    };
    form.never_both.iter().flat_map(move |keys| pairs(keys)).map(|(a, b)| json!({ "not": { "required": [a, b] } }))
}

fn of_key(key: &'static Key, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = of(&key.takes, definitions);
    schema["description"] = json!(key.says);
    schema
}

fn of(takes: &'static Takes, definitions: &mut Map<String, Value>) -> Value {
    match takes {
        Takes::Null => json!({ "type": "null" }),
        Takes::Any => json!({}),
        Takes::Scalar => json!({ "type": ["string", "number", "boolean", "null"] }),
        Takes::Text => json!({ "type": ["string", "number", "boolean"] }),
        Takes::Sql => json!({ "type": "string", "minLength": 1 }),
        Takes::Truth => json!({ "type": "boolean" }),
        Takes::Number => either([json!({ "type": "number" }), pattern(r"^-?[0-9_.]+[kMG]?$")]),
        Takes::Count => either([json!({ "type": "integer", "minimum": 0 }), pattern(r"^[0-9_.]+[kMG]?$")]),
        Takes::Duration => pattern(&format!("^{DURATION}$")),
        Takes::DurationRange => pattern(&format!(r"^{DURATION}(\.\.{DURATION})?$")),
        Takes::Moment => pattern(&format!("^[-+]?{DURATION}$")),
        Takes::Rate => pattern(r"^[0-9_.]+[kMG]? ?/ ?(s|sec|second|m|min|minute|h|hour)$"),
        Takes::Bytes => either([json!({ "type": "integer", "minimum": 0 }), pattern(r"^[0-9.]+ ?([kKmMgGtT]?[bB])?$")]),
        Takes::Relative => pattern(r"^ ?[0-9][0-9_.]* ?x .+$"),
        Takes::Share => pattern(SHARE),
        Takes::Status => json!({ "type": "integer", "minimum": 200, "maximum": 599 }),
        Takes::Amount => {
            either([json!({ "type": "integer", "minimum": 0 }), pattern(r"^([0-9_.]+[kMG]?|[0-9.]+ ?%)$")])
        }
        Takes::Lengths => either([json!({ "type": "integer", "minimum": 0 }), pattern(r"^[0-9_]+( ?\.\. ?[0-9_]+)?$")]),
        Takes::Word(words) => json!({ "enum": words }),
        Takes::Matching(expression) => pattern(expression),
        Takes::Form(form) => defined(form.name, definitions, |definitions| of_form(form, definitions)),
        Takes::Shared(shared) => defined(shared.name, definitions, |definitions| of(&shared.takes, definitions)),
        Takes::Named(each) => json!({ "type": "object", "additionalProperties": of(each, definitions) }),
        Takes::List(each) => json!({ "type": "array", "items": of(each, definitions) }),
        Takes::Tuple(items) => {
            let schemas: Vec<Value> = items.iter().map(|item| of(item, definitions)).collect();
            json!({ "type": "array", "prefixItems": schemas, "minItems": items.len(), "maxItems": items.len() })
        }
        Takes::Either(all) => either(all.iter().map(|each| of(each, definitions)).collect::<Vec<_>>()),
    }
}

const DURATION: &str = r" ?[0-9.]+ ?(us|µs|ms|s|sec|second|seconds|min|minute|minutes|h|hour|hours) ?";
const SHARE: &str = r"^[0-9.]+ ?%$";

fn pattern(expression: &str) -> Value {
    json!({ "type": "string", "pattern": expression })
}

fn either(schemas: impl Into<Vec<Value>>) -> Value {
    json!({ "anyOf": schemas.into() })
}

/// A reference to what stands once under `$defs`; it is entered before it is made, for it may hold itself.
fn defined(
    name: &str,
    definitions: &mut Map<String, Value>,
    make: impl FnOnce(&mut Map<String, Value>) -> Value,
) -> Value {
    if !definitions.contains_key(name) {
        definitions.insert(name.to_owned(), Value::Null);
        let schema = make(definitions);
        definitions.insert(name.to_owned(), schema);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}
