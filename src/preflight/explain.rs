//! What the server says of a statement, as a problem at its place in the scenario.

use crate::failure::Failure;
use crate::scenario::{Place, Problem, Scenario, SchemaPart, nearest};
use crate::schema::Schema;
use crate::server::postgres::ServerError;

/// A problem with a statement that stands at `place`; `message` says which one, and what is wrong follows.
pub(super) fn statement(
    error: &ServerError,
    sql: &str,
    place: &Place,
    message: &str,
    (scenario, schema): (&Scenario, &Schema),
) -> Problem {
    let word = error.position.and_then(|position| word_at(sql, position));
    let place = word.and_then(|word| narrowed(place, word, scenario)).unwrap_or_else(|| place.clone());
    let problem = Problem::at(place, format!("{message}: {}", error.message));
    match remedy(error, schema) {
        Some(remedy) => problem.help(remedy),
        None => problem,
    }
}

/// A problem with the schema, which is another file: its line is named, since it cannot be shown.
pub(super) fn schema(error: &ServerError, part: &SchemaPart, scenario: &Scenario) -> Problem {
    let line = error.position.map(|position| {
        let before = part.sql.chars().take(position.saturating_sub(1));
        format!(":{}", part.line + before.filter(|c| *c == '\n').count())
    });
    let at = format!("{}{}", part.file.display(), line.unwrap_or_default());
    let name = scenario.schema.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let problem = Problem::at(super::place_of(&name, scenario), format!("{at}: {}", error.message));
    match error.hint.clone().or_else(|| error.detail.clone()) {
        Some(hint) => problem.help(hint),
        None => problem,
    }
}

/// The word that begins at a character, counted from 1.
fn word_at(sql: &str, position: usize) -> Option<&str> {
    let start = sql.char_indices().nth(position.checked_sub(1)?)?.0;
    let rest = &sql[start..];
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|word| !word.is_empty())
}

/// The word's own place, if it stands within the statement's as it does in the statement.
fn narrowed(place: &Place, word: &str, scenario: &Scenario) -> Option<Place> {
    let written = scenario.text.get(place.0.clone())?;
    let start = place.0.start + written.find(word)?;
    Some(Place(start..start + word.len()))
}

/// The nearest name where one was not found, else the server's own hint.
fn remedy(error: &ServerError, schema: &Schema) -> Option<String> {
    let is = |code| Some(error.failure) == Failure::sqlstate(code);
    let tables = || schema.tables.iter().map(|table| table.name.as_str());
    let columns = || schema.tables.iter().flat_map(|table| &table.columns).map(|column| column.name.as_str());
    let missing = error.message.split('"').nth(1).or_else(|| error.message.split_whitespace().nth(1));
    // `u.nmae` is said without quotes and with its alias.
    let missing = missing.and_then(|name| if is("42703") { name.rsplit('.').next() } else { Some(name) });
    let near = match missing {
        Some(name) if is("42P01") => nearest(name, tables()),
        Some(name) if is("42703") => nearest(name, columns()).filter(|near| *near != name),
        _ => None,
    };
    near.map(|near| format!("did you mean `{near}`?")).or_else(|| error.hint.clone()).or_else(|| error.detail.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_a_position_is_counted_in_characters() {
        let sql = "SELECT 'é', nmae FROM users";
        for (position, expected) in [(1, Some("SELECT")), (13, Some("nmae")), (8, None), (0, None), (99, None)] {
            assert_eq!(word_at(sql, position), expected, "{position}");
        }
    }
}
