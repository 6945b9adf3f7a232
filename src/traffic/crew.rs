//! Who serves which line, on the thread that is theirs alone.
//!
//! All connections are made before anybody starts, so that a server that refuses one ends the run with an error
//! and not with a load that is smaller than asked for.

use super::connection::Connection;
use super::line::Limits;
use super::means::Means;
use super::queue::Queue;
use super::shared::Shared;
use super::worker::{Client, serve, serve_overflow};
use crate::failure::Failure;
use crate::scenario::{Arrivals, Operation, Pool, Reaches};
use crate::server::postgres::ServerError;
use anyhow::Context as _;
use std::sync::Arc;
use std::thread::Thread;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Who is needed.
pub(super) struct Crew {
    pub shared: Arc<Shared>,
    /// Each with its pool's place.
    pub queues: Vec<(usize, Arc<Queue>)>,
    /// Clients of pools that nobody else uses and that have a connection for each; with the pool's place.
    alone: Vec<(usize, Client)>,
    /// Clients that ask the application, each with a connection of its own, as browsers have.
    users: Vec<Client>,
    /// Clients that queue; with their line's place.
    queued: Vec<(usize, Client)>,
}

/// What the crew waits for.
pub(super) struct Calls {
    /// Told when all connections are made, or one cannot be.
    pub ready: oneshot::Sender<anyhow::Result<()>>,
    /// Work begins.
    pub start: CancellationToken,
    /// Everybody drops everything: the last resort.
    pub abandon: CancellationToken,
    /// The pacing thread.
    pub pacer: Thread,
}

impl Crew {
    pub(super) fn new(shared: Arc<Shared>, operations: &[Operation]) -> Self {
        let (alone, queued) = (Vec::new(), Vec::new());
        let mut crew = Self { shared, queues: Vec::new(), alone, users: Vec::new(), queued };
        let shared = Arc::clone(&crew.shared);
        for (place, pool) in shared.pools.iter().enumerate() {
            let of_pool = || operations.iter().zip(0_u16..).filter(|(operation, _)| operation.pool == place);
            let mut clients: Vec<Client> =
                of_pool().flat_map(|(operation, number)| clients(operation, number)).collect();
            if pool.reaches == Reaches::Application {
                crew.users.append(&mut clients);
            }
            let only_clients = of_pool().all(|(operation, _)| matches!(operation.arrivals, Arrivals::Closed { .. }));
            if only_clients && clients.len() <= pool.capacity() as usize {
                crew.alone.extend(clients.into_iter().map(|client| (place, client)));
                continue;
            }
            let first = crew.queues.len();
            let lines = (0..pool.instances.max(1)).map(|_| {
                let (clock, ledger) = (shared.clock, Arc::clone(&shared.ledger));
                (place, Arc::new(Queue::new(place as u16, limits(pool), clock, ledger)))
            });
            crew.queues.extend(lines);
            let lines = crew.queues.len() - first;
            crew.queued.extend(clients.into_iter().zip(0..).map(|(client, n)| (first + n % lines, client)));
        }
        crew
    }

    /// The lines of a pool, by their places.
    pub(super) fn lines(&self, pool: usize) -> Vec<usize> {
        (0..self.queues.len()).filter(|line| self.queues[*line].0 == pool).collect()
    }

    /// Connects, waits for the start, works until the end.
    pub(super) async fn run(self, calls: Calls) -> anyhow::Result<()> {
        let mut tasks = JoinSet::new();
        let hired = self.hire(&calls, &mut tasks).await;
        let is_ready = hired.is_ok();
        // If nobody waits for the answer, nobody wants the traffic.
        if calls.ready.send(hired).is_err() || !is_ready {
            tasks.shutdown().await;
            return Ok(());
        }
        let ledger = Arc::clone(&self.shared.ledger);
        let flushing = tokio::spawn(async move { ledger.flush_often().await });
        let ended = all_ended(&mut tasks, &calls.abandon).await;
        flushing.abort();
        self.shared.ledger.flush().await;
        ended
    }

