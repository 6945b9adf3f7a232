//! One round: a variant run once from restored data, from set-up to checks.

use super::prepare::Prepared;
use super::watchers::Watchers;
use crate::backends::Backends;
use crate::clock::Clock;
use crate::migration::{self, Migration};
use crate::observation::{Observation, Observer};
use crate::phase::Phase;
use crate::progress::Progress;
use crate::result::model::{CheckOutcome, Ended};
use crate::result::{Recorder, Recording, RoundMeasured};
use crate::scenario::{PhaseLengths, Scenario, Variant};
use crate::server::postgres::{Address, Session, catalog};
use crate::traffic::{Load, Traffic};
use crate::value::Value;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Batches of observations that may wait for the recorder: seconds of a stalled disk.
const WAITING: usize = 4096;

/// A round that was run, to its end or not.
pub(super) struct Done {
    pub(super) started: SystemTime,
    pub(super) measured: RoundMeasured,
    pub(super) setup: Vec<(String, Duration)>,
    pub(super) checks: Vec<CheckOutcome>,
    pub(super) schema: String,
    pub(super) ended: Ended,
}

/// Runs one round. An error means that nothing was measured; what goes wrong later is in [`Done::ended`].
pub(super) async fn run(
    prepared: &mut Prepared,
    variant: &Variant,
    number: u16,
    recording: &Recording,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> anyhow::Result<Done> {
    let address = prepared.place.restore(&prepared.fingerprint).await?;
    let setup = set_up(&address, variant).await?;
    let clock = Clock::start();
    let started = SystemTime::now();
    let (observer, observations) = mpsc::channel(WAITING);
    let recorder = recording.round(number, super::shape::of(variant))?;
    let recorder = tokio::task::spawn_blocking(move || record(recorder, observations));

    let round = Round { prepared, variant, address: &address, clock, observer, backends: Backends::default() };
    let (time_was_up, ended) = round.flow(progress, stop).await?;
    // The last sender: the recorder comes to its end.
    drop(round);

    let recorder = recorder.await.context("the recorder broke")??;
    let measured = recorder.finish(time_was_up)?;
    let (checks, schema, ended) = conclude(&prepared.scenario, &address, ended).await;
    Ok(Done { started, measured, setup, checks, schema, ended })
}

/// Takes observations until nobody is left who could send one.
fn record(mut recorder: Recorder, mut observations: mpsc::Receiver<Observation>) -> anyhow::Result<Recorder> {
    while let Some(observation) = observations.blocking_recv() {
        recorder.observe(observation)?;
    }
    Ok(recorder)
}

async fn set_up(address: &Address, variant: &Variant) -> anyhow::Result<Vec<(String, Duration)>> {
    let mut session = Session::open(address, "shakedown/setup").await?;
    let mut took = Vec::new();
    for sql in &variant.setup {
        let began = Instant::now();
        session.batch(sql).await.with_context(|| format!("set-up of variant {:?} failed at: {sql}", variant.name))?;
        took.push((sql.clone(), began.elapsed()));
    }
    session.close().await?;
    Ok(took)
}

/// What a round needs at every turn.
struct Round<'a> {
    prepared: &'a Prepared,
    variant: &'a Variant,
    address: &'a Address,
    clock: Clock,
    observer: Observer,
    backends: Backends,
}

/// When what begins.
struct Timetable {
    /// The schedule.
    begins: Duration,
    /// What is judged.
    judged: Duration,
    /// The migration, or `measure`.
    zero: Duration,
    /// How long the last phase lasts.
    last: Duration,
}

impl Timetable {
    fn new(begins: Duration, lengths: PhaseLengths) -> Self {
        match lengths {
            PhaseLengths::Around { warmup, before, after } => {
                Self { begins, judged: begins + warmup, zero: begins + warmup + before, last: after }
            }
            PhaseLengths::Measured { warmup, measure } => {
                Self { begins, judged: begins + warmup, zero: begins + warmup, last: measure }
            }
        }
    }
}

impl Round<'_> {
    /// Everything between set-up and checks: gives the moment at which time was up, and why.
    async fn flow(&self, progress: &dyn Progress, stop: &CancellationToken) -> anyhow::Result<(Duration, Ended)> {
        // Whoever watches or migrates connects first, for the load may leave no connection.
        let migration = match self.variant.migration.is_empty() {
            true => None,
            false => Some(Migration::open(self.address, &self.backends).await?),
        };
        let watchers = self.watchers().await?;
        let connections: u32 = self.variant.pools.iter().map(Pool::capacity).sum();
        let begins = self.clock.now() + CONNECTING * connections;
        let timetable = Timetable::new(begins, self.prepared.subject.scenario.phases);
        let traffic = Traffic::open(self.load(&timetable)).await?;
        traffic.start();

        let lost = CancellationToken::new();
        let guard = tokio::spawn(watch_server(self.prepared.place.server_pid(), lost.clone()));
        let end = Ends { stop, lost: &lost };
        let came = self.phases(&timetable, migration, &traffic, &watchers, progress, &end).await;
        guard.abort();
        let time_was_up = self.clock.now();
        let stopped = traffic.stop().await;
        watchers.stop().await;
        let ended = match came {
            Came::ToItsEnd => Ended::Completed,
            Came::Short if stop.is_cancelled() => Ended::Interrupted,
            Came::Short => Ended::Failed(format!("the server was lost in {}", self.when(time_was_up, &timetable))),
        };
        if ended == Ended::Completed {
            stopped?;
        }
        Ok((time_was_up, ended))
    }
}
