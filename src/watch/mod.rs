//! What a change does to others: locks, gauges, wait events and the machine, looked at while traffic flows.
//!
//! Each watcher has a connection of its own, opened before the load and again when it is lost, and runs until it is told
//! to stop. None touches a relation of the user, but for gauges, whose SQL is the user's.

mod back_off;
mod gauges;
mod health;
mod lens;
mod locks;
mod volume;
mod wait_events;

pub use gauges::Gauges;
pub use health::health;
pub use locks::LockSampler;
pub use volume::VolumeMeter;
pub use wait_events::WaitEventSampler;
