//! Databases and roles of a server: made, marked by a comment, copied, dropped.
//!
//! A comment on a database can be read from any other database of the server, survives with it, and is not copied
//! with it: hence marks are comments. Which marks mean what is not known here.

use super::{ServerError, Session};
use crate::failure::Failure;
use crate::value::Value;
use std::time::{Duration, Instant};

/// How long sessions may take to end once told to.
const LIMIT: Duration = Duration::from_secs(30);

/// A database with its mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// The comment on it; empty without one.
    pub comment: String,
}

/// All databases that can be connected to, templates left out.
pub async fn list(session: &mut Session) -> Result<Vec<Database>, ServerError> {
    let sql = "SELECT datname::text, coalesce(shobj_description(oid, 'pg_database'), '')
               FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname";
    let rows = session.rows(sql, &[]).await?;
    Ok(rows.into_iter().map(|row| Database { name: text(&row[0]), comment: text(&row[1]) }).collect())
}

/// Makes a database that never goes by its name without its mark.
///
/// With a template it is a copy, by copying files where the server can: sessions on the template are ended first.
pub async fn create(
    session: &mut Session,
    name: &str,
    comment: &str,
    template: Option<&str>,
) -> Result<(), ServerError> {
    let unmarked = format!("shakedown_unmarked_{}", session.pid());
    let source = match template {
        None => String::new(),
        Some(template) => {
            end_sessions(session, template).await?;
            let by_files = if version(session).await? >= 150_000 { " STRATEGY FILE_COPY" } else { "" };
            format!(" TEMPLATE {}{by_files}", quoted(template))
        }
    };
    session.batch(&format!("CREATE DATABASE {}{source}", quoted(&unmarked))).await?;
    mark(session, &unmarked, comment).await?;
    session.batch(&format!("ALTER DATABASE {} RENAME TO {}", quoted(&unmarked), quoted(name))).await?;
    Ok(())
}

/// Puts another mark on a database.
pub async fn mark(session: &mut Session, name: &str, comment: &str) -> Result<(), ServerError> {
    let comment = format!("E'{}'", comment.replace('\\', "\\\\").replace('\'', "''"));
    session.batch(&format!("COMMENT ON DATABASE {} IS {comment}", quoted(name))).await?;
    Ok(())
}

/// Drops a database; whoever is connected to it is cut off.
pub async fn remove(session: &mut Session, name: &str) -> Result<(), ServerError> {
    let deadline = Instant::now() + LIMIT;
    loop {
        end_sessions(session, name).await?;
        match remove_unused(session, name).await {
            Err(error) if in_use(&error) && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            result => return result,
        }
    }
}

/// Drops a database unless somebody is connected to it.
pub async fn remove_unused(session: &mut Session, name: &str) -> Result<(), ServerError> {
    session.batch(&format!("DROP DATABASE IF EXISTS {}", quoted(name))).await.map(|_| ())
}

/// Whether the server refused because of other sessions.
#[must_use]
pub fn in_use(error: &ServerError) -> bool {
    Some(error.failure) == Failure::sqlstate("55006")
}

/// Whether the server refused for lack of a privilege.
#[must_use]
pub fn forbidden(error: &ServerError) -> bool {
    Some(error.failure) == Failure::sqlstate("42501")
}

