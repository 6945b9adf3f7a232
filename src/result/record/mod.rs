//! Takes the observations of one round, writes them down while it goes on, and sums them up at its end.
//!
//! Memory depends on how many operations there are and how many different things happen to them, not on how long the
//! round lasts: what belongs to a second is written once it is over and forgotten. An operation that ends late adds
//! a second line for the second in which it was due; whoever reads adds them up.

mod arrivals;
mod health;
mod operation;
mod recovery;
mod stall;
#[cfg(test)]
mod tests;
mod waits;
mod window;
mod worst;

use super::event::{Event, RoundShape};
use super::hlog::{IntervalLog, Kind, Label};
use super::measured::RoundMeasured;
use super::recording::{EventLog, Recording};
use crate::attribution::{Episodes, Ledger};
use crate::figures::{GaugeFigures, Impact, ImpactFigures, OperationFigures, PhaseFigures};
use crate::observation::Observation;
use crate::phase::{Phase, Phases};
use crate::sample::Sample;
use crate::step::StepFacts;
use crate::wait::{Actor, Tick, Wait};
use arrivals::KeptWaiting;
use health::HealthRecord;
use operation::{OperationRecord, PhaseRecord};
use recovery::{Complete, Recovery};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use waits::WaitGroups;
use window::Window;

pub use recovery::FullSecond;

/// A second is written so many seconds after its end; what ends later still gets a line of its own.
const GRACE: u64 = 2;
/// That a second was the last of the window is known so many seconds after its end.
const UNDECIDED: u64 = 3;

/// Records one round. It owns what it writes to, so it can live on a thread of its own.
pub struct Recorder {
    round: u16,
    shape: RoundShape,
    log: IntervalLog,
    log_path: PathBuf,
    events: EventLog,
    phases: Phases,
    /// The latest moment that anybody has told of.
    now: Duration,
    operations: Vec<OperationRecord>,
    judged: Option<Judged>,
    recovery: Recovery,
    recovered: Option<Duration>,
    /// Since when those wait who waited at the last tick, the earliest of them, and how many they are.
    waiting: (Option<Duration>, usize),
    kept_waiting: KeptWaiting,
    episodes: Episodes,
    ledger: Ledger,
    waits: WaitGroups,
    health: HealthRecord,
    wait_events: (u64, BTreeMap<String, u32>),
    gauges: Vec<GaugeFigures>,
    steps: Vec<StepFacts>,
    notes: Vec<(Duration, String)>,
}

/// The time over which is judged, from its start on.
struct Judged {
    start: Duration,
    windows: Vec<Window>,
    all: Window,
    /// Where the interval log stood then.
    log_start: u64,
}

/// What can be said while a round runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// How far it has come.
    pub at: Duration,
    /// The phase.
    pub phase: Option<Phase>,
    /// The last full second of each operation, by place.
    pub operations: Vec<FullSecond>,
    /// How many waited for a lock when the sampler last looked.
    pub waiting: usize,
}

impl Recording {
    /// Begins a round; `round` counts over all variants.
    pub fn round(&self, round: u16, shape: RoundShape) -> anyhow::Result<Recorder> {
        let mut events = EventLog::append(&self.events(), round)?;
        events.write(Event::Round { shape: shape.clone() })?;
        let jobs = shape.operations.iter().enumerate().filter(|(_, operation)| !operation.is_traffic());
        let episodes = Episodes::new(jobs.map(|(place, _)| place as u16).collect());
        let pools: Vec<u16> = shape.operations.iter().map(|operation| operation.pool).collect();
        let operations = shape.operations.len();
        Ok(Recorder {
            round,
            log: IntervalLog::append(&self.latency())?,
            log_path: self.latency(),
            events,
            phases: Phases::default(),
            now: Duration::ZERO,
            operations: (0..operations).map(|_| OperationRecord::default()).collect(),
            judged: None,
            recovery: Recovery::new(operations),
            recovered: None,
            waiting: (None, 0),
            kept_waiting: KeptWaiting::default(),
            episodes,
            ledger: Ledger::new(&pools),
            waits: WaitGroups::default(),
            health: HealthRecord::default(),
            wait_events: (0, BTreeMap::new()),
            gauges: vec![GaugeFigures::default(); shape.gauges.len()],
            steps: Vec::new(),
            notes: Vec::new(),
            shape,
        })
    }
}

