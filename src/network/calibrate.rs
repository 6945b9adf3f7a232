//! What the proxy costs beside the delay that it is asked for.
//!
//! Its threads have to wake up, which takes 50 to 100 µs a round trip on a quiet machine. That is measured against a
//! connection that goes without it, at the very delay that will be used: who sleeps longer wakes up more slowly.
//! That holds for the server, too. Asked in a row it answers faster than after a pause as long as the delay, and with
//! the proxy it always has that pause. Some clients ask in a row and some do not, so the middle of both is taken.

use crate::server::postgres::{Address, ServerError, Session};
use anyhow::Context as _;
use std::time::{Duration, Instant};

/// Round trips in a row on one connection before another has its turn: whatever disturbs hits all.
const BLOCK: usize = 10;
/// Blocks of each at least and at most, and about how long they may take together.
const BLOCKS: (u128, u128) = (2, 30);
const BUDGET: Duration = Duration::from_millis(800);

/// How long a round trip takes with nothing in between.
pub async fn round_trip(address: &Address) -> anyhow::Result<Duration> {
    let mut session = open(address).await?;
    let mut took = Vec::new();
    for _ in 0..BLOCKS.1 {
        ask(&mut session, Duration::ZERO, &mut took).await?;
    }
    session.close().await?;
    Ok(quartile(&mut took))
}

/// By how much round trips through a proxy that delays by `delay` are longer than by `delay`.
pub(super) async fn transit(direct: &Address, through: &Address, delay: Duration) -> anyhow::Result<Duration> {
    let (mut plain, mut delayed) = (open(direct).await?, open(through).await?);
    let (mut in_a_row, mut after_pauses, mut with_delay) = (Vec::new(), Vec::new(), Vec::new());
    let block = delay.max(Duration::from_millis(1)) * 2 * BLOCK as u32;
    for _ in 0..(BUDGET.as_nanos() / block.as_nanos()).clamp(BLOCKS.0, BLOCKS.1) {
        ask(&mut plain, Duration::ZERO, &mut in_a_row).await?;
        ask(&mut delayed, Duration::ZERO, &mut with_delay).await?;
        ask(&mut plain, delay, &mut after_pauses).await?;
    }
    plain.close().await?;
    delayed.close().await?;
    let without = (quartile(&mut in_a_row) + quartile(&mut after_pauses)) / 2;
    Ok(quartile(&mut with_delay).saturating_sub(without + delay))
}

async fn open(address: &Address) -> anyhow::Result<Session> {
    Session::open(address, "shakedown/network").await.with_context(|| format!("{address} cannot be reached"))
}

/// Asks the simplest of questions, one round trip each.
async fn ask(session: &mut Session, pause: Duration, took: &mut Vec<Duration>) -> Result<(), ServerError> {
    for _ in 0..BLOCK {
        tokio::time::sleep(pause).await;
        let began = Instant::now();
        session.batch("SELECT 1").await?;
        took.push(began.elapsed());
    }
    Ok(())
}

/// The lower quartile: what a busy neighbour disturbs least.
fn quartile(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took[took.len() / 4]
}
