//! What a run leaves behind: `result.json`, `latency.hlog` and `events.jsonl`.
//!
//! These three are all that a report needs. The recorder writes them while the run goes on, in memory
//! that does not grow with its length; the reader gives them back. Neither knows a server.

mod compared;
mod earlier;
mod event;
mod hlog;
mod identity;
mod json_schema;
mod measured;
pub mod model;
pub mod night;
mod read;
mod record;
mod recording;
pub mod series;
#[cfg(test)]
mod tests;

pub use earlier::{EarlierRuns, earlier_runs};
pub use event::{ArrivalModel, OperationShape, RoundShape};
pub use json_schema::json_schema;
pub use measured::{RoundFacts, RoundMeasured, Rules, SAME_RESULT, STOP_WHEN};
pub use read::{read, read_result};
pub use record::Recorder;
pub use recording::{LATENCY, Recording, Rendering, replace};
