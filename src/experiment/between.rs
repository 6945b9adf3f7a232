//! What lies between client and server: nothing, or a proxy for each round trip that is asked for.
//!
//! Clients go through it: the traffic, and whoever asks for answers. Whoever sets up, migrates, watches, cancels and
//! checks goes direct, for a network there would only blur what is seen and lengthen what is timed. A proxy is
//! calibrated once and serves the whole run: what it may be off by is the same in all variants.

use crate::network::{self, Proxy};
use crate::server::postgres::Address;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Between {
    pub(super) nothing: Option<Nothing>,
    /// By the round trip that they add.
    pub(super) proxies: Vec<(Duration, Proxy)>,
}

/// What a round trip is where nothing was put between.
pub(super) struct Nothing {
    pub(super) takes: Duration,
    pub(super) is_local: bool,
}

impl Between {
    /// The way from clients to a database.
    pub(super) async fn way(&mut self, address: &Address, round_trip: Duration) -> anyhow::Result<Address> {
        if round_trip.is_zero() {
            if self.nothing.is_none() {
                let takes = network::round_trip(address).await?;
                self.nothing = Some(Nothing { takes, is_local: address.is_local() });
            }
            return Ok(address.clone());
        }
        if let Some(proxy) = self.proxy(address, round_trip) {
            return proxy.way(address);
        }
        let proxy = Proxy::open(address, round_trip).await?;
        let way = proxy.way(address);
        self.proxies.push((round_trip, proxy));
        way
    }

    /// What stands on that way, where something does.
    pub(super) fn proxy(&self, address: &Address, round_trip: Duration) -> Option<&Proxy> {
        let fits = |(each, proxy): &&(Duration, Proxy)| *each == round_trip && proxy.leads_to(address);
        self.proxies.iter().find(fits).map(|(_, proxy)| proxy)
    }
}
