//! What all workers of a round have in common.

use super::ending::Ending;
use super::http::Site;
use super::ledger::Ledger;
use super::program::Program;
use crate::backends::Backends;
use crate::clock::Clock;
use crate::scenario::Pool;
use crate::server::postgres::Address;
use crate::server::postgres::cancel::Backend;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What all workers of a round have in common.
pub(super) struct Shared {
    pub address: Address,
    /// The way of the connection by which others are ended.
    pub control: Address,
    /// By how much round trips of clients are longer than those of that connection.
    pub round_trip: Duration,
    /// What `application_name` starts with.
    pub application: String,
    pub clock: Clock,
    /// When the schedule starts.
    pub begins: Duration,
    /// What `:as_of` stands for, in microseconds since 1970.
    pub as_of: i64,
    pub pools: Vec<Pool>,
    pub programs: Vec<Program>,
    /// How many statements a connection may have to keep prepared.
    pub slots: usize,
    pub ledger: Arc<Ledger>,
    pub ending: Ending,
    pub backends: Backends,
    pub roster: Roster,
    /// The application under test.
    pub site: Option<Site>,
}

/// The backends that serve us now: what may have to be cancelled at the end.
#[derive(Default)]
pub(super) struct Roster(Mutex<BTreeSet<Backend>>);

impl Roster {
    pub(super) fn enter(&self, backend: Backend) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(backend);
    }

    pub(super) fn leave(&self, backend: &Backend) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(backend);
    }

    pub(super) fn all(&self) -> Vec<Backend> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}
