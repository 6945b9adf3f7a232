//! Whatever goes wrong: a run ends with what it measured and why it ended, and leaves nothing running.

#[path = "../support/mod.rs"]
mod support;

mod application;
mod interrupted;
mod killed;
mod migration;
mod refused;
mod remote;
mod running;
