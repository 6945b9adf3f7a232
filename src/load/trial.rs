//! Some rows of each table, inserted for the server to judge and taken back: a check, a domain or a trigger that
//! refuses them is found within a second and not after an hour's load.

use super::stream;
use crate::progress::Silent;
use crate::server::postgres::Session;
use crate::server::postgres::copy::CopyRows;
use anyhow::Context as _;

/// Rows that are tried.
const ROWS: u64 = 1000;

/// Tries the first rows of all tables in one transaction, foreign keys unseen, and rolls it back.
pub(super) async fn insert(session: &mut Session, tables: impl Iterator<Item = CopyRows>) -> anyhow::Result<()> {
    session.batch("BEGIN").await?;
    for rows in tables {
        let name = rows.table().name.clone();
        let statement = rows.statement(false);
        let count = ROWS.min(rows.table().rows());
        stream::copy(session, &statement, &rows, count, &Silent).await.with_context(|| {
            format!("the server refuses generated rows of table {name}: give the columns that it names a shape")
        })?;
    }
    session.batch("ROLLBACK").await?;
    Ok(())
}
