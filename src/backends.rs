//! Which backend of the server works for whom, kept by those who open connections and read by those who watch.

use crate::wait::Actor;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// All connections of ours, by backend, and those of the migration's commands.
#[derive(Clone, Debug, Default)]
pub struct Backends(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    ours: HashMap<i32, Badge>,
    /// The command that runs: its step, and the backends that were there before.
    command: Option<(u16, HashSet<i32>)>,
    /// Sessions of commands, by backend, with the step.
    guests: HashMap<i32, u16>,
}

impl Backends {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection was opened.
    #[must_use]
    pub fn opened(&self, pid: i32) -> Badge {
        let badge = Badge(Arc::new(AtomicU32::new(HARNESS)));
        let mut known = self.known();
        known.guests.remove(&pid);
        known.ours.insert(pid, badge.clone());
        badge
    }

    /// A connection is gone.
    pub fn closed(&self, pid: i32) {
        self.known().ours.remove(&pid);
    }

    /// Whom a backend works for; `None` for one that is not ours.
    #[must_use]
    pub fn actor(&self, pid: i32) -> Option<Actor> {
        let badge = self.known().ours.get(&pid)?.0.load(Ordering::Relaxed);
        Some(match badge {
            HARNESS => Actor::Harness,
            badge if badge & STEP != 0 => Actor::Step((badge & !STEP) as u16),
            badge => Actor::Operation(badge as u16),
        })
    }

    /// The backends that are ours now.
    #[must_use]
    pub fn pids(&self) -> Vec<i32> {
        self.known().ours.keys().copied().collect()
    }

    /// A command begins to run: whoever comes from now on and is none of ours works for its step, whatever name it
    /// goes by, for drivers need not heed the one that they are given.
    pub fn command_began(&self, step: u16, there: impl IntoIterator<Item = i32>) {
        self.known().command = Some((step, there.into_iter().collect()));
    }

    /// It has ended; sessions that were seen before go on to be its own.
    pub fn command_ended(&self) {
        self.known().command = None;
    }

    /// The step whose command a backend works for that is none of ours.
    #[must_use]
    pub fn guest(&self, pid: i32) -> Option<u16> {
        let mut known = self.known();
        let came = known.command.as_ref().filter(|(_, there)| !there.contains(&pid)).map(|(step, _)| *step);
        if let Some(step) = came
            && !known.ours.contains_key(&pid)
        {
            return Some(*known.guests.entry(pid).or_insert(step));
        }
        known.guests.get(&pid).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_while_a_command_runs_and_is_not_ours_works_for_its_step() {
        let backends = Backends::default();
        let _ours = backends.opened(1);
        assert_eq!(backends.guest(2), None, "no command runs");
        backends.command_began(3, [1, 2]);
        let _later = backends.opened(4);
        assert_eq!([1, 2, 4, 5].map(|pid| backends.guest(pid)), [None, None, None, Some(3)]);
        backends.command_ended();
        assert_eq!([5, 6].map(|pid| backends.guest(pid)), [Some(3), None]);
        let _reused = backends.opened(5);
        assert_eq!(backends.guest(5), None);
    }
}
