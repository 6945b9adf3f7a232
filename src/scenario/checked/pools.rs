//! Connection pools and gauges.

use super::reader::{Reader, is_sound};
use crate::scenario::written::node::{Entry, Node};
use crate::scenario::written::vocabulary::traffic::{GAUGE, POOL};
use crate::scenario::{Gauge, Pool, Problem, Protocol};
use crate::sql::Statement;
use crate::units;
use std::time::Duration;

const PROTOCOLS: [(&str, Protocol); 3] =
    [("prepared", Protocol::Prepared), ("extended", Protocol::Extended), ("simple", Protocol::Simple)];

/// Connections of a pool that says nothing of them.
const CONNECTIONS: u32 = 10;
/// The granularity of the server's own timeouts; below, they are off.
pub(super) const SERVERS_LEAST: Duration = Duration::from_millis(1);
/// Far more than any server accepts.
const MOST_CONNECTIONS: u32 = 10_000;
/// More often, a gauge would be load.
const GAUGES_LEAST: Duration = Duration::from_millis(10);

impl Reader<'_> {
    /// The section `pools`; without one there is one pool.
    pub(super) fn pools(&mut self, node: Option<&Node>) -> Vec<Pool> {
        let entries = self.named(node);
        match entries.is_empty() {
            true => vec![Pool::of("default", CONNECTIONS)],
            false => entries.iter().map(|entry| self.pool(entry)).collect(),
        }
    }

    fn pool(&mut self, entry: &Entry) -> Pool {
        let node = &entry.value;
        self.form(node, &POOL, &entry.place);
        let timeout = |reader: &mut Self, key: &str| {
            node.get(key).and_then(|value| reader.duration_of_at_least(value, SERVERS_LEAST))
        };
        let usual = Pool::of(&entry.key, CONNECTIONS);
        let pool = Pool {
            connections: self.small(node, "connections", 1..=MOST_CONNECTIONS, usual.connections),
            overflow: self.small(node, "overflow", 0..=MOST_CONNECTIONS, 0),
            instances: self.small(node, "instances", 1..=1000, 1),
            max_waiting: node.get("max_waiting").map(|_| self.small(node, "max_waiting", 0..=1_000_000, 0)),
            acquire_timeout: timeout(self, "acquire_timeout").unwrap_or(usual.acquire_timeout),
            statement_timeout: timeout(self, "statement_timeout"),
            protocol: node.get("protocol").and_then(|word| self.word(word, &PROTOCOLS)).unwrap_or_default(),
            session: node.get("session").map(|list| self.statements(list)).unwrap_or_default(),
            forgets_plans: self.truth(node, "forgets_plans", usual.forgets_plans),
            place: entry.place.clone(),
            ..usual
        };
        let capacity = pool.capacity();
        if capacity > MOST_CONNECTIONS {
            let message = format!("{capacity} connections are more than {MOST_CONNECTIONS}");
            self.problem(Problem::at(entry.place.clone(), message));
        }
        pool
    }

    /// The section `gauges`.
    pub(super) fn gauges(&mut self, node: Option<&Node>) -> Vec<Gauge> {
        self.named(node).iter().map(|entry| self.gauge(entry)).collect()
    }

    fn gauge(&mut self, entry: &Entry) -> Gauge {
        let node = &entry.value;
        self.form(node, &GAUGE, &entry.place);
        let sql = node.get("sql").and_then(|sql| Some((self.one_statement(sql)?, &sql.place)));
        if node.get("sql").is_none() && is_sound(node, &GAUGE) {
            self.problem(
                Problem::at(entry.place.clone(), "a gauge needs `sql`").help("a statement that gives one number"),
            );
        }
        let (statement, place) = sql.unwrap_or_else(|| (Statement::parse(""), &entry.place));
        for reference in statement.references.iter().filter(|reference| reference.name != "as_of") {
            let message = format!("`:{}` is not known in a gauge", reference.name);
            self.problem(Problem::at(place.clone(), message).help("a gauge has no parameters but `:as_of`"));
        }
        let every = node.get("every").and_then(|every| self.duration_of_at_least(every, GAUGES_LEAST));
        let every = every.unwrap_or(Duration::from_secs(1));
        Gauge { name: entry.key.clone(), every, statement, place: entry.place.clone() }
    }

    /// SQL that is one statement.
    pub(super) fn one_statement(&mut self, node: &Node) -> Option<Statement> {
        let text = self.sql(node)?;
        let mut statements = crate::sql::split(&text);
        if statements.len() > 1 {
            let problem =
                Problem::at(node.place.clone(), format!("{} statements where one is expected", statements.len()));
            self.problem(problem.help("list them under `transaction:` or `steps:`"));
        }
        statements.drain(..).next().map(|statement| Statement::parse(&statement))
    }

    /// A duration that is possible: `least` or longer.
    pub(super) fn duration_of_at_least(&mut self, node: &Node, least: Duration) -> Option<Duration> {
        let duration = self.quantity(node, units::duration)?;
        if duration < least {
            let message = format!("{} is too short", units::human(duration));
            self.problem(Problem::at(node.place.clone(), message).help(format!("at least {}", units::human(least))));
        }
        Some(duration)
    }
}
