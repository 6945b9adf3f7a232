//! Reads the user's schema back from the server's catalog.
//!
//! What the DDL says is the server's to understand; here are only the server's answers. Lists travel as JSON, flags
//! and names as text, so that nothing depends on how the driver reads a catalog's own types.

mod check;
mod digest;
mod expression;
mod order;
mod types;

pub use digest::{digest, invalid_indexes};

use super::{Row, ServerError, Session};
use crate::schema::{Column, Filled, ForeignKey, Schema, Table, Type};
use crate::value::Value;
use check::Fact;
use std::collections::HashMap;
use types::Types;

/// Ordinary and partitioned tables of users, as `t`: partitions and what extensions bring are left out.
const TABLES: &str = "
    WITH t AS (
        SELECT c.oid, c.relkind, c.relrowsecurity, s.nspname, c.relname,
               CASE s.nspname WHEN 'public' THEN c.relname::text ELSE s.nspname || '.' || c.relname END AS name,
               quote_ident(s.nspname) || '.' || quote_ident(c.relname) AS quoted
        FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
          AND s.nspname NOT LIKE 'pg\\_%' AND s.nspname NOT IN ('information_schema', 'shakedown')
          AND NOT EXISTS (SELECT FROM pg_depend d
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))";

/// The tables of the database that the session is connected to, parents first.
pub async fn read(session: &mut Session) -> Result<Schema, ServerError> {
    let types = Types::read(session).await?;
    let mut columns = columns(session, &types).await?;
    let mut unique = unique(session).await?;
    let mut foreign_keys = foreign_keys(session).await?;
    let sql = format!(
        "{TABLES} SELECT name, quoted, relkind = 'p', relrowsecurity,
             (SELECT jsonb_agg(a.attname ORDER BY k.place)::text
              FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place), pg_attribute a
              WHERE i.indrelid = t.oid AND i.indisprimary AND k.place <= i.indnkeyatts
                AND a.attrelid = t.oid AND a.attnum = k.number)
         FROM t ORDER BY oid"
    );
    let mut tables = Vec::new();
    for row in session.rows(&sql, &[]).await? {
        let mut cells = Cells::of(row);
        let name = cells.text();
        tables.push(Table {
            quoted: cells.text(),
            partitioned: cells.flag(),
            row_security: cells.flag(),
            primary_key: cells.list(),
            columns: columns.remove(&name).unwrap_or_default(),
            unique: unique.remove(&name).unwrap_or_default(),
            foreign_keys: foreign_keys.remove(&name).unwrap_or_default(),
            name,
        });
    }
    let checks = checks(session).await?;
    for (table, fact) in checks.iter().flat_map(|(table, facts)| facts.iter().map(move |fact| (table, fact))) {
        let table = tables.iter_mut().find(|each| each.name == *table);
        let column = table.and_then(|table| table.columns.iter_mut().find(|column| column.name == fact.0));
        if let Some(column) = column {
            apply(&fact.1, column);
        }
    }
    Ok(Schema { tables: order::parents_first(tables) })
}

/// Columns by table, with what their types and domains say.
async fn columns(session: &mut Session, types: &Types) -> Result<HashMap<String, Vec<Column>>, ServerError> {
    // By way of JSON, since `attgenerated` came with PostgreSQL 12.
    let sql = format!(
        "{TABLES} SELECT name, a.attname::text, a.atttypid::int8, a.atttypmod::int8,
             format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
             coalesce(to_jsonb(a) ->> 'attgenerated', ''), pg_get_expr(d.adbin, d.adrelid)
         FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         ORDER BY t.oid, a.attnum"
    );
    let mut found: HashMap<String, Vec<Column>> = HashMap::new();
    for row in session.rows(&sql, &[]).await? {
        let mut cells = Cells::of(row);
        let (table, name) = (cells.text(), cells.text());
        let resolved = types.resolve(cells.int(), cells.int());
        let type_name = cells.text();
        let nullable = !cells.flag() && !resolved.required;
        let (identity, generated) = (cells.text(), cells.text());
        let expression = cells.optional();
        let (filled, default) = match (identity.as_str(), generated.as_str(), expression) {
            ("a", ..) => (Filled::ByIdentityAlways, None),
            ("d", ..) => (Filled::BySequence, None),
            (_, "s" | "v", _) => (Filled::ByExpression, None),
            (.., Some(default)) if default.starts_with("nextval(") => (Filled::BySequence, Some(default)),
            (.., default) => (Filled::ByRow, default.or(resolved.default)),
        };
        let mut column = Column {
            name,
            data_type: resolved.data_type,
            type_name,
            nullable,
            default,
            filled,
            max_length: resolved.max_length,
            min_length: None,
            allowed: Vec::new(),
            bounds: (None, None),
        };
        resolved.checks.iter().for_each(|fact| apply(fact, &mut column));
        found.entry(table).or_default().push(column);
    }
    Ok(found)
}

