//! One round: a variant run once from restored data, from set-up to checks.

use super::alone::{Alone, look_again};
use super::answers::Answers;
use super::between::Between;
use super::conclude::{self, Conclusion};
use super::guard;
use super::hopeless::Hope;
use super::prepare::Seeded;
use super::ready::{Ready, get_ready};
use super::shape;
use super::watchers::{Watched, Watchers};
use crate::backends::Backends;
use crate::clock::Clock;
use crate::migration::{Course, Migration, Strangers};
use crate::observation::{Observation, Observer};
use crate::phase::Phase;
use crate::progress::Progress;
use crate::result::model::{DatabaseFigures, Ended, Judgement};
use crate::result::{Recorder, Recording, RoundFacts, RoundMeasured};
use crate::scenario::{PhaseLengths, Pool, Variant};
use crate::server::postgres::{Address, Session};
use crate::traffic::{Load, Traffic};
use crate::units;
use crate::workshop::Tools;
use anyhow::Context as _;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Batches of observations that may wait for the recorder: seconds of a stalled disk.
const WAITING: usize = 4096;
/// What is allowed for making a connection before the schedule starts; if it takes longer, the warm-up begins late.
const CONNECTING: Duration = Duration::from_millis(10);
/// How many round trips that takes: TLS, a password, what is asked first.
const CONNECTING_ASKS: u32 = 8;

/// How long operations may take to end by themselves when the round was cut.
const HURRY: Duration = Duration::from_secs(1);
/// How long before it is due the first judged phase is made known, and the last one ended: jobs are due at the very
/// beginning, where those that are done within a millisecond must find the phase, and would be due at the very end.
const AHEAD: Duration = Duration::from_millis(5);

/// What is run in one round.
pub(super) struct Turn<'a> {
    pub(super) number: u16,
    pub(super) variant: &'a Variant,
    /// By how much round trips of its clients are longer.
    pub(super) round_trip: Duration,
}

impl Turn<'_> {
    /// What the progress calls it.
    fn name(&self) -> String {
        match self.round_trip {
            Duration::ZERO => self.variant.name.clone(),
            round_trip => format!("{}, round trip {}", self.variant.name, units::human(round_trip)),
        }
    }
}

/// What a round that came to its measuring has found.
pub(super) struct Found {
    pub(super) measured: RoundMeasured,
    pub(super) facts: RoundFacts,
    pub(super) answers: Option<Answers>,
}

/// A round that was run, to its end or not.
pub(super) struct Done {
    /// What was found, if it came to that.
    pub(super) found: Option<Found>,
    pub(super) ended: Ended,
}

impl Done {
    fn nothing(ended: Ended) -> Self {
        Self { found: None, ended }
    }
}

