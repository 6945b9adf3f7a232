//! What a run leaves behind: `result.json`, `latency.hlog` and `events.jsonl`.
//!
//! These three are all that a report needs. The recorder writes them while the run goes on, in memory
//! that does not grow with its length; the reader gives them back. Neither knows a server.

pub mod model;
pub mod series;
