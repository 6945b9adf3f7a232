//! PostgreSQL, 11 and newer.

mod address;
pub mod catalog;
pub mod copy;
mod decode;
pub mod databases;
pub mod encode;
mod error;
pub mod find;
pub mod launch;
pub mod pooler;
mod session;

pub use address::Address;
pub use error::ServerError;
pub use session::{Answer, CopyIn, Keep, Prepared, Row, Session};
