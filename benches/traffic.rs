//! What an operation costs the client, beside pgbench: the same point selects on the same server, in turn.
//!
//! The closed model is held against plain `pgbench -S -M prepared`, the open model against `pgbench -R`.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "../tests/support/mod.rs"]
mod support;

use anyhow::Context as _;
use nix::sys::resource::{UsageWho, getrusage};
use shakedown::backends::Backends;
use shakedown::clock::Clock;
use shakedown::data::Data;
use shakedown::data::shape::{Shape, Values};
use shakedown::observation::Observation;
use shakedown::sample::{Outcome, Sample};
use shakedown::scenario::{Action, Arrivals, Body, Operation, Place, Pool, Protocol, Spacing, Variant};
use shakedown::schema::Schema;
use shakedown::server::postgres::{Address, find};
use shakedown::sql::Statement;
use shakedown::traffic::{Load, Traffic};
use shakedown::units::{DurationRange, Rate};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use support::PrivateServer;
use tokio::sync::mpsc;

const LAP: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_secs(1);
/// Each side twice in each order: a drift of the machine hits both alike.
const ORDER: [Side; 8] =
    [Side::Ours, Side::Pgbench, Side::Pgbench, Side::Ours, Side::Ours, Side::Pgbench, Side::Pgbench, Side::Ours];

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Ours,
    Pgbench,
}

/// What one lap gave.
#[derive(Clone, Copy)]
struct Lap {
    per_second: f64,
    /// CPU of the client for one operation.
    micros: f64,
    /// Median schedule lag.
    lag: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let server = PrivateServer::start().await;
    let address = server.address();
    let pgbench = find::installation()?.bin.join("pgbench");
    let fill = Command::new(&pgbench).args(["-i", "-q", "-s", "10"]).arg(address.secret_url()).output();
    anyhow::ensure!(fill.context("pgbench cannot be run")?.status.success(), "pgbench cannot fill its tables");
    println!(
        "{:<28}{:>12}{:>12}{:>14}{:>14}{:>12}",
        "", "ours /s", "pgbench /s", "ours µs/op", "pgbench µs/op", "lag p50"
    );
    let rates = [None, Some(1_000.0), Some(5_000.0), Some(20_000.0)];
    for rate in rates {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for side in ORDER {
            match side {
                Side::Ours => ours.push(lap(&address, rate).await?),
                Side::Pgbench => theirs.push(pgbench_lap(&pgbench, &address, rate)?),
            }
        }
        let name = rate.map_or("8 clients, closed".to_owned(), |rate| format!("20 connections, {rate}/s"));
        let median = |laps: &[Lap], of: fn(&Lap) -> f64| {
            let mut figures: Vec<f64> = laps.iter().map(of).collect();
            figures.sort_by(f64::total_cmp);
            f64::midpoint(figures[1], figures[2])
        };
        println!(
            "{name:<28}{:>12.0}{:>12.0}{:>14.1}{:>14.1}{:>9.3} ms",
            median(&ours, |lap| lap.per_second),
            median(&theirs, |lap| lap.per_second),
            median(&ours, |lap| lap.micros),
            median(&theirs, |lap| lap.micros),
            median(&ours, |lap| lap.lag.as_secs_f64() * 1000.0),
        );
    }
    Ok(())
}

