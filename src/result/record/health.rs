//! How the generator and the machine did, summed up by phase.

use crate::figures::PhaseHealth;
use crate::latency::Latencies;
use crate::observation::Health;
use crate::phase::{Phase, Phases};
use std::time::Duration;

/// Looks that are so far apart leave a time in which nobody looked; a busy server alone delays them less.
const BLIND: Duration = Duration::from_millis(500);

/// All phases of a round.
#[derive(Debug, Default)]
pub(super) struct HealthRecord {
    phases: Vec<PhaseRecord>,
    last_tick: Option<Duration>,
    /// Between which looks nobody looked.
    blind: Vec<(Duration, Duration)>,
}

#[derive(Debug)]
struct PhaseRecord {
    phase: Phase,
    client: Mean,
    server: Mean,
    sampler: Mean,
    cpu_pressure: Mean,
    io_pressure: Mean,
    ticks: u64,
    tick_distances: Latencies,
    tick_max: Duration,
}

/// A mean of what could be read.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        self.sum += value.unwrap_or(0.0);
        self.count += u32::from(value.is_some());
    }

    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}

impl HealthRecord {
    /// A second of the machine, most of which fell into the phase.
    pub(super) fn second(&mut self, health: &Health, phase: Phase) {
        let record = self.phase(phase);
        record.client.add(Some(health.client));
        record.server.add(health.server);
        record.sampler.add(health.sampler);
        record.cpu_pressure.add(health.cpu_pressure);
        record.io_pressure.add(health.io_pressure);
    }

    /// The sampler looked.
    pub(super) fn tick(&mut self, at: Duration, phase: Phase) {
        let last = self.last_tick.replace(at);
        self.blind.extend(last.and_then(|last| blind(last, at)));
        let distance = last.map(|last| at.saturating_sub(last));
        let record = self.phase(phase);
        record.ticks += 1;
        if let Some(distance) = distance {
            record.tick_distances.record(distance);
            record.tick_max = record.tick_max.max(distance);
        }
    }

    /// Of each phase, once the last has ended.
    pub(super) fn figures(&self, phases: &Phases) -> Vec<PhaseHealth> {
        let last = self.last_tick.zip(phases.ended).and_then(|(last, ended)| blind(last, ended));
        let blind: Vec<_> = self.blind.iter().copied().chain(last).collect();
        let figures = |phase: Phase| {
            let record = self.phases.iter().find(|record| record.phase == phase);
            let (start, end) = phases.span(phase).unwrap_or_default();
            let within = |(from, until): &(Duration, Duration)| end.min(*until).saturating_sub(start.max(*from));
            let blind = blind.iter().map(within).sum();
            let figures = record.map_or_else(PhaseHealth::default, PhaseRecord::figures);
            PhaseHealth { phase: Some(phase), blind, ..figures }
        };
        phases.began.iter().map(|(phase, _)| figures(*phase)).collect()
    }

    fn phase(&mut self, phase: Phase) -> &mut PhaseRecord {
        let place = self.phases.iter().position(|each| each.phase == phase).unwrap_or_else(|| {
            self.phases.push(PhaseRecord::new(phase));
            self.phases.len() - 1
        });
        &mut self.phases[place]
    }
}

/// The time between two looks, if nobody looked for long.
fn blind(last: Duration, at: Duration) -> Option<(Duration, Duration)> {
    (at.saturating_sub(last) >= BLIND).then_some((last, at))
}

impl PhaseRecord {
    fn new(phase: Phase) -> Self {
        let none = Mean::default();
        Self {
            phase,
            client: none,
            server: none,
            sampler: none,
            cpu_pressure: none,
            io_pressure: none,
            ticks: 0,
            tick_distances: Latencies::coarse(),
            tick_max: Duration::ZERO,
        }
    }

    fn figures(&self) -> PhaseHealth {
        PhaseHealth {
            phase: Some(self.phase),
            client_cpu: self.client.value(),
            server_cpu: self.server.value(),
            sampler_cpu: self.sampler.value(),
            ticks: self.ticks,
            tick_median: self.tick_distances.quantile(0.5),
            tick_max: self.tick_max,
            blind: Duration::ZERO,
            cpu_pressure: self.cpu_pressure.value(),
            io_pressure: self.io_pressure.value(),
        }
    }
}
