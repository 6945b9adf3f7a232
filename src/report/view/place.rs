//! Where it ran and on what data.

use crate::report::words;
use crate::result::model::{RunResult, SeedFacts, SeededColumn};

/// Longer texts are cut: a report must stay small, and the file is at hand.
const TEXT: usize = 60_000;

/// A seeded table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: String,
    /// Rows, size, time of load, time of indexes.
    pub(crate) figures: Vec<String>,
    /// Its columns: name, how made, NULLs, distinct values.
    pub(crate) columns: Vec<[String; 4]>,
}

/// The facts about the run as a whole.
pub(crate) fn facts(result: &RunResult) -> Vec<(&'static str, String)> {
    let place = &result.place;
    let memory = place.memory.map_or(String::new(), |bytes| format!(", {}", words::bytes(bytes)));
    let scale = if (result.scale - 1.0).abs() < 1e-9 {
        "full size".to_owned()
    } else {
        format!("× {}", words::number(result.scale))
    };
    [
        ("scenario", result.scenario.path.clone()),
        ("started", result.started.clone()),
        ("server", place.server.clone()),
        ("place", place.kind.clone()),
        ("machine", format!("{}{memory}", words::counted(u64::from(place.cpus), "processor", "processors"))),
        ("scale", scale),
        ("now in the data", result.as_of.clone()),
        ("random seed", result.random_seed.to_string()),
        ("shakedown", result.shakedown.clone()),
    ]
    .into_iter()
    .filter(|(_, said)| !said.is_empty())
    .collect()
}

/// Where the data came from, in one sentence.
pub(crate) fn seeded(seed: &SeedFacts) -> String {
    match seed.restored {
        true => format!("Restored from kept data, fingerprint {}.", seed.fingerprint),
        false => format!("Built in {}, fingerprint {}.", words::length(seed.duration), seed.fingerprint),
    }
}

/// The seeded tables.
pub(crate) fn tables(seed: &SeedFacts) -> Vec<Table> {
    seed.tables
        .iter()
        .map(|table| Table {
            name: table.name.clone(),
            figures: vec![
                words::count(table.rows),
                words::bytes(table.bytes),
                words::length(table.load),
                words::length(table.index),
            ],
            columns: table.columns.iter().map(column).collect(),
        })
        .collect()
}

fn column(column: &SeededColumn) -> [String; 4] {
    [column.name.clone(), column.made.clone(), words::share(column.nulls), words::number(column.distinct)]
}

/// A long text, cut where it must be, which it says.
pub(crate) fn text(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        None => text.to_owned(),
        Some((cut, _)) => format!("{}\n… cut here; the whole text is in result.json", &text[..cut]),
    }
}
