//! Rows of a table as COPY takes them: binary, or text where a type's binary form is not known here.

use super::encode::{Misfit, field};
use crate::data::{Scratch, TableData};
use crate::schema::Type;
use crate::value::Value;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

/// How rows travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Binary,
    Text,
}

/// A table on its way into the server. Any part of it can be made alone, on any thread.
#[derive(Clone, Debug)]
pub struct CopyRows {
    table: Arc<TableData>,
    format: Format,
}

/// A cell that does not fit its column.
#[derive(Debug, thiserror::Error)]
#[error("{table}.{column}: {misfit}")]
pub struct CopyError {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The value and the type.
    pub misfit: Misfit,
}

impl CopyRows {
    /// The rows of a table.
    #[must_use]
    pub fn new(table: Arc<TableData>) -> Self {
        let format = match table.columns().iter().any(|column| has_no_binary_form(&column.data_type)) {
            true => Format::Text,
            false => Format::Binary,
        };
        Self { table, format }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &TableData {
        &self.table
    }

    /// The statement that takes the rows. `frozen` rows need no later visit by VACUUM; the table must have been
    /// created or truncated in the same transaction, and not be partitioned.
    #[must_use]
    pub fn statement(&self, frozen: bool) -> String {
        let columns: Vec<String> = self.table.columns().iter().map(|column| quoted(&column.name)).collect();
        let format = match self.format {
            Format::Binary => "binary",
            Format::Text => "text",
        };
        let freeze = if frozen { ", FREEZE" } else { "" };
        format!("COPY {} ({}) FROM STDIN (FORMAT {format}{freeze})", self.table.quoted, columns.join(", "))
    }

    /// What stands before the first row.
    #[must_use]
    pub fn header(&self) -> &'static [u8] {
        match self.format {
            // The signature, no flags, no extension (PostgreSQL docs, COPY, Binary Format).
            Format::Binary => b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0",
            Format::Text => b"",
        }
    }

    /// What stands behind the last row.
    #[must_use]
    pub fn trailer(&self) -> &'static [u8] {
        match self.format {
            Format::Binary => &[0xff, 0xff],
            Format::Text => b"",
        }
    }

    /// Appends some rows.
    pub fn append(&self, rows: Range<u64>, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<(), CopyError> {
        match self.format {
            Format::Binary => rows.into_iter().try_for_each(|row| self.binary(row, scratch, out)),
            Format::Text => {
                rows.for_each(|row| self.text(row, scratch, out));
                Ok(())
            }
        }
    }

    fn binary(&self, row: u64, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<(), CopyError> {
        let columns = self.table.columns();
        out.extend_from_slice(&(columns.len() as i16).to_be_bytes());
        for (place, column) in columns.iter().enumerate() {
            field(&self.table.cell_in(place, row, scratch), &column.data_type, out).map_err(|misfit| CopyError {
                table: self.table.name.clone(),
                column: column.name.clone(),
                misfit,
            })?;
        }
        Ok(())
    }

    fn text(&self, row: u64, scratch: &mut Scratch, out: &mut Vec<u8>) {
        for place in 0..self.table.columns().len() {
            if place > 0 {
                out.push(b'\t');
            }
            match self.table.cell_in(place, row, scratch) {
                Value::Null => out.extend(b"\\N"),
                Value::Text(text) => escape(text.as_bytes(), out),
                value => {
                    let mut text = Vec::new();
                    write!(text, "{value}").expect("writing to a vector cannot fail");
                    escape(&text, out);
                }
            }
        }
        out.push(b'\n');
    }
}

fn has_no_binary_form(data_type: &Type) -> bool {
    match data_type {
        Type::Other(_) => true,
        Type::Array { of, .. } => has_no_binary_form(of),
        _ => false,
    }
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            other => out.push(other),
        }
    }
}

/// A name as it may stand in SQL.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
