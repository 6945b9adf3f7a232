//! Reads a run back: the result, and each round over time.
//!
//! Logs that end in the middle of a line are read up to there: that is how a run ends that was killed.

use super::event::{Event, Line, RoundShape};
use super::hlog::{self, Interval, Kind};
use super::model::{Ended, FORMAT, RunResult, Verdict};
use super::recording::Recording;
use super::series::{OperationSeries, RoundSeries, Second};
use crate::figures::Account;
use crate::latency::percentiles;
use crate::phase::{Phase, Phases};
use anyhow::{Context, ensure};
use hdrhistogram::Histogram;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

/// The result of a run and its rounds over time, in the order in which they were run.
pub fn read(directory: &Path) -> anyhow::Result<(RunResult, Vec<RoundSeries>)> {
    let recording = Recording::of(directory);
    let result = read_result(directory)?;
    let mut rounds = BTreeMap::new();
    read_events(&recording.events(), &mut rounds)?;
    let known = |round: u16| rounds.contains_key(&round);
    let mut intervals: BTreeMap<(u16, u16), Histograms> = BTreeMap::new();
    hlog::read(
        &recording.latency(),
        0,
        |label, _| known(label.round) && !matches!(label.kind, Kind::Service | Kind::PoolWait),
        |interval| intervals.entry((interval.label.round, interval.label.operation)).or_default().add(&interval),
    )?;
    let series =
        rounds.into_iter().map(|(round, events)| events.series(|operation| intervals.remove(&(round, operation))));
    Ok((result, series.collect()))
}

/// The result of a run alone, without its logs.
pub fn read_result(directory: &Path) -> anyhow::Result<RunResult> {
    parse(directory)
}

/// Of a result what tells whether it is worth reading.
pub(super) fn read_head(directory: &Path) -> anyhow::Result<Head> {
    parse(directory)
}

fn parse<T: DeserializeOwned>(directory: &Path) -> anyhow::Result<T> {
    let path = Recording::of(directory).result();
    let text =
        fs::read(&path).with_context(|| format!("cannot read {}; is it the directory of a run?", path.display()))?;
    let written: Written = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no result, or not a whole one", path.display()))?;
    ensure!(
        written.format <= FORMAT,
        "{} has format {}, and this version of shakedown reads up to {FORMAT}: use a newer one",
        path.display(),
        written.format
    );
    serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", path.display()))
}

/// What every version of the format has.
#[derive(Deserialize)]
pub(super) struct Written {
    pub(super) format: u32,
}

/// Which run it is, and how it went.
#[derive(Deserialize)]
pub(super) struct Head {
    scenario: Scenario,
    pub(super) started: String,
    pub(super) ended: Ended,
    pub(super) verdict: Verdict,
}

#[derive(Deserialize)]
struct Scenario {
    name: String,
}

impl Head {
    /// The scenario's name.
    pub(super) fn scenario(&self) -> &str {
        &self.scenario.name
    }
}

fn read_events(path: &Path, rounds: &mut BTreeMap<u16, RoundEvents>) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    for line in BufReader::new(file).split(b'\n') {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        let Ok(line) = serde_json::from_slice::<Line>(&line) else { break };
        rounds.entry(line.round).or_default().add(line.event);
    }
    Ok(())
}

/// The events of a round, as far as a series shows them.
#[derive(Default)]
struct RoundEvents {
    shape: RoundShape,
    phases: Phases,
    accounts: BTreeMap<(u16, u64), Account>,
    series: RoundSeries,
}

impl RoundEvents {
    fn add(&mut self, event: Event) {
        match event {
            Event::Round { shape } => {
                self.series.gauges = vec![Vec::new(); shape.gauges.len()];
                self.shape = shape;
            }
            Event::Phase { phase, at } => self.phases.began.push((phase, at)),
            Event::Ended { at } => self.phases.ended = Some(at),
            Event::Second { operation, second, account } => {
                self.accounts.entry((operation, second)).or_default().merge(&account);
            }
            Event::Wait { wait } => self.series.waits.push(wait),
            Event::Gauge { gauge, at, value } => {
                if let Some(readings) = self.series.gauges.get_mut(usize::from(gauge)) {
                    readings.push((at, value));
                }
            }
            Event::StepBegan { .. }
            | Event::StepEnded { .. }
            | Event::Saturated { .. }
            | Event::Health { .. }
            | Event::WaitEvents { .. }
            | Event::Note { .. } => {}
        }
    }

