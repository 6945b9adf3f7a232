//! One statement with named parameters, made ready for the wire.

/// A statement whose `:name` and `:name.column` have become `$1`, `$2`, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// As the scenario has it.
    pub written: String,
    /// With numbered parameters; equal references share a number.
    pub sql: String,
    /// What each number stands for, from `$1` on.
    pub references: Vec<Reference>,
}

/// A parameter as it stands in SQL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// A parameter of the operation, an answer named by `as`, or `as_of`.
    pub name: String,
    /// A column of the seeded row or of the answer.
    pub column: Option<String>,
}
