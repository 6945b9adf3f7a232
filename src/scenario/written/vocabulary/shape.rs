//! The words of what fills columns and parameters.

use crate::scenario::written::form::Takes::{
    self, Count, Either, Lengths, Matching, Named, Number, Scalar, Share, Text, Truth, Tuple, Word,
};
use crate::scenario::written::form::{Form, Key, Shared, form, key, needed};

/// What fills a column.
pub(crate) static COLUMN: Takes = Takes::Shared(&Shared {
    name: "column",
    takes: Either(&[
        Scalar,
        Takes::Form(&KEY_OF_COLUMN),
        Takes::Form(&FROM),
        Takes::Form(&NUMBER_WITHIN),
        Takes::Shared(&DRAWN),
    ]),
});

/// What fills a parameter.
pub(crate) static PARAMETER: Takes = Takes::Shared(&Shared {
    name: "parameter",
    takes: Either(&[Scalar, Takes::Form(&KEY_OF_PARAMETER), Takes::Form(&NEW_KEY), Takes::Shared(&DRAWN)]),
});

/// What needs no other table, and so may stand inside of a document or an array too.
static DRAWN: Shared = Shared {
    name: "drawn",
    takes: Either(&[
        Takes::Form(&UNIFORM),
        Takes::Form(&NORMAL),
        Takes::Form(&LOGNORMAL),
        Takes::Form(&ZIPF),
        Takes::Form(&CHOICE),
        Takes::Form(&BETWEEN),
        Takes::Form(&TEXT),
        Takes::Form(&KIND),
        Takes::Form(&UUID),
        Takes::Form(&JSON),
        Takes::Form(&ARRAY),
        Takes::Form(&LINES),
        Takes::Form(&SEQUENCE),
        Takes::Form(&CONSTANT),
    ]),
};

/// The forms of a column.
pub(crate) static COLUMNS: &[&Form] = &[
    &KEY_OF_COLUMN,
    &FROM,
    &NUMBER_WITHIN,
    &UNIFORM,
    &NORMAL,
    &LOGNORMAL,
    &ZIPF,
    &CHOICE,
    &BETWEEN,
    &TEXT,
    &KIND,
    &UUID,
    &JSON,
    &ARRAY,
    &LINES,
    &SEQUENCE,
    &CONSTANT,
];

/// The forms of a parameter.
pub(crate) static PARAMETERS: &[&Form] = &[
    &KEY_OF_PARAMETER,
    &NEW_KEY,
    &UNIFORM,
    &NORMAL,
    &LOGNORMAL,
    &ZIPF,
    &CHOICE,
    &BETWEEN,
    &TEXT,
    &KIND,
    &UUID,
    &JSON,
    &ARRAY,
    &LINES,
    &SEQUENCE,
    &CONSTANT,
];

/// The forms of what stands inside of a document or an array.
pub(crate) static ELEMENTS: &[&Form] = &[
    &UNIFORM, &NORMAL, &LOGNORMAL, &ZIPF, &CHOICE, &BETWEEN, &TEXT, &KIND, &UUID, &JSON, &ARRAY, &LINES, &SEQUENCE,
    &CONSTANT,
];

/// The forms of a number of children.
pub(crate) static CHILDREN: &[&Form] = &[&UNIFORM, &NORMAL, &LOGNORMAL, &ZIPF, &CHOICE];

const NULLS: Key = key("nulls", Share, "The share of NULLs.");
const UNIQUE: Key = key("unique", Truth, "Whether no value may come twice.");
const COUNT: Key = key("count", Count, "Of a parameter: so many different values, as an array.");
const TABLE: &str = "A row of that seeded table.";
const SKEW: Key = key(
    "skew",
    Matching("^(uniform|zipf [0-9.]+|[0-9.]+ ?% on [0-9_]+[kM]?)$"),
    "Which rows are favoured: `zipf 1.1`, or `60% on 1`.",
);

static KEY_OF_COLUMN: Form = form(
    "key_of_column",
    "a reference",
    &[
        needed("key", Text, TABLE),
        SKEW,
        key(
            "children",
            Either(&[
                Count,
                Takes::Form(&UNIFORM),
                Takes::Form(&NORMAL),
                Takes::Form(&LOGNORMAL),
                Takes::Form(&ZIPF),
                Takes::Form(&CHOICE),
            ]),
            "How many rows each row of that table has here, instead of `rows`.",
        ),
        NULLS,
        UNIQUE,
    ],
);

static KEY_OF_PARAMETER: Form = form(
    "key_of_parameter",
    "a reference",
    &[
        needed("key", Text, "A seeded row: `:name` is its key, `:name.column` any of its columns."),
        SKEW,
        COUNT,
        key("delete", Truth, "Takes each key once, from a slice that nobody else draws from."),
        NULLS,
    ],
);

static NEW_KEY: Form =
    form("new_key", "a new key", &[needed("new_key", Text, "A key of that table above all seeded ones."), COUNT]);

