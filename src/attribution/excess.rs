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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::phase::Phase;
    use crate::sample::{Outcome, Sample};
    use crate::wait::{Actor, Object, Stretch, Wait};

    const HELD: Cause = Cause::Held { step: 0 };

    fn us(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    fn sample(operation: u16, times: [u64; 4]) -> Sample {
        let [due, queued, connected, finished] = times.map(us);
        Sample {
            operation,
            due,
            queued,
            connected,
            finished,
            outcome: Outcome::Succeeded,
            retries: 0,
            statements: 1,
            rows: 1,
        }
    }

    fn wait(operation: u16, due: u64, from: u64, until: u64, cause: Cause) -> Wait {
        let stretch = Stretch { from: us(from), until: us(until), cause, chain: Vec::new() };
        Wait {
            pid: 1,
            waiter: Actor::Operation(operation),
            due: Some(us(due)),
            object: Object { kind: "relation".into(), relation: None, identity: "1".into() },
            mode: "ROW EXCLUSIVE".into(),
            start: us(from),
            end: us(until),
            open: false,
            failed: false,
            ticks: 1,
            stretches: vec![stretch],
        }
    }

    /// A ledger of one operation whose `before` lasts from 1 s to 11 s.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::new(&[0]);
        ledger.phase(Phase::Before, us(1_000_000));
        ledger
    }

    fn adds_up(excess: &Excess) {
        let sum: f64 = excess.parts().sum();
        assert!((sum - excess.total_ms).abs() < 1e-6 * excess.total_ms.abs().max(1.0), "{sum} of {}", excess.total_ms);
        let operations: f64 = excess.operations.iter().map(|operation| operation.total_ms).sum();
        assert!((operations - excess.total_ms).abs() < 1e-3);
    }

    fn of<K: PartialEq>(parts: &[(K, f64)], cause: &K) -> f64 {
        parts.iter().find(|(each, _)| each == cause).map_or(0.0, |(_, ms)| *ms)
    }

    /// 1,000 arrivals a second for a pool of five connections with 1 ms of work each; from 11 s to 14 s a step holds
    /// the table.
    fn three_seconds_of_lock() -> Ledger {
        let (locked, released) = (11_000_000, 14_000_000);
        let mut ledger = ledger();
        let mut free = [0_u64; 5];
        let mut saturated: Option<(u64, u64)> = None;
        for due in (1_000_000..20_000_000).step_by(1_000) {
            if due == locked {
                ledger.phase(Phase::During, us(locked));
            }
            free.sort_unstable();
            let connected = free[0].max(due);
            if connected > due {
                saturated = Some((saturated.map_or(due, |(from, _)| from), connected));
            }
            let works = if (locked..released).contains(&connected) { released } else { connected };
            if works > connected {
                ledger.wait(&wait(0, due, connected, works, HELD));
            }
            free[0] = works + 1_000;
            ledger.sample(&sample(0, [due, due, connected, free[0]]));
        }
        let (from, until) = saturated.expect("the lock exhausts the pool");
        ledger.saturated(0, us(from), us(until));
        ledger
    }

    #[test]
    fn waits_for_a_connection_are_charged_to_the_lock_that_exhausted_the_pool_the_drain_after_release_too() {
        let excess = three_seconds_of_lock().excess(us(19_000_000));
        adds_up(&excess);
        // By arithmetic: 3,000 arrivals pile up in 3 s and drain at 4,000/s, so the delays are the triangle of
        // (3 s + 0.75 s) × 3,000 / 2.
        let theory = 3_750.0 * 3_000.0 / 2.0;
        assert!((excess.total_ms / theory - 1.0).abs() < 0.01, "{} of {theory}", excess.total_ms);
        let blocked = of(&excess.blocked, &HELD);
        assert!((blocked - 15_000.0).abs() < 50.0, "five connections for three seconds, not {blocked}");
        let pool = of(&excess.pool_wait, &PoolCause::Blocked(HELD));
        assert!((pool + blocked) / excess.total_ms > 0.99, "{pool} and {blocked} of {}", excess.total_ms);
        assert!(!excess.inconclusive);
        assert_eq!(excess.arrivals, 8_000);
    }

    #[test]
    fn an_overloaded_pool_is_nobodys_lock() {
        let mut ledger = ledger();
        ledger.sample(&sample(0, [2_000_000, 2_000_000, 2_000_000, 2_001_000]));
        ledger.phase(Phase::During, us(11_000_000));
        ledger.sample(&sample(0, [11_000_000, 11_000_000, 11_500_000, 11_501_000]));
        ledger.saturated(0, us(11_000_000), us(11_500_000));
        let excess = ledger.excess(us(12_000_000));
        adds_up(&excess);
        assert_eq!(excess.pool_wait.len(), 1);
        assert!((of(&excess.pool_wait, &PoolCause::Overload) - 500.0).abs() < 1e-6);
    }

    #[test]
    fn a_free_connection_ends_the_memory_of_a_pool() {
        let mut ledger = ledger();
        ledger.sample(&sample(0, [2_000_000, 2_000_000, 2_000_000, 2_001_000]));
        ledger.phase(Phase::During, us(11_000_000));
        ledger.wait(&wait(0, 11_000_000, 11_000_000, 12_000_000, HELD));
        ledger.sample(&sample(0, [11_000_000, 11_000_000, 11_000_000, 12_001_000]));
        ledger.saturated(0, us(11_000_000), us(12_001_000));
        ledger.sample(&sample(0, [13_000_000, 13_000_000, 13_400_000, 13_401_000]));
        ledger.saturated(0, us(13_000_000), us(13_400_000));
        let excess = ledger.excess(us(14_000_000));
        adds_up(&excess);
        assert!((of(&excess.pool_wait, &PoolCause::Overload) - 400.0).abs() < 1e-6, "{:?}", excess.pool_wait);
    }

    #[test]
    fn ordinary_row_contention_is_no_excess() {
        let mut ledger = ledger();
        for second in 1..=10 {
            let due = second * 1_000_000;
            ledger.wait(&wait(0, due, due, due + 4_000, Cause::Traffic));
            ledger.sample(&sample(0, [due, due, due, due + 5_000]));
        }
        ledger.phase(Phase::During, us(11_000_000));
        for due in [11_000_000, 12_000_000] {
            ledger.wait(&wait(0, due, due, due + 4_000, Cause::Traffic));
            ledger.sample(&sample(0, [due, due, due, due + 5_000]));
        }
        let excess = ledger.excess(us(13_000_000));
        adds_up(&excess);
        assert!(excess.total_ms.abs() < 1e-6 && of(&excess.blocked, &Cause::Traffic).abs() < 1e-6);
    }

    #[test]
    fn slower_work_needs_evidence_else_the_report_does_not_know() {
        let slower = |observed: u32| {
            let mut ledger = ledger();
            ledger.sample(&sample(0, [2_000_000, 2_000_000, 2_000_000, 2_001_000]));
            ledger.wait_events(us(2_000_000), &[("IO".to_owned(), 1)]);
            ledger.phase(Phase::During, us(11_000_000));
            ledger.sample(&sample(0, [11_000_000, 11_000_000, 11_000_000, 11_401_000]));
            ledger.wait_events(us(11_200_000), &[("IO".to_owned(), observed)]);
            ledger.excess(us(12_000_000))
        };
        let known = slower(6);
        adds_up(&known);
        assert!((of(&known.slowdown, &"IO".to_owned()) - 400.0).abs() < 1e-6 && !known.inconclusive);
        let unknown = slower(5);
        adds_up(&unknown);
        assert!((unknown.unexplained_ms - 400.0).abs() < 1e-6 && unknown.inconclusive, "one of five was ordinary");
    }

    #[test]
    fn what_fails_at_once_does_not_make_the_excess_look_better_and_what_times_out_counts() {
        let mut ledger = ledger();
        ledger.sample(&sample(0, [2_000_000, 2_000_000, 2_000_000, 2_010_000]));
        ledger.phase(Phase::During, us(11_000_000));
        for (second, length) in [(11, 100), (12, 3_000_000)] {
            let due = second * 1_000_000;
            let mut failed = sample(0, [due, due, due + length, due + length]);
            failed.outcome = Outcome::Failed(Failure::PoolTimeout);
            ledger.sample(&failed);
        }
        let excess = ledger.excess(us(15_000_000));
        adds_up(&excess);
        assert_eq!(excess.arrivals, 1);
        assert!((excess.total_ms - 2_990.0).abs() < 1e-6, "{}", excess.total_ms);
    }

    #[test]
    fn what_was_unfinished_when_the_first_step_was_sent_belongs_to_the_window() {
        let mut ledger = ledger();
        ledger.sample(&sample(0, [2_000_000, 2_000_000, 2_000_000, 2_001_000]));
        ledger.phase(Phase::During, us(11_000_000));
        ledger.wait(&wait(0, 10_999_500, 11_000_000, 11_500_000, HELD));
        ledger.sample(&sample(0, [10_999_500, 10_999_500, 10_999_500, 11_500_500]));
        let excess = ledger.excess(us(12_000_000));
        adds_up(&excess);
        assert!((excess.total_ms - 500.0).abs() < 1e-6);
        assert!((of(&excess.blocked, &HELD) - 500.0).abs() < 1e-6);
    }

    #[test]
    fn an_operation_that_did_not_run_before_is_taken_to_work_as_it_does() {
        let mut ledger = ledger();
        ledger.phase(Phase::During, us(11_000_000));
        ledger.wait(&wait(0, 11_000_000, 11_000_000, 11_500_000, HELD));
        ledger.sample(&sample(0, [11_000_000, 11_001_000, 11_003_000, 31_000_000]));
        let excess = ledger.excess(us(32_000_000));
        adds_up(&excess);
        assert!((excess.total_ms - 503.0).abs() < 1e-6, "{}", excess.total_ms);
    }
}
