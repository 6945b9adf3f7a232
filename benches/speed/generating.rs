//! How fast rows are made, without a server: a typical row of eight columns as binary COPY bytes, on one thread.

use crate::cpu;
use crate::findings::{Findings, Target};
use nix::sys::resource::UsageWho;
use shakedown::data::shape::{Kind, Shape, Values};
use shakedown::data::{Data, Scratch, TableData, TableRequest};
use shakedown::schema::{Column, Filled, Schema, Table, Type};
use shakedown::server::postgres::copy::CopyRows;
use std::sync::Arc;

const ROWS: u64 = 2_000_000;

pub(crate) fn measure(findings: &mut Findings) {
    let people = typical();
    let rows = CopyRows::new(Arc::clone(&people));
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    // The best of five: other work on the machine only ever slows it down.
    let mut best = f64::MAX;
    let mut bytes = 0;
    for _ in 0..5 {
        bytes = 0;
        let start = cpu_seconds();
        for from in (0..ROWS).step_by(8192) {
            out.clear();
            rows.append(from..(from + 8192).min(ROWS), &mut scratch, &mut out).expect("every cell fits its column");
            bytes += out.len();
        }
        best = best.min(cpu_seconds() - start);
    }
    let rate = ROWS as f64 / best;
    findings.state("generating: rows of 8 columns per core", "M/s", rate / 1e6, Target::AtLeast(3.0));
    findings.state("generating: bytes per core", "MB/s", bytes as f64 / best / 1e6, Target::None);
}

/// Of this thread, for the promise is one of a core, and others may be using it.
fn cpu_seconds() -> f64 {
    cpu::seconds(UsageWho::RUSAGE_THREAD).expect("a thread may ask for its own usage")
}

/// Key, UUID, name, e-mail, city, status, amount, moment.
fn typical() -> Arc<TableData> {
    let column = |name: &str, data_type: Type| Column {
        name: name.to_owned(),
        type_name: String::new(),
        data_type,
        nullable: false,
        default: None,
        filled: Filled::ByRow,
        max_length: None,
        min_length: None,
        allowed: vec![],
        bounds: (None, None),
    };
    let columns = vec![
        column("id", Type::Int8),
        column("token", Type::Uuid),
        column("name", Type::Text),
        column("email", Type::Text),
        column("city", Type::Text),
        column("status", Type::Text),
        column("amount", Type::Numeric { precision: Some(12), scale: 2 }),
        column("created_at", Type::Timestamp { zoned: true }),
    ];
    let table = Table {
        name: "people".to_owned(),
        quoted: "public.people".to_owned(),
        columns,
        primary_key: vec!["id".to_owned()],
        unique: vec![vec!["id".to_owned()], vec!["email".to_owned()]],
        foreign_keys: vec![],
        partitioned: false,
        row_security: false,
    };
    let email = Shape { values: Values::Kind(Kind::Email), nulls: 0.0, unique: true, count: None };
    let request =
        TableRequest { table: "people".to_owned(), rows: Some(ROWS), columns: vec![("email".to_owned(), email)] };
    let schema = Schema { tables: vec![table] };
    let data = Data::plan(&schema, &[request], 1, 1_750_000_000_000_000).expect("it can be planned");
    Arc::clone(data.table("people").expect("it was planned"))
}
