//! `shakedown calibrate`: a scenario held against itself, to learn what this machine can tell.

use super::choice::{Choice, announced, can_stand_between};
use super::once::{Once, Ran};
use super::progress::Terminal;
use super::run::{now, reports};
use super::{Exit, Subject, terminal};
use crate::place::Copy;
use crate::progress::Progress as _;
use crate::report;
use crate::result::model::{Ended, Verdict};
use crate::result::{EarlierRuns, Recording, earlier_runs};
use crate::verdict::baseline::LEAST_RUNS;
use clap::Args;
use std::path::PathBuf;

/// Calibrates a machine.
#[derive(Args, Debug)]
pub(super) struct Calibrate {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    choice: Choice,
    /// Run it so many times, its data restored each time; from 6 on times can be judged.
    #[arg(long, value_name = "NUMBER", default_value_t = LEAST_RUNS as u32, value_parser = clap::value_parser!(u32).range(2..=100))]
    runs: u32,
    /// Where the runs go, beside those that are there; `--baseline` takes it as it is. By default
    /// `reports/<scenario>/calibration`.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Print the noise of each figure as JSON instead of a table.
    #[arg(long)]
    json: bool,
}

impl Calibrate {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let scenario = self.subject.read()?;
        let plan = self.choice.plan(&scenario);
        can_stand_between(&self.subject.conditions, &plan)?;
        let out = self.out.clone().unwrap_or_else(|| reports(&scenario.path).join("calibration"));
        Recording::probe(&out)?;
        let progress = Terminal::new();
        progress.note(&format!("{} runs, each of {}", self.runs, announced(&scenario, &plan)));
        super::interruptible(async |stop| {
            for number in 1..=self.runs {
                progress.note(&format!("run {number} of {}", self.runs));
                let directory = out.join(now());
                let (conditions, copy) = (&self.subject.conditions, Copy::Dropped);
                let once = Once { conditions, plan: &plan, directory: &directory, copy, baseline: None };
                let ran = once.run(scenario.clone(), Vec::new(), &progress, &stop).await?;
                let Some(Ran { result, .. }) = ran else { return Ok(Exit::Interrupted) };
                if result.ended != Ended::Completed {
                    return Ok(Exit::of(&result.ended, result.verdict));
                }
                if result.verdict == Verdict::Invalid {
                    terminal::say(&format!("the run in {} is invalid and is left out", directory.display()));
                }
            }
            let runs = earlier_runs(&out, Some(&scenario.name), None)?.at_least_one()?;
            self.tell(&runs)
        })
    }

    fn tell(&self, runs: &EarlierRuns) -> anyhow::Result<Exit> {
        let noise = runs.noise();
        if self.json {
            terminal::print(&format!("{}\n", serde_json::to_string(&noise)?))?;
        } else {
            terminal::print(&report::noise(&noise, terminal::width()))?;
            terminal::print(&format!("{}\n", runs.path))?;
        }
        Ok(Exit::Passed)
    }
}
