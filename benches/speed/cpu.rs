//! CPU time: unlike the clock's, it hardly depends on who else uses the machine.

use anyhow::Context as _;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// Seconds, user and system.
pub(crate) fn seconds(who: UsageWho) -> anyhow::Result<f64> {
    let usage = getrusage(who)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6)
}

/// Seconds that another process has used, to the nanosecond.
pub(crate) fn seconds_of(pid: i32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).context("the kernel does not tell")?;
    let nanos: f64 = text.split_whitespace().next().context("the kernel tells nothing")?.parse()?;
    Ok(nanos / 1e9)
}