impl Recorder {
    /// Takes one observation. Fails only where the disk does.
    pub fn observe(&mut self, observation: Observation) -> anyhow::Result<()> {
        match observation {
            Observation::Phase(phase, at) => self.phase(phase, at)?,
            Observation::Samples(samples) => samples.iter().for_each(|sample| self.sample(sample)),
            Observation::Statements(spans) => {
                let waits = self.episodes.statements(&spans);
                self.waited(waits)?;
            }
            Observation::Tick(tick) => self.tick(&tick)?,
            Observation::Saturated { pool, from, until } => {
                self.ledger.saturated(pool, from, until);
                self.events.write(Event::Saturated { pool, from, until })?;
            }
            Observation::StepBegan(step, at) => self.events.write(Event::StepBegan { step, at })?,
            Observation::StepEnded(step, facts) => {
                self.step(step, facts.clone());
                self.events.write(Event::StepEnded { step, facts })?;
            }
            Observation::Gauge { gauge, at, value } => self.gauge(gauge, at, value)?,
            Observation::Health(health) => {
                self.now = self.now.max(health.at);
                self.health.second(&health, self.phase_at(health.at));
                self.events.write(Event::Health { health })?;
            }
            Observation::WaitEvents { at, classes } => self.wait_events(at, &classes)?,
            Observation::Note(at, text) => {
                self.notes.push((at, text.clone()));
                self.events.write(Event::Note { at, text })?;
            }
        }
        self.advance()
    }

    /// Since when all is as it was before the migration, once it is.
    #[must_use]
    pub fn recovered(&self) -> Option<Duration> {
        self.recovered
    }

