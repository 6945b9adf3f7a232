//! What the proxy costs beside the delay that it is asked for.
//!
//! Its threads have to wake up, which takes 50 to 100 µs a round trip. That is measured against a connection that
//! goes without it, at the very delay that will be used: who sleeps longer wakes up more slowly.

use crate::server::postgres::{Address, ServerError, Session};
use anyhow::Context as _;
use std::time::{Duration, Instant};

/// Round trips in a row on one connection before the other has its turn: whatever disturbs hits both.
const BLOCK: usize = 10;
/// Blocks of each at least and at most, and about how long they may take together.
const BLOCKS: (u128, u128) = (2, 30);
const BUDGET: Duration = Duration::from_millis(500);

/// How long a round trip takes here, and what the proxy takes on top of its delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calibration {
    /// A `SELECT 1` without the proxy, lower quartile: what a busy neighbour disturbs least.
    pub direct: Duration,
    /// What it takes longer through the proxy, less the delay: the difference of the lower quartiles.
    pub transit: Duration,
}

/// Measures through a proxy that delays by `delay`.
pub(super) async fn calibrate(direct: &Address, through: &Address, delay: Duration) -> anyhow::Result<Calibration> {
    let open = async |address| Session::open(address, "shakedown/network").await;
    let mut plain = open(direct).await.context("the server cannot be reached")?;
    let mut delayed = open(through).await.context("the server cannot be reached through the proxy")?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let block = delay.max(Duration::from_micros(200)) * BLOCK as u32;
    for _ in 0..(BUDGET.as_nanos() / block.as_nanos()).clamp(BLOCKS.0, BLOCKS.1) {
        ask(&mut plain, &mut without).await?;
        ask(&mut delayed, &mut with).await?;
    }
    plain.close().await?;
    delayed.close().await?;
    let direct = quartile(&mut without);
    Ok(Calibration { direct, transit: quartile(&mut with).saturating_sub(direct + delay) })
}

/// How long a round trip takes with nothing in between: a `SELECT 1`, lower quartile.
pub async fn round_trip(address: &Address) -> anyhow::Result<Duration> {
    let mut session = Session::open(address, "shakedown/network").await.context("the server cannot be reached")?;
    let mut took = Vec::new();
    for _ in 0..BLOCKS.1 {
        ask(&mut session, &mut took).await?;
    }
    session.close().await?;
    Ok(quartile(&mut took))
}

/// Asks the simplest of questions, one round trip each.
async fn ask(session: &mut Session, took: &mut Vec<Duration>) -> Result<(), ServerError> {
    for _ in 0..BLOCK {
        let began = Instant::now();
        session.batch("SELECT 1").await?;
        took.push(began.elapsed());
    }
    Ok(())
}

fn quartile(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took[took.len() / 4]
}
