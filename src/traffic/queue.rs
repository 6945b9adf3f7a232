//! A line under its lock, with the means to wake those who serve it.
//!
//! Not a channel: at 8 connections under saturation one of those costs 13 to 18 µs for each operation where
//! this costs 9, and none can take expired arrivals from its head.

use super::ledger::Ledger;
use super::line::{Arrival, Limits, Line, Next, Saturation};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::sample::Outcome;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// The line for the connections of one pool of one process of the application.
pub(super) struct Queue {
    pool: u16,
    line: Mutex<Line>,
    /// At least one permit for each arrival that waits, or a worker that is about to look.
    waiting: Semaphore,
    /// One permit for each overflow connection that is called.
    called: Semaphore,
    clock: Clock,
    ledger: Arc<Ledger>,
}

impl Queue {
    pub(super) fn new(pool: u16, limits: Limits, clock: Clock, ledger: Arc<Ledger>) -> Self {
        Self {
            pool,
            line: Mutex::new(Line::new(limits)),
            waiting: Semaphore::new(0),
            called: Semaphore::new(0),
            clock,
            ledger,
        }
    }

    /// Puts arrivals into the line, in their order; those that may not wait have their fate at once.
    /// Says whether the line was empty, so that its head has a new deadline.
    pub(super) fn push(&self, arrivals: &mut Vec<Arrival>) -> bool {
        let mut refused = Vec::new();
        let mut line = self.line();
        let was_empty = line.deadline().is_none();
        let mut joined = 0;
        for arrival in arrivals.drain(..) {
            match line.join(arrival) {
                Ok(()) => joined += 1,
                Err(refusal) => refused.push(refusal),
            }
        }
        let called = line.call_overflow();
        drop(line);
        self.waiting.add_permits(joined);
        self.called.add_permits(called);
        for (arrival, outcome) in refused {
            self.ledger.gave_up(&arrival, arrival.queued, outcome);
        }
        was_empty
    }

    /// Fails those whose time is over, and says when the next one's will be.
    pub(super) fn expire(&self, now: Duration) -> Option<Duration> {
        let mut expired = Vec::new();
        let mut line = self.line();
        line.expire(now, &mut expired);
        let next = line.deadline();
        let expired = self.timed_out(line, &expired);
        // Fewer wait, so fewer need to be woken; a worker that wakes for nothing looks again.
        self.waiting.forget_permits(expired);
        next
    }

    /// The next arrival for a connection that is kept, with the time at which it was taken; `None` when there will be no more.
    pub(super) async fn take(&self) -> Option<(Arrival, Duration)> {
        let mut parked = false;
        let mut woken = false;
        loop {
            match self.look(&mut parked, woken) {
                (Next::Arrival(arrival), now) => return Some((arrival, now)),
                (Next::Closed, _) => return None,
                (Next::Nothing, _) => self.waiting.acquire().await.ok()?.forget(),
            }
            woken = true;
        }
    }

    /// Looks whether there is something to do. Who was woken has spent a permit already.
    fn look(&self, parked: &mut bool, woken: bool) -> (Next, Duration) {
        let now = self.clock.now();
        let mut expired = Vec::new();
        let mut line = self.line();
        let (next, saturation) = line.serve(now, parked, &mut expired);
        let expired = self.timed_out(line, &expired);
        self.report(saturation);
        let taken = usize::from(matches!(next, Next::Arrival(_)) && !woken);
        self.waiting.forget_permits(expired + taken);
        (next, now)
    }

    /// Waits until an overflow connection is called; `None` when none will be.
    pub(super) async fn overflow_called(&self) -> Option<()> {
        self.called.acquire().await.ok()?.forget();
        Some(())
    }

    /// An overflow connection that was called is open.
    pub(super) fn overflow_opened(&self) {
        self.line().opened();
    }

    /// Whether an overflow connection that could not be opened is still wanted; if not, it is given back.
    pub(super) fn wants_overflow(&self) -> bool {
        let (wanted, saturation) = self.line().wants_overflow(self.clock.now());
        self.report(saturation);
        wanted
    }

    /// The next arrival for an overflow connection; without one the connection is given back.
    pub(super) fn take_for_overflow(&self) -> Option<(Arrival, Duration)> {
        let now = self.clock.now();
        let mut expired = Vec::new();
        let mut line = self.line();
        let (next, saturation) = line.serve_overflow(now, &mut expired);
        let expired = self.timed_out(line, &expired);
        self.report(saturation);
        let Next::Arrival(arrival) = next else {
            self.waiting.forget_permits(expired);
            return None;
        };
        self.waiting.forget_permits(expired + 1);
        Some((arrival, now))
    }

    /// Ends the line: who waits is cut, who serves goes home.
    pub(super) fn close(&self) {
        let now = self.clock.now();
        self.expire(now);
        let (waiting, saturation) = self.line().close(now);
        self.report(saturation);
        self.waiting.close();
        self.called.close();
        for arrival in waiting {
            self.ledger.gave_up(&arrival, now, Outcome::Cut);
        }
    }

    /// Fails expired arrivals, each at its own deadline, once the lock is free.
    fn timed_out(&self, line: MutexGuard<'_, Line>, expired: &[Arrival]) -> usize {
        let deadlines: Vec<Duration> = expired.iter().map(|arrival| line.deadline_of(arrival)).collect();
        drop(line);
        for (arrival, deadline) in expired.iter().zip(deadlines) {
            self.ledger.gave_up(arrival, deadline, Outcome::Failed(Failure::PoolTimeout));
        }
        expired.len()
    }

    fn report(&self, saturation: Option<Saturation>) {
        if let Some((from, until)) = saturation {
            self.ledger.saturated(self.pool, from, until);
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
