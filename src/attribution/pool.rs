//! What keeps a pool busy, and so whose fault it is when others wait for a connection.
//!
//! A queue drains long after the lock is released that filled it. So a queued millisecond is not charged to what
//! connections do at that moment, but in the proportions of what has kept them busy beyond the ordinary since the
//! pool last had a free one.

use super::ledger::{Ledger, grown, milliseconds, since};
use crate::figures::PoolCause;
use crate::wait::{Cause, Stretch, Wait};
use std::collections::BTreeMap;
use std::time::Duration;

/// Resolution of real time, in milliseconds.
const SLICE: f64 = 100.0;

/// What one pool was busy with, by real time since the first step was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct PoolLedger {
    /// Time without a free connection.
    pub(super) saturated: Timeline,
    blocked: BTreeMap<Cause, Timeline>,
    /// What ended, by operation.
    ended: BTreeMap<u16, Vec<Ended>>,
    /// Over all of `before`, in milliseconds.
    blocked_before: BTreeMap<Cause, f64>,
}

/// What ended of an operation within a slice; times in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Ended {
    count: f64,
    service: f64,
    /// Waits for locks.
    waited: f64,
}

impl PoolLedger {
    pub(super) fn finished(&mut self, operation: u16, at: Duration, service: f64) {
        let ended = grown(self.ended.entry(operation).or_default(), slice_of(at));
        ended.count += 1.0;
        ended.service += service;
    }

    pub(super) fn blocked_before(&mut self, stretch: &Stretch) {
        let length = milliseconds(stretch.until.saturating_sub(stretch.from));
        *self.blocked_before.entry(stretch.cause.clone()).or_default() += length;
    }

    pub(super) fn blocked(&mut self, operation: u16, wait: &Wait, during: Duration) {
        for stretch in &wait.stretches {
            let timeline = self.blocked.entry(stretch.cause.clone()).or_default();
            timeline.add(since(stretch.from, during), since(stretch.until, during));
        }
        let ended = grown(self.ended.entry(operation).or_default(), slice_of(since(wait.end, during)));
        ended.waited += milliseconds(wait.duration());
    }
}

/// Summed lengths of intervals by slice, added in constant time however long they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    /// How many more intervals cover a slice wholly than the one before it, and milliseconds of partial cover.
    slices: Vec<(f64, f64)>,
}

impl Timeline {
    pub(super) fn add(&mut self, from: Duration, until: Duration) {
        if until <= from {
            return;
        }
        let (first, last) = (slice_of(from), slice_of(until));
        let into = |at: Duration, slice: usize| milliseconds(at) - slice as f64 * SLICE;
        grown(&mut self.slices, last);
        if first == last {
            self.slices[first].1 += milliseconds(until.saturating_sub(from));
            return;
        }
        self.slices[first].1 += SLICE - into(from, first);
        self.slices[last].1 += into(until, last);
        self.slices[first + 1].0 += 1.0;
        self.slices[last].0 -= 1.0;
    }

    /// Milliseconds by slice.
    fn sums(&self) -> Vec<f64> {
        let mut whole = 0.0;
        let sum = |(change, partial): &(f64, f64)| {
            whole += change;
            whole * SLICE + partial
        };
        self.slices.iter().map(sum).collect()
    }
}

impl Ledger {
    /// In which shares an operation's waiting for a connection is charged; they add up to one.
    pub(super) fn pool_shares(&self, operation: usize) -> BTreeMap<PoolCause, f64> {
        let operation = &self.operations[operation];
        let queue = operation.queue.sums();
        let all: f64 = queue.iter().sum();
        let mut shares: BTreeMap<PoolCause, f64> = BTreeMap::new();
        let mut busy = Busy::new(self, operation.pool);
        for (slice, queued) in queue.into_iter().enumerate() {
            busy.enter(slice);
            if queued > 0.0 {
                for (cause, share) in busy.shares() {
                    *shares.entry(cause).or_default() += share * queued / all;
                }
            }
        }
        if shares.is_empty() {
            shares.insert(PoolCause::Overload, 1.0);
        }
        shares
    }
}

