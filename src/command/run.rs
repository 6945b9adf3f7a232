//! `shakedown run`: data, load, migration, report, verdict.

use super::progress::Terminal;
use super::{Conditions, Exit, Subject, capacity, report, terminal};
use crate::experiment::{self, Plan};
use crate::place::{Copy, Request};
use crate::progress::Progress as _;
use crate::result::Recording;
use crate::result::model::{Ended, Finding};
use crate::scenario::{Scenario, nearest};
use crate::server::postgres::Address;
use crate::server::postgres::by_hand::ByHand;
use crate::units;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// Run every variant so many times.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: Option<u32>,
    /// Make round trips between client and server longer by so much, in place of what the scenario says: `0ms,5ms`.
    #[arg(long, value_name = "DURATION", value_delimiter = ',', value_parser = round_trip)]
    round_trip: Vec<Duration>,
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
            plan.rounds = self.options.rounds.unwrap_or(1);
        }
        Ok(Plan { capacity: self.capacity.clone(), ..plan })
    }
}

impl Options {
    /// All variants of a scenario.
    pub(super) fn plan(&self, scenario: &Scenario) -> Plan {
        let mut round_trips = Vec::new();
        let asked = if self.round_trip.is_empty() { &scenario.round_trips } else { &self.round_trip };
        for round_trip in asked {
            if !round_trips.contains(round_trip) {
                round_trips.push(*round_trip);
            }
        }
        let variants = (0..scenario.variants.len()).collect();
        Plan { variants, rounds: self.rounds.unwrap_or(scenario.rounds), round_trips, capacity: None }
    }

    /// Runs a plan to its end, and leaves results and report.
    pub(super) fn run(&self, asked: Asked<'_>) -> anyhow::Result<Exit> {
        let Asked { scenario, noticed, conditions, plan } = asked;
        can_stand_between(conditions, &plan)?;
        let directory = self.directory(&scenario.path);
        // Before anything else is done: a path that cannot be written must not be found out after an hour.
        Recording::probe(&directory)?;
        let progress = Terminal::new();
        progress.note(&announced(&scenario, &plan));
        super::interruptible(async |stop| {
            let seeding = async {
                let prepared = conditions.prepare(scenario, noticed).await?;
                terminal::warn(prepared.warnings().as_ref());
                prepared.seed(&progress).await
            };
            let Some(mut seeded) = super::unless_stopped(&stop, seeding).await? else { return Ok(Exit::Interrupted) };
            let recording = Recording::create(&directory)?;
            let result = Box::pin(experiment::run(&mut seeded, &plan, &recording, &progress, &stop)).await;
            let copy = if self.keep { Copy::Kept } else { Copy::Dropped };
            let closed = seeded.close(copy).await;
            let result = result?;
            let (_, path) = report::render(&directory)?;
            if self.json {
                terminal::print(&format!("{}\n", serde_json::to_string(&result)?))?;
            } else {
                terminal::print(&crate::report::summary(&result, terminal::colour(), terminal::width()))?;
                terminal::print(&format!("{}\n", path.display()))?;
            }
            match closed {
                // How the run ended matters more; the next one tidies up.
                Err(error) if result.ended != Ended::Completed => terminal::error(&error),
                closed => tell(closed?.as_ref()),
            }
            Ok(Exit::of(&result.ended, result.verdict))
        })
    }

    /// `reports/<scenario>/<time>`, the time in a form that sorts and that every file system takes.
    fn directory(&self, scenario: &Path) -> PathBuf {
        self.out.clone().unwrap_or_else(|| {
            let name = scenario.file_stem().unwrap_or_default();
            let time = jiff::Zoned::now().strftime("%Y-%m-%dT%H-%M-%S").to_string();
            PathBuf::from("reports").join(name).join(time)
        })
    }
}

/// Whether the server can be reached through something that stands in between, where that is asked for.
fn can_stand_between(conditions: &Conditions, plan: &Plan) -> anyhow::Result<()> {
    if let Request::Url(url) = conditions.request()?
        && plan.round_trips.iter().any(|round_trip| !round_trip.is_zero())
    {
        let address = Address::url(&url)?;
        address.through(&address.door()).map_err(|error| super::Wrong(error.to_string()))?;
    }
    Ok(())
}

/// As in a scenario: longer than any path on earth.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(1);

fn round_trip(text: &str) -> Result<Duration, String> {
    match units::duration(text) {
        Ok(round_trip) if round_trip <= LONGEST_ROUND_TRIP => Ok(round_trip),
        Ok(_) => Err(format!("a round trip of at most {}", units::human(LONGEST_ROUND_TRIP))),
        Err(error) => Err(error.to_string()),
    }
}

/// How long the traffic will take: eight rounds of several variants are no matter of a minute.
fn announced(scenario: &Scenario, plan: &Plan) -> String {
    let round = scenario.phases.total();
    let count = plan.variants.len() as u32 * plan.rounds * plan.round_trips.len() as u32;
    let rounds = if count == 1 { "1 round".to_owned() } else { format!("{count} rounds") };
    let migration = if scenario.migrates() { " and the migration" } else { "" };
    let trials = plan.capacity.as_ref().map_or("", |_| ", then up to 8 for the capacity of each variant");
    format!(
        "{rounds} of {}{migration}{trials}: {} of traffic, data and set-up not counted",
        units::human(round),
        units::human(round * count)
    )
}
