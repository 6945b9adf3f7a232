//! `shakedown run`: data, load, migration, report, verdict.

use super::choice::{Choice, announced, can_stand_between};
use super::compare::{baseline, told};
use super::once::{Once, Ran};
use super::progress::Terminal;
use super::{Conditions, Exit, Subject, capacity, github, terminal};
use crate::experiment::Plan;
use crate::place::Copy;
use crate::progress::Progress as _;
use crate::result::Recording;
use crate::result::model::Finding;
use crate::scenario::{Scenario, nearest};
use crate::server::postgres::by_hand::ByHand;
use clap::Args;
use std::path::{Path, PathBuf};

/// Runs a scenario.
#[derive(Args, Debug)]
pub(super) struct Run {
    #[command(flatten)]
    subject: Subject,
    /// Run only this variant; may be said several times.
    #[arg(long, value_name = "NAME")]
    variant: Vec<String>,
    /// Afterwards, search the highest rate of this operation at which each variant keeps the operation's limits. Every
    /// variant is run once before, or as often as --rounds says.
    #[arg(long, value_name = "OPERATION")]
    capacity: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// How to run whatever is run, and where to leave what it found.
#[derive(Args, Debug)]
pub(super) struct Options {
    #[command(flatten)]
    choice: Choice,
    /// Hold the run against an earlier one, or against the newest 20 below a directory: 1 where it is worse, 2 where
    /// the runs are no match for each other.
    #[arg(long, value_name = "PATH")]
    baseline: Option<PathBuf>,
    /// Exit with 4 where nobody can tell whether the run is worse than its baseline.
    #[arg(long, requires = "baseline")]
    strict: bool,
    /// Where results and report go, instead of `reports/<scenario>/<time>`.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Keep the database of the last round until the next run, and say how to get at it.
    #[arg(long)]
    keep: bool,
    /// Print the result as JSON instead of a summary.
    #[arg(long)]
    json: bool,
}

/// What is run.
pub(super) struct Asked<'a> {
    pub(super) scenario: Scenario,
    /// What is told with what the check finds.
    pub(super) noticed: Vec<Finding>,
    pub(super) conditions: &'a Conditions,
    pub(super) plan: Plan,
}

/// How to look into what was kept: no progress, but for the eyes of somebody.
fn tell(kept: Option<&ByHand>) {
    let Some(ByHand { start, connect, end }) = kept else { return };
    terminal::say("the database of the last round is kept until the next run of this scenario; to look into it:");
    for command in [start, connect, end] {
        if !command.is_empty() {
            terminal::say(&format!("  {command}"));
        }
    }
}

impl Run {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let scenario = self.subject.read()?;
        let plan = self.plan(&scenario)?;
        self.options.run(Asked { scenario, noticed: Vec::new(), conditions: &self.subject.conditions, plan })
    }

    fn plan(&self, scenario: &Scenario) -> anyhow::Result<Plan> {
        let known = || scenario.variants.iter().map(|variant| variant.name.as_str());
        let mut variants = Vec::new();
        for name in &self.variant {
            let Some(place) = known().position(|each| each == name) else {
                let near = nearest(name, known()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return Err(super::Wrong(format!("the scenario has no variant `{name}`{near}")).into());
            };
            if !variants.contains(&place) {
                variants.push(place);
            }
        }
        let mut plan = self.options.plan(scenario);
        if !variants.is_empty() {
            plan.variants = variants;
        }
        if let Some(operation) = &self.capacity {
            capacity::check(scenario, &plan.variants, operation)?;
            plan.rounds = self.options.choice.rounds.unwrap_or(1);
        }
        Ok(Plan { capacity: self.capacity.clone(), ..plan })
    }
}

impl Options {
    /// All variants of a scenario.
    pub(super) fn plan(&self, scenario: &Scenario) -> Plan {
        self.choice.plan(scenario)
    }

    /// Runs a plan to its end, and leaves results and report.
    pub(super) fn run(&self, asked: Asked<'_>) -> anyhow::Result<Exit> {
        let Asked { scenario, noticed, conditions, plan } = asked;
        can_stand_between(conditions, &plan)?;
        let directory = self.out.clone().unwrap_or_else(|| reports(&scenario.path).join(now()));
        // Before anything else is done: a path that cannot be written must not be found out after an hour, nor a
        // baseline that cannot be read.
        Recording::probe(&directory)?;
        let earlier =
            self.baseline.as_deref().map(|path| baseline(path, &scenario.name, &directory)).transpose()?.flatten();
        let progress = Terminal::new();
        progress.note(&announced(&scenario, &plan));
        super::interruptible(async |stop| {
            let once = Once {
                conditions,
                plan: &plan,
                directory: &directory,
                copy: if self.keep { Copy::Kept } else { Copy::Dropped },
                baseline: earlier.as_ref(),
            };
            let Some(Ran { result, report, kept }) = once.run(scenario, noticed, &progress, &stop).await? else {
                return Ok(Exit::Interrupted);
            };
            if self.json {
                terminal::print(&format!("{}\n", serde_json::to_string(&result)?))?;
            } else {
                let summary = crate::report::summary(&result, terminal::colour(), terminal::width());
                terminal::print(&github::fenced(&summary))?;
                terminal::print(&format!("{}\n", report.display()))?;
            }
            github::tell(&result, &directory, self.json)?;
            tell(kept.as_ref());
            let exit = Exit::of(&result.ended, result.verdict);
            Ok(result.baseline.as_ref().map_or(exit, |against| exit.or(told(against, self.strict))))
        })
    }
}

/// Where the runs of a scenario go unless something else is said: `reports/<scenario>`.
pub(super) fn reports(scenario: &Path) -> PathBuf {
    Path::new("reports").join(scenario.file_stem().unwrap_or_default())
}

/// The time in a form that sorts and that every file system takes.
pub(super) fn now() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%dT%H-%M-%S").to_string()
}
