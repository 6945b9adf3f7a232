//! Whole scenarios at a hundredth of their size and with short phases: each runs to its end in all its variants and
//! shows what it is about. What depends on time is not asked here, for little data on a busy machine have none.

#[path = "../support/mod.rs"]
mod support;

mod examples;
mod left;
mod scenarios;
