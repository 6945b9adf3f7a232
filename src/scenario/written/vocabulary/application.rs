//! The words of an application under test, and of requests to it.

use crate::scenario::written::form::Takes::{self, Any, Duration, Either, List, Matching, Named, Status, Text};
use crate::scenario::written::form::{Form, Key, form, key, needed};

/// An application. What starts it may come from the base, so nothing is required here.
pub(crate) static APP: Form = form(
    "app",
    "an application",
    &[
        key("command", Text, "What starts it and stays in the foreground; it gets PORT and DATABASE_URL."),
        key("ready", PATH, "The path whose success says that it is ready: `/healthz`."),
        key("ready_within", Duration, "How long that may take; 30s if left out."),
        key("folder", Text, "The folder in which it runs, beside the scenario; the scenario's own if left out."),
        key(
            "setup",
            Either(&[Text, List(&Text)]),
            "Commands run once before the first start; what they make in `{kept}` is there in later runs.",
        ),
        key(
            "environment",
            Named(&Text),
            "More of its environment; `{database_url}`, `{port}` and `{kept}` stand for what it is given.",
        ),
    ],
);

/// A step that asks the application.
pub(crate) static REQUEST: Form = form(
    "request",
    "a request",
    &[http(), HEADERS, JSON, key("expect", HTTP_EXPECT, "What counts as success; any 2xx if left out."), TIMEOUT],
);

/// What counts as success.
pub(crate) static EXPECTED_ANSWER: Form = form(
    "expected_answer",
    "an expected answer",
    &[
        key("status", Status, "The status; then redirects are not followed."),
        key("json", Named(&Any), "Values that the answer must have, by JSON pointer: `{ /total: 12 }`."),
    ],
);

const PATH: Takes = Matching("^/[^ ]*$");

/// The key that tells a request from other steps.
pub(crate) const fn http() -> Key {
    needed(
        "http",
        Matching("^(GET|HEAD|POST|PUT|PATCH|DELETE) /[^ ]*$"),
        "A request to the application: `GET /orders/:order.id?limit=10`.",
    )
}

pub(crate) const HEADERS: Key = key("headers", Named(&Text), "Headers of `http`; `:name` stands for a parameter.");
pub(crate) const JSON: Key =
    key("json", Any, "The body of `http`; a text that is nothing but `:name` stands for that parameter.");
pub(crate) const TIMEOUT: Key =
    key("timeout", Duration, "How long the user of `http` waits for the whole answer; 30s if left out.");

/// A status alone, or all that an answer must have.
pub(crate) const HTTP_EXPECT: Takes = Either(&[Status, Takes::Form(&EXPECTED_ANSWER)]);
