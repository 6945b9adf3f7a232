//! Takes the observations of one round, writes them down while it goes on, and sums them up at its end.
//!
//! Memory depends on how many operations there are and how many different things happen to them, not on how long the
//! round lasts: what belongs to a second is written once it is over and forgotten. An operation that ends late adds
//! a second line for the second in which it was due; whoever reads adds them up.

mod arrivals;
mod finish;
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
use super::hlog::{IntervalLog, Label};
use super::recording::{EventLog, Recording};
use crate::attribution::{Episodes, Ledger};
use crate::figures::GaugeFigures;
use crate::observation::Observation;
use crate::phase::{Phase, Phases};
use crate::sample::Sample;
use crate::step::StepFacts;
use crate::wait::{Actor, Tick, Wait};
use arrivals::KeptWaiting;
use health::HealthRecord;
use operation::OperationRecord;
use recovery::{Complete, Recovery};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use waits::WaitGroups;
use window::Window;

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
    /// Since when all is as it was before the migration, once it is.
    recovered: Option<Duration>,
    /// Since when the first of the operations waits that waited at the last tick.
    waiting: Option<Duration>,
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
            waiting: None,
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
                self.events.write(Event::StepEnded { step, facts: (*facts).clone() })?;
                self.step(step, *facts);
            }
            Observation::Gauge { gauge, at, value } => self.gauge(gauge, at, value)?,
            Observation::Health(health) => {
                self.now = self.now.max(health.at);
                let middle = health.at.saturating_sub(health.length / 2);
                self.health.second(&health, self.phase_at(middle));
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

    /// Whether anything has been observed: a round without a phase has not come to measuring.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.phases.began.is_empty()
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
        let traffic = tick.waiting.iter().filter(|waiting| matches!(waiting.actor, Actor::Operation(_)));
        self.waiting = traffic.map(|waiting| waiting.since.unwrap_or(waiting.statement_began)).min();
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
        let released = self.waiting.is_none_or(|since| since >= ended);
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
                for (kind, time) in worst::KINDS {
                    let latencies = record.times.of(time);
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
}

fn is_judged(phase: Phase) -> bool {
    matches!(phase, Phase::During | Phase::After | Phase::Measure)
}
