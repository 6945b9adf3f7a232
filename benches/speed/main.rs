//! What the program promises to cost, measured beside PostgreSQL's own tools on the same private server, in turn.
//!
//! `make bench` runs all of it in some five minutes. Arguments choose parts (`make bench PARTS="traffic sampling"`);
//! `--long` watches memory for five minutes instead of one. A missed target is printed, not an error: machines differ.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod cpu;
mod findings;
mod generating;
mod memory;
mod psql;
mod sampling;
mod seeding;
#[path = "../../tests/support/mod.rs"]
mod support;
mod traffic;

use findings::Findings;
use support::PrivateServer;

/// Settings of a place that is seeded and then measured; `wal_level` is what seeding has.
const SETTINGS: &[(&str, &str)] = &[
    ("max_connections", "300"),
    ("shared_buffers", "256MB"),
    ("maintenance_work_mem", "128MB"),
    ("max_wal_size", "8GB"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("autovacuum", "off"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let long = arguments.iter().any(|argument| argument == "--long");
    let parts: Vec<&str> = arguments.iter().map(String::as_str).filter(|part| !part.starts_with("--")).collect();
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    let mut findings = Findings::default();
    if wanted("generating") {
        generating::measure(&mut findings);
    }
    if ["traffic", "sampling", "seeding"].into_iter().any(wanted) {
        let server = PrivateServer::start_with(SETTINGS).await;
        if wanted("traffic") {
            traffic::measure(&server.address(), &mut findings).await?;
        }
        if wanted("sampling") {
            sampling::measure(&server.address(), &mut findings).await?;
        }
        if wanted("seeding") {
            seeding::measure(&server, &mut findings).await?;
        }
    }
    if wanted("memory") {
        memory::measure(long, &mut findings)?;
    }
    println!("\n{findings}");
    Ok(())
}
