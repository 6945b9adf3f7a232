//! What lies between client and server.

use super::reader::Reader;
use crate::scenario::Problem;
use crate::scenario::written::node::Node;
use crate::scenario::written::vocabulary::NETWORK;
use crate::units;
use std::time::Duration;

/// Longer than any path on earth, geostationary satellites (some 600 ms) among them.
const LONGEST: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// The section `network`: the round trips to measure at, one at least.
    pub(super) fn network(&mut self, node: Option<&Node>) -> Vec<Duration> {
        let mut round_trips: Vec<Duration> = Vec::new();
        if let Some(node) = node {
            self.form(node, &NETWORK, &node.place);
        }
        let written = node.and_then(|node| node.get("round_trip"));
        for item in written.map(Node::one_or_more).unwrap_or_default() {
            let Some(round_trip) = self.round_trip(item) else { continue };
            if round_trips.last().is_some_and(|last| *last >= round_trip) {
                let problem = Problem::at(item.place.clone(), "round trips are listed once each, the shorter first");
                self.problem(problem.help("such as `[0ms, 500us, 5ms]`"));
            }
            round_trips.push(round_trip);
        }
        if let Some(written) = written.filter(|value| value.one_or_more().is_empty()) {
            self.problem(Problem::at(written.place.clone(), "an empty list; there is nothing to measure at"));
        }
        match round_trips.is_empty() {
            true => vec![Duration::ZERO],
            false => round_trips,
        }
    }

    fn round_trip(&mut self, node: &Node) -> Option<Duration> {
        let round_trip = self.quantity(node, units::duration)?;
        if round_trip > LONGEST {
            let message = format!("{} is longer than any round trip", units::human(round_trip));
            self.problem(Problem::at(node.place.clone(), message).help(format!("at most {}", units::human(LONGEST))));
        }
        Some(round_trip)
    }
}
