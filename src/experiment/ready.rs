//! What stands before anything is measured: data restored, the variant set up, the way there, its operations executed
//! alone.

use super::alone::{Alone, execute};
use super::between::Between;
use super::prepare::Seeded;
use super::round::Turn;
use crate::progress::Progress;
use crate::scenario::Variant;
use crate::server::postgres::{Address, Session};
use anyhow::Context as _;
use std::time::{Duration, Instant};

/// What stands before anything is measured.
pub(super) struct Ready {
    /// The database, for those who watch, end, migrate and check.
    pub(super) address: Address,
    /// The same, as its clients reach it.
    pub(super) way: Address,
    /// The variant's own set-up, with how long each of its statements took.
    pub(super) setup: Vec<(String, Duration)>,
    pub(super) alone: Alone,
}

/// Restores the data, runs the set-up, opens the way there, and asks what is asked before any traffic.
pub(super) async fn get_ready(
    seeded: &mut Seeded,
    turn: &Turn<'_>,
    between: &mut Between,
    progress: &dyn Progress,
) -> anyhow::Result<Ready> {
    let address = seeded.copy(progress).await?;
    let setup = set_up(&address, turn.variant).await?;
    let way = between.way(&address, turn.round_trip).await?;
    let alone = execute(seeded, turn.variant, &address, &way).await?;
    Ok(Ready { address, way, setup, alone })
}

async fn set_up(address: &Address, variant: &Variant) -> anyhow::Result<Vec<(String, Duration)>> {
    let mut session = Session::open(address, "shakedown/setup").await?;
    let mut took = Vec::new();
    for sql in &variant.setup {
        let began = Instant::now();
        session.batch(sql).await.with_context(|| format!("set-up of `{}` failed at: {sql}", variant.name))?;
        took.push((sql.clone(), began.elapsed()));
    }
    session.close().await?;
    Ok(took)
}
