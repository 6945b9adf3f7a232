//! The lock sampler: one look at who waits, every so often.

use super::back_off::BackOff;
use super::lens::{Answered, Lens, World};
use crate::backends::Backends;
use crate::clock::{Clock, ServerClock};
use crate::observation::{Observation, Observer};
use crate::server::postgres::facts::{self, Names};
use crate::server::postgres::locks::LockView;
use crate::server::postgres::{Address, ServerError, activity};
use crate::units::human;
use crate::wait::Tick;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// A relation without a name is looked up again no more often than this: one that was made in a transaction still
/// open cannot be found.
const NAMES_AGAIN: Duration = Duration::from_secs(1);

/// Looks at locks over a connection of its own, which is made again when it is lost.
pub struct LockSampler {
    address: Address,
    /// `None` after it was lost, until it can be made again.
    sight: Option<Sight>,
    process: watch::Sender<i32>,
}

/// A connection with what has been learnt over it.
struct Sight {
    view: LockView,
    names: Names,
    named_at: Duration,
    lens: Lens,
    /// By how many microseconds the server's clock is ahead.
    ahead: i64,
}

impl LockSampler {
    /// Connects and reads the names of all relations: before the load.
    pub async fn open(address: &Address) -> Result<Self, ServerError> {
        let sight = Sight::open(address).await?;
        let process = watch::Sender::new(sight.view.pid());
        Ok(Self { address: address.clone(), sight: Some(sight), process })
    }

    /// The backend that answers it, at any time.
    #[must_use]
    pub fn process(&self) -> watch::Receiver<i32> {
        self.process.subscribe()
    }

    /// Looks once a period until told to stop, or until nobody listens any more.
    ///
    /// The period may be changed at any time. A look that comes late does not shift those that follow. One that fails
    /// gives no tick, and what is tried next is tried ever more seldom until one succeeds; both are noted.
    pub async fn run(
        mut self,
        clock: Clock,
        backends: Backends,
        observer: Observer,
        mut period: watch::Receiver<Duration>,
        stop: CancellationToken,
    ) {
        let mut due = Instant::now();
        let mut blind: Option<Blind> = None;
        loop {
            let looked = tokio::select! {
                looked = self.look(clock, &backends) => looked,
                // Where a server neither takes a connection nor refuses it.
                () = stop.cancelled(), if blind.is_some() => return,
            };
            for observation in told(looked, clock, &mut blind) {
                if observer.send(observation).await.is_err() {
                    return;
                }
            }
            let goes_on = match &mut blind {
                Some(blind) => blind.back_off.rest(&stop).await,
                None => pause(&mut due, &mut period, &stop).await,
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn look(&mut self, clock: Clock, backends: &Backends) -> Result<Tick, ServerError> {
        let mut sight = match self.sight.take() {
            Some(sight) => sight,
            None => Sight::open(&self.address).await?,
        };
        self.process.send_replace(sight.view.pid());
        let looked = sight.look(clock, backends).await;
        let lost = looked.as_ref().is_err_and(|error| error.fatal);
        self.sight = (!lost).then_some(sight);
        looked
    }
}

/// Since when looks fail.
struct Blind {
    since: Duration,
    back_off: BackOff,
}

/// What there is to tell of a look: of the first that fails why, of the first that succeeds again how long nobody looked.
fn told(looked: Result<Tick, ServerError>, clock: Clock, blind: &mut Option<Blind>) -> Vec<Observation> {
    match looked {
        Ok(tick) => {
            let again = blind.take().map(|blind| {
                let length = human(tick.at.saturating_sub(blind.since));
                Observation::Note(tick.at, format!("the locks are looked at again, after {length} in which nobody did"))
            });
            again.into_iter().chain([Observation::Tick(tick)]).collect()
        }
        Err(error) if blind.is_none() => {
            let since = clock.now();
            *blind = Some(Blind { since, back_off: BackOff::new() });
            vec![Observation::Note(since, format!("nobody looks at the locks any more: {error}"))]
        }
        Err(_) => Vec::new(),
    }
}

/// Waits until the next look is due; `false` once told to stop.
async fn pause(due: &mut Instant, period: &mut watch::Receiver<Duration>, stop: &CancellationToken) -> bool {
    let length = *period.borrow_and_update();
    // Never a burst of looks to make up for time lost.
    *due = (*due + length).max(Instant::now());
    tokio::select! {
        () = stop.cancelled() => return false,
        () = sleep_until(*due) => {}
        // Whoever held the other end is gone: the period stays.
        changed = period.changed() => if changed.is_err() { sleep_until(*due).await } else { *due = Instant::now() },
    }
    true
}

impl Sight {
    async fn open(address: &Address) -> Result<Self, ServerError> {
        let mut view = LockView::open(address).await?;
        let names = facts::names(view.session()).await?;
        let ahead = activity::clock_ahead(address, view.session()).await?;
        Ok(Self { view, names, named_at: Duration::ZERO, lens: Lens::default(), ahead })
    }

    async fn look(&mut self, clock: Clock, backends: &Backends) -> Result<Tick, ServerError> {
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
        let server = ServerClock::new(clock, self.ahead);
        let world = World { backends, names: &self.names, time: &|micros| server.at(micros) };
        Ok(self.lens.tick(at, &waiters, &world))
    }
}
