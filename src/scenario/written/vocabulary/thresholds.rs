//! The words of limits.

use crate::mode::Mode;
use crate::scenario::written::form::Takes::{self, Amount, Bytes, Count, Duration, Either, Named, Number, Rate, Word};
use crate::scenario::written::form::{Form, form, key};

/// Limits on whatever can have them; which go with which subject is checked, not said by the form.
pub(crate) static LIMITS: Form = form(
    "limits",
    "a threshold",
    &[
        key("p50", TIME, "The median response time."),
        key("p90", TIME, "The response time that 90 % stay below."),
        key("p95", TIME, "The response time that 95 % stay below."),
        key("p99", TIME, "The response time that 99 % stay below."),
        key("p99.9", TIME, "The response time that 99.9 % stay below."),
        key(
            "max",
            Either(&[Duration, Takes::Relative, Number]),
            "The longest response time, or the highest reading of a gauge.",
        ),
        key("min", Number, "The lowest reading of a gauge."),
        key("longest_stall", TIME, "The longest time in which nothing succeeded although something was due."),
        key("throughput", Either(&[Rate, Takes::Relative]), "Successes a second, at least: `50/s`."),
        key("dropped", Count, "Arrivals that the generator itself could not hold."),
        key(
            "errors",
            Either(&[Amount, Named(&Amount)]),
            "Failed operations, `5` or `0.1%`: all, or by class, `any` among them.",
        ),
        key("retries", Amount, "Operations tried again: `5` or `0.1%`."),
        key("statements", COUNT, "Statements that one execution sends: N+1 breaks it at any scale, on any machine."),
        key("rows", COUNT, "Rows that one execution returns or changes."),
        key("buffers", COUNT, "Blocks that one execution touches, in shared buffers or not."),
        key(
            "wal",
            SIZE,
            "Write-ahead log, `64kB`: of one execution; of the whole server while a step or the migration ran.",
        ),
        key("blocked", Duration, "Summed time of waiting for locks; of a step or the migration, of traffic behind it."),
        key("blocked_by", Named(&Duration), "The same, by whom: operations and named steps."),
        key("duration", Duration, "How long a step, or the whole migration, may take."),
        key(
            "lock",
            Word(&Mode::WORDS),
            "The strongest lock that a step or the migration may take on what it did not make itself.",
        ),
        key("rewrites", Count, "Tables and indexes that a step or the migration writes anew."),
        key("scans", Count, "Tables that a step or the migration reads from end to end."),
        key("longest_block", Duration, "The longest wait of the traffic behind a step or the migration."),
        key("growth", Bytes, "By how much tables with their indexes grow during a step or the migration: `1GB`."),
        key("recovery", Duration, "From the end of the migration until all is as it was before; `2s` at least."),
    ],
);

const TIME: Takes = Either(&[Duration, Takes::Relative]);
const COUNT: Takes = Either(&[Count, Takes::Relative]);
const SIZE: Takes = Either(&[Bytes, Takes::Relative]);
