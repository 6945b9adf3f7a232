//! What active backends of traffic wait for, locks left out: evidence for slower work.

use super::back_off::BackOff;
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

/// Looks at wait events over a connection of its own, which is made again when it is lost.
pub struct WaitEventSampler {
    address: Address,
    /// `None` after it was lost, until it can be made again.
    events: Option<WaitEvents>,
}

impl WaitEventSampler {
    /// Connects: before the load.
    pub async fn open(address: &Address) -> Result<Self, ServerError> {
        Ok(Self { address: address.clone(), events: Some(connect(address).await?) })
    }

    /// Looks until told to stop, or until nobody listens any more. A look that fails shows nothing, which makes
    /// what is slower then unexplained.
    pub async fn run(mut self, clock: Clock, backends: Backends, observer: Observer, stop: CancellationToken) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut back_off = BackOff::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let at = clock.now();
            let looked = tokio::select! {
                looked = self.look(&backends) => looked,
                () = stop.cancelled() => return,
            };
            match looked {
                Ok(classes) => {
                    back_off = BackOff::new();
                    if observer.send(Observation::WaitEvents { at, classes }).await.is_err() {
                        return;
                    }
                }
                Err(_) if back_off.rest(&stop).await => {}
                Err(_) => return,
            }
        }
    }

    /// How many backends of traffic wait for each class.
    async fn look(&mut self, backends: &Backends) -> Result<Vec<(String, u32)>, ServerError> {
        let mut events = match self.events.take() {
            Some(events) => events,
            None => connect(&self.address).await?,
        };
        let looked = events.look().await;
        let lost = looked.as_ref().is_err_and(|error| error.fatal);
        self.events = (!lost).then_some(events);
        let mut classes: BTreeMap<String, u32> = BTreeMap::new();
        for (pid, class) in looked? {
            if matches!(backends.actor(pid), Some(Actor::Operation(_))) {
                *classes.entry(class).or_default() += 1;
            }
        }
        Ok(classes.into_iter().collect())
    }
}

async fn connect(address: &Address) -> Result<WaitEvents, ServerError> {
    WaitEvents::new(Session::open(address, "shakedown/wait events").await?).await
}
