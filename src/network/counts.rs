//! What has passed between clients and server.

use std::sync::atomic::{AtomicU64, Ordering};

/// What has passed, over all connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often the server answered after a client had sent something. Connecting takes round trips of its own.
    pub round_trips: u64,
    /// Bytes from clients.
    pub from_clients: u64,
    /// Bytes from the server.
    pub from_server: u64,
}

impl Counts {
    /// What has passed since earlier counts of the same proxy.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            round_trips: self.round_trips - earlier.round_trips,
            from_clients: self.from_clients - earlier.from_clients,
            from_server: self.from_server - earlier.from_server,
        }
    }
}

/// The same while it grows.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) round_trips: AtomicU64,
    pub(super) from_clients: AtomicU64,
    pub(super) from_server: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> Counts {
        Counts {
            round_trips: self.round_trips.load(Ordering::Relaxed),
            from_clients: self.from_clients.load(Ordering::Relaxed),
            from_server: self.from_server.load(Ordering::Relaxed),
        }
    }
}
