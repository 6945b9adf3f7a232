//! What stands before anything is measured: data restored, the variant set up, its answers asked.

use super::answers::{self, Answers};
use super::prepare::Seeded;
use crate::progress::Progress;
use crate::scenario::Variant;
use crate::server::postgres::{Address, Session};
use anyhow::Context as _;
use std::time::{Duration, Instant};

/// What stands before anything is measured.
pub(super) struct Ready {
    pub(super) address: Address,
    /// The variant's own set-up, with how long each of its statements took.
    pub(super) setup: Vec<(String, Duration)>,
    pub(super) answers: Option<Answers>,
}

/// Restores the data, runs the set-up, and asks what is asked before any traffic.
pub(super) async fn get_ready(
    seeded: &mut Seeded,
    variant: &Variant,
    progress: &dyn Progress,
) -> anyhow::Result<Ready> {
    let address = seeded.copy(progress).await?;
    let setup = set_up(&address, variant).await?;
    let answers = answers::ask(seeded, variant, &address).await?;
    Ok(Ready { address, setup, answers })
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
