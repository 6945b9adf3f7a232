//! Those who watch a round: locks, wait events, gauges, the machine.

use crate::backends::Backends;
use crate::clock::Clock;
use crate::figures::DatabaseFigures;
use crate::observation::Observer;
use crate::scenario::Variant;
use crate::server::postgres::Address;
use crate::value::Value;
use crate::watch::{Gauges, LockSampler, VolumeMeter, WaitEventSampler, health};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Between two looks at the locks in judged phases: a lone wait of 20 ms is seen.
const JUDGED: Duration = Duration::from_millis(10);
/// Between two looks in the warm-up, of which nothing is judged.
const WARMUP: Duration = Duration::from_millis(50);

/// The watchers at work, each on a connection of its own.
pub(super) struct Watchers {
    tasks: JoinSet<()>,
    period: watch::Sender<Duration>,
    end: CancellationToken,
    volume: VolumeMeter,
}

/// What they watch.
pub(super) struct Watched<'a> {
    pub(super) address: &'a Address,
    pub(super) variant: &'a Variant,
    pub(super) as_of: i64,
    pub(super) server_pid: Option<u32>,
    pub(super) clock: Clock,
    pub(super) backends: &'a Backends,
    pub(super) observer: &'a Observer,
}

impl Watchers {
    /// Connects all of them, before the load takes connections, and lets them look.
    pub(super) async fn open(watched: Watched<'_>) -> anyhow::Result<Self> {
        let Watched { address, variant, as_of, server_pid, clock, backends, observer } = watched;
        let locks = LockSampler::open(address).await?;
        let wait_events = WaitEventSampler::open(address).await?;
        let gauges = Gauges::open(address, &variant.gauges, Value::Timestamp(as_of)).await?;
        let volume = VolumeMeter::open(address).await?;
        let sampler = locks.process();

        let (period, looked) = watch::channel(WARMUP);
        let end = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(locks.run(clock, backends.clone(), observer.clone(), looked, end.clone()));
        tasks.spawn(wait_events.run(clock, backends.clone(), observer.clone(), end.clone()));
        tasks.spawn(gauges.run(clock, observer.clone(), end.clone()));
        tasks.spawn(health(clock, server_pid, sampler, observer.clone(), end.clone()));
        Ok(Self { tasks, period, end, volume })
    }

    /// From now on is judged.
    pub(super) fn judged(&self) {
        self.period.send_replace(JUDGED);
    }

    /// From now on the growth of the database counts.
    pub(super) async fn begin(&mut self) {
        self.volume.begin().await;
    }

    /// Lets them end: what became of the database, where that could be read.
    pub(super) async fn stop(mut self) -> Option<DatabaseFigures> {
        self.end.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.volume.end().await
    }
}
