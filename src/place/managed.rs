//! A private server for each seed, from the PostgreSQL that is installed.
//!
//! A cluster of its own for each fingerprint: roles, settings and statistics of one seed are no other's, a seed that
//! was not finished is a directory to remove, and runs of different scenarios do not meet. Things are tried in a
//! cluster that is thrown away, for roles that a schema creates would otherwise be there already.

use super::lock::Lock;
use super::seeds::Seeds;
use super::settings::{self, Purpose};
use super::{Copy, KeptSeed, facts};
use crate::result::model::PlaceFacts;
use crate::server::cache;
use crate::server::postgres::Address;
use crate::server::postgres::by_hand::ByHand;
use crate::server::postgres::databases;
use crate::server::postgres::find::{Installation, installation};
use crate::server::postgres::launch::Server;
use anyhow::{Context as _, bail};
use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The folder of clusters with a seed.
const SEEDS: &str = "seeds";
/// The folder of clusters to try things in.
const SCRATCH: &str = "scratch";
/// Clusters that are kept; the ones used longest ago make room.
const KEPT: usize = 4;

pub(super) struct Managed {
    installation: Installation,
    cache: PathBuf,
    settings: Vec<(String, String)>,
    /// Whether `pg_stat_statements` is installed, which is a package of its own on some systems.
    statements: bool,
    scratch: Option<Cluster>,
    current: Option<Cluster>,
}

/// A running server and the right to its directory: the server is dropped first.
struct Cluster {
    server: Server,
    lock: Lock,
    fingerprint: String,
}

impl Managed {
    /// Starts nothing yet, but removes what earlier runs left.
    pub(super) async fn open(cache: PathBuf, settings: &[(String, String)]) -> anyhow::Result<Self> {
        let installation = installation()?;
        for directory in
            clusters(&cache, SCRATCH).chain(clusters(&cache, SEEDS).filter(|each| last_use(each).is_none()))
        {
            remove_unused(&directory).await?;
        }
        let settings = settings.to_vec();
        Ok(Self { installation, cache, settings, statements: true, scratch: None, current: None })
    }

    pub(super) fn version(&self) -> &str {
        &self.installation.version.text
    }

    pub(super) fn server(&self) -> Option<&Server> {
        self.current.as_ref().map(|cluster| &cluster.server)
    }

    pub(super) async fn scratch(&mut self) -> anyhow::Result<Address> {
        self.end_scratch()?;
        let directory = self.cache.join(SCRATCH).join(std::process::id().to_string());
        let Some(lock) = Lock::take(&directory)? else {
            bail!("{} is in use by a place of this very program", directory.display())
        };
        let cluster = self.launch(lock, String::new(), Purpose::Scratch).await?;
        let address = Seeds::on(cluster.server.address()).scratch().await?;
        self.scratch = Some(cluster);
        Ok(address)
    }

    pub(super) async fn find_seed(&mut self, fingerprint: &str) -> anyhow::Result<Option<KeptSeed>> {
        self.end_scratch()?;
        let kept = self.seed_directory(fingerprint).join("data/PG_VERSION").exists();
        if !kept && !self.serves(fingerprint) {
            return Ok(None);
        }
        let cluster = self.cluster(fingerprint).await?;
        let seeds = Seeds::on(cluster.server.address());
        seeds.tidy().await?;
        let Some(seed) = seeds.find(fingerprint).await? else { return Ok(None) };
        touch(cluster.lock.directory())?;
        Ok(Some(seed.into()))
    }

    pub(super) async fn new_seed(&mut self, fingerprint: &str) -> anyhow::Result<Address> {
        self.end_scratch()?;
        // From nothing: what an unfinished seed left, roles among it, would be in the way of the schema.
        if let Some(Cluster { server, lock, .. }) = self.current.take() {
            server.stop().await?;
            if lock.directory() == self.seed_directory(fingerprint) {
                lock.remove()?;
            }
        }
        let lock = self.lock(fingerprint)?;
        fs::remove_dir_all(lock.directory()).or_else(fine_if_missing).context("an old seed cannot be removed")?;
        let cluster = self.launch(lock, fingerprint.to_owned(), Purpose::Seeding).await?;
        let address = Seeds::on(cluster.server.address()).build(fingerprint).await?;
        self.current = Some(cluster);
        Ok(address)
    }

    pub(super) async fn keep_seed(&mut self, fingerprint: &str, seed: &KeptSeed) -> anyhow::Result<()> {
        let cluster = self.current.as_ref().filter(|cluster| cluster.fingerprint == fingerprint);
        let cluster = cluster.context("there is no seed to keep")?;
        Seeds::on(cluster.server.address()).keep(fingerprint, seed).await?;
        touch(cluster.lock.directory())?;
        self.make_room().await
    }

    pub(super) async fn restore(&mut self, fingerprint: &str) -> anyhow::Result<Address> {
        self.end_scratch()?;
        // Starting it may show that a library is missing, hence before its settings are asked for.
        self.cluster(fingerprint).await?;
        let settings = self.settings(Purpose::Running);
        let cluster = self.cluster(fingerprint).await?;
        cluster.server.configure(&settings)?;
        let seeds = Seeds::on(cluster.server.address());
        // It may have been killed, or killed itself, in the round before.
        if seeds.session().await.is_err() {
            cluster.server.restart().await?;
        }
        let seed = seeds.find(fingerprint).await?.context("there is no finished seed of that fingerprint")?;
        seeds.forget_run().await?;
        forget_roles(&seeds, &seed.roles).await?;
        let copy = seeds.copy(fingerprint).await?;
        // Shutting down writes everything out, and starting empties the memory: all copies meet the same server.
        cluster.server.restart().await?;
        databases::checkpoint(&mut seeds.session().await?).await?;
        Ok(copy)
    }

