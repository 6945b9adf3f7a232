//! The runs of many nights, each as little of its `result.json` as a history needs.
//!
//! Results of a year are hundreds of megabytes, most of it plans, waits and phases that no trend shows: what is not
//! named here is not kept. The names are those of the model; a test holds them to it.

use super::model::{Ended, FORMAT, Verdict};
use crate::phase::Phase;
use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What lies below a directory.
#[derive(Clone, Debug, Default)]
pub struct Nights {
    /// The runs that can be read, the oldest first.
    pub nights: Vec<Night>,
    /// Results that cannot be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// One run.
#[derive(Clone, Debug, Deserialize)]
pub struct Night {
    /// Its directory, from where the history begins.
    #[serde(skip)]
    pub directory: PathBuf,
    /// The version of the format.
    pub format: u32,
    /// Version of the program.
    pub shakedown: String,
    /// The scenario.
    pub scenario: NightScenario,
    /// When it began, RFC 3339.
    pub started: String,
    /// How much of the data.
    pub scale: f64,
    /// The seed of all random values.
    pub random_seed: u64,
    /// The server and the machine.
    pub place: NightPlace,
    /// The data.
    pub seed: NightSeed,
    /// In the order of the scenario.
    pub variants: Vec<NightVariant>,
    /// How it ended.
    pub ended: Ended,
    /// The whole run's verdict.
    pub verdict: Verdict,
}

/// Of the scenario.
#[derive(Clone, Debug, Deserialize)]
pub struct NightScenario {
    /// Its name.
    pub name: String,
}

/// Of the server and the machine.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NightPlace {
    /// `managed`, or a URL.
    pub kind: String,
    /// The server's own words.
    pub server: String,
    /// Settings that matter, with their values.
    pub settings: Vec<(String, String)>,
    /// Processors of the client's machine.
    pub cpus: u32,
}

/// Of the data.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NightSeed {
    /// The fingerprint of all that shaped them.
    pub fingerprint: String,
}

/// Of a variant.
#[derive(Clone, Debug, Deserialize)]
pub struct NightVariant {
    /// Its name.
    pub name: String,
    /// Its operations, by place.
    pub operations: Vec<NightOperation>,
    /// What it must be caught by.
    pub fails_by: Vec<String>,
    /// Its rounds.
    pub rounds: Vec<NightRound>,
    /// Its verdict.
    pub verdict: Verdict,
}

/// Of an operation.
#[derive(Clone, Debug, Deserialize)]
pub struct NightOperation {
    /// Its name.
    pub name: String,
    /// Whether it belongs to all traffic.
    pub is_traffic: bool,
    /// Its arrivals, in words.
    pub arrivals: String,
    /// Its statements.
    pub text: String,
}

/// Of a round.
#[derive(Clone, Debug, Deserialize)]
pub struct NightRound {
    /// The round trip between client and server.
    #[serde(default)]
    pub round_trip: Duration,
    /// What one execution of each operation costs, by place.
    #[serde(default)]
    pub costs: Vec<NightCost>,
    /// Steps of the migration.
    pub steps: Vec<NightStep>,
    /// Figures of each operation, by place.
    pub operations: Vec<NightFigures>,
    /// How the generator did.
    pub health: NightHealth,
}

/// Of what one execution costs.
#[derive(Clone, Debug, Deserialize)]
pub struct NightCost {
    /// How many were measured.
    pub executions: u32,
    /// Statements that the server executed.
    pub statements: f64,
    /// Blocks found in shared buffers.
    pub hit: f64,
    /// Blocks read from outside of them.
    pub read: f64,
}

/// Of a step.
#[derive(Clone, Debug, Deserialize)]
pub struct NightStep {
    /// What it ran.
    pub text: String,
}

/// Of the figures of an operation.
#[derive(Clone, Debug, Deserialize)]
pub struct NightFigures {
    /// In each phase.
    pub phases: Vec<NightPhase>,
    /// Over the judged window.
    pub impact: Option<NightImpact>,
}

/// Of a phase.
#[derive(Clone, Debug, Deserialize)]
pub struct NightPhase {
    /// Which.
    pub phase: Option<Phase>,
    /// From due to end.
    pub response: NightTimes,
}

/// Points of a distribution.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct NightTimes {
    /// Observations.
    pub count: u64,
    /// Half lie below.
    pub p50: Duration,
    /// 99 of 100 lie below.
    pub p99: Duration,
}

/// Of the judged window.
#[derive(Clone, Debug, Deserialize)]
pub struct NightImpact {
    /// The longest time in which nothing succeeded although something was due.
    pub longest_stall: Duration,
}

/// Of the generator.
#[derive(Clone, Debug, Deserialize)]
pub struct NightHealth {
    /// Why its times cannot be believed.
    pub invalid: Vec<String>,
}

/// Reads every run below a directory. What cannot be read is told, and stops nothing.
pub fn nights(directory: &Path) -> anyhow::Result<Nights> {
    let mut found = Vec::new();
    results(directory, &mut found)?;
    let mut nights = Nights::default();
    for path in found {
        let inside = path.strip_prefix(directory).unwrap_or(&path).parent().unwrap_or(Path::new("")).to_owned();
        match night(&path) {
            Ok(night) => nights.nights.push(Night { directory: inside, ..night }),
            Err(error) => nights.unreadable.push((inside, format!("{error:#}"))),
        }
    }
    nights.nights.sort_by(|a, b| (&a.started, &a.directory).cmp(&(&b.started, &b.directory)));
    nights.unreadable.sort();
    Ok(nights)
}

/// The results below a directory; links to directories are not followed, for they may lead round.
fn results(directory: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let about = || format!("cannot read {}", directory.display());
    let own = directory.join(super::recording::RESULT);
    if own.is_file() {
        found.push(own);
        return Ok(());
    }
    for entry in fs::read_dir(directory).with_context(about)? {
        let entry = entry.with_context(about)?;
        if entry.file_type().with_context(about)?.is_dir() {
            results(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn night(path: &Path) -> anyhow::Result<Night> {
    let text = fs::read(path)?;
    // Read once where all is well; a year is long.
    serde_json::from_slice::<Night>(&text).map_err(anyhow::Error::from).and_then(known).or_else(|error| {
        let written: super::read::Written = serde_json::from_slice(&text).context("it is no result of shakedown")?;
        ensure!(written.format <= FORMAT, "it has format {}, and this version reads up to {FORMAT}", written.format);
        Err(error.context("it is no whole result"))
    })
}

fn known(night: Night) -> anyhow::Result<Night> {
    ensure!(night.format <= FORMAT, "it is of a later format");
    Ok(night)
}
