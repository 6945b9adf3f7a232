//! How the generator and the machine did: whether the figures can be believed.

use super::round::Shown;
use crate::report::words;
use crate::result::model::{PhaseFigures, PhaseHealth};

/// One phase.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) phase: &'static str,
    /// Lag p50, p99 and max; CPU of client, server and sampler; ticks, their median distance and the longest; pressure.
    pub(crate) figures: Vec<String>,
    /// Whether it was over before the machine was read.
    pub(crate) is_too_short: bool,
}

/// What became of the whole database, in a sentence; nothing where nobody knows.
pub(crate) fn database(shown: Shown<'_>) -> String {
    shown.round.database.map_or_else(String::new, |database| {
        let [growth, wal] = [words::growth(database.growth), words::bytes(database.wal)];
        let dead = words::counted(database.dead_rows, "dead row", "dead rows");
        let since = if shown.round.impact.is_some() { "the first step" } else { "the start of the measurement" };
        format!(
            "From {since} on: database {growth}, write-ahead log {wal}, {dead} at the end, as the server estimates."
        )
    })
}

/// The phases of a round.
pub(crate) fn rows(shown: Shown<'_>) -> Vec<Row> {
    shown.round.health.phases.iter().map(|health| row(health, &shown.round.all_traffic)).collect()
}

fn row(health: &PhaseHealth, all: &[PhaseFigures]) -> Row {
    let lag = all.iter().find(|figures| figures.phase == health.phase).map(|figures| figures.lag).unwrap_or_default();
    let known = |value: Option<f64>, say: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), say);
    let figures = vec![
        words::length(lag.p50),
        words::length(lag.p99),
        words::length(lag.max),
        known(health.client_cpu, words::number),
        known(health.server_cpu, words::number),
        known(health.sampler_cpu, words::number),
        words::count(health.ticks),
        words::length(health.tick_median),
        words::length(health.tick_max),
        known(health.cpu_pressure, words::share),
        known(health.io_pressure, words::share),
    ];
    let phase = health.phase.map_or("", crate::phase::Phase::name);
    Row { phase, figures, is_too_short: health.client_cpu.is_none() }
}
