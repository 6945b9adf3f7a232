//! Builds a seeded database: schema, rows by COPY, then whatever slows rows down, then statistics.
//!
//! One COPY stream a table, for parallel streams would change the order of the heap, and with it correlation
//! and plans; generators run in parallel and the rows arrive in their order. Memory is bounded by the few
//! pieces that are under way.

mod stream;
mod trial;
mod verify;

use crate::data::Data;
use crate::progress::Progress;
use crate::result::model::SeedFacts;
use crate::scenario::SchemaPart;
use crate::server::postgres::copy::CopyRows;
use crate::server::postgres::secondary::{self, Kind, Secondary};
use crate::server::postgres::{Address, Session, table};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The version of everything that decides what a cell holds and how it is stored; raised whenever that changes.
pub const GENERATOR: u32 = 2;

/// What is to be built.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// The user's DDL, in the pieces in which it is sent.
    pub schema: &'a [SchemaPart],
    /// Every cell of the tables that it makes.
    pub data: &'a Data,
    /// What `now` means, in microseconds since 1970.
    pub as_of: i64,
}

/// Applies the user's DDL to an empty database. It may ask for `current_setting('shakedown.as_of')`.
async fn apply_schema(session: &mut Session, schema: &[SchemaPart], as_of: i64) -> anyhow::Result<()> {
    let as_of = jiff::Timestamp::from_microsecond(as_of).context("the time that `now` means is out of range")?;
    session.batch(&format!("SET shakedown.as_of = '{as_of}'")).await?;
    for part in schema {
        let refused = || format!("the schema cannot be applied: {}, from line {}", part.file.display(), part.line);
        session.batch(&part.sql).await.with_context(refused)?;
    }
    Ok(())
}

/// Builds all of it in an empty database, and says what is in it.
pub async fn build(address: &Address, build: &Build<'_>, progress: &dyn Progress) -> anyhow::Result<SeedFacts> {
    let began = Instant::now();
    let Build { schema, data, as_of } = *build;
    let mut session = Session::open(address, "shakedown/load").await?;
    apply_schema(&mut session, schema, as_of).await?;
    refuse_filled(&mut session, data).await?;
    let secondary = secondary::read(&mut session).await?;
    trial::insert(&mut session, data.shared_tables().map(CopyRows::new), &secondary).await?;
    let taken = take_away(&mut session, secondary).await;
    let mut took: BTreeMap<String, Took> = BTreeMap::new();
    for table in data.shared_tables() {
        let since = Instant::now();
        fill(&mut session, &CopyRows::new(Arc::clone(&table)), progress).await?;
        took.entry(table.quoted.clone()).or_default().load = since.elapsed();
    }
    bring_back(&mut session, &taken, &mut took, progress).await?;
    for table in data.tables() {
        table::advance_sequences(&mut session, &table.quoted).await?;
    }
    table::refresh_views(&mut session).await.context("a materialized view cannot be refreshed after the load")?;
    progress.begin("vacuum and analyze", None, "");
    table::vacuum(&mut session).await.context("VACUUM failed after the load")?;
    progress.end("vacuum and analyze");

    let tables = verify::tables(&mut session, data, &took).await?;
    session.close().await?;
    Ok(SeedFacts { generator: GENERATOR, duration: began.elapsed(), tables, ..SeedFacts::default() })
}

/// How long the parts of a table took.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    load: Duration,
    index: Duration,
}

/// Takes away what slows rows down, the last in order first. What others depend on stays: a view that groups by a
/// primary key, say.
async fn take_away(session: &mut Session, secondary: Vec<Secondary>) -> Vec<Secondary> {
    let mut taken = Vec::new();
    for each in secondary.into_iter().rev() {
        if session.batch(&each.remove).await.is_ok() {
            taken.push(each);
        }
    }
    taken.reverse();
    taken
}

/// Tables are truncated before they are filled, so one that the schema itself has put rows into is not to be seeded.
async fn refuse_filled(session: &mut Session, data: &Data) -> anyhow::Result<()> {
    for table in data.tables() {
        let (rows, _) = table::size(session, &table.quoted).await?;
        anyhow::ensure!(
            rows == 0,
            "table {} holds {rows} rows of its own, from the schema: leave it out of `seed`, or the rows out of the schema",
            table.name
        );
    }
    Ok(())
}

async fn bring_back(
    session: &mut Session,
    taken: &[Secondary],
    took: &mut BTreeMap<String, Took>,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    for each in taken {
        let task = match each.kind {
            Kind::Trigger => None,
            _ => Some(format!("build {}", each.name)),
        };
        let since = Instant::now();
        if let Some(task) = &task {
            progress.begin(task, None, "");
        }
        session.batch(&each.restore).await.with_context(|| {
            format!("{} does not hold for the generated rows of {}; give its columns a shape", each.name, each.table)
        })?;
        if let Some(task) = &task {
            progress.end(task);
        }
        took.entry(each.table.clone()).or_default().index += since.elapsed();
    }
    Ok(())
}

/// Fills one table. Rows are frozen where the server allows it, so that no later VACUUM has to visit them.
async fn fill(session: &mut Session, rows: &CopyRows, progress: &dyn Progress) -> anyhow::Result<()> {
    let (name, quoted, count) = (rows.table().name.clone(), rows.table().quoted.clone(), rows.table().rows());
    progress.begin(&name, Some(count), "rows");
    session.batch("BEGIN").await?;
    let truncated = session.batch(&format!("SAVEPOINT s; TRUNCATE {quoted}")).await.is_ok();
    if !truncated {
        session.batch("ROLLBACK TO SAVEPOINT s").await?;
    }
    let partitioned = table::is_partitioned(session, &quoted).await?;
    let statement = rows.statement(truncated && !partitioned);
    let loaded = stream::copy(session, &statement, rows, count, progress).await;
    let loaded = loaded.with_context(|| format!("table {name} cannot be filled"))?;
    anyhow::ensure!(loaded == count, "{loaded} of {count} rows arrived in table {name}");
    session.batch("COMMIT").await.with_context(|| format!("table {name} cannot be filled"))?;
    progress.end(&name);
    Ok(())
}
