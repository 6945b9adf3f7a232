//! What stands before anything is measured: tools prepared, data restored, the variant set up, the way there, its
//! application started, its operations executed alone.

use super::alone::{Alone, Ends, execute};
use super::between::Between;
use super::prepare::Seeded;
use super::round::Turn;
use crate::application::{Application, Surroundings};
use crate::progress::Progress;
use crate::scenario::Variant;
use crate::server::cache;
use crate::server::postgres::{Address, Session};
use crate::workshop::Tools;
use anyhow::Context as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// What stands before anything is measured.
pub(super) struct Ready {
    /// The database, for those who watch, end, migrate and check.
    pub(super) address: Address,
    /// The same, as its clients reach it.
    pub(super) way: Address,
    /// The variant's own set-up, with how long each of its statements took.
    pub(super) setup: Vec<(String, Duration)>,
    /// What its commands are run with.
    pub(super) tools: Option<Tools>,
    /// What prepared them, with how long each of the commands took; nothing where an earlier run had.
    pub(super) tools_setup: Vec<(String, Duration)>,
    /// The application under test, running.
    pub(super) application: Option<Application>,
    pub(super) alone: Alone,
}

/// Restores the data, prepares tools, runs the set-up, opens the way there, starts the application with its output in that file, and asks
/// what is asked before any traffic.
pub(super) async fn get_ready(
    seeded: &mut Seeded,
    turn: &Turn<'_>,
    between: &mut Between,
    output: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Ready> {
    let address = seeded.copy(progress).await?;
    let (tools, tools_setup) = equip(&address, turn.variant, progress).await?;
    let setup = set_up(&address, turn.variant).await?;
    let way = between.way(&address, turn.round_trip).await?;
    let application = start(&way, turn.variant, output, progress).await?;
    let site = application.as_ref().map(Application::url);
    let proxy = between.proxy(&address, turn.round_trip);
    let alone = execute(seeded, turn.variant, &Ends { address: &address, way: &way, proxy, site }).await?;
    Ok(Ready { address, way, setup, tools, tools_setup, application, alone })
}

async fn equip(
    address: &Address,
    variant: &Variant,
    progress: &dyn Progress,
) -> anyhow::Result<(Option<Tools>, Vec<(String, Duration)>)> {
    let Some(workshop) = &variant.tools else { return Ok((None, Vec::new())) };
    let (tools, took) = Tools::prepare(workshop, &cache::directory()?, &address.secret_url(), progress).await?;
    Ok((Some(tools), took))
}

async fn start(
    way: &Address,
    variant: &Variant,
    output: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Option<Application>> {
    let Some(app) = &variant.app else { return Ok(None) };
    let cache = cache::directory()?;
    let within = Surroundings { address: way, cache: &cache, output };
    Ok(Some(Application::start(app, &within, progress).await?))
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
