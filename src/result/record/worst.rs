//! The worst ten seconds of an impact window.
//!
//! Read back from the interval log, where operations that ended late have found the second in which they were due.
//! Ten seconds even where the window is shorter, so that windows of different length can be held against each other.

use super::super::hlog::{self, Kind};
use crate::latency::{Latencies, Time, Times};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// How many seconds.
const LENGTH: u64 = 10;

/// What the log says of each second, and which times those are.
pub(super) const KINDS: [(Kind, Time); 3] =
    [(Kind::Response, Time::Response), (Kind::Service, Time::Service), (Kind::PoolWait, Time::PoolWait)];

/// Microseconds and how often they were seen, by second: the few values that a second has, not a whole histogram.
pub(super) type Seconds = BTreeMap<u64, Vec<(u64, u32)>>;

/// Where a round's lines are.
pub(super) struct Log<'a> {
    pub(super) path: &'a Path,
    /// No line of the window stands before.
    pub(super) from: u64,
    pub(super) round: u16,
}

/// The window's times of one operation, in the order of [`KINDS`].
pub(super) type Window = [Seconds; 3];

/// Reads the window's times, by operation; `carried` has those of earlier seconds that belong to its first.
pub(super) fn read(log: &Log<'_>, start: Duration, end: Duration, carried: &[Times]) -> anyhow::Result<Vec<Window>> {
    let first = start.as_secs();
    let last = end.as_secs().max(first + LENGTH);
    let begun = |times: &Times| KINDS.map(|(_, time)| Seconds::from([(first, values(times.of(time).histogram()))]));
    let mut windows: Vec<Window> = carried.iter().map(begun).collect();
    let place = |kind: Kind| KINDS.iter().position(|(each, _)| *each == kind);
    let wanted = |label: hlog::Label, start: Duration| {
        label.round == log.round && place(label.kind).is_some() && (first..last).contains(&start.as_secs())
    };
    hlog::read(log.path, log.from, wanted, |interval| {
        let window = windows.get_mut(usize::from(interval.label.operation));
        if let Some((window, place)) = window.zip(place(interval.label.kind)) {
            window[place].entry(interval.start.as_secs()).or_default().extend(values(&interval.histogram));
        }
    })?;
    Ok(windows)
}

/// Each kind of time in its own worst ten seconds, all given operations together, and when those of the response
/// times began.
pub(super) fn worst(windows: &[&Window]) -> (Times, Duration) {
    let of = |place: usize| worst_ten_seconds(&windows.iter().map(|window| &window[place]).collect::<Vec<_>>());
    let ((response, from), (service, _), (pool_wait, _)) = (of(0), of(1), of(2));
    (Times { response, service, pool_wait }, from)
}

/// The ten seconds with the highest p99, all given operations together, and when they began.
fn worst_ten_seconds(operations: &[&Seconds]) -> (Latencies, Duration) {
    let bounds = |seconds: &&Seconds| Some((*seconds.first_key_value()?.0, *seconds.last_key_value()?.0));
    let bounds: Vec<(u64, u64)> = operations.iter().filter_map(bounds).collect();
    let first = bounds.iter().map(|(first, _)| *first).min().unwrap_or(0);
    let last = bounds.iter().map(|(_, last)| *last).max().unwrap_or(0);
    let mut worst = (Latencies::coarse(), Duration::from_secs(first));
    for start in first..=(last + 1).saturating_sub(LENGTH).max(first) {
        let mut latencies = Latencies::coarse();
        let inside = operations.iter().flat_map(|seconds| seconds.range(start..start + LENGTH));
        inside.flat_map(|(_, values)| values).for_each(|(value, count)| latencies.record_many(*value, *count));
        if latencies.quantile(0.99) > worst.0.quantile(0.99) || worst.0.count() == 0 {
            worst = (latencies, Duration::from_secs(start));
        }
    }
    worst
}

fn values<C: hdrhistogram::Counter>(histogram: &hdrhistogram::Histogram<C>) -> Vec<(u64, u32)> {
    let seen = histogram.iter_recorded();
    seen.map(|each| (each.value_iterated_to(), each.count_since_last_iteration() as u32)).collect()
}
