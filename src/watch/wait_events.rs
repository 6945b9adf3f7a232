//! What active backends of traffic wait for, locks left out: evidence for slower work.

use crate::backends::Backends;
use crate::clock::Clock;
use crate::observation::{Observation, Observer};
use crate::server::postgres::activity::WaitEvents;
use crate::server::postgres::{Address, ServerError, Session};
use crate::wait::Actor;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Five looks a second: a second's five busy backends make 25 observations, and an idle server costs nothing.
const PERIOD: Duration = Duration::from_millis(200);

/// Looks at wait events over a connection of its own.
pub struct WaitEventSampler(WaitEvents);

impl WaitEventSampler {
    /// Connects: before the load.
    pub async fn open(address: &Address) -> Result<Self, ServerError> {
        let session = Session::open(address, "shakedown/wait events").await?;
        Ok(Self(WaitEvents::new(session).await?))
    }

    /// Looks until told to stop, or until nobody listens any more.
    pub async fn run(
        mut self,
        clock: Clock,
        backends: Backends,
        observer: Observer,
        stop: CancellationToken,
    ) -> Result<(), ServerError> {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            let at = clock.now();
            let mut classes: BTreeMap<String, u32> = BTreeMap::new();
            for (pid, class) in self.0.look().await? {
                if matches!(backends.actor(pid), Some(Actor::Operation(_))) {
                    *classes.entry(class).or_default() += 1;
                }
            }
            let seen = Observation::WaitEvents { at, classes: classes.into_iter().collect() };
            if observer.send(seen).await.is_err() {
                return Ok(());
            }
        }
    }
}
