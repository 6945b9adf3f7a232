//! The scenario as written: the YAML with its places, the words that may stand in it, base and variants merged.
//!
//! Nothing here knows what a value means.

pub(super) mod form;
mod json_schema;
pub(super) mod node;
mod overlay;
pub(super) mod vocabulary;

pub use json_schema::json_schema;
pub(super) use overlay::{one_over, overlay};
