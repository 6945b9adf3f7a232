//! Where a run takes place: a private server of its own, or one that exists and may be used.
//!
//! A place keeps seeded databases under the fingerprint of all that shaped their data and gives out copies. It
//! knows nothing of what the data are or what is done to them.

mod facts;
mod fingerprint;
mod lock;
mod managed;
mod mark;
mod remote;
mod seeds;
mod settings;

pub use fingerprint::{Shaped, fingerprint};
pub use settings::CONNECTIONS;

use crate::result::model::{PlaceFacts, SeedFacts};
use crate::server::cache;
use crate::server::postgres::Address;
use crate::server::postgres::by_hand::ByHand;
use crate::server::postgres::launch::Server;
use managed::Managed;
use remote::Remote;
use std::path::PathBuf;

/// What the command line asks for.
#[derive(Clone)]
pub enum Request {
    /// A private server from what is installed.
    Managed,
    /// A server that exists, by its URL.
    Url(String),
}

/// A seeded database that is kept.
#[derive(Clone, Debug)]
pub struct KeptSeed {
    /// What was found when it was verified.
    pub facts: SeedFacts,
    /// What `now` meant when it was built, RFC 3339.
    pub as_of: String,
}

/// An open place. Dropped, its private server is shut down at once, and the next run tidies up.
pub struct Place(Kind);

enum Kind {
    Managed(Box<Managed>),
    Remote(Box<Remote>),
}

impl Place {
    /// Opens it. `settings` are those of the scenario, over the defaults; only a private server can have any.
    pub async fn open(request: &Request, settings: &[(String, String)]) -> anyhow::Result<Self> {
        match request {
            Request::Managed => Self::managed_in(cache::directory()?, settings).await,
            Request::Url(url) => Ok(Self(Kind::Remote(Box::new(Remote::open(url, settings).await?)))),
        }
    }

    /// Opens a place with private servers whose clusters are in that directory.
    pub async fn managed_in(cache: PathBuf, settings: &[(String, String)]) -> anyhow::Result<Self> {
        Ok(Self(Kind::Managed(Box::new(Managed::open(cache, settings).await?))))
    }

    /// The server's version, as far as it can shape data.
    #[must_use]
    pub fn version(&self) -> &str {
        match &self.0 {
            Kind::Managed(managed) => managed.version(),
            Kind::Remote(remote) => remote.version(),
        }
    }

    /// An empty database to try things in; it lasts until the next call of another method.
    pub async fn scratch(&mut self) -> anyhow::Result<Address> {
        match &mut self.0 {
            Kind::Managed(managed) => managed.scratch().await,
            Kind::Remote(remote) => remote.scratch().await,
        }
    }

    /// The kept seed of that fingerprint; one that was not finished is never found.
    pub async fn find_seed(&mut self, fingerprint: &str) -> anyhow::Result<Option<KeptSeed>> {
        match &mut self.0 {
            Kind::Managed(managed) => managed.find_seed(fingerprint).await,
            Kind::Remote(remote) => remote.find_seed(fingerprint).await,
        }
    }

    /// An empty database to seed into; what was there under the fingerprint is dropped.
    pub async fn new_seed(&mut self, fingerprint: &str) -> anyhow::Result<Address> {
        match &mut self.0 {
            Kind::Managed(managed) => managed.new_seed(fingerprint).await,
            Kind::Remote(remote) => remote.new_seed(fingerprint).await,
        }
    }

    /// Marks a seed as finished, so that it may be found from now on; the ones used longest ago make room.
    pub async fn keep_seed(&mut self, fingerprint: &str, seed: &KeptSeed) -> anyhow::Result<()> {
        match &mut self.0 {
            Kind::Managed(managed) => managed.keep_seed(fingerprint, seed).await,
            Kind::Remote(remote) => remote.keep_seed(fingerprint, seed).await,
        }
    }

    /// A fresh copy of a kept seed, in the place of an earlier copy; a private server is started anew, so that all
    /// copies meet it alike.
    ///
    /// `None` where nothing can be copied: in a database that its owner marked as disposable. Then the data that
    /// [`Place::new_seed`] gave can be used once, and must be built again for the next time.
    pub async fn restore(&mut self, fingerprint: &str) -> anyhow::Result<Option<Address>> {
        match &mut self.0 {
            Kind::Managed(managed) => managed.restore(fingerprint).await.map(Some),
            Kind::Remote(remote) => remote.restore(fingerprint).await,
        }
    }

    /// The server and the machine as they are now.
    pub async fn facts(&self) -> anyhow::Result<PlaceFacts> {
        match &self.0 {
            Kind::Managed(managed) => managed.facts().await,
            Kind::Remote(remote) => remote.facts().await,
        }
    }

    /// The process id of the private server, once it runs.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        match &self.0 {
            Kind::Managed(managed) => managed.server().map(Server::pid),
            Kind::Remote(_) => None,
        }
    }

    /// The private server's log, once it runs.
    #[must_use]
    pub fn server_log(&self) -> Option<PathBuf> {
        match &self.0 {
            Kind::Managed(managed) => managed.server().map(Server::log),
            Kind::Remote(_) => None,
        }
    }

    /// Drops the copy that was worked on, unless it shall be kept until the next run, and shuts a private server down.
    /// Says how to get at a copy that was kept, if there was one.
    pub async fn close(self, copy: Copy) -> anyhow::Result<Option<ByHand>> {
        match self.0 {
            Kind::Managed(managed) => managed.close(copy).await,
            Kind::Remote(remote) => remote.close(copy).await,
        }
    }
}

/// What becomes of the copy that was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    /// It is dropped.
    Dropped,
    /// It stays until the next run.
    Kept,
}
