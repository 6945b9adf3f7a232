//! Everything that was scheduled, and the one way in which each ended.
//!
//! Samples are handed over in batches. The spans of an operation's statements leave before its sample does:
//! who knows the sample knows all that it waited for.

use super::line::Arrival;
use crate::observation::{Observation, Observer, StatementSpan};
use crate::sample::{Outcome, Sample};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;

/// A batch is sent when it has so many samples,
const BATCH: usize = 256;
/// or when so much time has passed.
const OFTEN: Duration = Duration::from_millis(50);
/// An operation below this, and its statements, waited for nothing that anybody would ask about.
const WORTH_TELLING: Duration = Duration::from_millis(1);

/// What was scheduled and how it ended.
pub(super) struct Ledger {
    observer: Observer,
    page: Mutex<Page>,
    operations: Vec<Account>,
}

/// The figures of one operation.
#[derive(Default)]
struct Account {
    scheduled: AtomicU64,
    running: AtomicBool,
}

/// What has not been sent yet.
#[derive(Default)]
struct Page {
    samples: Vec<Sample>,
    spans: Vec<StatementSpan>,
    others: Vec<Observation>,
    /// Batches for which the channel had no room.
    unsent: Vec<Observation>,
}

impl Ledger {
    pub(super) fn new(observer: Observer, operations: usize) -> Self {
        let operations = (0..operations).map(|_| Account::default()).collect();
        Self { observer, page: Mutex::default(), operations }
    }

    /// One more arrival of the operation, which must end in a sample.
    pub(super) fn scheduled(&self, operation: u16) {
        self.operations[usize::from(operation)].scheduled.fetch_add(1, Ordering::Relaxed);
    }

    /// How many arrivals each operation had.
    pub(super) fn all_scheduled(&self) -> Vec<u64> {
        self.operations.iter().map(|each| each.scheduled.load(Ordering::Relaxed)).collect()
    }

    /// Marks a job as running; `false` if it was.
    pub(super) fn start_job(&self, operation: u16) -> bool {
        !self.operations[usize::from(operation)].running.swap(true, Ordering::Relaxed)
    }

    /// An arrival was served: its sample, and the spans of its statements.
    pub(super) fn served(&self, arrival: &Arrival, sample: Sample, spans: &mut Vec<StatementSpan>) {
        let slow = sample.service_time() >= WORTH_TELLING;
        let mut page = self.page();
        let told =
            spans.drain(..).filter(|span| slow || span.failed || span.ended.saturating_sub(span.sent) >= WORTH_TELLING);
        page.spans.extend(told);
        self.settle(page, arrival, sample);
    }

    /// An arrival never got a connection.
    pub(super) fn gave_up(&self, arrival: &Arrival, at: Duration, outcome: Outcome) {
        self.settle(self.page(), arrival, without_statements(arrival, at, at, outcome));
    }

    /// An arrival was dropped in the middle of its work.
    pub(super) fn abandoned(&self, arrival: &Arrival, connected: Duration, at: Duration) {
        self.settle(self.page(), arrival, without_statements(arrival, connected, at, Outcome::Cut));
    }

    /// A job was due while it still ran: that run goes on, so it is not settled.
    pub(super) fn skipped(&self, arrival: &Arrival) {
        let at = arrival.queued;
        self.enter(self.page(), without_statements(arrival, at, at, Outcome::Skipped));
    }

    /// No connection of the pool was free between those times.
    pub(super) fn saturated(&self, pool: u16, from: Duration, until: Duration) {
        self.page().others.push(Observation::Saturated { pool, from, until });
    }

    fn settle(&self, page: MutexGuard<'_, Page>, arrival: &Arrival, sample: Sample) {
        self.operations[usize::from(arrival.operation)].running.store(false, Ordering::Relaxed);
        self.enter(page, sample);
        if let Some(client) = &arrival.client {
            client.notify_one();
        }
    }

    fn enter(&self, mut page: MutexGuard<'_, Page>, sample: Sample) {
        page.samples.push(sample);
        if page.samples.len() >= BATCH {
            page.tear();
            self.send_what_fits(&mut page);
        }
    }

