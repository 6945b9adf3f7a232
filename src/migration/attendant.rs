//! Watches a step from outside: the locks that it asks for and gets, and ends it when its time is up.
//!
//! A task of its own, so that no look delays the moment in which a statement's end is noticed.

use crate::clock::{Clock, ServerClock};
use crate::server::postgres::Session;
use crate::server::postgres::activity;
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
    /// The backend of the migration.
    pub(super) pid: i32,
    /// The `application_name` of a command's sessions; empty for other steps.
    pub(super) application: String,
    pub(super) clock: ServerClock,
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
}

/// All locks seen, by relation and mode.
pub(super) type AllSeen = BTreeMap<(u32, Mode), Seen>;

/// A running watch.
pub(super) struct Attendant {
    task: JoinHandle<(Session, Locks, AllSeen)>,
    done: CancellationToken,
}

impl Attendant {
    pub(super) fn start(watched: Watched, clock: Clock, cut: CancellationToken) -> Self {
        let done = CancellationToken::new();
        let task = tokio::spawn(watch(watched, clock, cut, done.clone()));
        Self { task, done }
    }

    /// Ends the watch.
    pub(super) async fn end(self) -> (Session, Locks, AllSeen) {
        self.done.cancel();
        self.task.await.expect("the watch neither panics nor is aborted")
    }
}

async fn watch(
    mut watched: Watched,
    clock: Clock,
    cut: CancellationToken,
    done: CancellationToken,
) -> (Session, Locks, AllSeen) {
    let mut seen = AllSeen::new();
    let mut looks = interval(PERIOD);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut cancelled: Option<Duration> = None;
    loop {
        tokio::select! {
            biased;
            () = done.cancelled() => return (watched.session, watched.locks, seen),
            _ = looks.tick() => {}
        }
        let now = clock.now();
        if cut.is_cancelled() && cancelled.is_none_or(|last| now >= last + CANCEL_AGAIN) {
            cancelled = Some(now);
            end_statement(&mut watched).await;
        }
        look(&mut watched, now, &mut seen).await;
    }
}

/// A look that fails is a look less: a lost server shows in the step itself.
async fn look(watched: &mut Watched, now: Duration, seen: &mut AllSeen) {
    let locks = watched.locks.of(&mut watched.session, watched.pid, &watched.application).await;
    for lock in locks.unwrap_or_default() {
        let entry = seen.entry((lock.relation, lock.mode)).or_default();
        if lock.granted {
            entry.granted = entry.granted.or(Some(now));
            entry.held = Some(now);
        } else {
            // Of several tries the last counts: the pauses between them are no waiting.
            entry.waited = Some(now);
            entry.asked = lock.since.map(|since| watched.clock.at(since)).or(entry.asked).or(Some(now));
        }
    }
}

/// Tried again until the step has ended, so one that fails is no loss.
async fn end_statement(watched: &mut Watched) {
    activity::cancel(&mut watched.session, watched.pid).await.ok();
    if !watched.application.is_empty() {
        activity::terminate_all(&mut watched.session, &watched.application).await.ok();
    }
}
