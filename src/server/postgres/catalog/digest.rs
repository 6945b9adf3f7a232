//! A schema as text that two databases can be compared by.

use crate::server::postgres::activity::text;
use crate::server::postgres::{ServerError, Session};
use crate::value::Value;

/// One line for each thing, as `kind` and `line`. Columns are named, not numbered: their order is no difference.
/// Constraints go without their names, which the server makes up; an index is found by its name in hints and
/// migrations, but as often made up, too: it goes by what it indexes.
const LINES: &str = "
    WITH own AS (
        SELECT c.oid, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.oid::regclass::text AS name
        FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
        WHERE s.nspname NOT LIKE 'pg\\_%' AND s.nspname NOT IN ('information_schema', 'shakedown')
          AND c.relpersistence <> 't'
          AND NOT EXISTS (SELECT FROM pg_depend d
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
    SELECT name || CASE relkind WHEN 'r' THEN ': table' WHEN 'p' THEN ': partitioned table ' || pg_get_partkeydef(oid)
                                WHEN 'S' THEN ': sequence' ELSE ': foreign table' END
           || CASE WHEN relrowsecurity THEN ', row security' ELSE '' END
           || CASE WHEN relforcerowsecurity THEN ', forced' ELSE '' END
    FROM own WHERE relkind IN ('r', 'p', 'S', 'f')
    UNION ALL
    SELECT own.name || ': column ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
           || CASE a.attidentity WHEN 'a' THEN ' IDENTITY ALWAYS' WHEN 'd' THEN ' IDENTITY' ELSE '' END
           || CASE WHEN coalesce(to_jsonb(a) ->> 'attgenerated', '') <> '' THEN ' GENERATED' ELSE '' END
           || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
    FROM own JOIN pg_attribute a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE own.relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT own.name || ': ' || pg_get_constraintdef(c.oid)
    FROM own JOIN pg_constraint c ON c.conrelid = own.oid WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT own.name || ': ' || regexp_replace(pg_get_indexdef(i.indexrelid), ' INDEX .*? ON ', ' INDEX ON ')
           || CASE WHEN i.indisvalid THEN '' ELSE ', invalid' END
    FROM own JOIN pg_index i ON i.indrelid = own.oid
    UNION ALL
    SELECT own.name || ': ' || pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ', ' || t.tgenabled::text END
    FROM own JOIN pg_trigger t ON t.tgrelid = own.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT own.name || ': policy ' || p.polname || ' ' || p.polcmd::text || coalesce(' USING ' || pg_get_expr(p.polqual, p.polrelid), '')
           || coalesce(' WITH CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
    FROM own JOIN pg_policy p ON p.polrelid = own.oid
    UNION ALL
    SELECT own.name || CASE own.relkind WHEN 'v' THEN ': view ' ELSE ': materialized view ' END
           || regexp_replace(pg_get_viewdef(own.oid), '\\s+', ' ', 'g')
    FROM own WHERE own.relkind IN ('v', 'm')
    UNION ALL
    SELECT p.oid::regprocedure::text || ': '
           || regexp_replace(CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END, '\\s+', ' ', 'g')
    FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace
    WHERE s.nspname NOT LIKE 'pg\\_%' AND s.nspname NOT IN ('information_schema', 'shakedown')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT t.oid::regtype::text || CASE t.typtype
               WHEN 'd' THEN ': domain ' || format_type(t.typbasetype, t.typtypmod)
                    || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || t.typdefault, '')
                    || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(c.oid), '' ORDER BY pg_get_constraintdef(c.oid))
                                 FROM pg_constraint c WHERE c.contypid = t.oid), '')
               ELSE ': enum ' || (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                                  FROM pg_enum e WHERE e.enumtypid = t.oid) END
    FROM pg_type t JOIN pg_namespace s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e') AND s.nspname NOT LIKE 'pg\\_%' AND s.nspname NOT IN ('information_schema', 'shakedown')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')";

/// Indexes that no query may use, as a CREATE INDEX CONCURRENTLY that failed leaves them, each by its name and its
/// table's. Those that are ON ONLY a partitioned table, waiting for their parts, are none of them.
pub async fn invalid_indexes(session: &mut Session) -> Result<Vec<(String, String)>, ServerError> {
    let sql = "SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
               WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1";
    let rows = session.rows(sql, &[]).await?;
    Ok((0..rows.len()).map(|place| (text(&rows, place, 0), text(&rows, place, 1))).collect())
}

/// Tables, columns, constraints, indexes, triggers, policies, views, functions and types: a line each, sorted.
///
/// Equal for two databases whose users could not tell them apart; the order of columns, names that the server makes
/// up, comments, privileges and settings of storage are left out.
pub async fn digest(session: &mut Session) -> Result<String, ServerError> {
    let rows = session.rows(LINES, &[]).await?;
    let cells = rows.into_iter().flatten();
    let mut lines: Vec<String> = cells
        .filter_map(|cell| match cell {
            Value::Text(line) => Some(line.into_owned()),
            _ => None,
        })
        .collect();
    // Here rather than in SQL: the server's order depends on its locale.
    lines.sort_unstable();
    Ok(lines.join("\n"))
}