    /// How the round is doing.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            at: self.now,
            phase: self.phases.began.last().map(|(phase, _)| *phase),
            operations: self.recovery.last().to_vec(),
            waiting: self.waiting.1,
        }
    }

    fn phase(&mut self, phase: Phase, at: Duration) -> anyhow::Result<()> {
        self.now = self.now.max(at);
        self.phases.began.push((phase, at));
        self.ledger.phase(phase, at);
        if matches!(phase, Phase::During | Phase::Measure) {
            let windows = self.operations.iter().map(|_| Window::new(at)).collect();
            let log_start = self.log.length()?;
            self.judged = Some(Judged { start: at, windows, all: Window::new(at), log_start });
        }
        self.events.write(Event::Phase { phase, at })
    }

    fn sample(&mut self, sample: &Sample) {
        let place = usize::from(sample.operation);
        let Some(operation) = self.operations.get_mut(place) else { return };
        self.now = self.now.max(sample.finished);
        let phase = self.phases.of(sample.due, sample.finished);
        operation.add(sample, phase);
        self.recovery.ended(sample);
        self.ledger.sample(sample);
        let Some(judged) = &mut self.judged else { return };
        judged.windows[place].ended(sample);
        if self.shape.operations[place].is_traffic() {
            judged.all.ended(sample);
        }
        if phase.is_some_and(is_judged) {
            let waited = self.kept_waiting.sample(sample);
            judged.windows[place].sample(sample, waited);
        }
    }

    fn tick(&mut self, tick: &Tick) -> anyhow::Result<()> {
        self.now = self.now.max(tick.at);
        self.health.tick(tick.at, self.phase_at(tick.at));
        let since = tick.waiting.iter().map(|waiting| waiting.since.unwrap_or(waiting.statement_began));
        self.waiting = (since.min(), tick.waiting.len());
        let waits = self.episodes.tick(tick);
        self.waited(waits)
    }

    fn waited(&mut self, waits: Vec<Wait>) -> anyhow::Result<()> {
        for wait in waits {
            self.ledger.wait(&wait);
            self.waits.add(&wait, self.phase_at(wait.start), &self.shape);
            let phase = self.phases.of(wait.due.unwrap_or(wait.start), wait.end);
            if let (Actor::Operation(place), Some(judged), true) =
                (&wait.waiter, &mut self.judged, phase.is_some_and(is_judged))
                && let Some(window) = judged.windows.get_mut(usize::from(*place))
            {
                window.wait(&wait, self.kept_waiting.wait(&wait));
            }
            self.events.write(Event::Wait { wait })?;
        }
        Ok(())
    }

    fn step(&mut self, step: u16, facts: StepFacts) {
        let place = usize::from(step);
        if self.steps.len() <= place {
            self.steps.resize(place + 1, StepFacts::default());
        }
        self.steps[place] = facts;
    }

    fn gauge(&mut self, gauge: u16, at: Duration, value: Option<f64>) -> anyhow::Result<()> {
        if self.phase_at(at) != Phase::Warmup
            && let Some(figures) = self.gauges.get_mut(usize::from(gauge))
        {
            figures.add(value);
        }
        self.events.write(Event::Gauge { gauge, at, value })
    }

    fn wait_events(&mut self, at: Duration, classes: &[(String, u32)]) -> anyhow::Result<()> {
        self.ledger.wait_events(at, classes);
        if self.wait_events.0 != at.as_secs() {
            self.write_wait_events()?;
            self.wait_events.0 = at.as_secs();
        }
        for (class, count) in classes {
            *self.wait_events.1.entry(class.clone()).or_default() += count;
        }
        Ok(())
    }

    fn write_wait_events(&mut self) -> anyhow::Result<()> {
        let classes: Vec<_> = std::mem::take(&mut self.wait_events.1).into_iter().collect();
        match classes.is_empty() {
            true => Ok(()),
            false => self.events.write(Event::WaitEvents { second: self.wait_events.0, classes }),
        }
    }

    /// Whatever is due now that it is later: once for each second that is complete.
    fn advance(&mut self) -> anyhow::Result<()> {
        while let Some(second) = self.recovery.complete(self.now) {
            self.look_back(&second);
            self.write_seconds(second.start.as_secs().saturating_sub(GRACE - 1))?;
            self.kept_waiting.advance(second.end);
            if let Some(judged) = &mut self.judged {
                let open = match self.recovered {
                    Some(_) => 0,
                    None => second.end.as_secs().saturating_sub(UNDECIDED),
                };
                judged.windows.iter_mut().chain([&mut judged.all]).for_each(|window| window.advance(second.end, open));
            }
        }
        Ok(())
    }

    fn look_back(&mut self, second: &Complete) {
        let before = self.phases.began(Phase::Before).is_some_and(|began| began <= second.start);
        let during = self.phases.began(Phase::During);
        if before && during.is_none_or(|during| second.end <= during) {
            self.recovery.ordinary(second);
        }
        let Some(ended) = self.phases.began(Phase::After) else { return };
        let released = self.waiting.0.is_none_or(|since| since >= ended);
        let counts = |place: usize| self.shape.operations[place].is_traffic();
        if self.recovered.is_none() && second.start >= ended && released && self.recovery.is_over(second, counts) {
            self.recovered = Some(second.end);
        }
    }

    fn write_seconds(&mut self, before: u64) -> anyhow::Result<()> {
        for (place, operation) in self.operations.iter_mut().enumerate() {
            let (round, operation_place) = (self.round, place as u16);
            for (second, record) in operation.settled(before) {
                let start = Duration::from_secs(second);
                for (kind, latencies) in [(Kind::Response, &record.response), (Kind::Service, &record.service)] {
                    if latencies.count() > 0 {
                        let label = Label { round, operation: operation_place, kind };
                        self.log.write(label, start, Duration::from_secs(1), latencies)?;
                    }
                }
                self.events.write(Event::Second { operation: operation_place, second, account: record.account })?;
            }
        }
        Ok(())
    }

    fn phase_at(&self, at: Duration) -> Phase {
        self.phases.of(at, at).unwrap_or(Phase::Warmup)
    }

    /// The round is over: what is open is closed, and all is summed up.
    pub fn finish(mut self, ended: Duration) -> anyhow::Result<RoundMeasured> {
        self.now = self.now.max(ended);
        let waits = self.episodes.finish(ended);
        self.waited(waits)?;
        self.advance()?;
        self.phases.ended = Some(ended);
        self.write_wait_events()?;
        self.write_seconds(u64::MAX)?;
        self.write_phases()?;
        self.events.write(Event::Ended { at: ended })?;

        let impact = self.phases.began(Phase::During).map(|start| Impact {
            start,
            end: self.recovered.unwrap_or(ended),
            recovered: self.recovered.is_some(),
        });
        let excess = impact.map(|impact| self.ledger.excess(impact.end));
        let phases: Vec<Vec<PhaseFigures>> =
            (0..self.operations.len()).map(|place| self.phase_figures(place)).collect();
        let all_traffic = self.all_traffic();
        let (mut impacts, mut all_impact) = self.window_figures(impact)?;
        if let Some(excess) = &excess {
            for (place, figures) in impacts.iter_mut().enumerate() {
                figures.excess_ms = excess.operations.get(place).map_or(0.0, |each| each.total_ms);
            }
            let traffic = excess.operations.iter().zip(&self.shape.operations).filter(|(_, shape)| shape.is_traffic());
            let total = traffic.map(|(each, _)| each.total_ms).sum();
            if let Some(all) = &mut all_impact {
                all.excess_ms = total;
            }
        }
        let mut impacts = impacts.into_iter();
        Ok(RoundMeasured {
            operations: phases.into_iter().map(|phases| OperationFigures { phases, impact: impacts.next() }).collect(),
            before: self.recovery.before().iter().map(|ordinary| ordinary.seconds.clone()).collect(),
            shape: self.shape,
            phases: self.phases,
            impact,
            steps: self.steps,
            all_traffic,
            all_impact,
            waits: self.waits.figures(),
            excess,
            gauges: self.gauges,
            health: self.health.figures(),
            notes: self.notes,
        })
    }

    fn write_phases(&mut self) -> anyhow::Result<()> {
        for (phase, start) in self.phases.began.clone() {
            let length = self.phases.span(phase).map_or(Duration::ZERO, |(from, until)| until.saturating_sub(from));
            for (place, operation) in self.operations.iter_mut().enumerate() {
                let label = Label { round: self.round, operation: place as u16, kind: Kind::PhaseResponse(phase) };
                let response = &operation.phase(phase).response;
                if response.count() > 0 {
                    self.log.write(label, start, length, response)?;
                }
            }
        }
        Ok(())
    }

    fn phase_figures(&mut self, place: usize) -> Vec<PhaseFigures> {
        let operation = &mut self.operations[place];
        self.phases.began.iter().map(|(phase, _)| operation.phase(*phase).figures(&self.phases)).collect()
    }

    fn all_traffic(&mut self) -> Vec<PhaseFigures> {
        let mut all = Vec::new();
        for (phase, _) in &self.phases.began {
            let mut sum = PhaseRecord::new(*phase);
            for (operation, shape) in self.operations.iter_mut().zip(&self.shape.operations) {
                if shape.is_traffic() {
                    sum.merge(operation.phase(*phase));
                }
            }
            all.push(sum.figures(&self.phases));
        }
        all
    }

    /// Over the judged window: each operation, and all traffic.
    fn window_figures(
        &mut self,
        impact: Option<Impact>,
    ) -> anyhow::Result<(Vec<ImpactFigures>, Option<ImpactFigures>)> {
        let Some(judged) = self.judged.take() else { return Ok((Vec::new(), None)) };
        let end = impact.map_or(self.phases.ended.unwrap_or(self.now), |impact| impact.end);
        let (figures, carried): (Vec<_>, Vec<_>) = judged.windows.into_iter().map(|window| window.closed(end)).unzip();
        let (mut all, _) = judged.all.closed(end);
        let mut figures: Vec<ImpactFigures> = figures;
        let is_traffic: Vec<bool> =
            self.shape.operations.iter().map(super::event::OperationShape::is_traffic).collect();
        let stall = all.longest_stall;
        figures.iter().zip(&is_traffic).filter(|(_, traffic)| **traffic).for_each(|(each, _)| all.merge(each));
        all.longest_stall = stall;
        // Without a migration the percentiles of the phase say it all.
        if impact.is_some() {
            let log = worst::Log { path: &self.log_path, from: judged.log_start, round: self.round };
            let seconds = worst::read(&log, judged.start, end, &carried)?;
            for (each, seconds) in figures.iter_mut().zip(&seconds) {
                (each.worst_10s, each.worst_from) = worst::worst_ten_seconds(&[seconds]);
            }
            let traffic: Vec<_> =
                seconds.iter().zip(&is_traffic).filter(|(_, traffic)| **traffic).map(|(s, _)| s).collect();
            (all.worst_10s, all.worst_from) = worst::worst_ten_seconds(&traffic);
        }
        Ok((figures, Some(all)))
    }
}

fn is_judged(phase: Phase) -> bool {
    matches!(phase, Phase::During | Phase::After | Phase::Measure)
}
