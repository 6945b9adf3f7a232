//! The clock of a run: offsets from its start.
//!
//! Only the rooms that run things hold one. Everything else is given offsets.

use std::time::{Duration, Instant, SystemTime};

/// Tells how far a round has come.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    wall: SystemTime,
}

impl Clock {
    /// A clock that stands at zero now.
    #[must_use]
    pub fn start() -> Self {
        Self { origin: Instant::now(), wall: SystemTime::now() }
    }

    /// How long ago the round started.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The instant at which this clock shows `offset`.
    #[must_use]
    pub fn instant(&self, offset: Duration) -> Instant {
        self.origin + offset
    }

    /// When the clock stood at zero, by the wall.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        self.wall
    }

    /// The offset of a wall-clock time, in seconds since 1970 as a server on this machine tells it;
    /// zero for times before the start.
    #[must_use]
    pub fn at_epoch(&self, seconds: f64) -> Duration {
        let origin = self.wall.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        Duration::try_from_secs_f64(seconds - origin).unwrap_or_default()
    }
}

/// Asks the kernel not to gather this thread's wake-ups: by default each may be 50 µs late (prctl(2), `PR_SET_TIMERSLACK`).
#[cfg(target_os = "linux")]
pub fn wake_exactly() {
    // Where it is forbidden wake-ups are a little later, which whoever asked for them measures.
    nix::sys::prctl::set_timerslack(1).ok();
}

/// Other systems know no such request.
#[cfg(not(target_os = "linux"))]
pub fn wake_exactly() {}

/// Turns times that a server tells into offsets from the start of the round.
#[derive(Clone, Copy, Debug)]
pub struct ServerClock {
    clock: Clock,
    ahead: i64,
}

impl ServerClock {
    /// The clock of a server that is `ahead` of ours by so many microseconds.
    #[must_use]
    pub fn new(clock: Clock, ahead: i64) -> Self {
        Self { clock, ahead }
    }

    /// The offset of a time in microseconds since 1970, as the server tells it.
    #[must_use]
    pub fn at(&self, microseconds: i64) -> Duration {
        self.clock.at_epoch((microseconds - self.ahead) as f64 / 1e6)
    }
}
