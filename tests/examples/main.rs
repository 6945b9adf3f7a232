//! Whole scenarios at a hundredth of their size and with short phases: each runs to its end in all its variants and
//! shows what it is about. What depends on time is not asked here, for little data on a busy machine have none.

#[path = "../support/mod.rs"]
mod support;

mod audit_log;
mod bulk_writes;
mod examples;
mod giant_update;
mod invalid_index;
mod left;
mod lock_order;
mod memo;
mod missing_index;
mod patients;
mod races;
mod sales;
mod scenarios;
mod tenants;
mod tools;
