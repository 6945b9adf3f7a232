//! Excess response time over `before`, split so that the parts add up.

use super::ledger::{Account, Ledger, Sums};
use crate::figures::{Excess, OperationExcess, PoolCause};
use crate::wait::Cause;
use std::collections::BTreeMap;
use std::time::Duration;

/// Above this share of all parts, what is not explained makes the explanation worthless.
const MOST_UNEXPLAINED: f64 = 0.1;
/// Below so many milliseconds of excess there is nothing that would need an explanation.
const LEAST_EXCESS: f64 = 100.0;
/// Wait events beyond those of `before` that make a second's slower work a slowdown.
const LEAST_EVIDENCE: f64 = 5.0;

/// Means of an operation per arrival in `before`, in milliseconds.
struct Ordinary {
    lag: f64,
    queue: f64,
    /// `None` where nothing of it ran before: then it is taken to work as it does in the window.
    work: Option<f64>,
    response: f64,
    blocked: BTreeMap<Cause, f64>,
}

impl Ordinary {
    fn of(before: &Account) -> Self {
        let sums = before.answered;
        if sums.count == 0 {
            return Self { lag: 0.0, queue: 0.0, work: None, response: 0.0, blocked: BTreeMap::new() };
        }
        let count = sums.count as f64;
        let blocked: BTreeMap<Cause, f64> =
            before.blocked.iter().map(|(cause, total)| (cause.clone(), total / count)).collect();
        Self {
            lag: sums.lag / count,
            queue: sums.queue / count,
            work: Some(before.work(&sums) / count),
            response: sums.response / count,
            blocked,
        }
    }
}

/// The parts of one operation's excess, before pool waits are divided.
struct Parts {
    arrivals: u64,
    lag: f64,
    queue: f64,
    blocked: BTreeMap<Cause, f64>,
    /// By second of the window.
    work: Vec<f64>,
}

impl Parts {
    fn of(ordinary: &Ordinary, seconds: &[Account]) -> Self {
        let counted: Vec<Sums> = seconds.iter().map(|second| counted(second, ordinary.response)).collect();
        let mut all = Sums::default();
        for sums in &counted {
            all.merge(sums);
        }
        let count = all.count as f64;

        let mut blocked: BTreeMap<Cause, f64> =
            ordinary.blocked.iter().map(|(cause, mean)| (cause.clone(), -mean * count)).collect();
        for (cause, total) in seconds.iter().flat_map(|second| &second.blocked) {
            *blocked.entry(cause.clone()).or_default() += total;
        }
        let work = counted.iter().zip(seconds).map(|(sums, second)| match ordinary.work {
            Some(mean) => second.work(sums) - mean * sums.count as f64,
            None => 0.0,
        });
        let queue = all.queue - ordinary.queue * count;
        Self { arrivals: all.count, lag: all.lag - ordinary.lag * count, queue, blocked, work: work.collect() }
    }

    fn summed(&self) -> OperationExcess {
        let blocked_ms = self.blocked.values().sum::<f64>();
        let work_ms = self.work.iter().sum::<f64>();
        let total_ms = self.lag + self.queue + blocked_ms + work_ms;
        OperationExcess { total_ms, lag_ms: self.lag, blocked_ms, pool_wait_ms: self.queue, work_ms }
    }
}

/// What is counted of a second: failures only where they took longer than the operation ordinarily does,
/// for an operation that fails at once must not make the excess look better.
fn counted(second: &Account, ordinary_response: f64) -> Sums {
    let mut sums = second.answered;
    let failed = second.failed;
    if failed.count > 0 && failed.response / failed.count as f64 >= ordinary_response {
        sums.merge(&failed);
    }
    sums
}

impl Ledger {
    /// Where the time went, over arrivals due from the start of the migration until `end`, in whole seconds.
    ///
    /// `total = lag + Σ pool_wait + Σ blocked + Σ slowdown + unexplained`; of an operation that had no arrivals in
    /// `before`, work is taken to be ordinary.
    #[must_use]
    pub fn excess(&self, end: Duration) -> Excess {
        let seconds = self.seconds_until(end);
        let mut excess = Excess::default();
        let mut blocked: BTreeMap<Cause, f64> = BTreeMap::new();
        let mut pool_wait: BTreeMap<PoolCause, f64> = BTreeMap::new();
        let mut work = vec![0.0; seconds];
        for (place, operation) in self.operations.iter().enumerate() {
            let parts = Parts::of(&Ordinary::of(&operation.before), operation.window(seconds));
            for (cause, ms) in &parts.blocked {
                *blocked.entry(cause.clone()).or_default() += ms;
            }
            for (cause, share) in self.pool_shares(place) {
                *pool_wait.entry(cause).or_default() += share * parts.queue;
            }
            work.iter_mut().zip(&parts.work).for_each(|(sum, ms)| *sum += ms);
            let summed = parts.summed();
            excess.total_ms += summed.total_ms;
            excess.lag_ms += summed.lag_ms;
            excess.arrivals += parts.arrivals;
            excess.operations.push(summed);
        }
        let (slowdown, unexplained_ms) = self.evidence(&work);
        excess.blocked = largest_first(blocked);
        excess.pool_wait = largest_first(pool_wait);
        excess.slowdown = largest_first(slowdown);
        excess.unexplained_ms = unexplained_ms;
        excess.inconclusive = excess.total_ms.abs() > LEAST_EXCESS
            && unexplained_ms.abs() > MOST_UNEXPLAINED * excess.parts().map(f64::abs).sum::<f64>();
        excess
    }

    /// Divides slower work, given by second, among the classes of wait events that were seen more often than
    /// before; where too few were, nobody knows why.
    fn evidence(&self, work: &[f64]) -> (BTreeMap<String, f64>, f64) {
        let mut slowdown: BTreeMap<String, f64> = BTreeMap::new();
        let mut unexplained = 0.0;
        for (second, &ms) in work.iter().enumerate() {
            let seen = self.events_beyond_ordinary(second);
            let all: f64 = seen.iter().map(|(_, count)| count).sum();
            if ms <= 0.0 || all < LEAST_EVIDENCE {
                unexplained += ms;
                continue;
            }
            for (class, count) in seen {
                *slowdown.entry(class).or_default() += ms * count / all;
            }
        }
        (slowdown, unexplained)
    }
}

impl Excess {
    /// All parts, that which is not explained among them; their sum is the total.
    pub fn parts(&self) -> impl Iterator<Item = f64> {
        let blocked = self.blocked.iter().map(|(_, ms)| *ms);
        let pool_wait = self.pool_wait.iter().map(|(_, ms)| *ms);
        let slowdown = self.slowdown.iter().map(|(_, ms)| *ms);
        [self.lag_ms, self.unexplained_ms].into_iter().chain(blocked).chain(pool_wait).chain(slowdown)
    }
}

fn largest_first<K>(parts: BTreeMap<K, f64>) -> Vec<(K, f64)> {
    let mut parts: Vec<(K, f64)> = parts.into_iter().filter(|(_, ms)| *ms != 0.0).collect();
    parts.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    parts
}
