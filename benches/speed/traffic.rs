//! What an operation costs the client, beside pgbench: the same point selects on the same server, in turn.
//!
//! The closed model is held against plain `pgbench -S -M prepared`, the open model against `pgbench -R`. The driver alone,
//! with nothing of ours around it, is held against pgbench too: what it takes is the least that we can.

use crate::findings::{Findings, Target, median};
use crate::{cpu, psql};
use anyhow::Context as _;
use nix::sys::resource::UsageWho;
use shakedown::backends::Backends;
use shakedown::chance::Chance;
use shakedown::clock::Clock;
use shakedown::data::Data;
use shakedown::data::shape::{Shape, Values};
use shakedown::observation::Observation;
use shakedown::sample::Outcome;
use shakedown::scenario::{Action, Arrivals, Body, Operation, Place, Pool, Spacing, Variant};
use shakedown::schema::Schema;
use shakedown::server::postgres::Address;
use shakedown::sql::Statement;
use shakedown::traffic::{Load, Traffic};
use shakedown::units::{DurationRange, Rate};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;

const LAP: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_millis(500);
/// Each side before and after each other: a drift of the machine hits all alike.
const CLOSED: [Side; 6] = [Side::Ours, Side::Pgbench, Side::Driver, Side::Driver, Side::Pgbench, Side::Ours];
const OPEN: [Side; 4] = [Side::Ours, Side::Pgbench, Side::Pgbench, Side::Ours];
const SELECT: &str = "SELECT abalance FROM pgbench_accounts WHERE aid = ";

#[derive(Clone, Copy)]
enum Side {
    Ours,
    Pgbench,
    Driver,
}

/// The laps of each side.
#[derive(Default)]
struct Laps {
    ours: Vec<Lap>,
    pgbench: Vec<Lap>,
    driver: Vec<Lap>,
}

/// What one lap gave.
#[derive(Clone, Copy)]
struct Lap {
    per_second: f64,
    /// CPU of the client for one operation.
    micros: f64,
    /// Median schedule lag, in milliseconds.
    lag: f64,
}

pub(crate) async fn measure(address: &Address, findings: &mut Findings) -> anyhow::Result<()> {
    psql::run("pgbench", &["-i", "-q", "-s", "10"], address)?;
    let closed = laps(address, None, std::iter::repeat_n(CLOSED, 3).flatten()).await?;
    let both = |of: fn(&Lap) -> f64| (figure(&closed.ours, of), figure(&closed.pgbench, of));
    findings.compare(
        "closed model, 8 clients: operations",
        "/s",
        both(|lap| lap.per_second),
        Target::RatioAtLeast(1.0),
    );
    findings.compare("closed model, 8 clients: client CPU", "µs/op", both(|lap| lap.micros), Target::RatioAtMost(1.0));
    let driver = |of: fn(&Lap) -> f64| (figure(&closed.driver, of), figure(&closed.pgbench, of));
    findings.compare("the driver alone, 8 clients: operations", "/s", driver(|lap| lap.per_second), Target::None);
    findings.compare("the driver alone, 8 clients: client CPU", "µs/op", driver(|lap| lap.micros), Target::None);
    for rate in [1_000.0, 5_000.0, 20_000.0] {
        let open = laps(address, Some(rate), OPEN.into_iter()).await?;
        let both = |of: fn(&Lap) -> f64| (figure(&open.ours, of), figure(&open.pgbench, of));
        let name = format!("open model, {rate}/s");
        findings.compare(&format!("{name}: client CPU"), "µs/op", both(|lap| lap.micros), Target::None);
        let promise = if rate > 1_000.0 { Target::None } else { Target::AtMost(0.2) };
        findings.state(&format!("{name}: median schedule lag"), "ms", figure(&open.ours, |lap| lap.lag), promise);
    }
    Ok(())
}

fn figure(laps: &[Lap], of: fn(&Lap) -> f64) -> f64 {
    median(laps.iter().map(of).collect())
}

async fn laps(address: &Address, rate: Option<f64>, order: impl Iterator<Item = Side>) -> anyhow::Result<Laps> {
    let mut laps = Laps::default();
    for side in order {
        match side {
            Side::Ours => laps.ours.push(lap(address, rate).await?),
            Side::Pgbench => laps.pgbench.push(pgbench_lap(address, rate)?),
            Side::Driver => laps.driver.push(driver_lap(address).await?),
        }
    }
    Ok(laps)
}

