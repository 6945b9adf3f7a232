//! A server that exists: used with care, since it may hold what somebody needs.
//!
//! Nothing happens but in databases that we made and marked, or in one that its owner marked as disposable.

use super::mark::DISPOSABLE;
use super::seeds::Seeds;
use super::{Copy, KeptSeed, facts};
use crate::result::model::PlaceFacts;
use crate::server::postgres::by_hand::ByHand;
use crate::server::postgres::{Address, Session, databases, pooler};
use anyhow::{Context as _, bail};

/// Seeds that are kept; the ones used longest ago make room.
const KEPT: usize = 4;

pub(super) struct Remote {
    address: Address,
    version: String,
    seeds: Seeds,
    room: Room,
    /// Holds the claim on the server as long as it lives.
    _claim: Session,
}

/// Where on the server we may be.
enum Room {
    /// In databases of our own.
    Own,
    /// In the one that is named by the URL, since we may not make others.
    Disposable {
        /// Whether the data in it are as they were built.
        fresh: bool,
    },
}

impl Remote {
    pub(super) async fn open(url: &str, settings: &[(String, String)]) -> anyhow::Result<Self> {
        if !settings.is_empty() {
            bail!("`settings` are those of a managed server: leave them out, or leave out --database");
        }
        let address = Address::url(url)?;
        // Before any other connection: a small pool might have none left.
        if pooler::is_pooled(&address).await.with_context(|| format!("{address} cannot be reached"))? {
            bail!(
                "{address} is a connection pooler, behind which locks cannot be followed to whoever holds them: \
                 name the server itself"
            );
        }
        let mut claim = Session::open(&address, "shakedown").await?;
        if !databases::claim(&mut claim).await? {
            bail!("another run works on {address}: wait until it has ended");
        }
        let room = room(&address, &mut claim).await?;
        let seeds = Seeds::on(address.clone());
        if let Room::Own = &room {
            seeds.tidy().await?;
        }
        let version = databases::version_text(&mut claim).await?;
        Ok(Self { address, version, seeds, room, _claim: claim })
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) async fn scratch(&mut self) -> anyhow::Result<Address> {
        match &mut self.room {
            Room::Own => self.seeds.scratch().await,
            Room::Disposable { fresh } => {
                *fresh = false;
                self.emptied().await
            }
        }
    }

    pub(super) async fn find_seed(&mut self, fingerprint: &str) -> anyhow::Result<Option<KeptSeed>> {
        match &self.room {
            Room::Own => Ok(self.seeds.find(fingerprint).await?.map(KeptSeed::from)),
            Room::Disposable { .. } => Ok(None),
        }
    }

    pub(super) async fn new_seed(&mut self, fingerprint: &str) -> anyhow::Result<Address> {
        match &mut self.room {
            Room::Own => self.seeds.build(fingerprint).await,
            Room::Disposable { fresh } => {
                *fresh = false;
                self.emptied().await
            }
        }
    }

    pub(super) async fn keep_seed(&mut self, fingerprint: &str, seed: &KeptSeed) -> anyhow::Result<()> {
        match &mut self.room {
            Room::Own => {
                self.seeds.keep(fingerprint, seed).await?;
                self.seeds.make_room(KEPT).await
            }
            Room::Disposable { fresh } => {
                *fresh = true;
                Ok(())
            }
        }
    }

    pub(super) async fn restore(&mut self, fingerprint: &str) -> anyhow::Result<Option<Address>> {
        let copy = match &mut self.room {
            Room::Own => self.seeds.copy(fingerprint).await?,
            Room::Disposable { fresh: false } => return Ok(None),
            Room::Disposable { fresh } => {
                *fresh = false;
                self.address.clone()
            }
        };
        databases::checkpoint(&mut Session::open(&copy, "shakedown").await?).await?;
        Ok(Some(copy))
    }

    pub(super) async fn facts(&self) -> anyhow::Result<PlaceFacts> {
        facts::of(&mut Session::open(&self.address, "shakedown").await?, self.address.to_string()).await
    }

    pub(super) async fn close(self, copy: Copy) -> anyhow::Result<Option<ByHand>> {
        match (&self.room, copy) {
            (Room::Own, Copy::Dropped) => self.seeds.forget_run().await.map(|()| None),
            (Room::Own, Copy::Kept) => {
                let copy = self.seeds.find_run().await?;
                Ok(copy.map(|copy| ByHand::beside(&self.address, copy.database_name())))
            }
            (Room::Disposable { .. }, _) => Ok(None),
        }
    }

    /// The disposable database, emptied; its mark is looked for each time.
    async fn emptied(&self) -> anyhow::Result<Address> {
        let mut session = Session::open(&self.address, "shakedown").await?;
        if !is_disposable(&self.address, &mut session).await? {
            bail!("database {} is no longer marked as disposable", self.address.database_name());
        }
        databases::empty(&mut session)
            .await
            .with_context(|| format!("database {} cannot be emptied", self.address.database_name()))?;
        Ok(self.address.clone())
    }
}

async fn room(address: &Address, session: &mut Session) -> anyhow::Result<Room> {
    if databases::may_create(session).await? {
        return Ok(Room::Own);
    }
    if is_disposable(address, session).await? {
        return Ok(Room::Disposable { fresh: false });
    }
    bail!(
        "{address} is refused: its user may not create databases, and database {name} is not marked as one that may be \
         lost. Either allow databases of our own:\n  \
         ALTER ROLE … CREATEDB\n\
         or give away a whole database with all that is in it, as its owner:\n  \
         COMMENT ON DATABASE {name} IS '{DISPOSABLE}'",
        name = address.database_name()
    )
}

async fn is_disposable(address: &Address, session: &mut Session) -> anyhow::Result<bool> {
    let all = databases::list(session).await?;
    Ok(all.iter().any(|each| each.name == address.database_name() && each.comment == DISPOSABLE))
}
