//! What a table can do without while it is filled: foreign keys, other constraints, indexes, triggers.
//!
//! Everything is taken away by name and brought back from the server's own definition of it.

use super::{ServerError, Session};
use crate::value::Value;

/// Something that is taken away and brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secondary {
    /// What it is.
    pub kind: Kind,
    /// The table that it belongs to, quoted.
    pub table: String,
    /// What to call it on the way: its name, unquoted.
    pub name: String,
    /// SQL that takes it away.
    pub remove: String,
    /// SQL that brings it back.
    pub restore: String,
}

/// In the order in which they are brought back; they are taken away the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A primary key or a unique constraint, with its index.
    Key,
    /// Any other index.
    Index,
    /// A foreign key.
    ForeignKey,
    /// A trigger of the user's.
    Trigger,
}

/// What a definition does not say would be lost, so an index that the table is clustered by or replicates with stays,
/// and so does a constraint whose index has storage parameters or a tablespace of its own.
///
/// Constraints and triggers of partitions follow those of their parent; an index of a partitioned table prints as
/// `ON ONLY`, which would leave it invalid, so it is built on the parent.
const ALL: &str = "
WITH ours AS (
    SELECT c.oid, c.relispartition, format('%I.%I', n.nspname, c.relname) AS quoted
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'shakedown')
)
SELECT CASE k.contype WHEN 'f' THEN 2 ELSE 0 END, o.quoted, k.conname::text,
       format('ALTER TABLE %s DROP CONSTRAINT %I', o.quoted, k.conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', o.quoted, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN ours o ON o.oid = k.conrelid
WHERE k.contype IN ('p', 'u', 'f') AND k.conparentid = 0
  AND (k.contype = 'f' OR NOT EXISTS (
      SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE i.oid = k.conindid AND (i.reloptions IS NOT NULL OR i.reltablespace <> 0 OR x.indisclustered OR x.indisreplident)))
UNION ALL
SELECT 1, o.quoted, i.relname::text,
       format('DROP INDEX %I.%I', n.nspname, i.relname),
       replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
JOIN ours o ON o.oid = x.indrelid
WHERE NOT i.relispartition AND NOT x.indisclustered AND NOT x.indisreplident
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 3, o.quoted, t.tgname::text,
       format('ALTER TABLE %s DISABLE TRIGGER %I', o.quoted, t.tgname),
       format('ALTER TABLE %s ENABLE %s TRIGGER %I', o.quoted,
              CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.tgname)
FROM pg_trigger t JOIN ours o ON o.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND NOT o.relispartition
ORDER BY 1, 2, 3";

/// All that can be taken away, in the order in which it is brought back.
pub async fn read(session: &mut Session) -> Result<Vec<Secondary>, ServerError> {
    let rows = session.rows(ALL, &[]).await?;
    Ok(rows.into_iter().filter_map(secondary).collect())
}

fn secondary(row: Vec<Value<'static>>) -> Option<Secondary> {
    let mut cells = row.into_iter();
    let kind = match cells.next()? {
        Value::Int(0) => Kind::Key,
        Value::Int(1) => Kind::Index,
        Value::Int(2) => Kind::ForeignKey,
        _ => Kind::Trigger,
    };
    let mut text = || match cells.next() {
        Some(Value::Text(text)) => Some(text.into_owned()),
        _ => None,
    };
    Some(Secondary { kind, table: text()?, name: text()?, remove: text()?, restore: text()? })
}
