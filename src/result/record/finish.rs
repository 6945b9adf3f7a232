//! The end of a round: what is open is closed, and all is summed up.

use super::super::event::{Event, OperationShape};
use super::super::hlog::{Kind, Label};
use super::super::measured::RoundMeasured;
use super::operation::PhaseRecord;
use super::{Recorder, worst};
use crate::figures::{Excess, Impact, ImpactFigures, OperationFigures, PhaseFigures};
use crate::latency::Times;
use crate::phase::Phase;
use std::time::Duration;

/// Figures over the judged window, with the times that percentiles are judged by.
#[derive(Default)]
struct Windows {
    operations: Vec<(ImpactFigures, Times)>,
    all: Option<(ImpactFigures, Times)>,
}

impl Recorder {
    /// The round is over: gives all that it showed.
    pub fn finish(mut self, ended: Duration) -> anyhow::Result<RoundMeasured> {
        self.close(ended)?;
        let impact = self.phases.began(Phase::During).map(|start| Impact {
            start,
            end: self.recovered.unwrap_or(ended),
            recovered: self.recovered.is_some(),
        });
        let excess = impact.map(|impact| self.ledger.excess(impact.end));
        let phases: Vec<Vec<PhaseFigures>> =
            (0..self.operations.len()).map(|place| self.phase_figures(place)).collect();
        let (all_traffic, all_by_phase) = self.all_traffic();
        let by_phase = (0..self.operations.len()).map(|place| self.phase_times(place)).collect();
        let mut windows = self.windows(impact)?;
        if let Some(excess) = &excess {
            windows.charge(excess, &self.shape.operations);
        }
        let (impacts, times): (Vec<_>, Vec<_>) = windows.operations.into_iter().unzip();
        let (all_impact, all_times) = windows.all.unzip();
        let mut impacts = impacts.into_iter();
        let figures = |phases| OperationFigures { phases, impact: impacts.next() };
        Ok(RoundMeasured {
            operations: phases.into_iter().map(figures).collect(),
            before: self.recovery.before().iter().map(|ordinary| ordinary.seconds.clone()).collect(),
            shape: self.shape,
            impact,
            steps: self.steps,
            all_traffic,
            all_impact,
            times,
            all_times: all_times.unwrap_or_else(Times::coarse),
            by_phase,
            all_by_phase,
            waits: self.waits.figures(),
            excess,
            gauges: self.gauges,
            health: self.health.figures(&self.phases),
            phases: self.phases,
            notes: self.notes,
        })
    }

    /// Writes what has not been written.
    fn close(&mut self, ended: Duration) -> anyhow::Result<()> {
        self.now = self.now.max(ended);
        let waits = self.episodes.finish(ended);
        self.waited(waits)?;
        self.advance()?;
        self.phases.ended = Some(ended);
        self.write_wait_events()?;
        self.write_seconds(u64::MAX)?;
        self.write_phases()?;
        self.events.write(Event::Ended { at: ended })
    }

    fn write_phases(&mut self) -> anyhow::Result<()> {
        for (phase, start) in self.phases.began.clone() {
            let length = self.phases.span(phase).map_or(Duration::ZERO, |(from, until)| until.saturating_sub(from));
            for (place, operation) in self.operations.iter_mut().enumerate() {
                let label = Label { round: self.round, operation: place as u16, kind: Kind::PhaseResponse(phase) };
                let response = &operation.phase(phase).times.response;
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

    fn phase_times(&mut self, place: usize) -> Vec<(Phase, Times)> {
        let operation = &mut self.operations[place];
        self.phases.began.iter().map(|(phase, _)| (*phase, operation.phase(*phase).times.clone())).collect()
    }

    fn all_traffic(&mut self) -> (Vec<PhaseFigures>, Vec<(Phase, Times)>) {
        let mut all = (Vec::new(), Vec::new());
        for (phase, _) in &self.phases.began {
            let mut sum = PhaseRecord::new(*phase);
            for (operation, shape) in self.operations.iter_mut().zip(&self.shape.operations) {
                if shape.is_traffic() {
                    sum.merge(operation.phase(*phase));
                }
            }
            all.0.push(sum.figures(&self.phases));
            all.1.push((*phase, sum.times));
        }
        all
    }

    /// Over the judged window: each operation, and all traffic.
    fn windows(&mut self, impact: Option<Impact>) -> anyhow::Result<Windows> {
        let Some(judged) = self.judged.take() else { return Ok(Windows::default()) };
        let end = impact.map_or(self.phases.ended.unwrap_or(self.now), |impact| impact.end);
        let (mut figures, carried): (Vec<ImpactFigures>, Vec<Times>) =
            judged.windows.into_iter().map(|window| window.closed(end)).unzip();
        let is_traffic: Vec<bool> = self.shape.operations.iter().map(OperationShape::is_traffic).collect();
        let (mut all, _) = judged.all.closed(end);
        figures.iter().zip(&is_traffic).filter(|(_, traffic)| **traffic).for_each(|(each, _)| all.merge(each));

        let Some(_) = impact else {
            // Without a migration the judged distribution is that of the phase.
            let operations = self.operations.iter_mut().map(|each| each.phase(Phase::Measure).times.clone());
            let operations: Vec<_> = figures.into_iter().zip(operations).collect();
            let mut times = Times::fine();
            let traffic = operations.iter().zip(&is_traffic).filter(|(_, traffic)| **traffic);
            traffic.for_each(|((_, each), _)| times.merge(each));
            return Ok(Windows { operations, all: Some((all, times)) });
        };
        let log = worst::Log { path: &self.log_path, from: judged.log_start, round: self.round };
        let windows = worst::read(&log, judged.start, end, &carried)?;
        let worst_of = |figures: &mut ImpactFigures, windows: &[&worst::Window]| {
            let (times, from) = worst::worst(windows);
            (figures.worst_10s, figures.worst_from) = (times.response.percentiles(), from);
            figures.service_worst_10s = times.service.percentiles();
            figures.pool_wait_worst_10s = times.pool_wait.percentiles();
            times
        };
        let traffic: Vec<_> =
            windows.iter().zip(&is_traffic).filter(|(_, traffic)| **traffic).map(|(window, _)| window).collect();
        let times = worst_of(&mut all, &traffic);
        let each: Vec<Times> =
            figures.iter_mut().zip(&windows).map(|(each, window)| worst_of(each, &[window])).collect();
        Ok(Windows { operations: figures.into_iter().zip(each).collect(), all: Some((all, times)) })
    }
}

impl Windows {
    /// Notes each operation's excess, and the sum over traffic.
    fn charge(&mut self, excess: &Excess, shapes: &[OperationShape]) {
        let mut total = 0.0;
        for (((figures, _), excess), shape) in self.operations.iter_mut().zip(&excess.operations).zip(shapes) {
            figures.excess_ms = excess.total_ms;
            total += if shape.is_traffic() { excess.total_ms } else { 0.0 };
        }
        if let Some((figures, _)) = &mut self.all {
            figures.excess_ms = total;
        }
    }
}
