//! SQL as text: tokens, statements cut apart, parameters found.
//!
//! Nothing here knows a server or a schema; what it cannot decide from the text alone it leaves alone.

mod class;
mod split;
mod statement;
mod token;

pub use class::{Class, class, copies_from_stdin, meta_command, setting, sleeps};
pub use split::split;
pub use statement::{Reference, Statement};
pub use token::{Token, TokenKind, tokens};
