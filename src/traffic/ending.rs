//! How traffic is told to end: first take no more, later stop what you are at.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The two calls of the end.
#[derive(Debug, Default)]
pub(super) struct Ending {
    stopped: AtomicBool,
    stopping: CancellationToken,
    cutting: CancellationToken,
    drained_by: OnceLock<Duration>,
}

impl Ending {
    /// Nobody takes anything new; what runs may end by itself until then.
    pub(super) fn stop(&self, drained_by: Duration) {
        // A second call finds the end under way.
        self.drained_by.get_or_init(|| drained_by);
        self.stopped.store(true, Ordering::Release);
        self.stopping.cancel();
    }

    /// Nobody sends another statement: those under way are about to be cancelled.
    pub(super) fn cut(&self) {
        self.cutting.cancel();
    }

    /// Comes to its end when what is under way is to be dropped.
    pub(super) async fn cut_is_called(&self) {
        self.cutting.cancelled().await;
    }

    /// Whether nothing new may be taken. One load: it is asked before each operation.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether no other statement may be sent.
    pub(super) fn is_cut(&self) -> bool {
        self.is_stopped() && self.cutting.is_cancelled()
    }

    /// Waits for so long, from `now`, within an operation; `false` if the operation has to end before.
    pub(super) async fn pause(&self, now: Duration, length: Duration) -> bool {
        let until = tokio::time::Instant::now() + length;
        tokio::select! {
            () = tokio::time::sleep_until(until) => return true,
            () = self.stopping.cancelled() => {}
        }
        // What cannot end in time need not be waited for.
        let in_time = self.drained_by.get().is_some_and(|by| now + length < *by);
        tokio::select! {
            () = tokio::time::sleep_until(until), if in_time => !self.cutting.is_cancelled(),
            () = self.cutting.cancelled(), if in_time => false,
            else => false,
        }
    }

    /// Waits between two operations; `false` if there will be none.
    pub(super) async fn rest(&self, length: Duration) -> bool {
        if length.is_zero() {
            return !self.is_stopped();
        }
        tokio::select! {
            () = tokio::time::sleep(length) => !self.is_stopped(),
            () = self.stopping.cancelled() => false,
        }
    }
}
