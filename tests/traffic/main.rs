//! Traffic against a real, private server.

#[path = "../support/mod.rs"]
mod support;

mod ending;
mod faults;
mod http;
mod language;
mod parameters;
mod pools;
mod rig;
