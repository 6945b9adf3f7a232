//! What is measured of one operation; all else is arithmetic on it.

use crate::failure::Failure;
use std::time::Duration;

/// One execution of an operation, successful or not. All times are offsets from the start of the round.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Which operation of the variant, by its place.
    pub operation: u16,
    /// When the schedule wanted it to start; of a closed-model client, when it started.
    pub due: Duration,
    /// When the generator put it into the pool's queue.
    pub queued: Duration,
    /// When it got a connection; of one that never did, when it was given up.
    pub connected: Duration,
    /// When it was done.
    pub finished: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// How often it was tried again.
    pub retries: u16,
    /// Statements sent to the server, over all tries.
    pub statements: u32,
    /// Rows returned by them.
    pub rows: u64,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// As the application wanted.
    Succeeded,
    /// With an error, retries exhausted.
    Failed(Failure),
    /// It was still running or waiting when time was up; its age is a lower bound of its response time.
    Cut,
    /// The harness' own queue was full; makes the run invalid.
    Dropped,
    /// A job that was due while its last run had not ended.
    Skipped,
}

impl Sample {
    /// What a user waits, queueing included: free of coordinated omission.
    #[must_use]
    pub fn response_time(&self) -> Duration {
        self.finished.saturating_sub(self.due)
    }

    /// What the application took once it had a connection.
    #[must_use]
    pub fn service_time(&self) -> Duration {
        self.finished.saturating_sub(self.connected)
    }

    /// Whether its times say how long an answer takes: not those of one that was refused without being tried, for an
    /// instant refusal is no fast answer.
    #[must_use]
    pub fn was_tried(&self) -> bool {
        !matches!(self.outcome, Outcome::Dropped | Outcome::Skipped | Outcome::Failed(Failure::PoolFull))
    }

    /// How long it queued for a connection.
    #[must_use]
    pub fn pool_wait(&self) -> Duration {
        self.connected.saturating_sub(self.queued)
    }

    /// How late the generator was.
    #[must_use]
    pub fn schedule_lag(&self) -> Duration {
        self.queued.saturating_sub(self.due)
    }
}
