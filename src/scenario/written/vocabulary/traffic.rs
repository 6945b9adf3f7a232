//! The words of pools, operations and gauges.

use super::application::{HEADERS, HTTP_EXPECT, JSON, REQUEST, TIMEOUT, http};
use super::shape::PARAMETER;
use crate::scenario::written::form::Takes::{
    self, Count, Duration, DurationRange, Either, List, Matching, Moment, Named, Rate, Sql, Text, Truth, Word,
};
use crate::scenario::written::form::{Form, Key, Shared, form, key, needed};

/// A connection pool.
pub(crate) static POOL: Form = form(
    "pool",
    "a pool",
    &[
        key("connections", Count, "Connections that are kept, of each instance; 10 if left out."),
        key("overflow", Count, "Connections that come on top when all are busy, of each instance."),
        key("instances", Count, "How many processes of the application have such a pool; 1 if left out."),
        key(
            "max_waiting",
            Count,
            "How many may wait for a connection, of each instance; beyond, requests fail at once.",
        ),
        key("acquire_timeout", Duration, "The longest wait for a connection; 30s if left out."),
        key("statement_timeout", Duration, "The server's statement_timeout on each connection."),
        key(
            "protocol",
            Word(&["prepared", "extended", "simple"]),
            "How statements are sent; it changes which locks a query needs.",
        ),
        key("session", List(&Sql), "SQL run on each new connection."),
        key(
            "forgets_plans",
            Truth,
            "Whether a connection prepares anew after *cached plan must not change result type*; true if left out.",
        ),
    ],
);

/// A named unit of traffic. What it runs and when may come from the base, so neither is required here.
pub(crate) static OPERATION: Form = Form {
    name: "operation",
    says: "an operation",
    keys: &[
        key("pool", Text, "The pool it takes connections from; may be left out where there is only one."),
        key("rate", Rate, "The open model: so many arrivals, whether or not earlier ones are done."),
        key("stages", List(&Takes::Form(&STAGE)), "Ramps of the rate, one after the other."),
        key("spacing", Word(&["poisson", "even"]), "The distances between arrivals; poisson if left out."),
        key("clients", Count, "The closed model: so many clients, one operation of each at a time."),
        key("think", DurationRange, "The pause of a client between two operations."),
        key("every", Duration, "A job: due every so often, skipped while still running."),
        key("at", Moment, "Once, so long after the start of the migration or of `measure`; `-2s` is before it."),
        key("parameters", Named(&PARAMETER), "What `:name` in its SQL stands for."),
        key("sql", Sql, "One statement."),
        key("expect", Either(&[EXPECT, HTTP_EXPECT]), "How many rows `sql` must give, or what `http` must answer."),
        key("transaction", List(&ACTION), "Steps between BEGIN and COMMIT."),
        key("steps", List(&ACTION), "Steps, each on its own."),
        Key { required: false, ..http() },
        HEADERS,
        JSON,
        TIMEOUT,
        key("retry", Takes::Form(&OPERATION_RETRY), "When it is tried again."),
    ],
    one_of: &[],
    never_both: &[&["sql", "transaction", "steps", "http"], &["rate", "clients", "every", "at"]],
};

/// A ramp.
pub(crate) static STAGE: Form = form(
    "stage",
    "a stage",
    &[needed("over", Duration, "How long the ramp takes."), needed("to", Rate, "The rate at its end.")],
);

/// When an operation is tried again.
pub(crate) static OPERATION_RETRY: Form = form(
    "operation_retry",
    "a retry",
    &[
        needed("times", Count, "How often at most."),
        key("pause", DurationRange, "The pause before each: random between two ends, `5ms..50ms`."),
        needed("errors", List(&Text), "After which errors, such as deadlock_detected."),
    ],
);

/// SQL sampled over time.
pub(crate) static GAUGE: Form = form(
    "gauge",
    "a gauge",
    &[
        key("every", Duration, "How often it is asked; 1s if left out."),
        key("sql", Sql, "A statement that gives one number."),
    ],
);

const EXPECT: Takes = Matching("^(rows|no rows|1 row|[0-9]+ rows)$");

/// A step of an operation.
pub(crate) static ACTION: Takes = Takes::Shared(&Shared {
    name: "action",
    takes: Either(&[
        Sql,
        Takes::Form(&STATEMENT),
        Takes::Form(&PAUSE),
        Takes::Form(&FOR_EACH),
        Takes::Form(&REPEAT),
        Takes::Form(&INSERT),
        Takes::Form(&EACH_ROW),
        Takes::Form(&REQUEST),
    ]),
});

/// All forms of a step; those that may hold `sql` besides their own key come first.
pub(crate) static ACTIONS: &[&Form] = &[&FOR_EACH, &REPEAT, &INSERT, &EACH_ROW, &PAUSE, &REQUEST, &STATEMENT];

const AS: Key = key("as", Text, "The name under which later statements use its answer: `:name.column`.");
const EXPECTED: Key = key("expect", EXPECT, "How many rows it must return or change.");

/// A statement.
pub(crate) static STATEMENT: Form =
    form("statement", "a statement", &[needed("sql", Sql, "The statement."), AS, EXPECTED]);

/// A wait.
pub(crate) static PAUSE: Form =
    form("pause", "a pause", &[needed("pause", DurationRange, "The application thinks, its locks held.")]);

/// A loop over rows.
pub(crate) static FOR_EACH: Form = Form {
    name: "for_each",
    says: "a loop",
    keys: &[
        needed("for_each", Text, "The answer whose rows it runs for: N+1."),
        key("sql", Sql, "The statement that runs for each."),
        AS,
        EXPECTED,
        key("steps", List(&ACTION), "The steps that run for each."),
    ],
    one_of: &[&["sql", "steps"]],
    never_both: &[],
};

/// A loop by number.
pub(crate) static REPEAT: Form = Form {
    name: "repeat",
    says: "a loop",
    keys: &[
        needed("repeat", Count, "How often; it ends early on an empty answer."),
        key("sql", Sql, "The statement that runs each time."),
        AS,
        EXPECTED,
        key("steps", List(&ACTION), "The steps that run each time."),
    ],
    one_of: &[&["sql", "steps"]],
    never_both: &[],
};

/// An insert of generated rows.
pub(crate) static INSERT: Form = form(
    "insert",
    "an insert",
    &[needed("insert", Takes::Form(&INSERTED), "Inserts generated rows, above the seeded ones.")],
);

/// What is inserted.
pub(crate) static INSERTED: Form = form(
    "inserted",
    "an insert",
    &[
        needed("table", Text, "The table."),
        key("rows", Count, "How many rows; 1 if left out."),
        key("by", Word(&["one by one", "multi-row", "unnest", "copy"]), "In which way; one by one if left out."),
    ],
);

/// SQL whose answer is SQL.
pub(crate) static EACH_ROW: Form = form(
    "each_row",
    "a step",
    &[needed("each_row", Sql, "A statement; each cell of its answer is a statement to run, as psql's \\gexec.")],
);
