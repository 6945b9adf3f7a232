//! The server's types as plain values: domains followed, enums with their labels, arrays with their elements.

use super::Cells;
use super::check::{self, Fact};
use crate::schema::Type;
use crate::server::postgres::{ServerError, Session};
use std::collections::HashMap;

/// All types of the database but those of rows, by OID.
pub(super) struct Types(HashMap<i64, Entry>);

/// A type as the catalog has it.
struct Entry {
    name: String,
    /// `d` is a domain, `e` an enum.
    kind: String,
    base: i64,
    modifier: i64,
    required: bool,
    /// Zero unless the type is an array.
    element: i64,
    default: Option<String>,
    labels: Vec<String>,
    checks: Vec<Fact>,
}

/// A type with what its domains add.
pub(super) struct Resolved {
    pub(super) data_type: Type,
    pub(super) required: bool,
    pub(super) max_length: Option<u32>,
    pub(super) default: Option<String>,
    pub(super) checks: Vec<Fact>,
}

impl Types {
    pub(super) async fn read(session: &mut Session) -> Result<Self, ServerError> {
        // An array has storage of its own: `name` and `point` have elements, too, but are no arrays.
        let sql = "
            SELECT t.oid::int8, t.typname::text, t.typtype::text, t.typbasetype::int8, t.typtypmod::int8, t.typnotnull,
                   CASE WHEN t.typlen = -1 AND t.typcategory = 'A' THEN t.typelem::int8 ELSE 0 END, t.typdefault,
                   (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_enum e WHERE e.enumtypid = t.oid),
                   (SELECT jsonb_agg(pg_get_constraintdef(c.oid) ORDER BY c.conname)::text
                    FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c')
            FROM pg_type t WHERE t.typtype <> 'c'";
        let rows = session.rows(sql, &[]).await?;
        let entries = rows.into_iter().map(|row| {
            let mut cells = Cells::of(row);
            let oid = cells.int();
            let entry = Entry {
                name: cells.text(),
                kind: cells.text(),
                base: cells.int(),
                modifier: cells.int(),
                required: cells.flag(),
                element: cells.int(),
                default: cells.optional(),
                labels: cells.list(),
                checks: domain_facts(&cells.list()),
            };
            (oid, entry)
        });
        Ok(Self(entries.collect()))
    }

    /// The type of that OID, with a column's modifier or -1.
    pub(super) fn resolve(&self, oid: i64, modifier: i64) -> Resolved {
        let Some(entry) = self.0.get(&oid) else {
            let data_type = Type::Other(format!("type {oid}"));
            return Resolved { data_type, required: false, max_length: None, default: None, checks: Vec::new() };
        };
        if entry.kind == "d" {
            let mut base = self.resolve(entry.base, entry.modifier);
            base.required |= entry.required;
            base.default = entry.default.clone().or(base.default);
            base.checks.extend(entry.checks.iter().cloned());
            return base;
        }
        let data_type = match () {
            () if entry.kind == "e" => Type::Enum(entry.labels.clone()),
            () if entry.element != 0 => {
                let of = Box::new(self.resolve(entry.element, modifier).data_type);
                Type::Array { of, oid: entry.element as u32 }
            }
            () => builtin(&entry.name, modifier),
        };
        let max_length = match entry.name.as_str() {
            // The modifier counts its own four bytes, too.
            "varchar" | "bpchar" if modifier > 4 => Some((modifier - 4) as u32),
            "char" => Some(1),
            "name" => Some(63),
            _ => None,
        };
        Resolved { data_type, required: false, max_length, default: None, checks: Vec::new() }
    }
}

/// In a domain's checks the column is called VALUE; whichever column it is, the fact is its own.
fn domain_facts(definitions: &[String]) -> Vec<Fact> {
    let facts = definitions.iter().flat_map(|definition| check::facts(definition));
    facts.filter(|(column, _)| column == "VALUE").map(|(_, fact)| fact).collect()
}

/// A type by the server's internal name.
fn builtin(name: &str, modifier: i64) -> Type {
    match name {
        "bool" => Type::Bool,
        "int2" => Type::Int2,
        "int4" => Type::Int4,
        "int8" => Type::Int8,
        "float4" => Type::Float4,
        "float8" => Type::Float8,
        "numeric" => numeric(modifier),
        "text" | "varchar" | "bpchar" | "char" | "name" | "citext" => Type::Text,
        "bytea" => Type::Bytes,
        "timestamp" => Type::Timestamp { zoned: false },
        "timestamptz" => Type::Timestamp { zoned: true },
        "date" => Type::Date,
        "time" => Type::Time,
        "interval" => Type::Interval,
        "uuid" => Type::Uuid,
        "json" => Type::Json { binary: false },
        "jsonb" => Type::Json { binary: true },
        "inet" | "cidr" => Type::Inet,
        other => Type::Other(other.to_owned()),
    }
}

/// Digits are packed into the modifier (PostgreSQL's `make_numeric_typmod`): 16 bits precision, 11 bits signed scale.
fn numeric(modifier: i64) -> Type {
    if modifier < 4 {
        return Type::Numeric { precision: None, scale: 0 };
    }
    let digits = modifier - 4;
    let scale = ((digits & 0x7ff) ^ 1024) - 1024;
    Type::Numeric { precision: Some((digits >> 16) as u16), scale: u8::try_from(scale).unwrap_or(0) }
}
