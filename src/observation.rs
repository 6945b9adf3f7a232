//! What the rooms that run things tell the recorder.
//!
//! All of it flows one way, through one bounded channel, and whoever sends knows nothing of who keeps it.

use crate::phase::Phase;
use crate::sample::Sample;
use crate::step::StepFacts;
use crate::wait::{Actor, Tick};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::mpsc;

/// Where observations go. Bounded: 4,096 batches are more than a stalled disk of a few seconds.
pub type Observer = mpsc::Sender<Observation>;

/// One thing seen, with its offset from the start of the round.
#[derive(Debug)]
pub enum Observation {
    /// A phase began.
    Phase(Phase, Duration),
    /// Operations ended, in any order.
    Samples(Vec<Sample>),
    /// Statements ended that may have waited: what waits are closed by.
    Statements(Vec<StatementSpan>),
    /// The lock sampler looked.
    Tick(Tick),
    /// Between those times no connection of the pool was free.
    Saturated {
        /// The pool, by its place in the variant.
        pool: u16,
        /// Since when.
        from: Duration,
        /// Until when.
        until: Duration,
    },
    /// A step began; its place.
    StepBegan(u16, Duration),
    /// A step ended.
    StepEnded(u16, Box<StepFacts>),
    /// A gauge was read; `None` when its SQL failed or gave NULL.
    Gauge {
        /// The gauge, by its place in the variant.
        gauge: u16,
        /// When.
        at: Duration,
        /// What it read.
        value: Option<f64>,
    },
    /// What the machine did in the last second or so.
    Health(Health),
    /// What active backends of traffic waited for, by class of wait event; locks left out.
    WaitEvents {
        /// When.
        at: Duration,
        /// How many backends waited for each class: `IO`, `LWLock`, …; `CPU` for none.
        classes: Vec<(String, u32)>,
    },
    /// Something a reader should know, in words.
    Note(Duration, String),
}

/// One statement that may have waited for a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementSpan {
    /// The backend that ran it.
    pub pid: i32,
    /// Whom it ran it for.
    pub actor: Actor,
    /// When the operation was due; of a step, when it was sent.
    pub due: Duration,
    /// When the statement was sent.
    pub sent: Duration,
    /// When its answer had arrived.
    pub ended: Duration,
    /// Whether it failed.
    pub failed: bool,
}

/// CPU, in cores, and pressure over a second or so; what cannot be read on this system is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// End of the second.
    pub at: Duration,
    /// How long it was in fact.
    pub length: Duration,
    /// Used by this process.
    pub client: f64,
    /// Used by the server's processes, of a managed one.
    pub server: Option<f64>,
    /// Used by the backend that answers the lock sampler.
    pub sampler: Option<f64>,
    /// Share of the time in which some task lacked a CPU (`/proc/pressure/cpu`).
    pub cpu_pressure: Option<f64>,
    /// Share of the time in which some task waited for IO (`/proc/pressure/io`).
    pub io_pressure: Option<f64>,
}