async fn lap(address: &Address, rate: Option<f64>) -> anyhow::Result<Lap> {
    let (observer, mut received) = mpsc::channel(4096);
    let clock = Clock::start();
    let variant = variant(rate);
    let load = Load {
        address,
        control: address,
        round_trip: Duration::ZERO,
        site: None,
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
    // When each ended and how late it began, in microseconds; as little as possible, for it is on our account.
    let reading = tokio::spawn(async move {
        let (mut ended, mut failed) = (Vec::<(u32, u32)>::with_capacity(1 << 19), 0);
        while let Some(observation) = received.recv().await {
            let Observation::Samples(samples) = observation else { continue };
            failed += samples.iter().filter(|each| matches!(each.outcome, Outcome::Failed(_))).count();
            let micros = |time: Duration| time.as_micros() as u32;
            ended.extend(samples.iter().map(|each| (micros(each.finished), micros(each.schedule_lag()))));
        }
        (ended, failed)
    });
    traffic.start();
    tokio::time::sleep(WARM_UP).await;
    let (from, before) = (clock.now(), cpu::seconds(UsageWho::RUSAGE_SELF)?);
    tokio::time::sleep(LAP).await;
    let (until, used) = (clock.now(), cpu::seconds(UsageWho::RUSAGE_SELF)? - before);
    traffic.stop().await?;
    let (ended, failed) = reading.await?;
    anyhow::ensure!(failed == 0, "{failed} operations failed");
    let judged = from.as_micros() as u32..until.as_micros() as u32;
    let lags: Vec<f64> =
        ended.iter().filter(|(at, _)| judged.contains(at)).map(|(_, lag)| f64::from(*lag) / 1000.0).collect();
    let count = lags.len() as f64;
    Ok(Lap {
        per_second: count / until.saturating_sub(from).as_secs_f64(),
        micros: used * 1e6 / count,
        lag: median(lags),
    })
}

async fn driver_lap(address: &Address) -> anyhow::Result<Lap> {
    let options = PgConnectOptions::from_str(&address.secret_url())?.disable_statement_logging();
    let (mut clients, done) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
    for client in 0..8 {
        let connection = options.connect().await?;
        clients.spawn(select_for_ever(connection, Chance::of(1, "account").within(client), Arc::clone(&done)));
    }
    tokio::time::sleep(WARM_UP).await;
    let clock = Clock::start();
    let (first, before) = (done.load(Ordering::Relaxed), cpu::seconds(UsageWho::RUSAGE_SELF)?);
    tokio::time::sleep(LAP).await;
    let (last, used) = (done.load(Ordering::Relaxed), cpu::seconds(UsageWho::RUSAGE_SELF)? - before);
    let took = clock.now();
    anyhow::ensure!(clients.try_join_next().is_none(), "a client of the driver failed");
    clients.shutdown().await;
    let count = (last - first) as f64;
    Ok(Lap { per_second: count / took.as_secs_f64(), micros: used * 1e6 / count, lag: 0.0 })
}

async fn select_for_ever(mut connection: PgConnection, chance: Chance, done: Arc<AtomicU64>) -> sqlx::Result<()> {
    let sql: Arc<str> = format!("{SELECT}$1").into();
    for n in 0.. {
        let account = (chance.share(n) * 1e6) as i32 + 1;
        let query = sqlx::query(AssertSqlSafe(Arc::clone(&sql))).bind(account);
        let mut answer = (&mut connection).fetch_many(query);
        while let Some(part) = answer.next().await {
            part?;
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn pgbench_lap(address: &Address, rate: Option<f64>) -> anyhow::Result<Lap> {
    let before = cpu::seconds(UsageWho::RUSAGE_CHILDREN)?;
    let clients = if rate.is_some() { "20" } else { "8" };
    let seconds = LAP.as_secs().to_string();
    let mut arguments = vec!["-S", "-M", "prepared", "-n", "-j", "1", "-c", clients, "-T", &seconds];
    let rate = rate.map(|rate| rate.to_string());
    arguments.extend(rate.iter().flat_map(|rate| ["-R", rate]));
    let text = psql::run("pgbench", &arguments, address)?;
    let used = cpu::seconds(UsageWho::RUSAGE_CHILDREN)? - before;
    let figure = |name: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.split('/').next()?.parse::<f64>().ok()
    };
    let count = figure("number of transactions actually processed:").with_context(|| text.clone())?;
    let per_second = figure("tps =").with_context(|| text.clone())?;
    Ok(Lap { per_second, micros: used * 1e6 / count, lag: 0.0 })
}

fn variant(rate: Option<f64>) -> Variant {
    let (connections, arrivals) = match rate {
        None => {
            (8, Arrivals::Closed { clients: 8, think: DurationRange { least: Duration::ZERO, most: Duration::ZERO } })
        }
        Some(rate) => (20, Arrivals::Open { spacing: Spacing::Poisson, rate: Rate(rate), stages: Vec::new() }),
    };
    let account = Shape { values: Values::Uniform { low: 1.0, high: 1e6 }, nulls: 0.0, unique: false, count: None };
    let statement = Statement::parse(&format!("{SELECT}:account"));
    let select = Action::Sql { statement, answer: None, expect: None, place: Place::default() };
    Variant {
        name: "point selects".to_owned(),
        setup: Vec::new(),
        migration: Vec::new(),
        app: None,
        tools: None,
        pools: vec![Pool::of("web", connections)],
        operations: vec![Operation {
            name: "account".to_owned(),
            pool: 0,
            arrivals,
            parameters: vec![("account".to_owned(), account)],
            parameter_places: Vec::new(),
            body: Body { transaction: false, actions: vec![select] },
            retry: None,
            place: Place::default(),
        }],
        gauges: Vec::new(),
        fails_by: Vec::new(),
    }
}