static FROM: Form = form(
    "from",
    "a column of another row",
    &[
        needed(
            "from",
            Matching(r"^[^.]+\.[^.]+$"),
            "`account_id.tenant_id`: that column of the row that account_id refers to.",
        ),
        NULLS,
    ],
);

static NUMBER_WITHIN: Form = form(
    "number_within",
    "a number within a parent",
    &[needed("number_within", Text, "1, 2, 3, … within the rows that share the value of that column.")],
);

static UNIFORM: Form = form(
    "uniform",
    "a distribution",
    &[needed("uniform", Tuple(&[Number, Number]), "All values between two ends equally likely."), NULLS, UNIQUE, COUNT],
);

static NORMAL: Form = form(
    "normal",
    "a distribution",
    &[needed("normal", Takes::Form(&MEAN), "The normal distribution."), NULLS, UNIQUE, COUNT],
);

pub(crate) static MEAN: Form = form(
    "mean",
    "a normal distribution",
    &[needed("mean", Number, "The mean."), needed("deviation", Number, "The standard deviation.")],
);

static LOGNORMAL: Form = form(
    "lognormal",
    "a distribution",
    &[needed("lognormal", Takes::Form(&MEDIAN), "Many small values, few large ones."), NULLS, UNIQUE, COUNT],
);

pub(crate) static MEDIAN: Form = form(
    "median",
    "a lognormal distribution",
    &[needed("median", Number, "Half the values lie below."), needed("p99", Number, "99 of 100 values lie below.")],
);

static ZIPF: Form = form(
    "zipf",
    "a distribution",
    &[
        needed(
            "zipf",
            Tuple(&[Number, Number, Number]),
            "Whole numbers from low to high; the k-th most frequent is k^-exponent as frequent as the first: [low, high, exponent].",
        ),
        NULLS,
        UNIQUE,
        COUNT,
    ],
);

static CHOICE: Form = form(
    "choice",
    "a choice",
    &[needed("choice", Named(&Number), "Values by weight: `{ settled: 90, failed: 10 }`."), NULLS, UNIQUE, COUNT],
);

static BETWEEN: Form = form(
    "between",
    "a range",
    &[
        needed(
            "between",
            Tuple(&[Scalar, Scalar]),
            "Moments or numbers: `[2 years ago, now]`, `[2024-01-01, 2024-12-31]`.",
        ),
        key(
            "order",
            Word(&["random", "ascending", "descending"]),
            "Whether they follow the row number; random if left out.",
        ),
        NULLS,
        UNIQUE,
        COUNT,
    ],
);

static TEXT: Form = form(
    "text",
    "a text",
    &[needed("text", Lengths, "Random letters, so many of them: `5..40`."), NULLS, UNIQUE, COUNT],
);

static KIND: Form = form(
    "kind",
    "a text",
    &[needed("kind", Word(KIND_WORDS), "Text that looks like something."), NULLS, UNIQUE, COUNT],
);

/// The kinds of text, in the order of [`crate::data::shape::Kind`].
pub(crate) const KIND_WORDS: &[&str] = &[
    "name",
    "first_name",
    "last_name",
    "email",
    "username",
    "company",
    "city",
    "country",
    "street",
    "phone",
    "url",
    "ip",
    "word",
    "sentence",
    "paragraph",
    "product",
];

static UUID: Form =
    form("uuid", "a UUID", &[needed("uuid", Word(&["random"]), "Random UUIDs, version 4."), NULLS, UNIQUE, COUNT]);

static JSON: Form =
    form("json", "a document", &[needed("json", Named(&ELEMENT), "A document with these keys."), NULLS]);

static ARRAY: Form =
    form("array", "an array", &[needed("array", Takes::Form(&ITEMS), "An array of so many elements."), NULLS]);

pub(crate) static ITEMS: Form = form(
    "items",
    "an array",
    &[
        needed("of", Takes::Either(&[Scalar, Takes::Shared(&DRAWN)]), "What each element is."),
        key("length", Lengths, "How many: `1..5`, which it is if left out."),
    ],
);

static ELEMENT: Takes = Either(&[Scalar, Takes::Shared(&DRAWN)]);

static LINES: Form = form(
    "lines",
    "lines of a file",
    &[needed("lines", Text, "A file beside the scenario; each of its lines is equally likely."), NULLS, UNIQUE, COUNT],
);

static SEQUENCE: Form =
    form("sequence", "a sequence", &[needed("sequence", Takes::Form(&STEPS), "Numbers at equal distances."), NULLS]);

pub(crate) static STEPS: Form = form(
    "sequence_steps",
    "a sequence",
    &[key("start", Number, "The first; 1 if left out."), key("step", Number, "From one to the next; 1 if left out.")],
);

static CONSTANT: Form = form("constant", "a constant", &[needed("constant", Scalar, "Always the same value."), NULLS]);
