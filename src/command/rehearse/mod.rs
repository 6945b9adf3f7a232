//! `shakedown rehearse`: new migrations of a directory, one by one, on a standing scenario: one verdict for each file.

mod git;
mod new;

use super::run::{Asked, Options};
use super::{Conditions, Exit, Wrong, terminal};
use crate::result::model::Finding;
use crate::scenario;
use crate::scenario::directory::{Directory, New};
use clap::Args;
use new::Found;
use std::path::{Path, PathBuf};

/// What the standing scenario is called where nobody says otherwise.
const STANDING: &str = "shakedown.yaml";

/// Rehearses new migrations.
#[derive(Args, Debug)]
pub(super) struct Rehearse {
    /// The directory of migrations, in one of the usual layouts.
    migrations: PathBuf,
    /// The standing scenario: data, traffic, phases and thresholds; each new migration is a variant of it, on the schema
    /// that the old ones make. If left out, `shakedown.yaml` in the directory or above it.
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    conditions: Conditions,
    #[command(flatten)]
    options: Options,
}

/// Which migrations are new.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Which {
    /// Those that this branch adds, committed or not, since it left that branch, tag or commit: `origin/main`.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Those behind this one, by version or by file.
    #[arg(long, value_name = "NAME")]
    after: Option<String>,
    /// All behind the one with which all tables of `seed` are there.
    #[arg(long)]
    all: bool,
}

impl Rehearse {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let directory = Directory::read(&self.migrations).map_err(|unusable| {
            let help = unusable.help.map(|help| format!("; {help}")).unwrap_or_default();
            Wrong(format!("{}{help}", unusable.message))
        })?;
        let standing = self.standing()?;
        let found = self.found(&directory, &standing)?;
        for Finding { message, help } in &found.findings {
            terminal::say(&format!("warning: {message}; {}", help.as_deref().unwrap_or_default()));
        }
        if found.places.is_empty() {
            let said = format!("nothing new in `{}` {}\n", self.migrations.display(), found.because);
            terminal::print(&said)?;
            return Ok(Exit::Passed);
        }
        let new = New { directory: &directory, places: &found.places };
        let mut scenario = scenario::read_for(&standing, new)?;
        scenario.about = Some(self.told(&directory, &found));
        let plan = self.options.plan(&scenario);
        self.options.run(Asked { scenario, noticed: found.findings, conditions: &self.conditions, plan })
    }

    fn found(&self, directory: &Directory, standing: &Path) -> anyhow::Result<Found> {
        match (&self.which.since, &self.which.after) {
            (Some(reference), _) => Ok(new::since(directory, reference, &git::since(&directory.path, reference)?)),
            (None, Some(name)) => new::after(directory, name),
            (None, None) => Ok(new::all(directory, &scenario::outline(standing)?.seeded)),
        }
    }

    /// The scenario that was named, else the nearest that has the name that is looked for.
    fn standing(&self) -> anyhow::Result<PathBuf> {
        if let Some(named) = &self.scenario {
            return Ok(named.clone());
        }
        let from = std::path::absolute(&self.migrations)?;
        let here = std::env::current_dir()?;
        let found = from.ancestors().map(|folder| folder.join(STANDING)).find(|path| path.is_file());
        match found {
            Some(path) => Ok(path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path)),
            None => Err(Wrong(format!(
                "there is no `{STANDING}` in `{}` or above it: name the standing scenario with --scenario",
                self.migrations.display()
            ))
            .into()),
        }
    }

    /// What the report says of itself.
    fn told(&self, directory: &Directory, found: &Found) -> String {
        let names: Vec<&str> = found.places.iter().map(|at| directory.files[*at].name.as_str()).collect();
        let count = match names.len() {
            1 => "1 migration".to_owned(),
            several => format!("{several} migrations, each behind those before it"),
        };
        format!("Rehearses {count}, of `{}` {}: {}.", self.migrations.display(), found.because, names.join(", "))
    }
}
