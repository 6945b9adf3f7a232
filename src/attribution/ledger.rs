//! What attribution needs to know of a round, kept in sums.
//!
//! Of the time before the migration only means are needed; from its start on, sums by second of due time, and by
//! tenth of a second what the pools were busy with. Memory grows with the length of the migration, some 300 bytes
//! per second and operation, never with the load.

use super::pool::{PoolLedger, Timeline};
use crate::phase::Phase;
use crate::sample::{Outcome, Sample};
use crate::wait::{Actor, Cause, Wait};
use std::collections::BTreeMap;
use std::time::Duration;

/// Sums over a round from which the excess is computed; fed as the round goes on, in any order that keeps each
/// phase's beginning ahead of what finished in it.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub(super) operations: Vec<OperationLedger>,
    pub(super) pools: Vec<PoolLedger>,
    /// When `before` began.
    before: Option<Duration>,
    /// When the first step was sent.
    during: Option<Duration>,
    looks_before: u32,
    events_before: BTreeMap<String, f64>,
    events: Vec<Looks>,
}

/// What the looks of a second at active backends saw.
#[derive(Clone, Debug, Default)]
struct Looks {
    count: u32,
    classes: BTreeMap<String, f64>,
}

/// Sums of one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct OperationLedger {
    pub(super) pool: usize,
    /// Over all of `before`.
    pub(super) before: Account,
    /// By second since the first step was sent, by due time.
    window: Vec<Account>,
    /// Arrivals in the pool's queue, by real time.
    pub(super) queue: Timeline,
}

/// Sums over arrivals of one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// Succeeded, or cut with their age.
    pub(super) answered: Sums,
    pub(super) failed: Sums,
    /// Milliseconds of waiting for locks.
    pub(super) blocked: BTreeMap<Cause, f64>,
}

/// Milliseconds summed over arrivals.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) count: u64,
    pub(super) response: f64,
    pub(super) lag: f64,
    pub(super) queue: f64,
    pub(super) service: f64,
}

impl Sums {
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.response += other.response;
        self.lag += other.lag;
        self.queue += other.queue;
        self.service += other.service;
    }

    fn add(&mut self, sample: &Sample) {
        self.count += 1;
        self.response += milliseconds(sample.response_time());
        self.lag += milliseconds(sample.schedule_lag());
        self.queue += milliseconds(sample.pool_wait());
        self.service += milliseconds(sample.service_time());
    }
}

impl Account {
    /// Milliseconds of work: of having a connection and not waiting for a lock.
    pub(super) fn work(&self, counted: &Sums) -> f64 {
        counted.service - self.blocked.values().sum::<f64>()
    }
}

impl OperationLedger {
    /// So many seconds from the start of the migration on.
    pub(super) fn window(&self, seconds: usize) -> &[Account] {
        &self.window[..seconds.min(self.window.len())]
    }
}

impl Ledger {
    /// An empty ledger for operations that use these pools, both by place.
    #[must_use]
    pub fn new(pools: &[u16]) -> Self {
        let operations = pools.iter().map(|&pool| OperationLedger { pool: pool.into(), ..OperationLedger::default() });
        let count = pools.iter().map(|&pool| usize::from(pool) + 1).max().unwrap_or(0);
        Self { operations: operations.collect(), pools: vec![PoolLedger::default(); count], ..Self::default() }
    }

    /// A phase began.
    pub fn phase(&mut self, phase: Phase, at: Duration) {
        match phase {
            Phase::Before => self.before = Some(at),
            Phase::During => self.during = Some(at),
            _ => {}
        }
    }

    /// An operation ended. Dropped and skipped ones have no response time and are left out.
    pub fn sample(&mut self, sample: &Sample) {
        if matches!(sample.outcome, Outcome::Dropped | Outcome::Skipped) {
            return;
        }
        let when = self.when(sample.due, sample.finished);
        let Some(operation) = self.operations.get_mut(usize::from(sample.operation)) else { return };
        if let Some(account) = operation.account(when) {
            match sample.outcome {
                Outcome::Failed(_) => account.failed.add(sample),
                _ => account.answered.add(sample),
            }
        }
        if let Some(during) = self.during {
            operation.queue.add(since(sample.queued, during), since(sample.connected, during));
            let service = milliseconds(sample.service_time());
            self.pools[operation.pool].finished(sample.operation, since(sample.finished, during), service);
        }
    }

