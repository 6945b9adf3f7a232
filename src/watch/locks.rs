//! The lock sampler: one look at who waits, every so often.

use super::lens::{Answered, Lens, World};
use crate::backends::Backends;
use crate::clock::{Clock, ServerClock};
use crate::observation::{Observation, Observer};
use crate::server::postgres::facts::{self, Names};
use crate::server::postgres::locks::LockView;
use crate::server::postgres::{Address, ServerError, activity};
use crate::wait::Tick;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// A relation without a name is looked up again no more often than this: one that was made in a transaction still
/// open cannot be found.
const NAMES_AGAIN: Duration = Duration::from_secs(1);

/// Looks at locks over a connection of its own.
pub struct LockSampler {
    view: LockView,
    address: Address,
    names: Names,
    named_at: Duration,
    lens: Lens,
}

impl LockSampler {
    /// Connects and reads the names of all relations: before the load.
    pub async fn open(address: &Address) -> Result<Self, ServerError> {
        let mut view = LockView::open(address).await?;
        let names = facts::names(view.session()).await?;
        Ok(Self { view, address: address.clone(), names, named_at: Duration::ZERO, lens: Lens::default() })
    }

    /// The backend that answers it.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.view.pid()
    }

    /// Looks once a period until told to stop, or until nobody listens any more.
    ///
    /// The period may be changed at any time. A look that comes late does not shift those that follow.
    pub async fn run(
        mut self,
        clock: Clock,
        backends: Backends,
        observer: Observer,
        mut period: watch::Receiver<Duration>,
        stop: CancellationToken,
    ) -> Result<(), ServerError> {
        let ahead = activity::clock_ahead(&self.address, self.view.session()).await?;
        let server_clock = ServerClock::new(clock, ahead);
        let mut due = Instant::now();
        loop {
            let tick = self.look(clock, server_clock, &backends).await?;
            if observer.send(Observation::Tick(tick)).await.is_err() {
                return Ok(());
            }
            let length = *period.borrow_and_update();
            // Never a burst of looks to make up for time lost.
            due = (due + length).max(Instant::now());
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = sleep_until(due) => {}
                // Whoever held the other end is gone: the period stays.
                changed = period.changed() => if changed.is_err() { sleep_until(due).await } else { due = Instant::now() },
            }
        }
    }

    async fn look(&mut self, clock: Clock, server: ServerClock, backends: &Backends) -> Result<Tick, ServerError> {
        let sent = clock.now();
        let waiters = self.view.waiters().await?;
        let at = sent + clock.now().saturating_sub(sent) / 2;
        let unknown = self.lens.unknown(&waiters, at);
        if !unknown.is_empty() {
            let asking = clock.now();
            let answers = self.view.asked(&unknown).await?;
            let took = clock.now().saturating_sub(asking);
            self.lens.learn(&waiters, &unknown, answers, Answered { at, took });
        }
        if let Some((pids, identities)) = self.lens.unknown_ahead(&waiters, at) {
            let identities: Vec<&str> = identities.iter().map(String::as_str).collect();
            let ahead = self.view.ahead(&pids, &identities).await?;
            self.lens.learn_ahead(&waiters, at, ahead);
        }
        if self.lens.has_nameless(&self.names) && at >= self.named_at + NAMES_AGAIN {
            self.names.extend(facts::names(self.view.session()).await?);
            self.named_at = at;
        }
        let world = World { backends, names: &self.names, time: &|micros| server.at(micros) };
        Ok(self.lens.tick(at, &waiters, &world))
    }
}
