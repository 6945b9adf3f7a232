//! What is in a seeded database, by the server's own word.

use super::Took;
use crate::data::{Data, TableData};
use crate::result::model::{SeededColumn, SeededTable};
use crate::server::postgres::{Session, table};
use anyhow::Context as _;
use std::collections::BTreeMap;

/// Counts rows, and reads null shares and distinct counts from the statistics.
pub(super) async fn tables(
    session: &mut Session,
    data: &Data,
    took: &BTreeMap<String, Took>,
) -> anyhow::Result<Vec<SeededTable>> {
    let mut seeded = Vec::new();
    for table in data.tables() {
        let took = took.get(&table.quoted).copied().unwrap_or_default();
        let found = verified(session, table, took).await;
        seeded.push(found.with_context(|| format!("table {} cannot be verified", table.name))?);
    }
    Ok(seeded)
}

async fn verified(session: &mut Session, seeded: &TableData, took: Took) -> anyhow::Result<SeededTable> {
    let (rows, bytes) = table::size(session, &seeded.quoted).await?;
    anyhow::ensure!(rows == seeded.rows(), "it has {rows} rows where {} were made", seeded.rows());
    let made = |name: &str| seeded.column(name).map_or_else(String::new, |place| seeded.columns()[place].made.clone());
    let statistics = table::statistics(session, &seeded.quoted, rows).await?;
    let columns = statistics.into_iter().map(|column| SeededColumn {
        made: made(&column.name),
        name: column.name,
        nulls: column.nulls,
        distinct: column.distinct,
    });
    Ok(SeededTable {
        name: seeded.name.clone(),
        rows,
        bytes,
        load: took.load,
        index: took.index,
        columns: columns.collect(),
    })
}
