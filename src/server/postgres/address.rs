//! Where a server listens and as whom to log in.

use super::Door;
use anyhow::Context as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::path::Path;
use std::str::FromStr as _;

/// Where to connect. Its password appears in no message: neither `Debug` nor `Display` shows it.
#[derive(Clone)]
pub struct Address(pub(super) PgConnectOptions);

impl Address {
    /// A server on a unix socket in that directory.
    #[must_use]
    pub fn socket(directory: &Path, port: u16, user: &str, database: &str) -> Self {
        let options = PgConnectOptions::new_without_pgpass().socket(directory).port(port);
        Self(options.username(user).database(database).ssl_mode(PgSslMode::Disable).disable_statement_logging())
    }

    /// A server by its URL, `postgres://user:password@host:port/database?sslmode=…`.
    pub fn url(url: &str) -> anyhow::Result<Self> {
        // The driver takes any scheme, and what it takes for the path may hold a password.
        anyhow::ensure!(
            ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)),
            "the database is neither `managed` nor a URL that begins with postgres://"
        );
        let options = PgConnectOptions::from_str(url).context("the database URL is not one that can be read")?;
        // Without a host the driver looks for a socket in the usual places, but does not call it one.
        let options = match options.get_host().to_owned() {
            directory if directory.starts_with('/') => options.socket(directory),
            _ => options,
        };
        Ok(Self(options.disable_statement_logging()))
    }

    /// Another database of the same server.
    #[must_use]
    pub fn database(&self, name: &str) -> Self {
        Self(self.0.clone().database(name))
    }

    /// The database's name.
    #[must_use]
    pub fn database_name(&self) -> &str {
        self.0.get_database().unwrap_or_else(|| self.0.get_username())
    }

    /// As a URL for child processes, password included: never to be shown.
    #[must_use]
    pub fn secret_url(&self) -> String {
        let url = self.0.to_url_lossy().to_string();
        let Some((server, parameters)) = url.split_once('?') else { return url };
        // The driver adds a parameter of its own, which libpq refuses.
        let known = parameters.split('&').filter(|each| !each.starts_with("statement-cache-capacity="));
        format!("{server}?{}", known.collect::<Vec<_>>().join("&"))
    }

    /// Whether the server is reached by a socket or a loopback address, so that its clock is ours.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self.door() {
            Door::Socket { .. } => true,
            Door::Host { host, .. } => ["localhost", "127.0.0.1", "::1"].contains(&host.as_str()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get_socket() {
            Some(socket) => write!(f, "{} at {}", self.database_name(), socket.display()),
            None => write!(
                f,
                "postgres://{}@{}:{}/{}",
                self.0.get_username(),
                self.0.get_host(),
                self.0.get_port(),
                self.database_name()
            ),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}
