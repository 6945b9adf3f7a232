//! Causes: why somebody waited, and where the time of a migration went.
//!
//! Pure arithmetic over plain values: no clock, no server, no disk. The figures follow the identity
//! *response = lag + pool wait + blocked + work*, summed over arrivals and held against the time before.

mod cause;
mod episodes;
mod excess;
mod ledger;
mod pool;

pub use crate::figures::{Excess, OperationExcess, PoolCause};
pub use cause::cause;
pub use episodes::Episodes;
pub use ledger::Ledger;
