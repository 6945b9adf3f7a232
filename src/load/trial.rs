//! Some rows of each table, inserted for the server to judge and taken back: a check, a domain or a trigger that
//! refuses them is found within a second and not after an hour's load.

use super::stream;
use crate::progress::Silent;
use crate::server::postgres::copy::CopyRows;
use crate::server::postgres::secondary::{Kind, Secondary};
use crate::server::postgres::{ServerError, Session};

/// Rows that are tried.
const ROWS: u64 = 1000;

/// Tries the first rows of all tables in one transaction, and rolls it back. Only foreign keys are out of the way, for
/// the rows that these refer to are not among the first: all else judges, triggers too.
pub(super) async fn insert(
    session: &mut Session,
    tables: impl Iterator<Item = CopyRows>,
    secondary: &[Secondary],
) -> anyhow::Result<()> {
    session.batch("BEGIN").await?;
    for key in secondary.iter().filter(|each| each.kind == Kind::ForeignKey) {
        session.batch(&key.remove).await?;
    }
    for rows in tables {
        let count = ROWS.min(rows.table().rows());
        let statement = rows.statement(false);
        let tried = stream::copy(session, &statement, &rows, count, &Silent).await;
        tried.map_err(|error| refused(&rows.table().name, error))?;
    }
    session.batch("ROLLBACK").await?;
    Ok(())
}

/// With what the server says beside its message: the failing row, or the line and the column.
fn refused(table: &str, error: anyhow::Error) -> anyhow::Error {
    let detail = error.downcast_ref::<ServerError>().and_then(|error| error.detail.clone());
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    error.context(format!(
        "the server refuses generated rows of table {table}{detail}: give the columns concerned a shape"
    ))
}
