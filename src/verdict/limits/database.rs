//! Limits on the whole database over the judged time of a round.

use super::{Figure, Finding};
use crate::figures::DatabaseFigures;

pub(super) fn finding(figure: &Figure, bound: f64, database: Option<&DatabaseFigures>) -> Finding {
    let Some(database) = database else { return Finding::nothing("the database was not read at both ends") };
    let found = match figure {
        Figure::Growth => database.growth as f64,
        Figure::Wal => database.wal as f64,
        Figure::DeadRows => database.dead_rows as f64,
        _ => return Finding::nothing("not a limit for the database"),
    };
    Finding::held(figure, found, bound)
}
