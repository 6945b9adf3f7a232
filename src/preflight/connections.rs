//! Whether the server has connections for everybody: a pool that is refused some is found out before the data are built.

use super::{place_of, session};
use crate::scenario::{OWN_CONNECTIONS, Problem, Reaches, Scenario, Variant};
use crate::server::postgres::{Address, databases};

/// The name of the server's setting.
const SETTING: &str = "max_connections";

/// Compares what each variant wants with what the server has.
pub(super) async fn check(scenario: &Scenario, scratch: &Address, problems: &mut Vec<Problem>) -> anyhow::Result<()> {
    let most = databases::most_connections(&mut session(scratch).await?).await?;
    let wanting = scenario.variants.iter().filter(|variant| variant.connections() > most);
    problems.extend(wanting.map(|variant| too_many(scenario, variant, most)));
    Ok(())
}

/// At the setting, where the scenario has it, for that can be changed; else at the pool that wants most.
fn too_many(scenario: &Scenario, variant: &Variant, most: u32) -> Problem {
    let pools = || variant.pools.iter().filter(|pool| pool.reaches == Reaches::Database);
    let sizes: Vec<String> = pools().map(|pool| format!("`{}` {}", pool.name, pool.capacity())).collect();
    let wanted = variant.connections();
    let message = format!(
        "the server takes {most} connections, and `{}` needs {wanted}: {}, and {OWN_CONNECTIONS} for the migration and \
         those who watch it",
        variant.name,
        sizes.join(", ")
    );
    let is_set = scenario.settings.iter().any(|(name, _)| name.eq_ignore_ascii_case(SETTING));
    match pools().max_by_key(|pool| pool.capacity()) {
        Some(pool) if !is_set => Problem::at(pool.place.clone(), message)
            .help(format!("make the pools smaller, or raise `{SETTING}` of the server to {wanted} or more")),
        _ => Problem::at(place_of(SETTING, scenario), message)
            .help(format!("leave `{SETTING}` out, and the private server takes as many as are needed")),
    }
}
