//! A private server for one test, gone when the test ends, also when it panics.

pub(crate) mod rehearsal;
#[allow(dead_code, reason = "each test binary uses the part that it needs")]
pub(crate) mod site;

use shakedown::server::postgres::launch::Server;
use shakedown::server::postgres::{Address, Session};
use std::path::Path;

/// A server with its directory. The server is dropped first: fields are, in their order.
pub(crate) struct PrivateServer {
    server: Server,
    directory: tempfile::TempDir,
}

#[allow(dead_code, reason = "each test binary uses the part that it needs")]
impl PrivateServer {
    /// Starts one that is quick rather than durable.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with settings of the test's own.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let quick = [("fsync", "off"), ("max_connections", "100"), ("shared_buffers", "64MB")];
        let all = quick.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let directory = tempfile::tempdir().expect("a directory can be made");
        let all: Vec<(String, String)> = all.collect();
        let server = Server::launch(directory.path(), &all).await.expect("the server starts");
        Self { server, directory }
    }

    /// Superuser, database `postgres`.
    pub(crate) fn address(&self) -> Address {
        self.server.address()
    }

    /// A new connection to that database.
    pub(crate) async fn session(&self) -> Session {
        Session::open(&self.address(), "test").await.expect("the server takes connections")
    }

    /// A new, empty database.
    pub(crate) async fn database(&self, name: &str) -> Address {
        self.session().await.batch(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
        self.address().database(name)
    }

    /// The server itself.
    pub(crate) fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    /// Where its cluster and its log are; it belongs to the server's user.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}
