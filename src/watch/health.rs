//! What the machine does: CPU of this program and of the server, and how much is held up for want of CPU or disk.
//!
//! All of it is read from `/proc`; what a system does not have there stays unknown.

use crate::clock::Clock;
use crate::observation::{Health, Observation, Observer};
use nix::sys::resource::{UsageWho, getrusage};
use std::fs;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Ticks of the kernel in a second as `/proc` counts them (`USER_HZ`, 100 on all systems that PostgreSQL runs on).
const TICKS: f64 = 100.0;

/// Reads once a second until told to stop, or until nobody listens any more.
///
/// `postmaster` is the process of a server on this machine, `sampler` that of the backend that answers the lock sampler,
/// which is another once a connection was lost.
pub async fn health(
    clock: Clock,
    postmaster: Option<u32>,
    sampler: watch::Receiver<i32>,
    observer: Observer,
    stop: CancellationToken,
) {
    let read = || {
        // Elsewhere that process may be anybody's.
        let sampler = postmaster.and_then(|_| u32::try_from(*sampler.borrow()).ok());
        Counters::read(postmaster, sampler)
    };
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut last = (clock.now(), read());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let now = (clock.now(), read());
        let health = now.1.since(&last.1, now.0, now.0.saturating_sub(last.0));
        last = now;
        if observer.send(Observation::Health(health)).await.is_err() {
            return;
        }
    }
}

/// Counters that only grow, in seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    client: f64,
    server: Option<f64>,
    sampler: Option<f64>,
    cpu_pressure: Option<f64>,
    io_pressure: Option<f64>,
}

impl Counters {
    fn read(postmaster: Option<u32>, sampler: Option<u32>) -> Self {
        Self {
            client: own_cpu(),
            server: postmaster.and_then(tree_cpu),
            sampler: sampler.and_then(|pid| stat(pid).map(|stat| own(&stat))),
            cpu_pressure: pressure("cpu"),
            io_pressure: pressure("io"),
        }
    }

    /// What came to them over `length`, which ended `at`.
    fn since(&self, before: &Self, at: Duration, length: Duration) -> Health {
        // A look that comes late covers more than a second.
        let seconds = length.as_secs_f64().max(1e-3);
        let share = |now: Option<f64>, before: Option<f64>| Some((now? - before?).max(0.0) / seconds);
        Health {
            at,
            length,
            client: share(Some(self.client), Some(before.client)).unwrap_or_default(),
            server: share(self.server, before.server),
            sampler: share(self.sampler, before.sampler),
            cpu_pressure: share(self.cpu_pressure, before.cpu_pressure),
            io_pressure: share(self.io_pressure, before.io_pressure),
        }
    }
}

fn own_cpu() -> f64 {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return 0.0 };
    [usage.user_time(), usage.system_time()].iter().map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6).sum()
}

/// CPU of a process and all its children, those that have ended among them.
fn tree_cpu(pid: u32) -> Option<f64> {
    let postmaster = stat(pid)?;
    let ended = postmaster[2] + postmaster[3];
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let children = children.split_whitespace().filter_map(|child| stat(child.parse().ok()?));
    Some(own(&postmaster) + ended + children.map(|child| own(&child)).sum::<f64>())
}

fn own(stat: &[f64; 4]) -> f64 {
    stat[0] + stat[1]
}

/// User and system time of a process, then those of its children that have ended.
fn stat(pid: u32) -> Option<[f64; 4]> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    times(&text)
}

/// Fields 14 to 17 of `/proc/<pid>/stat` (proc(5)); the name in field 2 may hold anything, spaces too.
fn times(stat: &str) -> Option<[f64; 4]> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let time = |place: usize| fields.get(place)?.parse::<f64>().ok().map(|ticks| ticks / TICKS);
    Some([time(11)?, time(12)?, time(13)?, time(14)?])
}

/// Seconds in which some task lacked the resource.
fn pressure(resource: &str) -> Option<f64> {
    stalled(&fs::read_to_string(format!("/proc/pressure/{resource}")).ok()?)
}

fn stalled(text: &str) -> Option<f64> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    let total = some.split_whitespace().find_map(|field| field.strip_prefix("total="))?;
    total.parse::<f64>().ok().map(|micros| micros / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_have_any_name() {
        let stat = "7 (post) gres: x (y) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 300 25 20 0 1 0 5 0 0";
        assert_eq!(times(stat), Some([1.5, 0.5, 3.0, 0.25]));
        assert_eq!(times("nonsense"), None);
    }

    #[test]
    fn pressure_is_the_time_in_which_some_task_was_held_up() {
        let text =
            "some avg10=0.00 avg60=0.12 avg300=0.05 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
        assert_eq!(stalled(text), Some(2.5));
        assert_eq!(stalled(""), None);
    }

    #[test]
    fn a_counter_that_cannot_be_read_stays_unknown_and_one_that_falls_is_none_gained() {
        let before = Counters { client: 1.0, server: Some(5.0), sampler: None, ..Counters::default() };
        let after = Counters { client: 1.5, server: Some(4.0), sampler: Some(1.0), ..Counters::default() };
        let health = after.since(&before, Duration::from_secs(2), Duration::from_secs(1));
        assert!((health.client - 0.5).abs() < 1e-9);
        assert_eq!((health.server, health.sampler, health.cpu_pressure), (Some(0.0), None, None));
        let late = after.since(&before, Duration::from_secs(3), Duration::from_secs(2));
        assert!((late.client - 0.25).abs() < 1e-9, "half a second of CPU in two is a quarter of a core");
    }
}
