//! How long a watcher rests before it tries again to look: a server that recovers from a crash is let alone.

use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The first rest.
const LEAST: Duration = Duration::from_millis(50);
/// The longest: a server that is back is seen within a second.
const MOST: Duration = Duration::from_secs(1);

/// Rests that grow from one failure to the next.
pub(super) struct BackOff(Duration);

impl BackOff {
    pub(super) fn new() -> Self {
        Self(LEAST)
    }

    /// Rests; `false` once told to stop.
    pub(super) async fn rest(&mut self, stop: &CancellationToken) -> bool {
        let rest = self.0;
        self.0 = MOST.min(rest * 2);
        tokio::select! {
            () = stop.cancelled() => false,
            () = sleep(rest) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn rests_grow_up_to_the_longest_and_end_at_once_when_told_to_stop() {
        let (mut back_off, stop) = (BackOff::new(), CancellationToken::new());
        let mut rests = Vec::new();
        for _ in 0..7 {
            let began = Instant::now();
            assert!(back_off.rest(&stop).await);
            rests.push(began.elapsed().as_millis());
        }
        assert_eq!(rests, [50, 100, 200, 400, 800, 1000, 1000]);
        stop.cancel();
        let began = Instant::now();
        assert!(!back_off.rest(&stop).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
