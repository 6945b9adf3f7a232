//! Whether row-level security is what it will be: a superuser passes it by without a word.

use super::Findings;
use super::names::each_statement;
use super::prepare::furnish;
use crate::scenario::{Operation, Pool, Problem, Variant};
use crate::schema::Schema;
use crate::server::postgres::{Address, Session};
use crate::sql::{Token, TokenKind, tokens};
use crate::value::Value;

/// Warns of each pool that passes by the policies of a table which its operations use.
pub(super) async fn check(
    variant: &Variant,
    schema: &Schema,
    address: &Address,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let guarded: Vec<&str> =
        schema.tables.iter().filter(|table| table.row_security).map(|table| table.name.as_str()).collect();
    for (at, pool) in variant.pools.iter().enumerate() {
        let operations = || variant.operations.iter().filter(move |operation| operation.pool == at);
        let used = operations().find_map(|operation| Some((operation, used(operation, &guarded)?)));
        if let Some((operation, table)) = used
            && passes_by(pool, address).await?
        {
            let message = format!(
                "`{}` uses {table}, whose row-level security does not apply to a superuser, as whom pool `{}` works",
                operation.name, pool.name
            );
            let warning = Problem::at(operation.place.clone(), message)
                .help(format!("give pool `{}` the application's role: `session: [SET ROLE …]`", pool.name));
            if !findings.warnings.contains(&warning) {
                findings.warnings.push(warning);
            }
        }
    }
    Ok(())
}

/// The first of the tables that an operation names, unless it takes a role by itself.
fn used<'a>(operation: &Operation, guarded: &[&'a str]) -> Option<&'a str> {
    let (mut takes_role, mut found) = (false, None);
    each_statement(&operation.body.actions, &mut |statement, _| {
        let words: Vec<Token<'_>> = tokens(&statement.sql).filter(Token::counts).collect();
        takes_role |= words.first().is_some_and(|word| word.is("set")) && words.iter().any(|word| word.is("role"));
        let is_table = |table: &str, token: &Token<'_>| {
            let bare = table.rsplit('.').next().unwrap_or(table);
            token.is(bare) || token.kind == TokenKind::Quoted && token.text.trim_matches('"') == bare
        };
        let mentioned = guarded.iter().find(|table| words.iter().any(|token| is_table(table, token)));
        found = found.or(mentioned.copied());
    });
    found.filter(|_| !takes_role)
}

async fn passes_by(pool: &Pool, address: &Address) -> anyhow::Result<bool> {
    let mut session: Session = super::session(address).await?;
    // A pool whose own statements fail is told so where its operations are prepared.
    if furnish(&mut session, &pool.session).await.is_err() {
        return Ok(false);
    }
    let sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    Ok(session.rows(sql, &[]).await? == [[Value::Bool(true)]])
}
