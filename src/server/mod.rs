//! The database server under test: all that names a driver, a catalog or a lock mode.
//!
//! One folder per server. What leaves this room are plain values.

pub mod cache;
pub mod postgres;
