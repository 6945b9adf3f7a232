//! Those who do the work: each owns one connection, or is one user of the application.
//!
//! A worker without a live connection takes nothing: it reconnects, with a growing pause, while others serve the line.

use super::connection::{BACK_OFF, Connection};
use super::line::Arrival;
use super::means::Means;
use super::queue::Queue;
use super::shared::Shared;
use crate::observation::StatementSpan;
use crate::units::DurationRange;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;
use tokio::sync::Notify;

/// Serves the line with a connection that is kept, until the line is closed.
pub(super) async fn serve(shared: Arc<Shared>, queue: Arc<Queue>, mut means: Means) {
    let mut spans = Vec::new();
    while means.revive().await {
        let Some((arrival, connected)) = queue.take().await else { break };
        execute(&shared, &mut means, &arrival, connected, &mut spans).await;
    }
    means.close().await;
}

/// Serves the line whenever all other connections are busy, each time with a new connection.
pub(super) async fn serve_overflow(shared: Arc<Shared>, queue: Arc<Queue>, pool: usize) {
    let mut spans = Vec::new();
    while queue.overflow_called().await.is_some() {
        let mut connection = Connection::new(Arc::clone(&shared), pool);
        if !open_while_wanted(&shared, &queue, &mut connection).await {
            continue;
        }
        queue.overflow_opened();
        let mut means = Means::Session(connection);
        while let Some((arrival, connected)) = queue.take_for_overflow() {
            execute(&shared, &mut means, &arrival, connected, &mut spans).await;
            if !means.revive().await {
                return;
            }
        }
        means.close().await;
    }
}

async fn open_while_wanted(shared: &Shared, queue: &Queue, connection: &mut Connection) -> bool {
    let mut pause = BACK_OFF.0;
    while connection.open().await.is_err() {
        if !shared.ending.rest(pause).await || !queue.wants_overflow() {
            connection.close().await;
            return false;
        }
        pause = BACK_OFF.1.min(pause * 2);
    }
    true
}

async fn execute(
    shared: &Shared,
    means: &mut Means,
    arrival: &Arrival,
    connected: Duration,
    spans: &mut Vec<StatementSpan>,
) {
    let mut owed = Owed { shared, arrival, connected, paid: false };
    let sample = means.perform(shared, arrival, connected, spans).await;
    owed.paid = true;
    shared.ledger.served(arrival, sample, spans);
}

/// A sample that is owed, also when everything is dropped because a server does not even end its backends.
struct Owed<'a> {
    shared: &'a Shared,
    arrival: &'a Arrival,
    connected: Duration,
    paid: bool,
}

impl Drop for Owed<'_> {
    fn drop(&mut self) {
        if !self.paid {
            self.shared.ledger.abandoned(self.arrival, self.connected, self.shared.clock.now());
        }
    }
}

/// A client of the closed model: it starts when it has ended, and thought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub operation: u16,
    /// From 0.
    pub number: u32,
    /// How many clients run the operation.
    pub of: u32,
    pub think: DurationRange,
}

impl Client {
    /// Runs with a connection of its own: as many connections as clients, so nobody has to queue.
    pub(super) async fn run_alone(self, shared: Arc<Shared>, mut means: Means) {
        let mut spans = Vec::new();
        let mut rounds = 0;
        wait_for_start(&shared).await;
        while !shared.ending.is_stopped() && means.revive().await {
            let arrival = self.arrival(&shared, rounds, None);
            execute(&shared, &mut means, &arrival, arrival.due, &mut spans).await;
            if !self.think(&shared, arrival.n).await {
                break;
            }
            rounds += 1;
        }
        means.close().await;
    }

    /// Runs with whatever connection of the pool is free.
    pub(super) async fn run_queued(self, shared: Arc<Shared>, queue: Arc<Queue>, pacer: Thread) {
        let ended = Arc::new(Notify::new());
        let mut rounds = 0;
        wait_for_start(&shared).await;
        while !shared.ending.is_stopped() {
            let arrival = self.arrival(&shared, rounds, Some(Arc::clone(&ended)));
            let n = arrival.n;
            if queue.push(&mut vec![arrival]) {
                // The pacing thread sleeps until the deadline of the head that it knows.
                pacer.unpark();
            }
            ended.notified().await;
            if !self.think(&shared, n).await {
                break;
            }
            rounds += 1;
        }
    }

    fn arrival(self, shared: &Shared, rounds: u64, client: Option<Arc<Notify>>) -> Arrival {
        shared.ledger.scheduled(self.operation);
        let now = shared.clock.now();
        let n = rounds * u64::from(self.of) + u64::from(self.number);
        Arrival { operation: self.operation, n, due: now, queued: now, client }
    }

    /// Thinks; `false` if there will be nothing to do.
    async fn think(self, shared: &Shared, n: u64) -> bool {
        if self.think.most.is_zero() {
            // Lets the other tasks of this thread run; a client that never waits would starve them.
            tokio::task::consume_budget().await;
            return true;
        }
        let luck = shared.programs[usize::from(self.operation)].chance.within(n).share(u64::MAX);
        shared.ending.rest(self.think.at(luck)).await
    }
}

async fn wait_for_start(shared: &Shared) {
    let left = shared.begins.saturating_sub(shared.clock.now());
    // Whether traffic ended meanwhile is asked before each operation anyway.
    shared.ending.rest(left).await;
}
