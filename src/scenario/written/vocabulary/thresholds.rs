//! The words of limits.

use crate::mode::Mode;
use crate::scenario::written::form::Takes::{
    self, Amount, Bytes, Count, Duration, Either, Named, Number, Rate, Relative, Word,
};
use crate::scenario::written::form::{Form, Key, form, key};

/// Limits on whatever can have them; which go with which subject is checked, not said by the form.
pub(crate) static LIMITS: Form = form(
    "limits",
    "a threshold",
    &[
        RESPONSE_P50,
        RESPONSE_P90,
        RESPONSE_P95,
        RESPONSE_P99,
        RESPONSE_P99_9,
        key(
            "max",
            Either(&[Duration, Relative, Number]),
            "The longest response time, or the highest reading of a gauge.",
        ),
        SERVICE_P50,
        SERVICE_P90,
        SERVICE_P95,
        SERVICE_P99,
        SERVICE_P99_9,
        SERVICE_MAX,
        POOL_WAIT_P50,
        POOL_WAIT_P90,
        POOL_WAIT_P95,
        POOL_WAIT_P99,
        POOL_WAIT_P99_9,
        POOL_WAIT_MAX,
        key("min", Number, "The lowest reading of a gauge."),
        key("longest_stall", TIME, "The longest time in which nothing succeeded although something was due."),
        THROUGHPUT,
        DROPPED,
        ERRORS,
        RETRIES,
        key("statements", COUNT, "Statements that one execution sends: N+1 breaks it at any scale, on any machine."),
        key("rows", COUNT, "Rows that one execution returns or changes."),
        key("buffers", COUNT, "Blocks that one execution touches, in shared buffers or not."),
        key(
            "wal",
            Either(&[Bytes, Relative]),
            "Write-ahead log, `64kB`: of one execution; of the whole server while a step or the migration ran, or while the database was judged.",
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
        key(
            "growth",
            Bytes,
            "By how much tables with their indexes grow during a step or the migration, or the whole database: `1GB`.",
        ),
        key("dead_rows", Count, "Rows that updates and deletes have left behind in the database by the end: `100k`."),
        key("recovery", Duration, "From the end of the migration until all is as it was before; `2s` at least."),
        key("before", Takes::Form(&OF_PHASE), "Limits on the phase before the migration alone."),
        key("during", Takes::Form(&OF_PHASE), "Limits on the time from the first step to the end of the last."),
        key("after", Takes::Form(&OF_PHASE), "Limits on the phase after the migration alone."),
        key("measure", Takes::Form(&OF_PHASE), "Limits on the judged time, where no variant has a migration."),
    ],
);

/// Limits on one phase.
pub(crate) static OF_PHASE: Form = form(
    "limits_of_phase",
    "a threshold on a phase",
    &[
        RESPONSE_P50,
        RESPONSE_P90,
        RESPONSE_P95,
        RESPONSE_P99,
        RESPONSE_P99_9,
        key("max", TIME, "The longest response time."),
        SERVICE_P50,
        SERVICE_P90,
        SERVICE_P95,
        SERVICE_P99,
        SERVICE_P99_9,
        SERVICE_MAX,
        POOL_WAIT_P50,
        POOL_WAIT_P90,
        POOL_WAIT_P95,
        POOL_WAIT_P99,
        POOL_WAIT_P99_9,
        POOL_WAIT_MAX,
        THROUGHPUT,
        DROPPED,
        ERRORS,
        RETRIES,
    ],
);

/// What ends a round as hopeless.
pub(crate) static HOPELESS: Form = form(
    "stop_when",
    "a condition of `stop_when`",
    &[
        key("longest_stall", Duration, "Nothing succeeded for so long."),
        key("errors", Amount, "More failed than so many, or than such a share of all."),
    ],
);

/// A length of time, or so many times that of another.
const TIME: Takes = Either(&[Duration, Relative]);
/// A count, or so many times that of another.
const COUNT: Takes = Either(&[Count, Relative]);

const RESPONSE_P50: Key = key("p50", TIME, "The median response time.");
const RESPONSE_P90: Key = key("p90", TIME, "The response time that 90 % stay below.");
const RESPONSE_P95: Key = key("p95", TIME, "The response time that 95 % stay below.");
const RESPONSE_P99: Key = key("p99", TIME, "The response time that 99 % stay below.");
const RESPONSE_P99_9: Key = key("p99.9", TIME, "The response time that 99.9 % stay below.");
const SERVICE_P50: Key = key("service_p50", TIME, "The median service time, from the connection to the end.");
const SERVICE_P90: Key = key("service_p90", TIME, "The service time that 90 % stay below.");
const SERVICE_P95: Key = key("service_p95", TIME, "The service time that 95 % stay below.");
const SERVICE_P99: Key = key("service_p99", TIME, "The service time that 99 % stay below.");
const SERVICE_P99_9: Key = key("service_p99.9", TIME, "The service time that 99.9 % stay below.");
const SERVICE_MAX: Key = key("service_max", TIME, "The longest service time, from the connection to the end.");
const POOL_WAIT_P50: Key = key("pool_wait_p50", TIME, "The median wait for a connection.");
const POOL_WAIT_P90: Key = key("pool_wait_p90", TIME, "The wait for a connection that 90 % stay below.");
const POOL_WAIT_P95: Key = key("pool_wait_p95", TIME, "The wait for a connection that 95 % stay below.");
const POOL_WAIT_P99: Key = key("pool_wait_p99", TIME, "The wait for a connection that 99 % stay below.");
const POOL_WAIT_P99_9: Key = key("pool_wait_p99.9", TIME, "The wait for a connection that 99.9 % stay below.");
const POOL_WAIT_MAX: Key = key("pool_wait_max", TIME, "The longest wait for a connection.");

const THROUGHPUT: Key = key("throughput", Either(&[Rate, Relative]), "Successes a second, at least: `50/s`.");
const DROPPED: Key = key("dropped", Count, "Arrivals that the generator itself could not hold.");
const ERRORS: Key = key(
    "errors",
    Either(&[Amount, Relative, Named(&Either(&[Amount, Relative]))]),
    "Failed operations, `5` or `0.1%`: all, or by class, `any` among them.",
);
const RETRIES: Key = key("retries", Either(&[Amount, Relative]), "Operations tried again: `5` or `0.1%`.");
