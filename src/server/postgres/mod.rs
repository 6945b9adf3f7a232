//! PostgreSQL, 11 and newer.

pub mod activity;
mod address;
pub mod by_hand;
pub mod cancel;
pub mod catalog;
pub mod copy;
pub mod counts;
pub mod databases;
mod decode;
mod door;
pub mod encode;
mod error;
pub mod explain;
pub mod facts;
pub mod find;
pub mod launch;
mod literal;
pub mod locks;
pub mod mode;
pub mod notices;
pub mod pooler;
pub mod secondary;
mod session;
pub mod table;

pub use address::Address;
pub use door::{Door, socket_file};
pub use error::ServerError;
pub use literal::with_literals;
pub use session::{Answer, CopyIn, Keep, Prepared, Row, Session};