    pub(super) async fn facts(&self) -> anyhow::Result<PlaceFacts> {
        let server = self.server().context("the private server does not run yet")?;
        facts::of(&mut Seeds::on(server.address()).session().await?, "managed".to_owned()).await
    }

    pub(super) async fn close(mut self, copy: Copy) -> anyhow::Result<Option<ByHand>> {
        self.end_scratch()?;
        let Some(mut cluster) = self.current.take() else { return Ok(None) };
        let mut kept = None;
        if !cluster.server.has_ended()? {
            let seeds = Seeds::on(cluster.server.address());
            match copy {
                Copy::Dropped => seeds.forget_run().await?,
                Copy::Kept => kept = seeds.find_run().await?.map(|copy| cluster.server.by_hand(copy.database_name())),
            }
        }
        cluster.server.stop().await?;
        Ok(kept)
    }

    fn end_scratch(&mut self) -> anyhow::Result<()> {
        let Some(Cluster { server, lock, .. }) = self.scratch.take() else { return Ok(()) };
        // Nothing in it is worth a checkpoint.
        drop(server);
        lock.remove()
    }

    fn serves(&self, fingerprint: &str) -> bool {
        self.current.as_ref().is_some_and(|cluster| cluster.fingerprint == fingerprint)
    }

    /// The running cluster of that fingerprint; another one is shut down for it.
    async fn cluster(&mut self, fingerprint: &str) -> anyhow::Result<&mut Cluster> {
        if !self.serves(fingerprint) {
            if let Some(other) = self.current.take() {
                other.server.stop().await?;
            }
            let lock = self.lock(fingerprint)?;
            self.current = Some(self.launch(lock, fingerprint.to_owned(), Purpose::Running).await?);
        }
        self.current.as_mut().context("a server that was just started is there")
    }

    async fn launch(&mut self, lock: Lock, fingerprint: String, purpose: Purpose) -> anyhow::Result<Cluster> {
        let mut launched = Server::launch(lock.directory(), &self.settings(purpose)).await;
        if let Err(error) = &launched
            && error.to_string().contains("could not access file \"pg_stat_statements\"")
        {
            self.statements = false;
            launched = Server::launch(lock.directory(), &self.settings(purpose)).await;
        }
        let about = || format!("the private server in {} cannot be started", lock.directory().display());
        let server = launched.with_context(about)?;
        Ok(Cluster { server, lock, fingerprint })
    }

    fn settings(&self, purpose: Purpose) -> Vec<(String, String)> {
        let mut settings = settings::of(purpose, settings::memory(), &self.settings);
        settings.retain(|(_, value)| self.statements || value != "pg_stat_statements");
        settings
    }

    fn seed_directory(&self, fingerprint: &str) -> PathBuf {
        self.cache.join(SEEDS).join(fingerprint.get(..16).unwrap_or(fingerprint))
    }

    fn lock(&self, fingerprint: &str) -> anyhow::Result<Lock> {
        let directory = self.seed_directory(fingerprint);
        let Some(lock) = Lock::take(&directory)? else {
            bail!(
                "another run uses the same seeded data ({}): wait until it has ended, \
                 or set {} to another directory",
                directory.display(),
                cache::VARIABLE
            )
        };
        Ok(lock)
    }

    /// Removes the seeds that were used longest ago; those in use stay.
    async fn make_room(&self) -> anyhow::Result<()> {
        let mut seeds: Vec<PathBuf> = clusters(&self.cache, SEEDS).collect();
        seeds.sort_by_key(|directory| Reverse(last_use(directory)));
        for directory in seeds.into_iter().skip(KEPT) {
            remove_unused(&directory).await?;
        }
        Ok(())
    }
}

/// The clusters in a folder of the cache.
fn clusters(cache: &Path, folder: &str) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(cache.join(folder)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir())
}

/// Removes a cluster with a server that may be left on it, unless a run that is alive has it.
async fn remove_unused(directory: &Path) -> anyhow::Result<()> {
    let Some(lock) = Lock::take(directory)? else { return Ok(()) };
    Server::end_leftover(directory).await?;
    lock.remove()
}

/// Drops the roles that a run has made: another variant may make them, too.
async fn forget_roles(seeds: &Seeds, kept: &[String]) -> anyhow::Result<()> {
    let mut session = seeds.session().await?;
    for role in databases::roles(&mut session).await? {
        if !kept.contains(&role) {
            databases::remove_role(&mut session, &role).await?;
        }
    }
    Ok(())
}

fn touch(directory: &Path) -> anyhow::Result<()> {
    let stamp = directory.join("used");
    fs::write(&stamp, "").with_context(|| format!("{} cannot be written", stamp.display()))
}

/// `None` of a seed that was not finished.
fn last_use(directory: &Path) -> Option<SystemTime> {
    fs::metadata(directory.join("used")).and_then(|facts| facts.modified()).ok()
}

fn fine_if_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
