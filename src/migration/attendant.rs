//! Watches a step from outside: the locks that it asks for and gets, and ends it when its time is up.
//!
//! Of a command that is all there is: which sessions are its own, what they send, and when they give locks back.
//!
//! A task of its own, so that no look delays the moment in which a statement's end is noticed.

use super::statements::Statements;
use crate::backends::Backends;
use crate::clock::{Clock, ServerClock};
use crate::server::postgres::Session;
use crate::server::postgres::activity::{self, Guest, Guests};
use crate::server::postgres::facts::Locks;
use crate::server::postgres::mode::Mode;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Between two looks.
const PERIOD: Duration = Duration::from_millis(10);
/// Between two cancels: one may come in the moment between two statements and hit nothing.
const CANCEL_AGAIN: Duration = Duration::from_millis(500);

/// What is watched, and over which connection.
pub(super) struct Watched {
    pub(super) session: Session,
    pub(super) locks: Locks,
    pub(super) guests: Guests,
    /// The backend of the migration.
    pub(super) pid: i32,
    /// The place of the step, where it runs a command, and the `application_name` of that command's sessions.
    pub(super) command: Option<(u16, String)>,
    pub(super) backends: Backends,
    pub(super) clock: ServerClock,
}

/// What was seen of a step, with what it was watched by.
pub(super) struct Watch {
    pub(super) watched: Watched,
    pub(super) locks: AllSeen,
    pub(super) statements: Statements,
}

/// When a lock in a mode on a relation was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) asked: Option<Duration>,
    /// The last look at which it was waited for.
    pub(super) waited: Option<Duration>,
    pub(super) granted: Option<Duration>,
    /// The last look at which it was held.
    pub(super) held: Option<Duration>,
    /// Of a command's: the first look after that.
    pub(super) gone: Option<Duration>,
    /// Of a command's: the longest time for which it was held before, from and until.
    pub(super) longest: Option<(Duration, Duration)>,
}

impl Seen {
    fn is_held(&mut self, now: Duration) {
        if let Some(gone) = self.gone.take() {
            self.longest = self.longer(gone);
            self.granted = None;
        }
        self.granted = self.granted.or(Some(now));
        self.held = Some(now);
    }

    fn is_gone(&mut self, now: Duration) {
        if self.held.is_some_and(|held| held < now) {
            self.gone = self.gone.or(Some(now));
        }
    }

    /// From when until when it was held, the longest time of all where the last one ended at `end`.
    pub(super) fn longer(&self, end: Duration) -> Option<(Duration, Duration)> {
        let length = |(from, until): (Duration, Duration)| until.saturating_sub(from);
        let last = self.granted.map(|granted| (granted, end));
        [self.longest, last].into_iter().flatten().max_by_key(|time| length(*time))
    }
}

/// All locks seen, by relation and mode.
pub(super) type AllSeen = BTreeMap<(u32, Mode), Seen>;

/// A running watch.
pub(super) struct Attendant {
    task: JoinHandle<Watch>,
    done: CancellationToken,
}

impl Attendant {
    pub(super) fn start(watched: Watched, clock: Clock, cut: CancellationToken) -> Self {
        let done = CancellationToken::new();
        let task = tokio::spawn(watch(watched, clock, cut, done.clone()));
        Self { task, done }
    }

    /// Ends the watch.
    pub(super) async fn end(self) -> Watch {
        self.done.cancel();
        self.task.await.expect("the watch neither panics nor is aborted")
    }
}

async fn watch(watched: Watched, clock: Clock, cut: CancellationToken, done: CancellationToken) -> Watch {
    let mut watch = Watch { watched, locks: AllSeen::new(), statements: Statements::default() };
    let mut looks = interval(PERIOD);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut cancelled: Option<Duration> = None;
    loop {
        tokio::select! {
            biased;
            () = done.cancelled() => break,
            _ = looks.tick() => {}
        }
        let now = clock.now();
        if cut.is_cancelled() && cancelled.is_none_or(|last| now >= last + CANCEL_AGAIN) {
            cancelled = Some(now);
            watch.end_statement().await;
        }
        watch.look(now).await;
    }
    if cut.is_cancelled() {
        // A server does not notice that a client has gone while it works for it.
        watch.end_statement().await;
    }
    watch
}

impl Watch {
    /// A look that fails is a look less: a lost server shows in the step itself.
    async fn look(&mut self, now: Duration) {
        if self.watched.command.is_none() {
            let pid = self.watched.pid;
            return self.look_at_locks(&[pid], now).await;
        }
        let Some(guests) = self.watched.guests().await else { return };
        let pids: Vec<i32> = guests.iter().map(|guest| guest.pid).collect();
        for guest in guests {
            self.statements.saw(guest, now, &self.watched.clock);
        }
        if !pids.is_empty() {
            self.look_at_locks(&pids, now).await;
        }
        // What nobody holds any more was given back, however long the command goes on.
        self.locks.values_mut().filter(|seen| seen.held != Some(now)).for_each(|seen| seen.is_gone(now));
    }

    async fn look_at_locks(&mut self, pids: &[i32], now: Duration) {
        let locks = self.watched.locks.of(&mut self.watched.session, pids).await;
        for lock in locks.unwrap_or_default() {
            let entry = self.locks.entry((lock.relation, lock.mode)).or_default();
            if lock.granted {
                entry.is_held(now);
            } else {
                // Of several tries the last counts: the pauses between them are no waiting.
                entry.waited = Some(now);
                entry.asked = lock.since.map(|since| self.watched.clock.at(since)).or(entry.asked).or(Some(now));
            }
        }
    }

    /// Tried again until the step has ended, so one that fails is no loss.
    async fn end_statement(&mut self) {
        let watched = &mut self.watched;
        activity::cancel(&mut watched.session, watched.pid).await.ok();
        let guests = watched.guests().await.unwrap_or_default();
        if !guests.is_empty() {
            let pids: Vec<i32> = guests.iter().map(|guest| guest.pid).collect();
            activity::terminate(&mut watched.session, &pids).await.ok();
        }
    }
}

impl Watched {
    /// The sessions of the command, by their name or by being none of ours.
    async fn guests(&mut self) -> Option<Vec<Guest>> {
        let (step, name) = self.command.as_ref()?;
        let mut guests = self.guests.but(&mut self.session, &self.backends.pids()).await.ok()?;
        guests.retain(|guest| {
            guest.name == *name
                || (!guest.name.starts_with("shakedown") && self.backends.guest(guest.pid) == Some(*step))
        });
        Some(guests)
    }
}