/// Runs one round. Whatever goes wrong ends it, and leaves what was measured until then.
pub(super) async fn run(
    seeded: &mut Seeded,
    turn: &Turn<'_>,
    between: &mut Between,
    recording: &Recording,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> Done {
    let output = recording.application(turn.number);
    let ready = tokio::select! {
        ready = get_ready(seeded, turn, between, &output, progress) => ready,
        () = stop.cancelled() => return Done::nothing(Ended::Interrupted),
    };
    let measured = match ready {
        Ok(ready) => measure(seeded, turn, ready, recording, progress, stop).await,
        Err(error) => Err(error),
    };
    measured.unwrap_or_else(|error| Done::nothing(Ended::Failed(format!("{error:#}"))))
}

/// From the first connection to the checks. An error means that the results could not be written.
async fn measure(
    seeded: &Seeded,
    turn: &Turn<'_>,
    ready: Ready,
    recording: &Recording,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> anyhow::Result<Done> {
    let Ready { address, way, setup, tools, tools_setup, application, alone } = ready;
    let started = Timestamp::now().to_string();
    let (observer, observations) = mpsc::channel(WAITING);
    let recorder = recording.round(turn.number, shape::of(turn.variant))?;
    let hope = Hope::new(&seeded.prepared.subject.scenario.stop_when, turn.variant);
    let hopeless = CancellationToken::new();
    let given_up = hopeless.clone();
    let recorder = tokio::task::spawn_blocking(move || record(recorder, observations, hope, &given_up));

    let (clock, backends) = (Clock::start(), Backends::default());
    let end = application.as_ref().map(|application| tell_of_end(application.ended(), clock, observer.clone()));
    let end = end.map(tokio::spawn);
    let site = application.as_ref().map(|application| application.url().to_owned());
    let round = Round { seeded, turn, address: &address, way: &way, tools, site, clock, observer, backends, hopeless };
    let flowed = round.flow(progress, stop).await;
    if let Some(end) = end {
        end.abort();
    }
    let application = match application {
        Some(application) => Some(application.stop().await),
        None => None,
    };
    // The last sender: the recorder comes to its end.
    drop(round);

    let (recorder, stopped) = recorder.await.context("the recorder broke")??;
    let Flowed { time_was_up, ended, database } = flowed.unwrap_or_else(|error| Flowed {
        time_was_up: clock.now(),
        ended: Ended::Failed(format!("{error:#}")),
        database: None,
    });
    if !recorder.has_begun() {
        return Ok(Done::nothing(ended));
    }
    let mut measured = recorder.finish(time_was_up)?;
    let Alone { answers, costs, plans, note } = alone;
    measured.notes.extend(note.map(|note| (Duration::ZERO, note)));
    let (round, round_trip) = (turn.number, turn.round_trip);
    let facts = RoundFacts {
        round,
        started,
        round_trip,
        tools: tools_setup,
        application,
        costs,
        plans,
        setup,
        database,
        stopped,
        ..RoundFacts::default()
    };
    let mut found = Found { measured, facts, answers };
    let ended = match ended {
        // What a migration that was broken off has left is no state to check.
        Ended::Completed if found.facts.stopped.is_some() => ended,
        Ended::Completed => settle(seeded, turn, &address, &mut found, stop).await,
        ended => ended,
    };
    Ok(Done { found: Some(found), ended })
}

/// Asks the database what the traffic and the change have left.
async fn settle(
    seeded: &Seeded,
    turn: &Turn<'_>,
    address: &Address,
    found: &mut Found,
    stop: &CancellationToken,
) -> Ended {
    tokio::select! {
        () = look_again(seeded, turn.variant, address, &found.measured, &mut found.facts.plans) => {}
        () = stop.cancelled() => return Ended::Interrupted,
    }
    let Conclusion { checks, schema, invalid_indexes, ended } = conclude::conclude(seeded, address, stop).await;
    (found.facts.checks, found.facts.schema, found.facts.invalid_indexes) = (checks, schema, invalid_indexes);
    ended
}

/// Notes the end of an application that comes by itself.
async fn tell_of_end(end: impl Future<Output = String>, clock: Clock, observer: Observer) {
    let note = format!("the application under test ended by itself ({})", end.await);
    // A recorder that is gone has met an error of the disk, which ends the round with its own words.
    drop(observer.send(Observation::Note(clock.now(), note)).await);
}

/// Takes observations until nobody is left who could send one; cancels once the round is beyond hope, and gives why.
fn record(
    mut recorder: Recorder,
    mut observations: mpsc::Receiver<Observation>,
    mut hope: Hope,
    hopeless: &CancellationToken,
) -> anyhow::Result<(Recorder, Option<Judgement>)> {
    let mut stopped = None;
    while let Some(observation) = observations.blocking_recv() {
        if stopped.is_none() && !hopeless.is_cancelled() {
            stopped = hope.see(&observation);
        }
        if stopped.is_some() {
            hopeless.cancel();
        }
        recorder.observe(observation)?;
    }
    Ok((recorder, stopped))
}

/// What a round needs at every turn.
struct Round<'a> {
    seeded: &'a Seeded,
    turn: &'a Turn<'a>,
    address: &'a Address,
    /// The same, as its clients reach it.
    way: &'a Address,
    /// What commands of the migration are run with.
    tools: Option<Tools>,
    /// Where the application under test answers.
    site: Option<String>,
    clock: Clock,
    observer: Observer,
    backends: Backends,
    /// Cancelled once the round is beyond hope, or its phases are over.
    hopeless: CancellationToken,
}

/// How what lies between set-up and checks went.
struct Flowed {
    time_was_up: Duration,
    ended: Ended,
    /// The whole database over the judged time.
    database: Option<DatabaseFigures>,
}

/// When what begins, as far as it can be planned.
struct Timetable {
    /// The schedule, with the warm-up.
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
        let (warmup, before, last) = match lengths {
            PhaseLengths::Around { warmup, before, after } => (warmup, before, after),
            PhaseLengths::Measured { warmup, measure } => (warmup, Duration::ZERO, measure),
        };
        Self { begins, judged: begins + warmup, zero: begins + warmup + before, last }
    }
}

