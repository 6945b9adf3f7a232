//! How the server goes about a statement, and what is remarkable about it.

use serde::{Deserialize, Serialize};

/// The plan of one statement of an operation, looked at once before the traffic and once after it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
