//! SQL as text: tokens, statements cut apart, parameters found.
//!
//! Nothing here knows a server or a schema; what it cannot decide from the text alone it leaves alone.

mod statement;

pub use statement::{Reference, Statement};