/// Cuts off everybody who is connected to a database, and waits until they are gone.
async fn end_sessions(session: &mut Session, name: &str) -> Result<(), ServerError> {
    let deadline = Instant::now() + LIMIT;
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()";
    while !session.rows(sql, &[Value::Text(name.into())]).await?.is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Drops all that users made in the database that the session is connected to.
pub async fn empty(session: &mut Session) -> Result<(), ServerError> {
    let sql = "
        DO $$ DECLARE thing text; BEGIN
            FOR thing IN SELECT quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql' LOOP
                EXECUTE 'DROP EXTENSION IF EXISTS ' || thing || ' CASCADE';
            END LOOP;
            FOR thing IN SELECT quote_ident(pubname) FROM pg_publication LOOP
                EXECUTE 'DROP PUBLICATION ' || thing;
            END LOOP;
            PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database();
            FOR thing IN SELECT quote_ident(nspname) FROM pg_namespace
                         WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LOOP
                EXECUTE 'DROP SCHEMA ' || thing || ' CASCADE';
            END LOOP;
            CREATE SCHEMA public;
        END $$";
    session.batch(sql).await.map(|_| ())
}

/// Whether the session's user may make databases.
pub async fn may_create(session: &mut Session) -> Result<bool, ServerError> {
    let sql = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user";
    Ok(session.rows(sql, &[]).await? == [[Value::Bool(true)]])
}

/// Claims the server for one run, as long as the session lives; `false` where another run has it.
pub async fn claim(session: &mut Session) -> Result<bool, ServerError> {
    let rows = session.rows("SELECT pg_try_advisory_lock(hashtext('shakedown'))", &[]).await?;
    Ok(rows == [[Value::Bool(true)]])
}

/// Writes everything to disk, so that this is not to be done while something is measured. Users who may not
/// ask for it go without.
pub async fn checkpoint(session: &mut Session) -> Result<(), ServerError> {
    match session.batch("CHECKPOINT").await {
        Err(error) if forbidden(&error) => Ok(()),
        result => result.map(|_| ()),
    }
}

/// All roles but the server's own.
pub async fn roles(session: &mut Session) -> Result<Vec<String>, ServerError> {
    let rows =
        session.rows("SELECT rolname::text FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' ORDER BY 1", &[]).await?;
    Ok(rows.iter().map(|row| text(&row[0])).collect())
}

/// Drops a role, unless something still depends on it.
pub async fn remove_role(session: &mut Session, name: &str) -> Result<(), ServerError> {
    match session.batch(&format!("DROP ROLE IF EXISTS {}", quoted(name))).await {
        Err(error) if Some(error.failure) == Failure::sqlstate("2BP01") => Ok(()),
        result => result.map(|_| ()),
    }
}

/// How many connections the session's user can have, if nobody else has any.
pub async fn most_connections(session: &mut Session) -> Result<u32, ServerError> {
    // Some are kept free for superusers, and from PostgreSQL 16 on for those with a role of their own.
    let sql = "SELECT current_setting('max_connections')::int8 - CASE WHEN rolsuper THEN 0 ELSE
                      current_setting('superuser_reserved_connections')::int8
                      + coalesce(current_setting('reserved_connections', true)::int8, 0) END
               FROM pg_roles WHERE rolname = current_user";
    Ok(match session.rows(sql, &[]).await?.first().map(Vec::as_slice) {
        Some([Value::Int(number)]) => u32::try_from(*number).unwrap_or_default(),
        _ => u32::MAX,
    })
}

/// The values of settings, in the order of their names; unknown ones are left out.
pub async fn settings(session: &mut Session, names: &[&str]) -> Result<Vec<(String, String)>, ServerError> {
    let mut found = Vec::new();
    for name in names {
        let rows = session.rows("SELECT current_setting($1, true)", &[Value::Text((*name).into())]).await?;
        if let [Value::Text(value)] = rows[0].as_slice() {
            found.push(((*name).to_owned(), value.clone().into_owned()));
        }
    }
    Ok(found)
}

/// The server's version in its own words: `PostgreSQL 15.18 on …`.
pub async fn version_text(session: &mut Session) -> Result<String, ServerError> {
    Ok(text(&session.rows("SELECT version()", &[]).await?[0][0]))
}

/// The server's version as a number: 150018.
async fn version(session: &mut Session) -> Result<i64, ServerError> {
    let rows = session.rows("SELECT current_setting('server_version_num')::int8", &[]).await?;
    Ok(match rows[0][0] {
        Value::Int(number) => number,
        _ => 0,
    })
}

fn text(cell: &Value<'_>) -> String {
    match cell {
        Value::Text(text) => text.clone().into_owned(),
        _ => String::new(),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