    async fn hire(&self, calls: &Calls, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
        for (pool, queue) in &self.queues {
            for means in self.kept(*pool).await? {
                let work = serve(Arc::clone(&self.shared), Arc::clone(queue), means);
                tasks.spawn(once(calls.start.clone(), work));
            }
            for _ in 0..limits(&self.shared.pools[*pool]).overflow {
                let work = serve_overflow(Arc::clone(&self.shared), Arc::clone(queue), *pool);
                tasks.spawn(once(calls.start.clone(), work));
            }
        }
        for (pool, client) in &self.alone {
            let means = Means::Session(self.connect(*pool).await?);
            tasks.spawn(once(calls.start.clone(), client.run_alone(Arc::clone(&self.shared), means)));
        }
        for client in &self.users {
            let site = self.shared.site.as_ref().context("the clients ask an application, and there is none")?;
            let means = Means::User(site.guest()?);
            tasks.spawn(once(calls.start.clone(), client.run_alone(Arc::clone(&self.shared), means)));
        }
        for (line, client) in &self.queued {
            let queue = Arc::clone(&self.queues[*line].1);
            let work = client.run_queued(Arc::clone(&self.shared), queue, calls.pacer.clone());
            tasks.spawn(once(calls.start.clone(), work));
        }
        Ok(())
    }

    /// What the connections that a pool of one process keeps are.
    async fn kept(&self, place: usize) -> anyhow::Result<Vec<Means>> {
        let pool = &self.shared.pools[place];
        if let (Reaches::Application, Some(site)) = (pool.reaches, &self.shared.site) {
            // A user costs nothing before it asks, so none needs to be called when all others are busy.
            let users = 0..pool.connections + pool.overflow;
            return Ok(users.map(|_| Means::User(site.stranger())).collect());
        }
        let mut kept = Vec::new();
        for _ in 0..pool.connections {
            kept.push(Means::Session(self.connect(place).await?));
        }
        Ok(kept)
    }

    async fn connect(&self, pool: usize) -> anyhow::Result<Connection> {
        let mut connection = Connection::new(Arc::clone(&self.shared), pool);
        connection.open().await.map_err(|error| self.refused(pool, error))?;
        Ok(connection)
    }

    /// What to tell about a connection that cannot be made.
    fn refused(&self, pool: usize, error: ServerError) -> anyhow::Error {
        let name = &self.shared.pools[pool].name;
        let too_many = error.failure == Failure::Sqlstate(*b"53300");
        let refused = Err::<(), _>(error).with_context(|| format!("a connection of pool `{name}` cannot be made"));
        let refused = match too_many {
            false => refused,
            true => refused.with_context(|| {
                let sizes = self.shared.pools.iter().map(|pool| format!("`{}` {}", pool.name, pool.capacity()));
                let sizes = sizes.collect::<Vec<_>>().join(", ");
                format!("the pools want more connections than the server has ({sizes}): raise `max_connections`, or make them smaller")
            }),
        };
        refused.expect_err("it was made from an error")
    }
}

/// Starts a task's work when everybody may start.
async fn once(start: CancellationToken, work: impl Future<Output = ()>) {
    start.cancelled().await;
    work.await;
}

/// Waits for all; the first that panicked is the error.
async fn all_ended(tasks: &mut JoinSet<()>, abandon: &CancellationToken) -> anyhow::Result<()> {
    let mut ended = Ok(());
    loop {
        let joined = tokio::select! {
            joined = tasks.join_next() => joined,
            () = abandon.cancelled() => {
                tasks.shutdown().await;
                return ended;
            }
        };
        match joined {
            None => return ended,
            Some(Err(panic)) if ended.is_ok() => ended = Err(panic).context("a worker of the traffic broke"),
            Some(_) => {}
        }
    }
}

fn limits(pool: &Pool) -> Limits {
    let overflow = match pool.reaches {
        Reaches::Database => pool.overflow,
        Reaches::Application => 0,
    };
    Limits { acquire_timeout: pool.acquire_timeout, max_waiting: pool.max_waiting, overflow }
}

fn clients(operation: &Operation, place: u16) -> impl Iterator<Item = Client> {
    let (of, think) = match operation.arrivals {
        Arrivals::Closed { clients, think } => (clients, Some(think)),
        _ => (0, None),
    };
    think.into_iter().flat_map(move |think| (0..of).map(move |number| Client { operation: place, number, of, think }))
}
