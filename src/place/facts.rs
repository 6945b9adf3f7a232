//! What a report says of the place.

use super::settings::{STATED, memory};
use crate::result::model::PlaceFacts;
use crate::server::postgres::{Session, databases};
use std::thread::available_parallelism;

/// The server as it answers now, and this machine.
pub(super) async fn of(session: &mut Session, kind: String) -> anyhow::Result<PlaceFacts> {
    Ok(PlaceFacts {
        kind,
        server: databases::version_text(session).await?,
        settings: databases::settings(session, STATED).await?,
        cpus: available_parallelism().map_or(1, |cpus| cpus.get() as u32),
        memory: memory(),
    })
}
