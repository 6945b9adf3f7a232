//! The end of the traffic: nothing of ours is left on the server, a locked table or not.
//!
//! A statement behind a lock never ends by itself, and whoever only hangs up leaves a backend that waits on, with
//! others behind it. So after a time to end by themselves statements are cancelled, then their backends ended, by
//! a connection that was there before the load. Nobody is cancelled who may still take on something new: one of
//! 300 cancels was seen to hit the next statement.

use super::shared::Shared;
use crate::scenario::Pool;
use crate::server::postgres::Session;
use crate::server::postgres::cancel::{Backend, cancel, remaining, terminate};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

/// How long operations may take to end by themselves where no statement timeout says so.
const PATIENCE: Duration = Duration::from_secs(5);
/// From a cancel to the end of the backend, and from there to giving up.
const STEP: Duration = Duration::from_secs(1);
/// How long a backend takes at most to notice that its client has gone.
const GOING: Duration = Duration::from_millis(800);

/// How traffic ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// How many arrivals each operation had, by its place; each ended in exactly one sample.
    pub scheduled: Vec<u64>,
    /// Statements that had to be cancelled.
    pub cancelled: u64,
    /// Backends that had to be ended.
    pub terminated: u64,
    /// Backends of ours that were there to the last.
    pub left: u64,
}

/// How long operations may take to end by themselves: no statement takes longer.
pub(super) fn patience(pools: &[Pool]) -> Duration {
    pools.iter().filter_map(|pool| pool.statement_timeout).max().unwrap_or(PATIENCE)
}

/// Makes the connection again by which others are ended, if a server that crashed and came back has ended it, too.
pub(super) async fn revive(control: &mut Option<Session>, shared: &Shared) {
    let lives = match control {
        Some(session) => session.batch("SELECT 1").await.is_ok(),
        None => false,
    };
    if !lives {
        // A server that is gone has nobody to be ended.
        *control = Session::open(&shared.control, &format!("{}/control", shared.application)).await.ok();
    }
}

/// Waits until all workers have ended, and sees to it that they do; `false` if some never did.
pub(super) async fn drain(
    shared: &Shared,
    control: &mut Option<Session>,
    patience: Duration,
    mut ended: &mut oneshot::Receiver<anyhow::Result<()>>,
    stopped: &mut Stopped,
) -> Option<anyhow::Result<()>> {
    if let Ok(ended) = timeout(patience, &mut ended).await {
        return ended.ok();
    }
    shared.ending.cut();
    stopped.cancelled = ask(control, &shared.roster.all(), Way::Cancel).await;
    if let Ok(ended) = timeout(STEP, &mut ended).await {
        return ended.ok();
    }
    stopped.terminated = ask(control, &shared.roster.all(), Way::Terminate).await;
    timeout(STEP, &mut ended).await.ok()?.ok()
}

/// Waits until none of the backends exists, but not for ever; gives how many do. A backend learns a round trip later
/// that its client has gone.
pub(super) async fn all_gone(control: &mut Option<Session>, backends: &[Backend], round_trip: Duration) -> u64 {
    let until = Instant::now() + GOING + round_trip;
    loop {
        let left = ask(control, backends, Way::Count).await;
        if left == 0 || Instant::now() >= until {
            return left;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// What is asked of the server about backends of ours.
#[derive(Clone, Copy)]
enum Way {
    Cancel,
    Terminate,
    Count,
}

/// How many backends it concerned. A server that does not answer has none any more.
async fn ask(control: &mut Option<Session>, backends: &[Backend], way: Way) -> u64 {
    let Some(session) = control else { return 0 };
    let answer = match way {
        Way::Cancel => cancel(session, backends).await,
        Way::Terminate => terminate(session, backends).await,
        Way::Count => remaining(session, backends).await,
    };
    if answer.as_ref().is_err_and(|error| error.fatal) {
        *control = None;
    }
    answer.unwrap_or(0)
}
