//! How often a scenario is run, and at which round trips.

use super::{Conditions, Wrong};
use crate::experiment::Plan;
use crate::place::Request;
use crate::scenario::Scenario;
use crate::server::postgres::Address;
use crate::units;
use clap::Args;
use std::time::Duration;

/// How often and at which distance.
#[derive(Args, Debug)]
pub(super) struct Choice {
    /// Run every variant so many times.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) rounds: Option<u32>,
    /// Make round trips between client and server longer by so much, in place of what the scenario says: `0ms,5ms`.
    #[arg(long, value_name = "DURATION", value_delimiter = ',', value_parser = round_trip)]
    round_trip: Vec<Duration>,
}

impl Choice {
    /// All variants of a scenario.
    pub(super) fn plan(&self, scenario: &Scenario) -> Plan {
        let mut round_trips = Vec::new();
        let asked = if self.round_trip.is_empty() { &scenario.round_trips } else { &self.round_trip };
        for round_trip in asked {
            if !round_trips.contains(round_trip) {
                round_trips.push(*round_trip);
            }
        }
        let variants = (0..scenario.variants.len()).collect();
        Plan { variants, rounds: self.rounds.unwrap_or(scenario.rounds), round_trips, capacity: None }
    }
}

/// Whether the server can be reached through something that stands in between, where that is asked for.
pub(super) fn can_stand_between(conditions: &Conditions, plan: &Plan) -> anyhow::Result<()> {
    if let Request::Url(url) = conditions.request()?
        && plan.round_trips.iter().any(|round_trip| !round_trip.is_zero())
    {
        let address = Address::url(&url)?;
        address.through(&address.door()).map_err(|error| Wrong(error.to_string()))?;
    }
    Ok(())
}

/// As in a scenario: longer than any path on earth.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(1);

fn round_trip(text: &str) -> Result<Duration, String> {
    match units::duration(text) {
        Ok(round_trip) if round_trip <= LONGEST_ROUND_TRIP => Ok(round_trip),
        Ok(_) => Err(format!("a round trip of at most {}", units::human(LONGEST_ROUND_TRIP))),
        Err(error) => Err(error.to_string()),
    }
}

/// How long the traffic will take: eight rounds of several variants are no matter of a minute.
pub(super) fn announced(scenario: &Scenario, plan: &Plan) -> String {
    let round = scenario.phases.total();
    let count = plan.variants.len() as u32 * plan.rounds * plan.round_trips.len() as u32;
    let rounds = if count == 1 { "1 round".to_owned() } else { format!("{count} rounds") };
    let migration = if scenario.migrates() { " and the migration" } else { "" };
    let trials = plan.capacity.as_ref().map_or("", |_| ", then up to 8 for the capacity of each variant");
    format!(
        "{rounds} of {}{migration}{trials}: {} of traffic, data and set-up not counted",
        units::human(round),
        units::human(round * count)
    )
}
