//! The JSON Schema of `result.json`, from the types that write it and their comments.

use super::model::RunResult;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The JSON Schema (draft 2020-12) of a result: every key that is written, what it means, and its unit.
#[must_use]
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<RunResult>().to_value();
    schema["title"] = json!("Shakedown result");
    schema
}
