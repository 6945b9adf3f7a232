//! The thread that turns the schedule into arrivals, each at its time.
//!
//! A timer of the runtime would be 0.75 to 1.5 ms late; a thread that sleeps is 0.06 to 0.15 ms late. It sleeps
//! until the next arrival is due or the first of a line has waited too long, whichever is sooner.

use super::line::Arrival;
use super::queue::Queue;
use super::shared::Shared;
use crate::clock::wake_exactly;
use crate::schedule::{Due, Schedule};
use crate::units::Rate;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the thread is told from outside, besides that it should stop.
#[derive(Default)]
pub(super) struct Orders {
    started: AtomicBool,
    rates: Mutex<Vec<(Duration, usize, Rate)>>,
}

impl Orders {
    /// Arrivals may come.
    pub(super) fn start(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// From then on operations have other rates.
    pub(super) fn set_rates(&self, at: Duration, rates: &[(usize, Rate)]) {
        let changes = rates.iter().map(|(operation, rate)| (at, *operation, *rate));
        self.rates.lock().unwrap_or_else(PoisonError::into_inner).extend(changes);
    }
}

/// Where the arrivals of one operation come from.
pub(super) struct Stream {
    pub operation: u16,
    pub timing: Timing,
    /// The lines of its pool, one for each process of the application: arrivals are dealt out in turn.
    pub queues: Vec<usize>,
}

/// When an operation of the open model runs.
pub(super) enum Timing {
    Flow(Schedule),
    /// A job; skipped while it still runs.
    Every {
        next: Due,
        period: Duration,
    },
    Once(Option<Duration>),
}

/// What the thread works with.
pub(super) struct Pacer {
    pub shared: Arc<Shared>,
    pub orders: Arc<Orders>,
    pub streams: Vec<Stream>,
    pub queues: Vec<Arc<Queue>>,
}

impl Pacer {
    /// Runs until traffic is stopped.
    pub(super) fn run(mut self) {
        wake_exactly();
        let mut batches: Vec<Vec<Arrival>> = self.queues.iter().map(|_| Vec::new()).collect();
        while !self.shared.ending.is_stopped() {
            if !self.orders.started.load(Ordering::Acquire) {
                std::thread::park();
                continue;
            }
            self.obey();
            self.collect(&mut batches);
            let mut wake = self.next().map(|(_, due)| due.at);
            for (queue, batch) in self.queues.iter().zip(&mut batches) {
                if !batch.is_empty() {
                    queue.push(batch);
                }
                let deadline = queue.expire(self.shared.clock.now());
                wake = [wake, deadline].into_iter().flatten().min();
            }
            self.sleep(wake);
        }
    }

    /// Changes rates as ordered.
    fn obey(&mut self) {
        let orders = std::mem::take(&mut *self.orders.rates.lock().unwrap_or_else(PoisonError::into_inner));
        for (at, operation, rate) in orders {
            for stream in self.streams.iter_mut().filter(|stream| usize::from(stream.operation) == operation) {
                if let Timing::Flow(schedule) = &mut stream.timing {
                    schedule.set_rate(at, rate);
                }
            }
        }
    }

    /// Takes all that is due, in the order in which it is due.
    fn collect(&mut self, batches: &mut [Vec<Arrival>]) {
        let now = self.shared.clock.now();
        while let Some((place, due)) = self.next().filter(|(_, due)| due.at <= now) {
            let stream = &mut self.streams[place];
            stream.timing.advance();
            let ledger = &self.shared.ledger;
            ledger.scheduled(stream.operation);
            let operation = stream.operation;
            let arrival = Arrival { operation, n: due.n, due: due.at, queued: now, client: None };
            if matches!(stream.timing, Timing::Every { .. }) && !ledger.start_job(operation) {
                ledger.skipped(&arrival);
                continue;
            }
            let queue = stream.queues[(due.n % stream.queues.len() as u64) as usize];
            batches[queue].push(arrival);
        }
    }

    /// The stream whose arrival is due next.
    fn next(&self) -> Option<(usize, Due)> {
        let due = self.streams.iter().enumerate().filter_map(|(place, stream)| Some((place, stream.timing.peek()?)));
        due.min_by_key(|(_, due)| due.at)
    }

    fn sleep(&self, until: Option<Duration>) {
        // Woken early it looks again; so does a clock that is asked for days.
        let longest = Duration::from_hours(1);
        let left = until.map_or(longest, |until| until.saturating_sub(self.shared.clock.now()));
        if !left.is_zero() {
            std::thread::park_timeout(left.min(longest));
        }
    }
}

impl Timing {
    fn peek(&self) -> Option<Due> {
        match self {
            Self::Flow(schedule) => schedule.peek(),
            Self::Every { next, .. } => Some(*next),
            Self::Once(at) => at.map(|at| Due { n: 0, at }),
        }
    }

    fn advance(&mut self) {
        match self {
            Self::Flow(schedule) => schedule.advance(),
            Self::Every { next, period } => *next = Due { n: next.n + 1, at: next.at + *period },
            Self::Once(at) => *at = None,
        }
    }
}