impl Round<'_> {
    /// Everything between set-up and checks.
    async fn flow(&self, progress: &dyn Progress, stop: &CancellationToken) -> anyhow::Result<Flowed> {
        // Whoever watches or migrates connects first, for the load may leave no connection.
        let own = self.own_connections().await;
        let (migration, guard, mut watchers) = own.context(
            "the round has no connections for the migration and for those who watch it, \
             of which the server's `max_connections` must leave some beside the pools'",
        )?;
        let connections: u32 = self.turn.variant.pools.iter().map(Pool::capacity).sum();
        let begins = self.clock.now() + (CONNECTING + self.turn.round_trip * CONNECTING_ASKS) * connections;
        let timetable = Timetable::new(begins, self.seeded.prepared.subject.scenario.phases);
        let traffic = Traffic::open(self.load(&timetable)).await?;
        traffic.start();

        let cut = stop.child_token();
        let guard = tokio::spawn(guard::watch(self.address.clone(), guard, self.observer.clone(), cut.clone()));
        let over = cut.child_token();
        let give_up = async {
            self.hopeless.cancelled().await;
            over.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = self.phases(&timetable, migration, &traffic, &mut watchers, progress, &over) => {}
            () = give_up => {}
        }
        // What happens while the traffic ends makes no round hopeless.
        self.hopeless.cancel();
        guard.abort();
        let time_was_up = self.clock.now();
        let stopped = match cut.is_cancelled() {
            true => traffic.stop_within(HURRY).await,
            false => traffic.stop().await,
        };
        let database = watchers.stop().await;
        let ended = match (stop.is_cancelled(), cut.is_cancelled(), stopped) {
            (true, ..) => Ended::Interrupted,
            (_, true, _) => Ended::Failed("the server is gone and did not come back".to_owned()),
            (.., Err(error)) => Ended::Failed(format!("{error:#}")),
            (.., Ok(stopped)) if stopped.left > 0 => {
                Ended::Failed(format!("{} connections of the load could not be ended", stopped.left))
            }
            _ => Ended::Completed,
        };
        Ok(Flowed { time_was_up, ended, database })
    }

    async fn own_connections(&self) -> anyhow::Result<(Option<Migration>, Session, Watchers)> {
        let migration = match self.seeded.prepared.subject.scenario.phases {
            PhaseLengths::Around { .. } => Some(Migration::open(self.address, &self.backends).await?),
            PhaseLengths::Measured { .. } => None,
        };
        let guard = Session::open(self.address, "shakedown/guard").await?;
        Ok((migration, guard, self.watchers().await?))
    }

    async fn watchers(&self) -> anyhow::Result<Watchers> {
        Watchers::open(Watched {
            address: self.address,
            variant: self.turn.variant,
            as_of: self.seeded.prepared.as_of.as_microsecond(),
            server_pid: self.seeded.prepared.place.server_pid(),
            clock: self.clock,
            backends: &self.backends,
            observer: &self.observer,
        })
        .await
    }

    fn load(&self, timetable: &Timetable) -> Load<'_> {
        Load {
            address: self.way,
            control: self.address,
            round_trip: self.turn.round_trip,
            site: self.site.as_deref(),
            variant: self.turn.variant,
            data: Arc::clone(&self.seeded.data),
            seed: self.seeded.prepared.subject.random_seed,
            as_of: self.seeded.prepared.as_of.as_microsecond(),
            clock: self.clock,
            backends: self.backends.clone(),
            observer: self.observer.clone(),
            application: "shakedown".to_owned(),
            begins: timetable.begins,
            jobs_begin: timetable.judged,
            moment_zero: timetable.zero,
        }
    }

    /// The phases one after the other, until the last is over or the round is cut.
    async fn phases(
        &self,
        timetable: &Timetable,
        migration: Option<Migration>,
        traffic: &Traffic,
        watchers: &mut Watchers,
        progress: &dyn Progress,
        cut: &CancellationToken,
    ) {
        progress.begin(&self.turn.name(), None, "");
        // Connecting may have taken longer than was allowed: what was due meanwhile belongs to the warm-up as well.
        self.phase(Phase::Warmup, self.clock.now().min(timetable.begins), progress).await;
        self.until(timetable.judged.saturating_sub(AHEAD), cut).await;
        // A phase that is not reached is not told of.
        if !cut.is_cancelled() {
            watchers.judged();
            self.judged_phases(timetable, migration, traffic, watchers, progress, cut).await;
        }
        progress.end(&self.turn.name());
    }

    async fn judged_phases(
        &self,
        timetable: &Timetable,
        migration: Option<Migration>,
        traffic: &Traffic,
        watchers: &mut Watchers,
        progress: &dyn Progress,
        cut: &CancellationToken,
    ) {
        let last = match migration {
            None => {
                tokio::join!(self.phase(Phase::Measure, timetable.judged, progress), watchers.begin());
                timetable.judged
            }
            Some(migration) => {
                self.phase(Phase::Before, timetable.judged, progress).await;
                self.until(timetable.zero, cut).await;
                if cut.is_cancelled() {
                    return;
                }
                // Not beside the first step, which may be done before the answer is there.
                watchers.begin().await;
                self.phase(Phase::During, self.clock.now(), progress).await;
                let course = self.course(cut);
                migration.run(&self.turn.variant.migration, &course, |rates| traffic.set_rates(rates)).await;
                if cut.is_cancelled() {
                    return;
                }
                let done = self.clock.now();
                self.phase(Phase::After, done, progress).await;
                done
            }
        };
        self.until((last + timetable.last).saturating_sub(AHEAD), cut).await;
    }

    fn course(&self, cut: &CancellationToken) -> Course {
        Course {
            clock: self.clock,
            observer: self.observer.clone(),
            stop: cut.clone(),
            timeout: self.seeded.prepared.subject.scenario.migration_timeout,
            tools: self.tools.clone(),
            strangers: match self.turn.variant.app {
                Some(_) => Strangers::Anybodys,
                None => Strangers::OfTheCommand,
            },
        }
    }

    async fn phase(&self, phase: Phase, at: Duration, progress: &dyn Progress) {
        progress.note(&format!("{} {} {}", units::human(at), self.turn.name(), phase.name()));
        // A recorder that is gone has met an error of the disk, which ends the round with its own words.
        drop(self.observer.send(Observation::Phase(phase, at)).await);
    }

    async fn until(&self, offset: Duration, cut: &CancellationToken) {
        tokio::select! {
            () = tokio::time::sleep_until(self.clock.instant(offset).into()) => {}
            () = cut.cancelled() => {}
        }
    }
}
