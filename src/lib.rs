//! Shakedown puts a database change through its paces at production size before production does.
//!
//! A YAML scenario says how much data there is, what traffic runs, and what is to be tried. Shakedown
//! builds the data, keeps the traffic flowing, makes the change in the middle of it, and reports who
//! waited for which lock, behind which statement, for how long, and what that did to latency and errors.
//! Without a change it compares: variants in interleaved rounds, counts before times, at one round trip or several.
//!
//! # One experiment
//!
//! ```text
//! scenario.yaml ──read, check──▶ Scenario
//!                                   │
//!             place (a private server, or a URL that is allowed)
//!                                   │
//!             schema ▶ seed (generate ▶ COPY) ▶ keep                         once; restored ever after
//!                                   │
//!       for each round, round trip and variant:
//!       restore ▶ set up ▶ each operation alone ▶ warm-up ▶ before ▶ MIGRATION ▶ after ▶ plans, checks
//!                                   │             │         └──── or measure ─────┘
//!                                   │             └───── traffic flows throughout ─────┘
//!                                   │             └───── locks, counters watched ──────┘
//!                         observations, through one bounded channel
//!                                   ▼
//!             reports/<scenario>/<run>/  result.json · latency.hlog · events.jsonl
//!                                   │   (all that a report may read)
//!              verdict ▶ exit code        report.html
//! ```
//!
//! # Rooms
//!
//! A room uses rooms of lower rows only, never its own row; `tests/layers.rs` holds it to that.
//!
//! ```text
//! command                                   the command line and the terminal
//! experiment · report                       runs it, and only that · reads results, and only those
//! place · load · traffic · preflight        a server · its data · its load · is the scenario possible at all
//! migration · watch · application · network the change · what it does · whose code is tested · what lies between
//! server · workshop                         all that names a driver or a catalog, and which locks exclude each other · others' programs, prepared
//! scenario · result                         what was asked · what was found
//! sql · data · attribution · verdict        text · cells · causes · judgements: no clock, no disk, no server
//! plain values                              units schema value phase schedule sample wait mode step …
//! ```
//!
//! # What holds everywhere
//!
//! - A cell is a function of (seed, table, column, row); an arrival and its parameters of (seed, operation, n).
//! - Only rooms that run things hold a [`clock::Clock`]; all else is given offsets from the start of its round.
//! - A failed query is a [`sample::Sample`] with an outcome. Only a failed harness is an error.
//! - Everything that is due is accounted for: scheduled = succeeded + failed + dropped + cut + skipped.
//! - What an operation costs is counted when it is executed alone, before there is any load, and undone.
//! - What was measured is stored; the rest is computed from it.

pub mod application;
pub mod attribution;
pub mod backends;
pub mod chance;
pub mod clock;
pub mod command;
pub mod cost;
pub mod data;
pub mod experiment;
pub mod failure;
pub mod figures;
pub mod latency;
pub mod load;
pub mod migration;
pub mod mode;
pub mod network;
pub mod observation;
pub mod phase;
pub mod place;
pub mod plan;
pub mod preflight;
pub mod progress;
pub mod report;
pub mod result;
pub mod sample;
pub mod scenario;
pub mod schedule;
pub mod schema;
pub mod server;
pub mod shell;
pub mod sql;
pub mod statistics;
pub mod step;
pub mod traffic;
pub mod units;
pub mod value;
pub mod verdict;
pub mod wait;
pub mod watch;
pub mod workshop;
