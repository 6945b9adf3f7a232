//! What the server answers when it refuses.

use crate::failure::Failure;
use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

/// An error of a statement or a connection.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ServerError {
    /// Its class.
    pub failure: Failure,
    /// The server's message, or the driver's.
    pub message: String,
    /// The server's hint.
    pub hint: Option<String>,
    /// The server's detail, else where it was at: the line and column of a COPY, the line of a function.
    pub detail: Option<String>,
    /// Where in the statement, in characters from 1.
    pub position: Option<usize>,
    /// Whether the connection can be used no more.
    pub fatal: bool,
}

impl ServerError {
    /// A value that does not fit the type that the server wants.
    #[must_use]
    pub fn bad_value(message: String) -> Self {
        Self { failure: Failure::BadValue, message, hint: None, detail: None, position: None, fatal: false }
    }
}

impl From<sqlx::Error> for ServerError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Encode(error) = &error {
            return Self::bad_value(error.to_string());
        }
        let Some(answer) = error.as_database_error().and_then(|each| each.try_downcast_ref::<PgDatabaseError>()) else {
            let message = error.to_string();
            return Self {
                failure: Failure::ConnectionLost,
                message,
                hint: None,
                detail: None,
                position: None,
                fatal: true,
            };
        };
        let position = match answer.position() {
            Some(PgErrorPosition::Original(place)) => Some(place),
            _ => None,
        };
        // Class 57P: the server ends the session after it.
        let fatal = answer.code().starts_with("57P") || answer.code().starts_with("08") || answer.code() == "25P03";
        Self {
            failure: Failure::sqlstate(answer.code()).unwrap_or(Failure::ConnectionLost),
            message: answer.message().to_owned(),
            hint: answer.hint().map(str::to_owned),
            detail: answer.detail().or(answer.r#where()).map(str::to_owned),
            position,
            fatal,
        }
    }
}