    /// Sends without waiting: neither a worker nor the pacing thread may stall behind a slow disk.
    fn send_what_fits(&self, page: &mut Page) {
        let mut unsent = std::mem::take(&mut page.unsent).into_iter();
        while let Some(observation) = unsent.next() {
            match self.observer.try_send(observation) {
                Ok(()) => {}
                Err(TrySendError::Full(observation)) => {
                    page.unsent.push(observation);
                    page.unsent.extend(unsent);
                    return;
                }
                // Nobody listens any more: the round was given up.
                Err(TrySendError::Closed(_)) => return,
            }
        }
    }

    /// Sends all that there is, waiting for room.
    pub(super) async fn flush(&self) {
        let unsent = {
            let mut page = self.page();
            page.tear();
            std::mem::take(&mut page.unsent)
        };
        for observation in unsent {
            if self.observer.send(observation).await.is_err() {
                return;
            }
        }
    }

    /// Sends every 50 ms, for ever.
    pub(super) async fn flush_often(&self) {
        loop {
            tokio::time::sleep(OFTEN).await;
            self.flush().await;
        }
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn without_statements(arrival: &Arrival, connected: Duration, finished: Duration, outcome: Outcome) -> Sample {
    Sample {
        operation: arrival.operation,
        due: arrival.due,
        queued: arrival.queued,
        connected,
        finished,
        outcome,
        retries: 0,
        statements: 0,
        rows: 0,
    }
}

impl Page {
    /// Makes batches of what there is, spans first.
    fn tear(&mut self) {
        if !self.spans.is_empty() {
            self.unsent.push(Observation::Statements(std::mem::take(&mut self.spans)));
        }
        self.unsent.append(&mut self.others);
        if !self.samples.is_empty() {
            let batch = std::mem::replace(&mut self.samples, Vec::with_capacity(BATCH));
            self.unsent.push(Observation::Samples(batch));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::Actor;
    use tokio::sync::mpsc;

    fn arrival() -> Arrival {
        Arrival { operation: 0, n: 0, due: Duration::ZERO, queued: Duration::ZERO, client: None }
    }

    fn sample(finished: u64) -> Sample {
        Sample {
            operation: 0,
            due: Duration::ZERO,
            queued: Duration::ZERO,
            connected: Duration::ZERO,
            finished: Duration::from_micros(finished),
            outcome: Outcome::Succeeded,
            retries: 0,
            statements: 2,
            rows: 0,
        }
    }

    fn span(sent: u64, ended: u64) -> StatementSpan {
        StatementSpan {
            pid: 1,
            actor: Actor::Operation(0),
            due: Duration::ZERO,
            sent: Duration::from_micros(sent),
            ended: Duration::from_micros(ended),
            failed: false,
        }
    }

    #[tokio::test]
    async fn spans_leave_before_the_samples_and_only_where_something_took_a_millisecond() {
        let (observer, mut received) = mpsc::channel(8);
        let ledger = Ledger::new(observer, 1);
        ledger.served(&arrival(), sample(900), &mut vec![span(0, 400), span(400, 900)]);
        ledger.served(&arrival(), sample(1100), &mut vec![span(0, 400), span(400, 1100)]);
        ledger.flush().await;
        assert!(matches!(received.try_recv(), Ok(Observation::Statements(spans)) if spans.len() == 2));
        assert!(matches!(received.try_recv(), Ok(Observation::Samples(samples)) if samples.len() == 2));
    }

    #[tokio::test]
    async fn a_full_channel_loses_nothing() {
        let (observer, mut received) = mpsc::channel(1);
        let ledger = Ledger::new(observer, 1);
        for _ in 0..5 * BATCH + 3 {
            ledger.gave_up(&arrival(), Duration::ZERO, Outcome::Cut);
        }
        let receive = async {
            let mut count = 0;
            while count < 5 * BATCH + 3 {
                if let Some(Observation::Samples(samples)) = received.recv().await {
                    count += samples.len();
                }
            }
            count
        };
        let ((), count) = tokio::join!(ledger.flush(), receive);
        assert_eq!(count, 5 * BATCH + 3);
    }
}
