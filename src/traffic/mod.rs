//! The load: arrivals by the schedule, the pools' lines, the workers, and the end of it all.
//!
//! ```text
//! schedule ──▶ pacing thread ──▶ line of the pool ──▶ worker, connection ──▶ sample
//!                    └─ pool timeout, pool full, dropped, skipped ──────────────┘
//! ```
//!
//! A connection is a session of the server, or a user of the application under test who asks over HTTP.
//!
//! Traffic has a thread and a runtime of its own: nothing else may make it late. Closed-model clients that have a
//! pool for themselves use their connections without a line.

mod alone;
mod connection;
mod crew;
mod drain;
mod ending;
mod fingerprint;
mod http;
mod insertion;
mod ledger;
mod line;
mod means;
mod pacer;
mod perform;
mod program;
mod queue;
mod shared;
mod worker;

pub use alone::{Alone, Executed, Looked, Outside, Purpose, Rows, cost_of, plans_by_text};
pub use drain::Stopped;
pub use fingerprint::schedule_hash;

use crate::backends::Backends;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::data::Data;
use crate::observation::Observer;
use crate::scenario::{Arrivals, Operation, Reaches, Spacing, Variant};
use crate::schedule::{Due, Schedule};
use crate::server::postgres::{Address, Session};
use crate::units::Rate;
use anyhow::Context as _;
use crew::{Calls, Crew};
use ending::Ending;
use http::Site;
use ledger::Ledger;
use pacer::{Orders, Pacer, Stream, Timing};
use queue::Queue;
use shared::{Roster, Shared};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// What is to be loaded, and how.
#[derive(Clone, Debug)]
pub struct Load<'a> {
    /// The database, as its clients reach it.
    pub address: &'a Address,
    /// The same with nothing in between, for the connection by which others are ended.
    pub control: &'a Address,
    /// By how much round trips of its clients are longer than those of `control`.
    pub round_trip: Duration,
    /// Where the application under test answers, `http://127.0.0.1:port`; `None` without one.
    pub site: Option<&'a str>,
    /// The variant, with its pools and operations.
    pub variant: &'a Variant,
    /// What parameters are drawn from.
    pub data: Arc<Data>,
    /// Of arrivals and pauses.
    pub seed: u64,
    /// What `:as_of` stands for, in microseconds since 1970.
    pub as_of: i64,
    /// The clock of the round.
    pub clock: Clock,
    /// Where connections are made known.
    pub backends: Backends,
    /// Where samples go.
    pub observer: Observer,
    /// What `application_name` starts with; the pool's name follows.
    pub application: String,
    /// When the schedule starts: the warm-up.
    pub begins: Duration,
    /// When jobs start: with `before` or `measure`.
    pub jobs_begin: Duration,
    /// What `at` counts from: the planned start of the migration, or of `measure`.
    pub moment_zero: Duration,
}

/// The load of one round. Dropped without [`Traffic::stop`] it ends at once, whatever the server makes of that.
pub struct Traffic {
    shared: Arc<Shared>,
    orders: Arc<Orders>,
    queues: Vec<Arc<Queue>>,
    control: Option<Session>,
    pacer: Option<JoinHandle<()>>,
    start: CancellationToken,
    abandon: CancellationToken,
    ended: oneshot::Receiver<anyhow::Result<()>>,
}

impl Traffic {
    /// Makes all connections of all pools, and one to end the others with. Nothing runs yet.
    ///
    /// Statements are prepared when they are first used on a connection, as drivers do.
    pub async fn open(load: Load<'_>) -> anyhow::Result<Self> {
        let control = Session::open(load.control, &format!("{}/control", load.application)).await;
        let control = control.context("the server cannot be reached")?;
        let shared = Arc::new(shared(&load)?);
        let operations = &load.variant.operations;
        let crew = Crew::new(Arc::clone(&shared), operations);
        let queues: Vec<Arc<Queue>> = crew.queues.iter().map(|(_, queue)| Arc::clone(queue)).collect();
        let orders = Arc::new(Orders::default());
        let streams = operations.iter().zip(0..).filter_map(|(operation, place)| {
            let timing = timing(operation, &load)?;
            Some(Stream { operation: place, timing, queues: crew.lines(operation.pool) })
        });
        let pacer = Pacer {
            shared: Arc::clone(&shared),
            orders: Arc::clone(&orders),
            streams: streams.collect(),
            queues: queues.clone(),
        };
        let pacer = std::thread::Builder::new().name("pacer".to_owned()).spawn(move || pacer.run())?;
        let (start, abandon) = (CancellationToken::new(), CancellationToken::new());
        let (ready, is_ready) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let calls = Calls { ready, start: start.clone(), abandon: abandon.clone(), pacer: pacer.thread().clone() };
        std::thread::Builder::new().name("traffic".to_owned()).spawn(move || {
            // If nobody waits for the end, it was given up.
            end.send(run(crew, calls)).ok();
        })?;
        // From here on dropping it ends its threads.
        let traffic =
            Self { shared, orders, queues, control: Some(control), pacer: Some(pacer), start, abandon, ended };
        is_ready.await.context("the thread of the traffic broke")??;
        Ok(traffic)
    }

