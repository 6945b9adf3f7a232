//! A run over time: what charts are drawn from, read back from `latency.hlog` and `events.jsonl`.

use super::model::Percentiles;
use crate::phase::Phase;
use crate::wait::Wait;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// One round over time.
#[derive(Clone, Debug, Default)]
pub struct RoundSeries {
    /// Each operation, by place.
    pub operations: Vec<OperationSeries>,
    /// All operations together.
    pub all: OperationSeries,
    /// Every wait for a lock that was seen, in the order of their starts.
    pub waits: Vec<Wait>,
    /// Readings of each gauge, by place.
    pub gauges: Vec<Vec<(Duration, Option<f64>)>>,
}

/// One operation over time.
#[derive(Clone, Debug, Default)]
pub struct OperationSeries {
    /// Second by second, by the second in which operations were due; seconds without any are left out.
    pub seconds: Vec<Second>,
    /// The distribution of response times in microseconds, by phase.
    pub curves: Vec<(Phase, Histogram<u64>)>,
}

/// What was due within one second.
#[derive(Clone, Debug, Default)]
pub struct Second {
    /// Its beginning.
    pub start: Duration,
    /// From due to end.
    pub response: Percentiles,
    /// How many were due.
    pub scheduled: u64,
    /// How many succeeded.
    pub succeeded: u64,
    /// How many failed, by class; dropped ones under `dropped`.
    pub errors: BTreeMap<String, u64>,
}