    fn series(mut self, mut histograms: impl FnMut(u16) -> Option<Histograms>) -> RoundSeries {
        let mut all = (BTreeMap::new(), Histograms::default());
        for (place, shape) in self.shape.operations.iter().enumerate() {
            let place = place as u16;
            let own = self.accounts.range((place, 0)..=(place, u64::MAX));
            let accounts: BTreeMap<u64, Account> =
                own.map(|((_, second), account)| (*second, account.clone())).collect();
            let histograms = histograms(place).unwrap_or_default();
            if shape.is_traffic() {
                all.1.merge(&histograms);
                for (second, account) in &accounts {
                    all.0.entry(*second).or_insert_with(Account::default).merge(account);
                }
            }
            self.series.operations.push(histograms.series(&accounts, &self.phases));
        }
        self.series.all = all.1.series(&all.0, &self.phases);
        self.series.waits.sort_by_key(|wait| wait.start);
        self.series
    }
}

/// Response times of one operation, by second, and by phase once the round has ended.
#[derive(Default)]
struct Histograms {
    seconds: BTreeMap<u64, Histogram<u64>>,
    phases: BTreeMap<Phase, Histogram<u64>>,
}

impl Histograms {
    fn add(&mut self, interval: &Interval) {
        match interval.label.kind {
            Kind::PhaseResponse(phase) => merge(&mut self.phases, phase, &interval.histogram),
            _ => merge(&mut self.seconds, interval.start.as_secs(), &interval.histogram),
        }
    }

    fn merge(&mut self, other: &Self) {
        other.seconds.iter().for_each(|(second, histogram)| merge(&mut self.seconds, *second, histogram));
        other.phases.iter().for_each(|(phase, histogram)| merge(&mut self.phases, *phase, histogram));
    }

    fn series(mut self, accounts: &BTreeMap<u64, Account>, phases: &Phases) -> OperationSeries {
        if self.phases.is_empty() {
            self.guess_phases(phases);
        }
        let seconds = accounts.iter().map(|(second, account)| {
            let mut errors = account.failed.clone();
            if account.dropped > 0 {
                errors.insert("dropped".to_owned(), account.dropped);
            }
            Second {
                start: Duration::from_secs(*second),
                response: self.seconds.get(second).map(percentiles).unwrap_or_default(),
                scheduled: account.scheduled,
                succeeded: account.succeeded,
                errors,
            }
        });
        let seconds = seconds.collect();
        let mut curves: Vec<(Phase, Histogram<u64>)> = self.phases.into_iter().collect();
        curves.sort_by_key(|(phase, _)| phases.began(*phase));
        OperationSeries { seconds, curves }
    }

    /// Of a round that was cut short, before its phases were summed up: by the second in which things were due.
    fn guess_phases(&mut self, phases: &Phases) {
        for (second, histogram) in &self.seconds {
            let at = Duration::from_secs(*second);
            if let Some(phase) = phases.of(at, at) {
                merge(&mut self.phases, phase, histogram);
            }
        }
    }
}

fn merge<K: Ord>(all: &mut BTreeMap<K, Histogram<u64>>, key: K, histogram: &Histogram<u64>) {
    let sum = all.entry(key).or_insert_with(|| Histogram::new(histogram.sigfig()).expect("its digits are allowed"));
    // Recorded value by value, a histogram read from a file may be of another range.
    for each in histogram.iter_recorded() {
        sum.record_n(each.value_iterated_to(), each.count_since_last_iteration())
            .expect("a histogram that resizes itself takes any value");
    }
}