    /// Lets the schedule run. What is due before is late.
    pub fn start(&self) {
        self.start.cancel();
        self.orders.start();
        self.wake_pacer();
    }

    /// Gives operations, by their places, other rates from now on.
    pub fn set_rates(&self, rates: &[(usize, Rate)]) {
        self.orders.set_rates(self.shared.clock.now(), rates);
        self.wake_pacer();
    }

    /// Stops arrivals, sends those away who wait, lets operations end, and ends those that do not.
    ///
    /// When it returns all samples have been sent, and no backend of ours is left.
    pub async fn stop(self) -> anyhow::Result<Stopped> {
        let patience = drain::patience(&self.shared.pools);
        self.stop_within(patience).await
    }

    /// The same, where operations get no longer than `patience` to end by themselves.
    pub async fn stop_within(mut self, patience: Duration) -> anyhow::Result<Stopped> {
        let patience = patience.min(drain::patience(&self.shared.pools));
        let backends = self.shared.roster.all();
        self.halt(patience);
        drain::revive(&mut self.control, &self.shared).await;
        let mut stopped = Stopped::default();
        let ended = drain::drain(&self.shared, &mut self.control, patience, &mut self.ended, &mut stopped).await;
        if ended.is_none() {
            self.abandon.cancel();
            // Samples are owed still; whether the thread had an error on top matters no more.
            tokio::time::timeout(Duration::from_secs(1), &mut self.ended).await.ok();
        }
        stopped.left = drain::all_gone(&mut self.control, &backends, self.shared.round_trip).await;
        stopped.scheduled = self.shared.ledger.all_scheduled();
        if let Some(control) = self.control.take() {
            // It has done its work; a server that is gone needs no good-bye.
            control.close().await.ok();
        }
        ended.unwrap_or(Ok(()))?;
        Ok(stopped)
    }

    /// Tells everybody to take nothing more.
    fn halt(&mut self, patience: Duration) {
        self.shared.ending.stop(self.shared.clock.now() + patience);
        self.wake_pacer();
        if let Some(pacer) = self.pacer.take() {
            // It pushes its last arrivals before the lines close. It sleeps when it does not work, and holds no result.
            pacer.join().ok();
        }
        for queue in &self.queues {
            queue.close();
        }
        self.start.cancel();
    }

    fn wake_pacer(&self) {
        if let Some(pacer) = &self.pacer {
            pacer.thread().unpark();
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        if self.pacer.is_some() {
            self.halt(Duration::ZERO);
            self.shared.ending.cut();
            self.abandon.cancel();
        }
    }
}

fn shared(load: &Load<'_>) -> anyhow::Result<Shared> {
    let (programs, slots) = program::programs(&load.variant.operations, &load.data, load.seed)?;
    let site = load.site.map(Site::new).transpose()?;
    for (program, operation) in programs.iter().zip(&load.variant.operations) {
        let through_pool = load.variant.pools[operation.pool].reaches == Reaches::Application;
        let name = &operation.name;
        anyhow::ensure!(
            program.asks_application() == through_pool,
            "operation `{name}` does not fit its pool: requests need one that reaches the application, statements one that does not"
        );
        anyhow::ensure!(!through_pool || site.is_some(), "operation `{name}` asks an application, and there is none");
    }
    Ok(Shared {
        address: load.address.clone(),
        control: load.control.clone(),
        round_trip: load.round_trip,
        application: load.application.clone(),
        clock: load.clock,
        begins: load.begins,
        as_of: load.as_of,
        pools: load.variant.pools.clone(),
        ledger: Arc::new(Ledger::new(load.observer.clone(), programs.len())),
        programs,
        slots,
        ending: Ending::default(),
        backends: load.backends.clone(),
        roster: Roster::default(),
        site,
    })
}

/// The thread of the traffic, from its first connection to its last.
fn run(crew: Crew, calls: Calls) -> anyhow::Result<()> {
    // One thread: a second takes a core from the server that is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(crew.run(calls))
}

fn timing(operation: &Operation, load: &Load<'_>) -> Option<Timing> {
    Some(match operation.arrivals {
        Arrivals::Open { .. } => Timing::Flow(schedule(operation, load.seed, load.begins)?),
        Arrivals::Closed { .. } => return None,
        Arrivals::Every(period) => {
            Timing::Every { next: Due { n: 0, at: load.jobs_begin }, period: period.max(Duration::from_millis(1)) }
        }
        Arrivals::At(seconds) => {
            let at = (load.moment_zero.as_secs_f64() + seconds).max(load.begins.as_secs_f64());
            Timing::Once(Duration::try_from_secs_f64(at).ok())
        }
    })
}

/// The arrivals of an operation of the open model, as planned.
fn schedule(operation: &Operation, seed: u64, begins: Duration) -> Option<Schedule> {
    let Arrivals::Open { spacing, rate, stages } = &operation.arrivals else { return None };
    let first = match spacing {
        Spacing::Poisson => Schedule::poisson(Chance::of(seed, &operation.name), begins, *rate),
        Spacing::Even => Schedule::even(begins, *rate),
    };
    Some(stages.iter().fold(first, |schedule, (over, to)| schedule.ramp(*over, *to)))
}
