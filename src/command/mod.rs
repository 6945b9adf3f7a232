//! The command line: one file a subcommand, and the only room that prints.

mod calibrate;
mod capacity;
mod check;
mod choice;
mod compare;
mod complete;
mod github;
mod history;
mod library;
mod list;
mod new;
mod once;
mod progress;
mod rehearse;
mod report;
mod run;
mod schema;
mod seed;
mod terminal;

use crate::experiment::{self, Prepared};
use crate::place::Request;
use crate::result::model::{Ended, Finding, Verdict};
use crate::scenario::{self, Problems, Scenario};
use crate::server::postgres::Address;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Puts a database change through its paces at production size before production does.
#[derive(Debug, Parser)]
#[command(name = "shakedown", version, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds the data, runs every variant under load, and reports.
    Run(run::Run),
    /// Rehearses new migrations of a directory, one by one, on a standing scenario.
    Rehearse(rehearse::Rehearse),
    /// Checks a scenario: its language, its tables and columns, and every statement at every step, without load.
    Check(check::Check),
    /// Builds and keeps the data of a scenario, so that the next run starts at once.
    Seed(seed::Seed),
    /// Shows the scenarios that come with the program.
    List,
    /// Starts a scenario of your own from one that comes with the program.
    New(new::New),
    /// Renders the report of a run again, and all that is made for CI servers and pull requests.
    Report(report::Report),
    /// Holds a run against earlier ones of the same scenario: what is worse, beyond what runs differ by themselves?
    Compare(compare::Compare),
    /// Runs a scenario several times against itself, and tells the smallest change that this machine can show.
    Calibrate(calibrate::Calibrate),
    /// Shows how the runs below a directory fared over time, and since when which figure is another.
    History(history::History),
    /// Prints the JSON Schema of the scenario format, for editors, or of results.
    Schema(schema::Schema),
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page.
    Man,
}

/// The scenario and what may be said of its data.
#[derive(Args, Clone, Debug)]
struct Subject {
    /// The scenario file.
    scenario: PathBuf,
    #[command(flatten)]
    conditions: Conditions,
}

/// What may be said of a scenario's data, and where they are.
#[derive(Args, Clone, Debug)]
struct Conditions {
    /// Multiply the rows of every seeded table.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = positive)]
    scale: f64,
    /// The seed of all random values: data, arrivals and parameters.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    random_seed: u64,
    /// What `now` means in the data: an RFC 3339 time. Data are built anew for it.
    #[arg(long, value_name = "TIME")]
    as_of: Option<jiff::Timestamp>,
    /// Where to run: `managed`, or the URL of a server where databases may be made.
    #[arg(long, default_value = "managed", value_name = "URL", env = "SHAKEDOWN_DATABASE", hide_env_values = true)]
    database: String,
}

impl Subject {
    /// Reads and checks the file.
    fn read(&self) -> anyhow::Result<Scenario> {
        Ok(scenario::read(&self.scenario)?)
    }

    /// Opens the place and checks the scenario against its server.
    async fn prepare(&self) -> anyhow::Result<Prepared> {
        self.conditions.prepare(self.read()?, Vec::new()).await
    }
}

impl Conditions {
    /// Opens the place and checks a scenario against its server; `noticed` is told with what that finds.
    async fn prepare(&self, mut scenario: Scenario, noticed: Vec<Finding>) -> anyhow::Result<Prepared> {
        scenario.scale(self.scale);
        let Self { scale, random_seed, as_of, .. } = *self;
        let subject = experiment::Subject { scenario, scale, random_seed, as_of, noticed };
        Prepared::open(subject, &self.request()?).await
    }

    fn request(&self) -> anyhow::Result<Request> {
        match self.database.as_str() {
            "managed" => Ok(Request::Managed),
            url => match Address::url(url) {
                Ok(_) => Ok(Request::Url(url.to_owned())),
                Err(error) => Err(Wrong(format!("{error:#}")).into()),
            },
        }
    }
}

/// Runs work that Ctrl-C and a polite kill end early: the first time with a report of what was measured, the second
/// time at once. Whatever server was started goes down with the program.
fn interruptible(work: impl AsyncFnOnce(CancellationToken) -> anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        let stop = CancellationToken::new();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let asked = stop.clone();
        let mut signalled = async move || {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        };
        let impatient = async {
            signalled().await;
            terminal::say("ending early; once more to end at once");
            asked.cancel();
            signalled().await;
        };
        tokio::select! {
            done = work(stop) => done,
            () = impatient => Ok(Exit::Interrupted),
        }
    })
}

/// Does what comes before anything is measured. Asked to end, it is given up where it stands: its server goes down
/// with it, and what is half done is known as such and removed by the next run.
async fn unless_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Option<T>> {
    let done = tokio::select! {
        done = work => Some(done?),
        () = stop.cancelled() => None,
    };
    if done.is_none() {
        terminal::say(
            "interrupted before anything was measured: no server was left running, and what was begun is removed by the next run",
        );
    }
    Ok(done)
}

/// The runtime of everything but the traffic, which has its own.
fn runtime() -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

/// A command line that asks for something that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Wrong(String);

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(factor),
        _ => Err("a number above 0, such as 0.01".to_owned()),
    }
}

/// How the program ends; the numbers are what scripts see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Passed = 0,
    Failed = 1,
    Wrong = 2,
    CouldNotRun = 3,
    Invalid = 4,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    fn of(ended: &Ended, verdict: Verdict) -> Self {
        match (ended, verdict) {
            (Ended::Interrupted, _) => Self::Interrupted,
            (Ended::Failed(_), _) => Self::CouldNotRun,
            (_, Verdict::Fail) => Self::Failed,
            (_, Verdict::Invalid) => Self::Invalid,
            (_, Verdict::Pass | Verdict::NotJudged) => Self::Passed,
        }
    }

    /// The graver of both; what a run itself found before what could not be compared.
    fn or(self, other: Self) -> Self {
        let gravity = |exit| match exit {
            Self::Passed => 0,
            Self::Invalid => 1,
            Self::Wrong => 2,
            Self::Failed => 3,
            Self::CouldNotRun => 4,
            Self::Interrupted => 5,
        };
        if gravity(other) > gravity(self) { other } else { self }
    }
}

/// Runs a command line to its end.
#[must_use]
pub fn execute(arguments: Arguments) -> ExitCode {
    let outcome = match arguments.command {
        Command::Run(run) => run.execute(),
        Command::Rehearse(rehearse) => rehearse.execute(),
        Command::Check(check) => check.execute(),
        Command::Seed(seed) => seed.execute(),
        Command::List => list::execute(),
        Command::New(new) => new.execute(),
        Command::Report(report) => report.execute(),
        Command::Compare(compare) => compare.execute(),
        Command::Calibrate(calibrate) => calibrate.execute(),
        Command::History(history) => history.execute(),
        Command::Schema(schema) => schema.execute(),
        Command::Completions { shell } => complete::completions(shell),
        Command::Man => complete::manual(),
    };
    outcome
        .unwrap_or_else(|error| {
            if let Some(problems) = error.downcast_ref::<Problems>() {
                terminal::problems(problems);
                return Exit::Wrong;
            }
            terminal::error(&error);
            if error.is::<Wrong>() { Exit::Wrong } else { Exit::CouldNotRun }
        })
        .into()
}
