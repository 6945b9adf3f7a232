//! From a checked scenario to data that are ready to be copied.

use crate::data::Data;
use crate::data::shape::Values;
use crate::load::{self, Build};
use crate::place::{self, Copy, KeptSeed, Place, Request, Shaped};
use crate::preflight::{self, Findings};
use crate::progress::Progress;
use crate::result::model::{Finding, SeedFacts};
use crate::scenario::{Problems, Scenario, Variant};
use crate::server::postgres::Address;
use crate::server::postgres::by_hand::ByHand;
use anyhow::Context as _;
use jiff::Timestamp;
use std::sync::Arc;

/// Connections of a private server that nobody has a claim on.
const SPARE: u32 = 30;

/// What is asked for: a scenario, and what the command line says of its data.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The scenario, its rows already scaled.
    pub scenario: Scenario,
    /// By how much.
    pub scale: f64,
    /// The seed of all random values.
    pub random_seed: u64,
    /// What `now` means, where that is said.
    pub as_of: Option<Timestamp>,
    /// What was found before the scenario was checked, to be told with what that finds.
    pub noticed: Vec<Finding>,
}

/// A scenario that has been checked against a server, at a place that is open.
pub struct Prepared {
    /// What is asked for.
    pub subject: Subject,
    /// Where it runs.
    pub place: Place,
    /// What was found without any load.
    pub findings: Findings,
    /// What `now` means.
    pub as_of: Timestamp,
    fingerprint: String,
}

/// A place with seeded data.
pub struct Seeded {
    /// What was prepared.
    pub prepared: Prepared,
    /// Every cell.
    pub data: Arc<Data>,
    /// What is in the database.
    pub facts: SeedFacts,
}

impl Prepared {
    /// Opens the place and checks the scenario against its server.
    ///
    /// What is wrong with the scenario itself comes as [`Problems`], all at once.
    pub async fn open(subject: Subject, request: &Request) -> anyhow::Result<Self> {
        let scenario = &subject.scenario;
        let mut place = Place::open(request, &settings(scenario, request)).await?;
        let fingerprint = fingerprint(&subject, place.version());
        let kept = place.find_seed(&fingerprint).await?;
        let as_of = match (&kept, subject.as_of) {
            (Some(kept), _) => kept.as_of.parse().context("the kept seed has an unreadable time")?,
            (None, Some(as_of)) => as_of,
            (None, None) => Timestamp::now().round(jiff::Unit::Second)?,
        };
        let scratch = place.scratch().await?;
        let findings = preflight::check(scenario, &scratch, as_of.as_microsecond()).await?;
        if !findings.problems.is_empty() {
            return Err(Problems::new(scenario.path.clone(), scenario.text.clone(), findings.problems).into());
        }
        Ok(Self { subject, place, findings, as_of, fingerprint })
    }

    /// What a reader wants to know before the run, shown at its place in the scenario.
    #[must_use]
    pub fn warnings(&self) -> Option<Problems> {
        let Scenario { path, text, .. } = &self.subject.scenario;
        let warnings = self.findings.warnings.clone();
        (!warnings.is_empty()).then(|| Problems::new(path.clone(), text.clone(), warnings).as_warnings())
    }

    /// Every cell of the data.
    fn plan(&self) -> anyhow::Result<Arc<Data>> {
        let Subject { scenario, random_seed, .. } = &self.subject;
        let requests = scenario.requests();
        let as_of = self.as_of.as_microsecond();
        let planned = Data::plan(&self.findings.schema, &requests, *random_seed, as_of);
        // The check has planned it before, and told all problems.
        let data = planned.map_err(|mut problems| problems.swap_remove(0))?;
        // If one variant deletes, all draw their keys as if they did.
        let operations = scenario.variants.iter().flat_map(|variant| &variant.operations);
        for (_, shape) in operations.flat_map(|operation| &operation.parameters) {
            if let Values::Key(key) = &shape.values
                && key.delete
            {
                data.reserve(&key.table);
            }
        }
        Ok(Arc::new(data))
    }

    /// Leaves the place without data.
    pub async fn close(self) -> anyhow::Result<()> {
        self.place.close(Copy::Dropped).await.map(drop)
    }

    /// Builds the data, unless they are kept from an earlier run.
    pub async fn seed(mut self, progress: &dyn Progress) -> anyhow::Result<Seeded> {
        let data = self.plan()?;
        if let Some(KeptSeed { facts, .. }) = self.place.find_seed(&self.fingerprint).await? {
            progress.note("data are kept from an earlier run");
            return Ok(Seeded { prepared: self, data, facts: SeedFacts { restored: true, ..facts } });
        }
        let facts = self.build(&data, progress).await?;
        Ok(Seeded { prepared: self, data, facts })
    }

    async fn build(&mut self, data: &Data, progress: &dyn Progress) -> anyhow::Result<SeedFacts> {
        let address = self.place.new_seed(&self.fingerprint).await?;
        let build = Build { schema: &self.subject.scenario.schema.parts, data, as_of: self.as_of.as_microsecond() };
        let mut facts = load::build(&address, &build, progress).await?;
        facts.fingerprint.clone_from(&self.fingerprint);
        let kept = KeptSeed { facts: facts.clone(), as_of: self.as_of.to_string() };
        self.place.keep_seed(&self.fingerprint, &kept).await?;
        Ok(facts)
    }
}

impl Seeded {
    /// A fresh copy of the data. Where nothing can be copied, in a database that its owner lends, they are built anew.
    pub(super) async fn copy(&mut self, progress: &dyn Progress) -> anyhow::Result<Address> {
        let Prepared { place, fingerprint, .. } = &mut self.prepared;
        if let Some(address) = place.restore(fingerprint).await? {
            return Ok(address);
        }
        self.prepared.build(&self.data, progress).await?;
        let Prepared { place, fingerprint, .. } = &mut self.prepared;
        place.restore(fingerprint).await?.context("the data that were built just now are gone")
    }

    /// Leaves the place as it shall be; says how to get at a copy that was kept.
    pub async fn close(self, copy: Copy) -> anyhow::Result<Option<ByHand>> {
        self.prepared.place.close(copy).await
    }
}

/// The scenario's settings. Where it says nothing of connections, a private server takes as many as the greediest
/// variant needs, and some for commands of the migration and for whoever looks on.
fn settings(scenario: &Scenario, request: &Request) -> Vec<(String, String)> {
    let mut settings = scenario.settings.clone();
    let is_set = settings.iter().any(|(name, _)| name.eq_ignore_ascii_case("max_connections"));
    let wanted = scenario.variants.iter().map(Variant::connections).max().unwrap_or_default() + SPARE;
    if matches!(request, Request::Managed) && !is_set && wanted > place::CONNECTIONS {
        settings.push(("max_connections".to_owned(), wanted.to_string()));
    }
    settings
}

/// The name of all that shapes the data. A new day is no new fingerprint; `--as-of` is.
fn fingerprint(subject: &Subject, server: &str) -> String {
    let seed = format!("{:?}", subject.scenario.requests());
    place::fingerprint(&Shaped {
        schema: &subject.scenario.schema.sql,
        seed: &seed,
        server,
        generator: load::GENERATOR,
        scale: subject.scale,
        random_seed: subject.random_seed,
        as_of: subject.as_of.map(|as_of| as_of.to_string()).as_deref(),
    })
}
