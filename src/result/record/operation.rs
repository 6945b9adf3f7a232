//! What is kept of one operation while a round runs: sums by phase, and the last few seconds.

use crate::figures::{Account, PhaseFigures};
use crate::latency::{Latencies, Times};
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
    pub(super) times: Times,
    lag: Latencies,
}

/// What was due in one second.
#[derive(Debug)]
pub(super) struct SecondRecord {
    pub(super) account: Account,
    pub(super) times: Times,
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
        Self { account: Account::default(), times: Times::coarse() }
    }

    fn add(&mut self, sample: &Sample) {
        self.account.add(sample);
        self.times.record(sample);
    }
}

impl PhaseRecord {
    pub(super) fn new(phase: Phase) -> Self {
        Self { phase, account: Account::default(), times: Times::fine(), lag: Latencies::coarse() }
    }

    fn add(&mut self, sample: &Sample) {
        self.account.add(sample);
        self.times.record(sample);
        if sample.was_tried() {
            self.lag.record(sample.schedule_lag());
        }
    }

    /// Adds what was due of another operation in the same phase.
    pub(super) fn merge(&mut self, other: &Self) {
        self.account.merge(&other.account);
        self.times.merge(&other.times);
        self.lag.merge(&other.lag);
    }

    pub(super) fn figures(&self, phases: &Phases) -> PhaseFigures {
        let length = phases.span(self.phase).map_or(Duration::ZERO, |(from, until)| until.saturating_sub(from));
        PhaseFigures {
            phase: Some(self.phase),
            length,
            account: self.account.clone(),
            response: self.times.response.percentiles(),
            service: self.times.service.percentiles(),
            pool_wait: self.times.pool_wait.percentiles(),
            lag: self.lag.percentiles(),
            lower_bound: self.account.cut > 0,
        }
    }
}
