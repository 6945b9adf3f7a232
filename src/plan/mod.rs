//! How the server goes about a statement, and what is remarkable about it.
//!
//! The server's room reads its answer into [`Node`]s; shape, text and findings are arithmetic on these.

mod finding;
mod node;
mod text;

pub use node::{Explained, Loops, Node, Spilled, Trigger};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The plan of one statement of an operation, looked at once before the traffic and once after it.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct StatementPlan {
    /// The operation, by its place in the variant.
    pub operation: u16,
    /// The statement, as the scenario or the server has it.
    pub statement: String,
    /// Before the traffic.
    pub before: Option<Plan>,
    /// After it.
    pub after: Option<Plan>,
    /// Why there is none, in the server's words.
    pub missing: Option<String>,
}

/// One plan.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Plan {
    /// Whether it was executed; without that only estimates are known, and nothing was read.
    pub executed: bool,
    /// As a person reads it, a line for each node.
    pub text: String,
    /// Kinds of nodes with their tables and indexes, without any figure: equal plans have equal shapes.
    pub shape: String,
    /// What matters, in plain words, the gravest first.
    pub findings: Vec<String>,
    /// Milliseconds of execution, planning left out.
    pub ms: f64,
    /// Blocks found in shared buffers.
    pub hit: u64,
    /// Blocks read from outside of them.
    pub read: u64,
}

impl Plan {
    /// What a reader wants to know of what the server explained.
    #[must_use]
    pub fn of(explained: &Explained) -> Self {
        let loops = explained.root.loops.as_ref();
        Self {
            executed: loops.is_some(),
            text: text::text(explained),
            shape: text::shape(&explained.root),
            findings: finding::findings(explained),
            ms: explained.ms,
            hit: loops.map_or(0, |loops| loops.hit),
            read: loops.map_or(0, |loops| loops.read),
        }
    }
}
