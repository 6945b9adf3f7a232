//! The words of a migration.

use crate::scenario::written::form::Takes::{
    self, Count, Duration, DurationRange, Either, List, Named, Rate, Sql, Text,
};
use crate::scenario::written::form::{Form, Key, form, key, needed};

/// A step of a migration.
pub(crate) static STEP: Takes = Either(&[
    Sql,
    Takes::Form(&SQL),
    Takes::Form(&TRANSACTION),
    Takes::Form(&FILE),
    Takes::Form(&DIRECTORY),
    Takes::Form(&BACKFILL),
    Takes::Form(&COMMAND),
    Takes::Form(&EACH_ROW),
    Takes::Form(&PAUSE),
    Takes::Form(&TRAFFIC),
]);

/// All forms of a step.
pub(crate) static STEPS: &[&Form] =
    &[&SQL, &TRANSACTION, &FILE, &DIRECTORY, &BACKFILL, &COMMAND, &EACH_ROW, &PAUSE, &TRAFFIC];

const NAME: Key = key("name", Text, "What reports and thresholds call it.");
const LOCK_TIMEOUT: Key = key("lock_timeout", Duration, "The server's lock_timeout while it runs.");
const RETRY_KEY: Key = key("retry", Takes::Form(&RETRY), "When it is tried again.");

static SQL: Form = form(
    "sql_step",
    "a migration step",
    &[
        needed("sql", Sql, "One statement or several, each on its own unless they say BEGIN."),
        NAME,
        LOCK_TIMEOUT,
        RETRY_KEY,
    ],
);

static TRANSACTION: Form = form(
    "transaction_step",
    "a migration step",
    &[needed("transaction", List(&Sql), "Statements in one transaction."), NAME, LOCK_TIMEOUT, RETRY_KEY],
);

static FILE: Form = form(
    "file_step",
    "a migration step",
    &[needed("file", Text, "A file of statements, beside the scenario."), NAME, LOCK_TIMEOUT, RETRY_KEY],
);

/// A directory that makes the schema.
pub(crate) static SCHEMA: Form = form(
    "migrations",
    "a directory of migrations",
    &[needed("directory", Text, "The directory, beside the scenario, in one of the usual layouts."), UNTIL],
);

/// A directory whose files are steps.
pub(crate) static DIRECTORY: Form = form(
    "directory_step",
    "a migration step",
    &[
        needed("directory", Text, "A directory of migrations, beside the scenario: each file is a step of its own."),
        key("after", Text, "Only those behind this one, by version or by file: `41`, `V41__add_memo.sql`."),
        UNTIL,
        LOCK_TIMEOUT,
        RETRY_KEY,
    ],
);

const UNTIL: Key = key("until", Text, "Only those up to this one, by version or by file: `41`, `V41__add_memo.sql`.");

static BACKFILL: Form = form(
    "backfill_step",
    "a migration step",
    &[
        needed("backfill", Takes::Form(&BATCHES), "Fills a column in batches, by ranges of the primary key."),
        NAME,
        LOCK_TIMEOUT,
        RETRY_KEY,
    ],
);

static COMMAND: Form = form(
    "command_step",
    "a migration step",
    &[
        needed(
            "command",
            Text,
            "A command of the shell, with DATABASE_URL in its environment; run in the folder of `tools`, if there are any.",
        ),
        NAME,
        RETRY_KEY,
    ],
);

/// What commands of migrations need.
pub(crate) static TOOLS: Form = form(
    "tools",
    "the tools",
    &[
        key("folder", Text, "The folder in which commands run, beside the scenario; the scenario's own if left out."),
        key(
            "setup",
            Either(&[Text, List(&Text)]),
            "Commands run once, before any load; what they make in `{kept}` is there in later runs.",
        ),
        key(
            "environment",
            Named(&Text),
            "More of the environment of commands; `{database_url}` and `{kept}` stand for what they are given.",
        ),
    ],
);

static EACH_ROW: Form = form(
    "each_row_step",
    "a migration step",
    &[
        needed("each_row", Sql, "A statement; each cell of its answer is a statement to run, as psql's \\gexec."),
        NAME,
        LOCK_TIMEOUT,
        RETRY_KEY,
    ],
);

static PAUSE: Form =
    form("pause_step", "a migration step", &[needed("pause", DurationRange, "Waits while traffic flows."), NAME]);

static TRAFFIC: Form = form(
    "traffic_step",
    "a migration step",
    &[needed("traffic", Named(&Rate), "Sets the rates of operations: a rolling deploy."), NAME],
);

/// A batched UPDATE.
pub(crate) static BATCHES: Form = form(
    "backfill",
    "a backfill",
    &[
        needed("table", Text, "The table."),
        needed("set", Sql, "What stands behind SET."),
        key("where", Sql, "What stands behind WHERE: the rows that are still to be filled."),
        key("batch", Count, "Rows of a batch, about; 5000 if left out."),
        key("pause", DurationRange, "Between two batches; none if left out."),
    ],
);

/// When a step is tried again.
pub(crate) static RETRY: Form = form(
    "step_retry",
    "a retry",
    &[
        needed("times", Count, "How often at most."),
        key("pause", DurationRange, "The pause before each: random between two ends, `100ms..2s`."),
        key("errors", List(&Text), "After which errors; after any if left out."),
    ],
);
