//! What can be asked about one table: whether it has partitions, how far its sequences are, what is in it.

use super::{ServerError, Session};
use crate::value::Value;

/// What the server's statistics say of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnStatistics {
    /// The column.
    pub name: String,
    /// Share of NULLs.
    pub nulls: f64,
    /// Distinct values, estimated by the server from its sample.
    pub distinct: f64,
}

/// Whether rows go to partitions.
pub async fn is_partitioned(session: &mut Session, quoted: &str) -> Result<bool, ServerError> {
    let sql = "SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass($1)";
    let rows = session.rows(sql, &[Value::Text(quoted.into())]).await?;
    Ok(rows == [vec![Value::Bool(true)]])
}

/// Sets every sequence that fills a column of the table past the greatest value of that column: those that the column
/// owns, and those that its default names.
pub async fn advance_sequences(session: &mut Session, quoted: &str) -> Result<(), ServerError> {
    // Two tables may share a sequence, so it is never set back.
    let sql = "
        SELECT DISTINCT format('SELECT setval(%L, greatest(max(%I), (SELECT last_value FROM %s))) FROM %s HAVING max(%I) IS NOT NULL',
                               s.name, a.attname, s.name, $1, a.attname)
        FROM pg_attribute a CROSS JOIN LATERAL (
            SELECT pg_get_serial_sequence($1, a.attname)
            UNION
            SELECT d.refobjid::regclass::text FROM pg_attrdef f
            JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
            JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'S'
            WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum
        ) s (name)
        WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND s.name IS NOT NULL";
    for statement in texts(session, sql, &[Value::Text(quoted.into())]).await? {
        session.batch(&statement).await?;
    }
    Ok(())
}

/// Computes all materialized views again that have been computed before, those first that others may use.
pub async fn refresh_views(session: &mut Session) -> Result<(), ServerError> {
    let sql = "SELECT 'REFRESH MATERIALIZED VIEW ' || oid::regclass FROM pg_class WHERE relkind = 'm' AND relispopulated ORDER BY oid";
    for statement in texts(session, sql, &[]).await? {
        session.batch(&statement).await?;
    }
    Ok(())
}

/// Vacuums and analyzes everything of the user's; the catalogs, some sixty tables, need neither.
pub async fn vacuum(session: &mut Session) -> Result<(), ServerError> {
    // A partitioned table stands for its partitions.
    let sql = "
        SELECT 'VACUUM (ANALYZE) ' || string_agg(c.oid::regclass::text, ', ')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        HAVING count(*) > 0";
    for statement in texts(session, sql, &[]).await? {
        session.batch(&statement).await?;
    }
    Ok(())
}

/// The first cells of all rows.
async fn texts(session: &mut Session, sql: &str, arguments: &[Value<'_>]) -> Result<Vec<String>, ServerError> {
    let rows = session.rows(sql, arguments).await?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).map(|cell| cell.to_string()).collect())
}

/// Rows, counted, and bytes with indexes and TOAST, partitions included.
pub async fn size(session: &mut Session, quoted: &str) -> Result<(u64, u64), ServerError> {
    // `pg_partition_tree` came with PostgreSQL 12.
    let sql = format!(
        "WITH RECURSIVE tree (oid) AS (
             SELECT '{}'::regclass::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON tree.oid = i.inhparent
         )
         SELECT (SELECT count(*) FROM {quoted}), (SELECT sum(pg_total_relation_size(oid))::bigint FROM tree)",
        quoted.replace('\'', "''")
    );
    let rows = session.rows(&sql, &[]).await?;
    match rows.first().map(Vec::as_slice) {
        Some([Value::Int(rows), Value::Int(bytes)]) => Ok((*rows as u64, *bytes as u64)),
        _ => Ok((0, 0)),
    }
}

/// What ANALYZE found, in the order of the columns.
pub async fn statistics(session: &mut Session, quoted: &str, rows: u64) -> Result<Vec<ColumnStatistics>, ServerError> {
    let sql = "
        SELECT s.attname::text, s.null_frac::float8, s.n_distinct::float8
        FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = s.schemaname::regnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
        WHERE c.oid = to_regclass($1) AND s.inherited = (c.relkind = 'p')
        ORDER BY a.attnum";
    let found = session.rows(sql, &[Value::Text(quoted.into())]).await?;
    Ok(found
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            // A negative count is a share of the rows (PostgreSQL docs, pg_stats).
            [Value::Text(name), Value::Float(nulls), Value::Float(distinct)] => Some(ColumnStatistics {
                name: name.to_string(),
                nulls: *nulls,
                distinct: if *distinct < 0.0 { -distinct * rows as f64 } else { *distinct },
            }),
            _ => None,
        })
        .collect())
}
