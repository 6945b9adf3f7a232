//! Why an operation failed, in the classes that thresholds name.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The class of an error. A failed query is a sample with an outcome; it never ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Failure {
    /// The server's own code (PostgreSQL docs, appendix A).
    Sqlstate([u8; 5]),
    /// No connection within the pool's acquire timeout.
    PoolTimeout,
    /// More requests waited than the pool allows (`max_waiting`).
    PoolFull,
    /// A statement answered with another number of rows than `expect` says.
    UnexpectedRows,
    /// No key was left to delete.
    KeysExhausted,
    /// The connection broke, or could not be made.
    ConnectionLost,
    /// A value does not fit the type that the server wants.
    BadValue,
    /// The application answered with another status than the request expects.
    HttpStatus(u16),
    /// The application's answer does not hold what the request expects of it.
    UnexpectedBody,
    /// The whole answer was not there within the request's timeout.
    RequestTimeout,
}

/// SQLSTATE and condition name, for the codes that applications meet (PostgreSQL docs, appendix A).
const CONDITIONS: &[(&str, &str)] = &[
    ("08000", "connection_exception"),
    ("08003", "connection_does_not_exist"),
    ("08006", "connection_failure"),
    ("0A000", "feature_not_supported"),
    ("22001", "string_data_right_truncation"),
    ("22003", "numeric_value_out_of_range"),
    ("22012", "division_by_zero"),
    ("22P02", "invalid_text_representation"),
    ("23502", "not_null_violation"),
    ("23503", "foreign_key_violation"),
    ("23505", "unique_violation"),
    ("23514", "check_violation"),
    ("23P01", "exclusion_violation"),
    ("25006", "read_only_sql_transaction"),
    ("25P02", "in_failed_sql_transaction"),
    ("25P03", "idle_in_transaction_session_timeout"),
    ("40001", "serialization_failure"),
    ("40P01", "deadlock_detected"),
    ("42501", "insufficient_privilege"),
    ("42601", "syntax_error"),
    ("42703", "undefined_column"),
    ("42704", "undefined_object"),
    ("42804", "datatype_mismatch"),
    ("42883", "undefined_function"),
    ("42P01", "undefined_table"),
    ("42P07", "duplicate_table"),
    ("42701", "duplicate_column"),
    ("42710", "duplicate_object"),
    ("53100", "disk_full"),
    ("53200", "out_of_memory"),
    ("53300", "too_many_connections"),
    ("55000", "object_not_in_prerequisite_state"),
    ("55006", "object_in_use"),
    ("55P03", "lock_not_available"),
    ("57014", "query_canceled"),
    ("57P01", "admin_shutdown"),
    ("57P02", "crash_shutdown"),
    ("57P03", "cannot_connect_now"),
    ("58030", "io_error"),
    ("P0001", "raise_exception"),
    ("P0002", "no_data_found"),
    ("XX000", "internal_error"),
];

/// The classes without a code that we have given a name.
const OWN: [Failure; 8] = [
    Failure::PoolTimeout,
    Failure::PoolFull,
    Failure::UnexpectedRows,
    Failure::KeysExhausted,
    Failure::ConnectionLost,
    Failure::BadValue,
    Failure::UnexpectedBody,
    Failure::RequestTimeout,
];

impl Failure {
    /// Of a five-character code as a server sends it.
    #[must_use]
    pub fn sqlstate(code: &str) -> Option<Self> {
        code.as_bytes().try_into().ok().map(Self::Sqlstate)
    }

    /// The name that scenarios and reports use: the condition name, else `sqlstate_` and the code.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Sqlstate(code) => {
                let code = String::from_utf8_lossy(&code).into_owned();
                match CONDITIONS.iter().find(|(each, _)| *each == code) {
                    Some((_, name)) => Cow::Borrowed(name),
                    None => Cow::Owned(format!("sqlstate_{code}")),
                }
            }
            Self::PoolTimeout => Cow::Borrowed("pool_timeout"),
            Self::PoolFull => Cow::Borrowed("pool_full"),
            Self::UnexpectedRows => Cow::Borrowed("unexpected_rows"),
            Self::KeysExhausted => Cow::Borrowed("keys_exhausted"),
            Self::ConnectionLost => Cow::Borrowed("connection_lost"),
            Self::BadValue => Cow::Borrowed("bad_value"),
            Self::HttpStatus(status) => Cow::Owned(format!("http_{status}")),
            Self::UnexpectedBody => Cow::Borrowed("unexpected_body"),
            Self::RequestTimeout => Cow::Borrowed("request_timeout"),
        }
    }

    /// The class of a name, as a scenario writes it: a condition name, a code such as `40P01`, `http_` and a status, or
    /// one of our own.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if let Some(failure) = OWN.into_iter().find(|failure| failure.name() == name) {
            return Some(failure);
        }
        if let Some(status) = name.strip_prefix("http_") {
            let status = status.parse().ok().filter(|status| (100..=599).contains(status));
            return status.map(Self::HttpStatus);
        }
        let code = CONDITIONS.iter().find(|(_, each)| *each == name).map(|(code, _)| *code);
        let code = code.or_else(|| name.strip_prefix("sqlstate_")).unwrap_or(name);
        let looks_right = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        looks_right.then(|| Self::sqlstate(code)).flatten()
    }

    /// All names, for messages that suggest the nearest; of statuses those that tell of an overloaded application.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let own = ["pool_timeout", "pool_full", "unexpected_rows", "keys_exhausted", "connection_lost", "bad_value"];
        let http = ["unexpected_body", "request_timeout", "http_500", "http_502", "http_503", "http_504"];
        CONDITIONS.iter().map(|(_, name)| *name).chain(own).chain(http)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_its_class() {
        for name in Failure::names() {
            assert_eq!(Failure::named(name).expect("it is a class").name(), name);
        }
        assert_eq!(Failure::named("http_429"), Some(Failure::HttpStatus(429)));
        assert_eq!(Failure::named("40P01").map(Failure::name).as_deref(), Some("deadlock_detected"));
        for wrong in ["http_", "http_20", "http_999", "http_ok", "deadlock", "40p01"] {
            assert_eq!(Failure::named(wrong), None, "{wrong}");
        }
    }
}
