//! Which backend of the server works for whom, kept by those who open connections and read by those who watch.

use crate::wait::Actor;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Set in a badge that names a step; without it, the number is that of an operation.
const STEP: u32 = 1 << 16;
/// A badge of a connection that works for nobody in particular.
const HARNESS: u32 = u32::MAX;

/// What a connection is working on at the moment: one relaxed store for each change, for it is on the hot path.
#[derive(Clone, Debug)]
pub struct Badge(Arc<AtomicU32>);

impl Badge {
    /// From now on the connection works for that operation.
    pub fn operation(&self, operation: u16) {
        self.0.store(u32::from(operation), Ordering::Relaxed);
    }

    /// From now on the connection works for that step.
    pub fn step(&self, step: u16) {
        self.0.store(STEP | u32::from(step), Ordering::Relaxed);
    }
}

/// All connections of ours, by backend.
#[derive(Clone, Debug, Default)]
pub struct Backends(Arc<Mutex<HashMap<i32, Badge>>>);

impl Backends {
    /// A connection was opened.
    #[must_use]
    pub fn opened(&self, pid: i32) -> Badge {
        let badge = Badge(Arc::new(AtomicU32::new(HARNESS)));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(pid, badge.clone());
        badge
    }

    /// A connection is gone.
    pub fn closed(&self, pid: i32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid);
    }

    /// Whom a backend works for; `None` for one that is not ours.
    #[must_use]
    pub fn actor(&self, pid: i32) -> Option<Actor> {
        let backends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let badge = backends.get(&pid)?.0.load(Ordering::Relaxed);
        Some(match badge {
            HARNESS => Actor::Harness,
            badge if badge & STEP != 0 => Actor::Step((badge & !STEP) as u16),
            badge => Actor::Operation(badge as u16),
        })
    }

    /// The backends that are ours now.
    #[must_use]
    pub fn pids(&self) -> Vec<i32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}
