//! The whole language: every form, every key, and what each is for.

pub(crate) mod application;
pub(crate) mod change;
pub(crate) mod shape;
pub(crate) mod thresholds;
pub(crate) mod traffic;

use super::form::Takes::{self, Count, Duration, Either, List, Matching, Named, Scalar, Sql, Text, Truth, Word};
use super::form::{Form, form, key, needed};

/// The whole file.
pub(crate) static SCENARIO: Form = form(
    "scenario",
    "a scenario",
    &[
        needed("name", Text, "What the scenario is about, in your words."),
        key("about", Text, "What it shows, in one sentence: for `shakedown list` and the head of the report."),
        key("engine", Word(&["postgres"]), "The database server."),
        needed(
            "schema",
            Either(&[Text, Takes::Form(&change::SCHEMA)]),
            "The file with your DDL, or a directory of migrations, beside the scenario; types and keys are read back from \
             the database.",
        ),
        key("settings", Named(&Scalar), "Settings of the managed server, such as `shared_buffers: 2GB`."),
        key(
            "network",
            Takes::Form(&NETWORK),
            "What lies between client and server; one machine alone flatters many small queries.",
        ),
        key(
            "seed",
            Named(&Takes::Form(&SEED)),
            "Tables to fill; columns left out follow from their types and constraints.",
        ),
        key(
            "pools",
            Named(&Takes::Form(&traffic::POOL)),
            "Connection pools as the application has them; without any, one of 10 connections.",
        ),
        key("app", Takes::Form(&application::APP), "An application under test, which the operations with `http` ask."),
        key(
            "tools",
            Takes::Form(&change::TOOLS),
            "What the commands of migrations need: packages, a folder, variables.",
        ),
        key("traffic", Named(&Takes::Form(&traffic::OPERATION)), "What the application does meanwhile, by name."),
        key("gauges", Named(&Takes::Form(&traffic::GAUGE)), "SQL that gives one number, sampled over time."),
        key("phases", Takes::Form(&PHASES), "How long each part of a round lasts."),
        key(
            "variants",
            Named(&Either(&[Takes::Form(&VARIANT), Takes::Null])),
            "The alternatives; each starts from the same restored data. Only `shakedown rehearse` can do without.",
        ),
        key(
            "rounds",
            Count,
            "How often each variant is run; if left out 1, or 8 where several variants without a migration are compared.",
        ),
        key("steady", Truth, "Whether the load is meant to be steady; true if left out."),
        key("same_schema", Truth, "Whether all variants must end at the same schema."),
        key("same_result", Text, "The operation whose answer must be the same in all variants."),
        key(
            "thresholds",
            Named(&Takes::Form(&thresholds::LIMITS)),
            "Limits on operations, `all traffic`, gauges, `migration`, named steps and the whole `database`.",
        ),
        key(
            "stop_when",
            Named(&Takes::Form(&thresholds::HOPELESS)),
            "What ends a round as hopeless, by operation or of `all traffic`; the variant fails and is not repeated.",
        ),
        key("checks", Named(&Sql), "Statements that must give true at the end, by what they say."),
        key("migration_timeout", Duration, "When a migration that does not end is ended; 30min if left out."),
    ],
);

/// What lies between client and server.
pub(crate) static NETWORK: Form = form(
    "network",
    "the network",
    &[needed(
        "round_trip",
        Either(&[Duration, List(&Duration)]),
        "How long there and back take, `500us`; of a list, each is measured: `[0ms, 500us, 5ms]`.",
    )],
);

/// How a table is filled.
pub(crate) static SEED: Form = form(
    "table",
    "a seeded table",
    &[
        key("rows", Count, "How many rows: `5M`; left out where a column has `children`."),
        key(
            "columns",
            Named(&shape::COLUMN),
            "How columns are filled; the others follow from type, name and constraints.",
        ),
    ],
);

/// How long the phases last.
pub(crate) static PHASES: Form = form(
    "phases",
    "the phases",
    &[
        key("warmup", Duration, "Caches and pools fill; nothing is judged. 5s if left out."),
        key("before", Duration, "The steady state that the migration is held against. 20s if left out."),
        key("after", Duration, "The recovery. 20s if left out."),
        key("measure", Duration, "The judged time, where no variant has a migration. 30s if left out."),
    ],
);

/// One of the alternatives.
pub(crate) static VARIANT: Form = form(
    "variant",
    "a variant",
    &[
        key("setup", List(&Sql), "SQL after the restore and before any traffic."),
        key("migration", List(&change::STEP), "The change, step by step, while traffic flows."),
        key(
            "app",
            Either(&[Takes::Form(&application::APP), Takes::Null]),
            "The application over that of the base, key by key; with nothing behind, there is none.",
        ),
        key(
            "tools",
            Either(&[Takes::Form(&change::TOOLS), Takes::Null]),
            "The tools over those of the base, key by key; with nothing behind, there are none.",
        ),
        key(
            "traffic",
            Named(&Either(&[Takes::Form(&traffic::OPERATION), Takes::Null])),
            "Operations over those of the base, key by key; a name with nothing behind takes one away.",
        ),
        key(
            "pools",
            Named(&Either(&[Takes::Form(&traffic::POOL), Takes::Null])),
            "Pools over those of the base, key by key; a name with nothing behind takes one away.",
        ),
        key(
            "gauges",
            Named(&Either(&[Takes::Form(&traffic::GAUGE), Takes::Null])),
            "Gauges over those of the base, key by key; a name with nothing behind takes one away.",
        ),
        key(
            "fails_by",
            List(&Matching(
                r"^.+ ((service_|pool_wait_)?(p50|p90|p95|p99|p99\.9|max)|min|longest_stall|throughput|dropped|errors|retries|blocked|blocked_by|statements|rows|buffers|wal|duration|lock|rewrites|scans|longest_block|growth|dead_rows|recovery|check)$",
            )),
            "Limits that this variant must break, such as `account page longest_stall`, or `NAME check`: being caught is its pass.",
        ),
    ],
);
