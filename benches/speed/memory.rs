//! Resident memory of the whole program in a run: 10 operations at 5,000/s altogether over 100 connections.

use crate::findings::{Findings, Target, median};
use crate::support::rehearsal::Rehearsal;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

const SCHEMA: &str = "CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL, number int NOT NULL);";

/// Watches a run of a minute, or with `long` of five.
pub(crate) fn measure(long: bool, findings: &mut Findings) -> anyhow::Result<()> {
    let (early, late) = if long { (60, 300) } else { (15, 60) };
    let rehearsal = Rehearsal::new(SCHEMA, &scenario(late + 5));
    let mut command = rehearsal.command(&["run", "scenario.yaml", "--out", "out"]);
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let (mut began, mut readings, mut most) = (None, Vec::new(), 0.0_f64);
    while program.try_wait()?.is_none() {
        std::thread::sleep(Duration::from_millis(500));
        // Gone between two looks: the next one sees that.
        let Ok(now) = megabytes(program.id()) else { continue };
        most = most.max(now);
        if began.is_none() && has_traffic(program.id()) {
            began = Some(Instant::now());
        }
        readings.extend(began.map(|began| (began.elapsed(), now)));
    }
    let answer = program.wait_with_output()?;
    // A machine that is too slow for the load makes the run invalid, which takes nothing from these figures.
    anyhow::ensure!(began.is_some(), "no traffic: {}", String::from_utf8_lossy(&answer.stderr));
    let around = |second: u64| {
        let near = |at: Duration| at.abs_diff(Duration::from_secs(second)) < Duration::from_secs(3);
        let near: Vec<f64> = readings.iter().filter(|(at, _)| near(*at)).map(|(_, size)| *size).collect();
        (!near.is_empty())
            .then(|| median(near))
            .with_context(|| format!("no reading after {second} seconds of traffic"))
    };
    let (early_size, late_size) = (around(early)?, around(late)?);
    let name = "memory, 100 connections, 10 operations, 5,000/s";
    findings.state(&format!("{name}: most"), "MB", most, Target::AtMost(60.0));
    findings.state(&format!("memory after {early} s of traffic"), "MB", early_size, Target::None);
    findings.state(&format!("memory after {late} s of traffic"), "MB", late_size, Target::None);
    findings.state(
        &format!("memory: growth from {early} s to {late} s"),
        "MB",
        late_size - early_size,
        Target::AtMost(2.0),
    );
    Ok(())
}

fn scenario(seconds: u64) -> String {
    let mut text = format!(
        "name: Memory\nseed:\n  things: {{ rows: 100k }}\npools:\n  web: {{ connections: 100 }}\n\
         phases: {{ warmup: 1s, measure: {seconds}s }}\nvariants:\n  as it is: {{ migration: [] }}\ntraffic:\n"
    );
    for operation in 0..10 {
        writeln!(
            text,
            "  operation {operation}:\n    pool: web\n    rate: 500/s\n    parameters: {{ thing: {{ key: things }} }}\n    \
             sql: SELECT name, number FROM things WHERE id = :thing"
        )
        .expect("writing to a string cannot fail");
    }
    text
}

/// Resident memory of a process.
fn megabytes(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has ended")?;
    let kilobytes: f64 = line.split_whitespace().next().context("the kernel tells nothing")?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// Whether it has the thread that traffic has for itself.
fn has_traffic(pid: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok()).any(|name| name.trim() == "traffic")
}