    /// A wait for a lock ended; those of others than operations are nobody's excess.
    pub fn wait(&mut self, wait: &Wait) {
        let Actor::Operation(place) = wait.waiter else { return };
        let when = self.when(wait.due.unwrap_or(wait.start), wait.end);
        let Some(operation) = self.operations.get_mut(usize::from(place)) else { return };
        let pool = &mut self.pools[operation.pool];
        if let Some(account) = operation.account(when) {
            for stretch in &wait.stretches {
                let ms = milliseconds(stretch.until.saturating_sub(stretch.from));
                *account.blocked.entry(stretch.cause.clone()).or_default() += ms;
            }
        }
        match (when, self.during) {
            (Some(When::Before), _) => wait.stretches.iter().for_each(|stretch| pool.blocked_before(stretch)),
            (Some(When::Second(_)), Some(during)) => pool.blocked(place, wait, during),
            _ => {}
        }
    }

    /// Between those times no connection of the pool was free; still owed by whoever reports it when the round ends.
    pub fn saturated(&mut self, pool: u16, from: Duration, until: Duration) {
        if let (Some(during), Some(pool)) = (self.during, self.pools.get_mut(usize::from(pool))) {
            pool.saturated.add(since(from, during), since(until, during));
        }
    }

    /// What active backends of traffic waited for at one look, locks left out: how many by class.
    pub fn wait_events(&mut self, at: Duration, classes: &[(String, u32)]) {
        let looks = match self.when(at, at) {
            None => return,
            Some(When::Before) => {
                self.looks_before += 1;
                &mut self.events_before
            }
            Some(When::Second(second)) => {
                let looks = grown(&mut self.events, second);
                looks.count += 1;
                &mut looks.classes
            }
        };
        for (class, count) in classes {
            *looks.entry(class.clone()).or_default() += f64::from(*count);
        }
    }

    /// How much oftener each class was seen in a second of the window than in as many looks of `before`.
    pub(super) fn events_beyond_ordinary(&self, second: usize) -> Vec<(String, f64)> {
        let Some(looks) = self.events.get(second) else { return Vec::new() };
        let ordinary =
            |class: &String| self.events_before.get(class).map_or(0.0, |all| all / f64::from(self.looks_before));
        let beyond = |(class, seen): (&String, &f64)| (class.clone(), seen - ordinary(class) * f64::from(looks.count));
        looks.classes.iter().map(beyond).filter(|(_, count)| *count > 0.0).collect()
    }

    /// How many seconds of the window lie before `end`, begun ones included.
    pub(super) fn seconds_until(&self, end: Duration) -> usize {
        let length = self.during.map_or(Duration::ZERO, |during| end.saturating_sub(during));
        length.as_millis().div_ceil(1000) as usize
    }

    /// From the start of `before` to that of the migration, in milliseconds.
    pub(super) fn length_before(&self) -> f64 {
        match (self.before, self.during) {
            (Some(before), Some(during)) => milliseconds(during.saturating_sub(before)),
            _ => 0.0,
        }
    }

    /// Where an arrival is counted: one that was unfinished when the first step was sent belongs to the window.
    fn when(&self, due: Duration, finished: Duration) -> Option<When> {
        let before = self.before?;
        match self.during {
            Some(during) if finished > during => Some(When::Second(since(due, during).as_secs() as usize)),
            _ if due >= before => Some(When::Before),
            _ => None,
        }
    }
}

/// Where an arrival is counted.
#[derive(Clone, Copy, Debug)]
enum When {
    Before,
    /// Which second of the window.
    Second(usize),
}

impl OperationLedger {
    fn account(&mut self, when: Option<When>) -> Option<&mut Account> {
        match when? {
            When::Before => Some(&mut self.before),
            When::Second(second) => Some(grown(&mut self.window, second)),
        }
    }
}

/// The element at `place`, the vector made long enough for it.
pub(super) fn grown<T: Clone + Default>(elements: &mut Vec<T>, place: usize) -> &mut T {
    if elements.len() <= place {
        elements.resize(place + 1, T::default());
    }
    &mut elements[place]
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The offset from `start`; zero for what was earlier.
pub(super) fn since(at: Duration, start: Duration) -> Duration {
    at.saturating_sub(start)
}