/// Sets of columns that must be unique, by table; the primary key comes first.
async fn unique(session: &mut Session) -> Result<HashMap<String, Vec<Vec<String>>>, ServerError> {
    let sql = format!(
        "{TABLES} SELECT name,
             (SELECT jsonb_agg(a.attname ORDER BY k.place)::text
              FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place), pg_attribute a
              WHERE k.place <= i.indnkeyatts AND a.attrelid = t.oid AND a.attnum = k.number)
         FROM t JOIN pg_index i ON i.indrelid = t.oid
         WHERE i.indisunique AND i.indislive AND i.indpred IS NULL AND i.indexprs IS NULL
         ORDER BY t.oid, NOT i.indisprimary, i.indexrelid"
    );
    let mut found: HashMap<String, Vec<Vec<String>>> = HashMap::new();
    for row in session.rows(&sql, &[]).await? {
        let mut cells = Cells::of(row);
        let sets = found.entry(cells.text()).or_default();
        let columns = cells.list();
        if !sets.contains(&columns) {
            sets.push(columns);
        }
    }
    Ok(found)
}

/// Foreign keys by table; those that partitions of a parent bring along are left out.
async fn foreign_keys(session: &mut Session) -> Result<HashMap<String, Vec<ForeignKey>>, ServerError> {
    let names = |key, relation| {
        format!(
            "(SELECT jsonb_agg(a.attname ORDER BY k.place)::text
              FROM unnest(f.{key}) WITH ORDINALITY k (number, place), pg_attribute a
              WHERE a.attrelid = f.{relation} AND a.attnum = k.number)"
        )
    };
    let sql = format!(
        "{TABLES} SELECT t.name, f.conname::text, {}, p.name, {}
         FROM t JOIN pg_constraint f ON f.conrelid = t.oid JOIN t p ON p.oid = f.confrelid
         WHERE f.contype = 'f' AND f.conparentid = 0
         ORDER BY t.oid, f.conname",
        names("conkey", "conrelid"),
        names("confkey", "confrelid")
    );
    let mut found: HashMap<String, Vec<ForeignKey>> = HashMap::new();
    for row in session.rows(&sql, &[]).await? {
        let mut cells = Cells::of(row);
        found.entry(cells.text()).or_default().push(ForeignKey {
            name: cells.text(),
            columns: cells.list(),
            parent: cells.text(),
            parent_columns: cells.list(),
        });
    }
    Ok(found)
}

/// What check constraints of tables say of single columns, by table.
async fn checks(session: &mut Session) -> Result<Vec<(String, Vec<(String, Fact)>)>, ServerError> {
    let sql = format!(
        "{TABLES} SELECT name, pg_get_constraintdef(c.oid)
         FROM t JOIN pg_constraint c ON c.conrelid = t.oid WHERE c.contype = 'c' ORDER BY t.oid, c.conname"
    );
    let rows = session.rows(&sql, &[]).await?;
    let facts = rows.into_iter().map(|row| {
        let mut cells = Cells::of(row);
        (cells.text(), check::facts(&cells.text()))
    });
    Ok(facts.collect())
}

/// Narrows a column to what a check allows.
fn apply(fact: &Fact, column: &mut Column) {
    let (low, high) = &mut column.bounds;
    match fact {
        Fact::NotNull => column.nullable = false,
        Fact::Allowed(values) => column.allowed.clone_from(values),
        Fact::MinLength(least) => column.min_length = column.min_length.max(Some(*least)),
        Fact::MaxLength(most) => column.max_length = Some(column.max_length.map_or(*most, |each| each.min(*most))),
        Fact::AtLeast(bound) => *low = Some(low.map_or(*bound, |each| each.max(*bound))),
        Fact::AtMost(bound) => *high = Some(high.map_or(*bound, |each| each.min(*bound))),
        Fact::MoreThan(bound) => apply(&Fact::AtLeast(bound + smallest_step(&column.data_type, *bound)), column),
        Fact::LessThan(bound) => apply(&Fact::AtMost(bound - smallest_step(&column.data_type, *bound)), column),
    }
}

/// The distance from a bound that is excluded to the next value.
fn smallest_step(data_type: &Type, bound: f64) -> f64 {
    match data_type {
        Type::Float4 | Type::Float8 => (bound.abs() * f64::from(f32::EPSILON)).max(f64::from(f32::MIN_POSITIVE)),
        Type::Numeric { precision: Some(_), scale } => 10_f64.powi(-i32::from(*scale)),
        // Without declared digits any step does; two are what is generated.
        Type::Numeric { precision: None, .. } => 0.01,
        _ => 1.0,
    }
}

/// The cells of a row, taken one after the other in the order of the SELECT.
struct Cells(std::vec::IntoIter<Value<'static>>);

impl Cells {
    fn of(row: Row) -> Self {
        Self(row.into_iter())
    }

    fn optional(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Some(text.into_owned()),
            _ => None,
        }
    }

    fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    fn int(&mut self) -> i64 {
        match self.0.next() {
            Some(Value::Int(number)) => number,
            _ => 0,
        }
    }

    fn flag(&mut self) -> bool {
        matches!(self.0.next(), Some(Value::Bool(true)))
    }

    /// A JSON array of strings; empty where it is NULL.
    fn list(&mut self) -> Vec<String> {
        serde_json::from_str(&self.text()).unwrap_or_default()
    }
}
