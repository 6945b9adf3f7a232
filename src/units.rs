//! Human quantities: `5M`, `300/s`, `500us`, `2GB`, `0.1%`, `5ms..10ms`.
//!
//! Units live in types, not in names and numbers.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Events per second; finite, not negative.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Rate(pub f64);

/// A length of time that may vary: each use draws from between its ends, uniformly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationRange {
    /// The shortest.
    pub least: Duration,
    /// The longest; equal to the shortest where the length is fixed.
    pub most: Duration,
}

impl DurationRange {
    /// The length at `share` of the way from the shortest to the longest, 0 ≤ share ≤ 1.
    #[must_use]
    pub fn at(&self, share: f64) -> Duration {
        self.least + self.most.saturating_sub(self.least).mul_f64(share.clamp(0.0, 1.0))
    }
}
