//! How fast rows are made, without a server: a typical row of eight columns as binary COPY bytes, on one thread.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use shakedown::data::shape::{Kind, Shape, Values};
use shakedown::data::{Data, Scratch, TableData, TableRequest};
use shakedown::schema::{Column, Filled, Schema, Table, Type};
use shakedown::server::postgres::copy::CopyRows;
use std::sync::Arc;

const ROWS: u64 = 2_000_000;
/// What the project promises, in rows per second and core.
const PROMISED: f64 = 3e6;

fn main() {
    let table = typical();
    let rows = CopyRows::new(Arc::clone(&table));
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
    println!(
        "generate: {:.2} M rows/s per core, {:.0} MB/s, {:.1} times the promised 3 M rows/s",
        rate / 1e6,
        bytes as f64 / best / 1e6,
        rate / PROMISED
    );
    columns(&table);
}

/// Of this thread, for the promise is one of a core, and others may be using it.
fn cpu_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("a thread may ask for its own usage");
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
}

/// Where the time goes.
fn columns(table: &TableData) {
    let mut scratch = Scratch::default();
    for (place, column) in table.columns().iter().enumerate() {
        let start = cpu_seconds();
        for row in 0..ROWS {
            std::hint::black_box(table.cell_in(place, row, &mut scratch));
        }
        println!("generate: {:>10} {:5.1} ns per cell", column.name, (cpu_seconds() - start) * 1e9 / ROWS as f64);
    }
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
