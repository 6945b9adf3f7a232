//! Telling how far long work has come.
//!
//! Rooms that take long are given one of these; only the command line knows whether it draws bars, writes lines,
//! or says nothing.

/// Somebody who wants to know. Tasks are told apart by their names.
pub trait Progress: Sync {
    /// A task begins; `total` is its size in `unit`s, where it is known.
    fn begin(&self, task: &str, total: Option<u64>, unit: &'static str);

    /// So many units more are done.
    fn advance(&self, task: &str, by: u64);

    /// The task is done.
    fn end(&self, task: &str);

    /// Something worth a line.
    fn note(&self, line: &str);
}

/// Nobody who wants to know.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: Option<u64>, _: &'static str) {}
    fn advance(&self, _: &str, _: u64) {}
    fn end(&self, _: &str) {}
    fn note(&self, _: &str) {}
}