async fn lap(address: &Address, rate: Option<f64>) -> anyhow::Result<Lap> {
    let (observer, mut received) = mpsc::channel(4096);
    let clock = Clock::start();
    let variant = variant(rate);
    let load = Load {
        address,
        variant: &variant,
        data: Arc::new(Data::plan(&Schema::default(), &[], 1, 0).map_err(|_| anyhow::anyhow!("nothing to plan"))?),
        seed: 1,
        as_of: 0,
        clock,
        backends: Backends::default(),
        observer,
        application: "bench".to_owned(),
        begins: Duration::ZERO,
        jobs_begin: Duration::ZERO,
        moment_zero: Duration::ZERO,
    };
    let traffic = Traffic::open(load).await?;
    let reading = tokio::spawn(async move {
        let mut samples: Vec<Sample> = Vec::new();
        while let Some(observation) = received.recv().await {
            if let Observation::Samples(batch) = observation {
                samples.extend(batch);
            }
        }
        samples
    });
    traffic.start();
    tokio::time::sleep(WARM_UP).await;
    let (from, cpu) = (clock.now(), cpu(UsageWho::RUSAGE_SELF)?);
    tokio::time::sleep(LAP).await;
    let (until, cpu) = (clock.now(), self::cpu(UsageWho::RUSAGE_SELF)? - cpu);
    traffic.stop().await?;
    let samples = reading.await?;
    let judged = || samples.iter().filter(|sample| (from..until).contains(&sample.finished));
    anyhow::ensure!(judged().all(|sample| sample.outcome == Outcome::Succeeded), "something failed");
    let mut lags: Vec<Duration> = judged().map(Sample::schedule_lag).collect();
    lags.sort_unstable();
    let count = lags.len() as f64;
    let lag = lags.get(lags.len() / 2).copied().unwrap_or_default();
    Ok(Lap { per_second: count / until.saturating_sub(from).as_secs_f64(), micros: cpu * 1e6 / count, lag })
}

fn pgbench_lap(pgbench: &std::path::Path, address: &Address, rate: Option<f64>) -> anyhow::Result<Lap> {
    let before = cpu(UsageWho::RUSAGE_CHILDREN)?;
    let mut command = Command::new(pgbench);
    let clients = if rate.is_some() { "20" } else { "8" };
    command.args(["-S", "-M", "prepared", "-n", "-j", "1", "-c", clients, "-T", &LAP.as_secs().to_string()]);
    command.args(rate.iter().flat_map(|rate| ["-R".to_owned(), rate.to_string()]));
    let answer = command.arg(address.secret_url()).output().context("pgbench cannot be run")?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let cpu = cpu(UsageWho::RUSAGE_CHILDREN)? - before;
    let figure = |name: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.split('/').next()?.parse::<f64>().ok()
    };
    let count = figure("number of transactions actually processed:").with_context(|| text.clone())?;
    let per_second = figure("tps =").with_context(|| text.clone())?;
    Ok(Lap { per_second, micros: cpu * 1e6 / count, lag: Duration::ZERO })
}

fn variant(rate: Option<f64>) -> Variant {
    let (connections, arrivals) = match rate {
        None => {
            (8, Arrivals::Closed { clients: 8, think: DurationRange { least: Duration::ZERO, most: Duration::ZERO } })
        }
        Some(rate) => (20, Arrivals::Open { spacing: Spacing::Poisson, rate: Rate(rate), stages: Vec::new() }),
    };
    let account = Shape { values: Values::Uniform { low: 1.0, high: 1e6 }, nulls: 0.0, unique: false, count: None };
    let statement = Statement::parse("SELECT abalance FROM pgbench_accounts WHERE aid = :account");
    let select = Action::Sql { statement, answer: None, expect: None, place: Place::default() };
    Variant {
        name: "point selects".to_owned(),
        setup: Vec::new(),
        migration: Vec::new(),
        pools: vec![Pool {
            name: "web".to_owned(),
            connections,
            overflow: 0,
            instances: 1,
            max_waiting: None,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: None,
            protocol: Protocol::Prepared,
            session: Vec::new(),
            forgets_plans: true,
        }],
        operations: vec![Operation {
            name: "account".to_owned(),
            pool: 0,
            arrivals,
            parameters: vec![("account".to_owned(), account)],
            body: Body { transaction: false, actions: vec![select] },
            retry: None,
            place: Place::default(),
        }],
        gauges: Vec::new(),
        fails_by: Vec::new(),
    }
}

/// CPU seconds, user and system.
fn cpu(who: UsageWho) -> anyhow::Result<f64> {
    let usage = getrusage(who)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
