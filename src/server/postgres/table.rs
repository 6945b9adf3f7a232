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

/// Sets every sequence that a column of the table owns past the greatest value of that column.
pub async fn advance_sequences(session: &mut Session, quoted: &str) -> Result<(), ServerError> {
    let sql = "
        SELECT format('SELECT setval(%L, (SELECT max(%I) FROM %s)) FROM %s HAVING max(%I) IS NOT NULL', s, attname, $1, $1, attname)
        FROM pg_attribute, pg_get_serial_sequence($1, attname) s
        WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND s IS NOT NULL";
    for row in session.rows(sql, &[Value::Text(quoted.into())]).await? {
        if let [Value::Text(statement)] = row.as_slice() {
            session.batch(statement).await?;
        }
    }
    Ok(())
}

/// Rows, counted, and bytes with indexes and TOAST, partitions included.
pub async fn size(session: &mut Session, quoted: &str) -> Result<(u64, u64), ServerError> {
    let name = quoted.replace('\'', "''");
    // A table that has no partitions and is none is a tree without nodes.
    let sql = format!(
        "SELECT (SELECT count(*) FROM {quoted}),
                (SELECT coalesce(sum(pg_total_relation_size(relid))::bigint, pg_total_relation_size('{name}'))
                 FROM pg_partition_tree('{name}'))"
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
