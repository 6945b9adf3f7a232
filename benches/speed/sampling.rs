//! What the lock sampler costs the server: the CPU time of the backend that answers it, beside that of one which answers
//! an empty statement as often: a backend that wakes up finds nothing of its own in any cache, and that is most of it.

use crate::cpu;
use crate::findings::{Findings, Target};
use shakedown::backends::Backends;
use shakedown::clock::Clock;
use shakedown::observation::Observation;
use shakedown::server::postgres::{Address, Keep, Session};
use shakedown::watch::LockSampler;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Sessions that the server has, besides ours.
const SESSIONS: usize = 100;
/// Those of them that wait, when some do.
const WAITERS: usize = 20;
const PERIOD: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(5);

pub(crate) async fn measure(address: &Address, findings: &mut Findings) -> anyhow::Result<()> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        sessions.push(Session::open(address, "bench").await?);
    }
    let quiet = sample(address).await?;
    findings.state("lock sampler, 100 sessions: server CPU per sample", "ms", quiet.each * 1000.0, Target::AtMost(0.3));
    findings.state("lock sampler, nobody waits: share of a core", "%", quiet.share * 100.0, Target::AtMost(1.0));
    findings.state("an empty statement as often: share of a core", "%", nothing(address).await? * 100.0, Target::None);

    sessions[0].batch("CREATE TABLE contended (); BEGIN; LOCK contended").await?;
    let waiting = sessions.split_off(SESSIONS - WAITERS).into_iter().map(|mut session| {
        // It ends with an error or without: what counts is that it waited.
        tokio::spawn(async move { session.batch("SELECT FROM contended").await.is_ok() })
    });
    let waiting: Vec<_> = waiting.collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let busy = sample(address).await?;
    findings.state("lock sampler, 20 wait: server CPU per sample", "ms", busy.each * 1000.0, Target::AtMost(0.3));
    sessions[0].batch("ROLLBACK; DROP TABLE IF EXISTS contended").await?;
    for each in waiting {
        each.await?;
    }
    Ok(())
}

struct Cost {
    /// Seconds of CPU for a sample.
    each: f64,
    /// Of a core.
    share: f64,
}

async fn sample(address: &Address) -> anyhow::Result<Cost> {
    let sampler = LockSampler::open(address).await?;
    let pid = *sampler.process().borrow();
    let (observer, mut received) = mpsc::channel(64);
    let (period, stop) = (watch::channel(PERIOD), CancellationToken::new());
    let sampling = tokio::spawn(sampler.run(Clock::start(), Backends::default(), observer, period.1, stop.clone()));
    let ticks = tokio::spawn(async move {
        let mut ticks = 0_u32;
        while let Some(observation) = received.recv().await {
            ticks += u32::from(matches!(observation, Observation::Tick(_)));
        }
        ticks
    });
    let clock = Clock::start();
    let before = cpu::seconds_of(pid)?;
    tokio::time::sleep(LONG).await;
    let used = cpu::seconds_of(pid)? - before;
    let took = clock.now().as_secs_f64();
    stop.cancel();
    sampling.await?;
    Ok(Cost { each: used / f64::from(ticks.await?), share: used / took })
}

/// The share of a core that it takes to answer nothing, once a period.
async fn nothing(address: &Address) -> anyhow::Result<f64> {
    let mut session = Session::open(address, "bench").await?;
    let empty = session.prepare("SELECT").await?;
    let clock = Clock::start();
    let before = cpu::seconds_of(session.pid())?;
    let mut period = tokio::time::interval(PERIOD);
    while clock.now() < LONG {
        period.tick().await;
        session.run(&empty, &[], Keep::Nothing).await?;
    }
    Ok((cpu::seconds_of(session.pid())? - before) / clock.now().as_secs_f64())
}
