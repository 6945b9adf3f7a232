//! What was found, kept for the page: `docs/case-studies/measured.json`, written by the program alone.

use crate::claim::Run;
use crate::figure::figure;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use shakedown::result::model::RunResult;
use std::collections::BTreeMap;
use std::path::Path;

/// By the name of the run.
pub(crate) type Measured = BTreeMap<String, Found>;

/// What one run showed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    /// `PostgreSQL 15.18`.
    pub(crate) server: String,
    /// The day, `2026-11-22`.
    pub(crate) day: String,
    /// Processors that server and clients shared.
    pub(crate) cpus: u32,
    /// Rows of the largest tables, `transactions 23,000,000`.
    pub(crate) rows: Vec<String>,
    /// Figures by variant, then by name.
    pub(crate) figures: BTreeMap<String, BTreeMap<String, String>>,
}

/// Reads what was kept; nothing where nothing was.
pub(crate) fn read(path: &Path) -> anyhow::Result<Measured> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("cannot understand {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Measured::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// All that the claims about a run ask of its `result.json`.
pub(crate) fn found(run: &Run, result: &Path) -> anyhow::Result<Found> {
    let text = std::fs::read_to_string(result).with_context(|| format!("cannot read {}", result.display()))?;
    let result: RunResult = serde_json::from_str(&text)?;
    let mut figures: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (variant, name) in run.figures() {
        let value = figure(&result, variant, name).with_context(|| format!("{}: {variant}: {name}", run.name))?;
        figures.entry(variant.to_owned()).or_default().insert(name.to_owned(), value);
    }
    let mut tables: Vec<_> = result.seed.tables.iter().map(|table| (table.rows, &table.name)).collect();
    tables.sort_unstable_by(|a, b| b.cmp(a));
    let rows = tables.iter().take(2).map(|(rows, name)| format!("{name} {}", shakedown::units::thousands(*rows)));
    Ok(Found {
        server: result.place.server.split(' ').take(2).collect::<Vec<_>>().join(" "),
        day: result.started.chars().take(10).collect(),
        cpus: result.place.cpus,
        rows: rows.collect(),
        figures,
    })
}
