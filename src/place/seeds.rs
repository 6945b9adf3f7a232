//! Seeded databases and their copies on one server: which are there, which are finished, which make room.

use super::KeptSeed;
use super::mark::{Mark, Seed};
use crate::server::postgres::databases::{self, Database, create, remove, remove_unused};
use crate::server::postgres::{Address, Session};
use anyhow::{Context as _, bail};
use std::time::SystemTime;

/// The copy that is worked on.
const RUN: &str = "shakedown_run";
/// Empty, to try things in.
const SCRATCH: &str = "shakedown_scratch";

/// All databases of ours on a server.
pub(super) struct Seeds {
    /// Any database but ours.
    address: Address,
}

impl Seeds {
    pub(super) fn on(address: Address) -> Self {
        Self { address }
    }

    pub(super) async fn session(&self) -> anyhow::Result<Session> {
        let session = Session::open(&self.address, "shakedown").await;
        session.with_context(|| format!("the server cannot be reached ({})", self.address))
    }

    /// Drops what an earlier run left: copies, and seeds that were never finished.
    ///
    /// One that somebody is connected to belongs to a run that is still alive.
    pub(super) async fn tidy(&self) -> anyhow::Result<()> {
        let mut session = self.session().await?;
        for (database, mark) in ours(&mut session).await? {
            if matches!(mark, Mark::Seed(_)) {
                continue;
            }
            match remove_unused(&mut session, &database.name).await {
                Err(error) if databases::in_use(&error) => {
                    bail!("another run works in database {} on this server: wait until it has ended", database.name)
                }
                result => result.with_context(|| format!("database {} cannot be dropped", database.name))?,
            }
        }
        Ok(())
    }

    pub(super) async fn find(&self, fingerprint: &str) -> anyhow::Result<Option<Seed>> {
        let mut session = self.session().await?;
        let Some((name, mut seed)) =
            finished(&mut session).await?.into_iter().find(|(_, s)| s.fingerprint == fingerprint)
        else {
            return Ok(None);
        };
        seed.used = now();
        databases::mark(&mut session, &name, &Mark::Seed(seed.clone()).comment()).await?;
        Ok(Some(seed))
    }

    /// An empty database for a seed.
    pub(super) async fn build(&self, fingerprint: &str) -> anyhow::Result<Address> {
        self.fresh(&seed_name(fingerprint), &Mark::Building, None).await
    }

    /// An empty database to try things in.
    pub(super) async fn scratch(&self) -> anyhow::Result<Address> {
        self.fresh(SCRATCH, &Mark::Scratch, None).await
    }

    /// A copy of a finished seed.
    pub(super) async fn copy(&self, fingerprint: &str) -> anyhow::Result<Address> {
        self.fresh(RUN, &Mark::Run, Some(&seed_name(fingerprint))).await
    }

    /// The copy that was worked on, if there is one.
    pub(super) async fn find_run(&self) -> anyhow::Result<Option<Address>> {
        let all = ours(&mut self.session().await?).await?;
        Ok(all.iter().any(|(database, _)| database.name == RUN).then(|| self.address.database(RUN)))
    }

    /// Drops what was made for this run alone.
    pub(super) async fn forget_run(&self) -> anyhow::Result<()> {
        let mut session = self.session().await?;
        for name in [RUN, SCRATCH] {
            Self::clear(&mut session, name).await?;
        }
        Ok(())
    }

    pub(super) async fn keep(&self, fingerprint: &str, seed: &KeptSeed) -> anyhow::Result<()> {
        let mut session = self.session().await?;
        let seed = Seed {
            fingerprint: fingerprint.to_owned(),
            as_of: seed.as_of.clone(),
            used: now(),
            roles: databases::roles(&mut session).await?,
            facts: seed.facts.clone(),
        };
        let name = seed_name(fingerprint);
        // On disk before it is called finished.
        databases::checkpoint(&mut session).await?;
        databases::mark(&mut session, &name, &Mark::Seed(seed).comment()).await?;
        Ok(())
    }

    /// Drops the seeds that were used longest ago, all but the `newest`.
    pub(super) async fn make_room(&self, newest: usize) -> anyhow::Result<()> {
        let mut session = self.session().await?;
        let mut seeds = finished(&mut session).await?;
        seeds.sort_by_key(|(_, seed)| std::cmp::Reverse(seed.used));
        for (name, _) in seeds.into_iter().skip(newest) {
            remove(&mut session, &name).await.with_context(|| format!("the old seed {name} cannot be dropped"))?;
        }
        Ok(())
    }

    async fn fresh(&self, name: &str, mark: &Mark, template: Option<&str>) -> anyhow::Result<Address> {
        let mut session = self.session().await?;
        Self::clear(&mut session, name).await?;
        create(&mut session, name, &mark.comment(), template)
            .await
            .with_context(|| format!("database {name} cannot be made"))?;
        Ok(self.address.database(name))
    }

    /// Makes the name free, if what goes by it is ours.
    async fn clear(session: &mut Session, name: &str) -> anyhow::Result<()> {
        let Some(found) = databases::list(session).await?.into_iter().find(|each| each.name == name) else {
            return Ok(());
        };
        if Mark::read(&found.comment).is_none() {
            bail!(
                "database {name} is in the way and was not made by Shakedown: rename or drop it, \
                 or name another server"
            );
        }
        remove(session, name).await.with_context(|| format!("database {name} cannot be dropped"))
    }
}

async fn ours(session: &mut Session) -> anyhow::Result<Vec<(Database, Mark)>> {
    let all = databases::list(session).await?.into_iter();
    Ok(all.filter_map(|database| Mark::read(&database.comment).map(|mark| (database, mark))).collect())
}

async fn finished(session: &mut Session) -> anyhow::Result<Vec<(String, Seed)>> {
    let seeds = ours(session).await?.into_iter();
    Ok(seeds
        .filter_map(|(database, mark)| match mark {
            Mark::Seed(seed) => Some((database.name, seed)),
            _ => None,
        })
        .collect())
}

/// Short enough for a name, long enough to be the only one.
fn seed_name(fingerprint: &str) -> String {
    format!("shakedown_seed_{}", fingerprint.get(..16).unwrap_or(fingerprint))
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