/// Walks over the slices of a pool and knows what it has been busy with since it last had a free connection.
struct Busy<'a> {
    saturated: Vec<f64>,
    causes: Vec<Busyness<'a>>,
    /// The first slice that counts.
    since: usize,
    now: usize,
}

/// Connection time of one cause, in milliseconds.
struct Busyness<'a> {
    /// `None` is work that took longer than it ordinarily does.
    blocked: Option<&'a Cause>,
    /// By slice, added up from the first on.
    added_up: Vec<f64>,
    /// What is ordinary, of one slice.
    ordinary: f64,
}

impl<'a> Busy<'a> {
    fn new(ledger: &'a Ledger, pool: usize) -> Self {
        let pool = &ledger.pools[pool];
        let before = ledger.length_before();
        let ordinary = |cause| match before > 0.0 {
            true => pool.blocked_before.get(cause).map_or(0.0, |total| total / before * SLICE),
            false => 0.0,
        };
        let blocked = pool.blocked.iter().map(|(cause, timeline)| Busyness {
            blocked: Some(cause),
            added_up: added_up(&timeline.sums()),
            ordinary: ordinary(cause),
        });
        let slower = Busyness { blocked: None, added_up: added_up(&slower_work(ledger, pool)), ordinary: 0.0 };
        let causes = blocked.chain([slower]).collect();
        Self { saturated: pool.saturated.sums(), causes, since: 0, now: 0 }
    }

    /// Goes on to a slice, the next of the last one.
    fn enter(&mut self, slice: usize) {
        // A connection was free at some moment of the slice before: what lies behind that moment is over. A slice
        // saturated in part counts with those that follow it, for that is where a saturation begins.
        let cover = |slice: usize| self.saturated.get(slice).copied().unwrap_or(0.0);
        if slice > 0 && cover(slice - 1) < SLICE * 0.99 {
            self.since = if cover(slice - 1) > 0.0 { slice - 1 } else { slice };
        }
        self.now = slice;
    }

    /// Connection time beyond the ordinary by cause, as shares of one.
    fn shares(&self) -> Vec<(PoolCause, f64)> {
        let mut times: Vec<(PoolCause, f64)> = Vec::new();
        for busyness in &self.causes {
            let time = busyness.between(self.since, self.now + 1);
            if time > 0.0 {
                let cause = busyness.blocked.cloned().map_or(PoolCause::Slowdown, PoolCause::Blocked);
                times.push((cause, time));
            }
        }
        let all: f64 = times.iter().map(|(_, time)| time).sum();
        match all > 0.0 {
            true => times.into_iter().map(|(cause, time)| (cause, time / all)).collect(),
            false => vec![(PoolCause::Overload, 1.0)],
        }
    }
}

impl Busyness<'_> {
    /// Beyond the ordinary, from the beginning of one slice to that of another.
    fn between(&self, from: usize, until: usize) -> f64 {
        let at = |slice: usize| match slice {
            0 => 0.0,
            _ => self.added_up.get(slice - 1).or(self.added_up.last()).copied().unwrap_or(0.0),
        };
        at(until) - at(from) - self.ordinary * (until - from) as f64
    }
}

/// Finished work of a pool's operations beyond the ordinary, by slice; what did not run before has no ordinary work,
/// and nothing is held against it.
fn slower_work(ledger: &Ledger, pool: &PoolLedger) -> Vec<f64> {
    let mut slower = Vec::new();
    for (operation, ended) in &pool.ended {
        let before = &ledger.operations[usize::from(*operation)].before;
        if before.answered.count == 0 {
            continue;
        }
        let ordinary = before.work(&before.answered) / before.answered.count as f64;
        for (slice, ended) in ended.iter().enumerate() {
            *grown(&mut slower, slice) += ended.service - ended.waited - ended.count * ordinary;
        }
    }
    slower
}

fn added_up(slices: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |ms: &f64| {
        sum += ms;
        sum
    };
    slices.iter().map(add).collect()
}

/// The slice in which an offset from the start of the migration lies.
fn slice_of(offset: Duration) -> usize {
    (milliseconds(offset) / SLICE) as usize
}
