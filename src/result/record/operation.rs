//! What is kept of one operation while a round runs: sums by phase, and the last few seconds.

use crate::figures::{Account, PhaseFigures};
use crate::latency::Latencies;
use crate::phase::{Phase, Phases};
use crate::sample::Sample;
use std::collections::BTreeMap;
use std::time::Duration;

/// One operation.
#[derive(Debug, Default)]
pub(super) struct OperationRecord {
    /// Phases in which something was due, in no order.
    phases: Vec<PhaseRecord>,
    /// By the second in which operations were due; those that are over are written and forgotten.
    seconds: BTreeMap<u64, SecondRecord>,
}

/// What was due in one phase.
#[derive(Clone, Debug)]
pub(super) struct PhaseRecord {
    phase: Phase,
    account: Account,
    pub(super) response: Latencies,
    service: Latencies,
    pool_wait: Latencies,
    lag: Latencies,
}

/// What was due in one second.
#[derive(Debug)]
pub(super) struct SecondRecord {
    pub(super) account: Account,
    pub(super) response: Latencies,
    pub(super) service: Latencies,
}

impl OperationRecord {
    /// Counts one that ended.
    pub(super) fn add(&mut self, sample: &Sample, phase: Option<Phase>) {
        self.seconds.entry(sample.due.as_secs()).or_insert_with(SecondRecord::new).add(sample);
        if let Some(phase) = phase {
            self.phase(phase).add(sample);
        }
    }

    /// Takes away the seconds before that one.
    pub(super) fn settled(&mut self, before: u64) -> BTreeMap<u64, SecondRecord> {
        let open = self.seconds.split_off(&before);
        std::mem::replace(&mut self.seconds, open)
    }

    /// The phase as far as it was recorded; empty where nothing was due.
    pub(super) fn phase(&mut self, phase: Phase) -> &mut PhaseRecord {
        let place = self.phases.iter().position(|each| each.phase == phase).unwrap_or_else(|| {
            self.phases.push(PhaseRecord::new(phase));
            self.phases.len() - 1
        });
        &mut self.phases[place]
    }

    /// How many seconds are kept.
    #[cfg(test)]
    pub(super) fn seconds(&self) -> usize {
        self.seconds.len()
    }
}

impl SecondRecord {
    fn new() -> Self {
        Self { account: Account::default(), response: Latencies::coarse(), service: Latencies::coarse() }
    }

    fn add(&mut self, sample: &Sample) {
        self.account.add(sample);
        if sample.was_tried() {
            self.response.record(sample.response_time());
        }
        if had_connection(sample) {
            self.service.record(sample.service_time());
        }
    }
}

impl PhaseRecord {
    pub(super) fn new(phase: Phase) -> Self {
        Self {
            phase,
            account: Account::default(),
            response: Latencies::fine(),
            service: Latencies::fine(),
            pool_wait: Latencies::coarse(),
            lag: Latencies::coarse(),
        }
    }

    fn add(&mut self, sample: &Sample) {
        self.account.add(sample);
        if sample.was_tried() {
            self.response.record(sample.response_time());
            self.pool_wait.record(sample.pool_wait());
            self.lag.record(sample.schedule_lag());
        }
        if had_connection(sample) {
            self.service.record(sample.service_time());
        }
    }

    /// Adds what was due of another operation in the same phase.
    pub(super) fn merge(&mut self, other: &Self) {
        self.account.merge(&other.account);
        self.response.merge(&other.response);
        self.service.merge(&other.service);
        self.pool_wait.merge(&other.pool_wait);
        self.lag.merge(&other.lag);
    }

    pub(super) fn figures(&self, phases: &Phases) -> PhaseFigures {
        let length = phases.span(self.phase).map_or(Duration::ZERO, |(from, until)| until.saturating_sub(from));
        PhaseFigures {
            phase: Some(self.phase),
            length,
            account: self.account.clone(),
            response: self.response.percentiles(),
            service: self.service.percentiles(),
            pool_wait: self.pool_wait.percentiles(),
            lag: self.lag.percentiles(),
            lower_bound: self.account.cut > 0,
        }
    }
}

/// One that was given up in the queue has no service time.
fn had_connection(sample: &Sample) -> bool {
    sample.was_tried() && sample.connected < sample.finished
}
