//! What a worker works with: a session of the server, or a user of the application.

use super::connection::Connection;
use super::http::{User, visit};
use super::line::Arrival;
use super::perform::perform;
use super::shared::Shared;
use crate::observation::StatementSpan;
use crate::sample::Sample;
use std::time::Duration;

/// What a worker works with.
pub(super) enum Means {
    Session(Connection),
    User(User),
}

impl Means {
    /// Whether work can be done with it, once it can; `false` if traffic ends before.
    pub(super) async fn revive(&mut self) -> bool {
        match self {
            Self::Session(connection) => connection.revive().await,
            // An application that is gone costs each request a failure, as it costs its users.
            Self::User(_) => true,
        }
    }

    /// Runs an operation, and says what came of it.
    pub(super) async fn perform(
        &mut self,
        shared: &Shared,
        arrival: &Arrival,
        connected: Duration,
        spans: &mut Vec<StatementSpan>,
    ) -> Sample {
        match self {
            Self::Session(connection) => perform(connection, shared, arrival, connected, spans).await,
            Self::User(user) => visit(user, shared, arrival, connected).await,
        }
    }

    pub(super) async fn close(&mut self) {
        if let Self::Session(connection) = self {
            connection.close().await;
        }
    }
}
