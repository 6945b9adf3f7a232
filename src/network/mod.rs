//! What lies between client and server: a proxy that makes every round trip longer by what was asked.
//!
//! On one machine a round trip takes some 50 µs, and whoever makes a thousand of them looks harmless. The proxy puts
//! latency there, and no limit of bandwidth. The whole delay is put on the way to the server: neither end can tell,
//! for each sees only how long an answer takes to something that it said. The client waits for the sum of both ways,
//! and so does a backend that waits for its client to go on.
//!
//! It works with plain threads: the timers of the runtime are 1 ms apart. What it takes itself is measured when it
//! is opened, and taken off the delay. It knows nothing of the protocol; encrypted connections pass as they are, and
//! so do requests to cancel.

mod calibrate;
mod counts;
mod listener;
mod relay;
mod stream;

pub use calibrate::round_trip;
pub use counts::Counts;

use crate::server::postgres::{Address, Door};
use counts::Counters;
use listener::Listener;
use relay::Ends;
use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, scope, sleep};
use std::time::Duration;

/// How often a proxy is calibrated at most, where it seems to take longer than is plausible.
const LOOKS: usize = 5;
/// On a quiet machine it takes 50 to 100 µs.
const PLAUSIBLE: Duration = Duration::from_micros(200);

/// How long to wait for a client to go when no more connections are to be had.
const FULL: Duration = Duration::from_millis(10);

/// A proxy in front of a server. Dropped, it ends its connections and its threads.
pub struct Proxy {
    /// Where it listens.
    door: Door,
    /// What it takes itself, which is taken off the delay.
    transit: Duration,
    /// What had passed when it was calibrated.
    before: Counts,
    line: Arc<Line>,
    hang_up: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

/// What all connections have in common.
struct Line {
    server: Door,
    /// In nanoseconds.
    delay: AtomicU64,
    counters: Counters,
    connections: Mutex<Connections>,
}

/// Those that are open, by the order in which they came.
#[derive(Default)]
struct Connections {
    closed: bool,
    next: u64,
    open: BTreeMap<u64, Arc<Ends>>,
}

impl Proxy {
    /// Stands before the server of an address, and makes round trips longer by `round_trip`.
    ///
    /// Calibrating takes about a second, or forty round trips if those are longer. A proxy that adds nothing needs
    /// none: it only counts.
    pub async fn open(address: &Address, round_trip: Duration) -> anyhow::Result<Self> {
        let server = address.door();
        let listener = Listener::before(&server)?;
        let door = listener.door(&server)?;
        let line = Arc::new(Line {
            server,
            delay: AtomicU64::new(0),
            counters: Counters::default(),
            connections: Mutex::default(),
        });
        let (hang_up, told) = UnixStream::pair()?;
        let serving = Arc::clone(&line);
        let thread = Builder::new().name("network".to_owned()).spawn(move || serving.serve(&listener, &told))?;
        let mut proxy = Self {
            door,
            transit: Duration::ZERO,
            before: Counts::default(),
            line,
            hang_up: Some(hang_up),
            thread: Some(thread),
        };
        if !round_trip.is_zero() {
            proxy.calibrate(address, round_trip).await?;
        }
        Ok(proxy)
    }

    async fn calibrate(&mut self, address: &Address, round_trip: Duration) -> anyhow::Result<()> {
        self.line.set_delay(round_trip);
        self.transit = Duration::MAX;
        for _ in 0..LOOKS {
            // A machine that is busy just now makes it look dearer than it is, never cheaper.
            let transit = calibrate::transit(address, &self.way(address)?, round_trip).await?;
            self.transit = self.transit.min(transit);
            if self.transit < PLAUSIBLE {
                break;
            }
        }
        self.line.set_delay(round_trip.saturating_sub(self.transit));
        self.before = self.line.counters.read();
        Ok(())
    }

    /// The way to a database of the same server through the proxy.
    pub fn way(&self, address: &Address) -> anyhow::Result<Address> {
        address.through(&self.door)
    }

    /// Whether it stands before the server of that address.
    #[must_use]
    pub fn leads_to(&self, address: &Address) -> bool {
        self.line.server == address.door()
    }

    /// What it takes itself, measured when it was opened and taken off the delay; zero of a proxy that adds nothing.
    #[must_use]
    pub fn transit(&self) -> Duration {
        self.transit
    }

    /// What has passed until now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.line.counters.read().since(&self.before)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Whoever comes now is turned away, whoever is there is hung up on, and the thread that lets them in ends.
        self.line.close();
        self.hang_up = None;
        if let Some(thread) = self.thread.take() {
            // It holds no result, and one that broke has ended, too.
            thread.join().ok();
        }
    }
}

impl Line {
    /// Lets clients in, each with threads of its own; ends when the last of them has ended.
    fn serve(&self, listener: &Listener, hang_up: &UnixStream) {
        scope(|scope| {
            while listener.wait(hang_up) {
                let connected = listener.accept().and_then(|client| {
                    let connection = Builder::new().name("network in".to_owned());
                    connection.spawn_scoped(scope, move || self.connect(client))
                });
                if connected.is_err() {
                    // The client has gone again, or there are too many.
                    sleep(FULL);
                }
            }
        });
    }

    /// A connection from its beginning to its end. Where there is no server, hanging up tells the client.
    fn connect(&self, client: stream::Stream) {
        let Ok(server) = stream::Stream::dial(&self.server) else { return };
        let ends = Arc::new(Ends { client, server });
        let Some(number) = self.enter(&ends) else { return };
        relay::relay(&ends, || Duration::from_nanos(self.delay.load(Ordering::Relaxed)), &self.counters);
        self.connections().open.remove(&number);
    }

    fn enter(&self, ends: &Arc<Ends>) -> Option<u64> {
        let mut connections = self.connections();
        connections.next += 1;
        let number = connections.next;
        (!connections.closed).then(|| connections.open.insert(number, Arc::clone(ends)));
        (!connections.closed).then_some(number)
    }

    fn close(&self) {
        let mut connections = self.connections();
        connections.closed = true;
        connections.open.values().for_each(|ends| ends.hang_up());
    }

    fn set_delay(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
