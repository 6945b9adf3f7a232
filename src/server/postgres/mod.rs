//! PostgreSQL, 11 and newer.

pub mod activity;
mod address;
pub mod catalog;
pub mod copy;
mod decode;
pub mod databases;
pub mod cancel;
pub mod encode;
mod error;
pub mod facts;
pub mod find;
pub mod launch;
pub mod pooler;
mod literal;
pub mod locks;
pub mod mode;
pub mod notices;
mod session;

pub use address::Address;
pub use error::ServerError;
pub use literal::with_literals;
pub use session::{Answer, CopyIn, Keep, Prepared, Row, Session};
