//! What was seen of some executions, and the mean of it.

use super::survey::{COMMIT, Survey};
use crate::cost::{OperationCost, StatementCost};
use crate::server::postgres::Answer;
use crate::server::postgres::counts::Counted;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What is missing where the server counted nothing.
const UNCOUNTED: &str = "the server does not count statements: its time, its blocks and its log are not known";

/// All executions of one operation together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    executions: u32,
    duration: Duration,
    round_trips: u64,
    bytes: u64,
    /// What the client saw, by the text of the statement.
    seen: HashMap<Arc<str>, Seen>,
    /// What the server counted, by fingerprint.
    counted: HashMap<i64, Counted>,
}

/// What the client saw of one statement.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    calls: u64,
    rows: u64,
    time: Duration,
}

impl Tally {
    /// One more execution, from its first statement to the last answer.
    pub(super) fn executed(&mut self, duration: Duration) {
        self.executions += 1;
        self.duration += duration;
    }

    /// One more statement, how long its answer took, and how often the client waited until it was there.
    pub(super) fn sent(&mut self, sql: &Arc<str>, took: Duration, waits: u64, answer: &Answer) {
        let seen = self.seen.entry(Arc::clone(sql)).or_default();
        seen.calls += 1;
        seen.rows += answer.affected;
        seen.time += took;
        self.round_trips += waits;
        self.bytes += answer.bytes;
    }

    /// What the server counted of one execution.
    pub(super) fn counted(&mut self, counted: Vec<Counted>) {
        for each in counted {
            match self.counted.get_mut(&each.fingerprint) {
                Some(known) => known.merge(&each),
                None => drop(self.counted.insert(each.fingerprint, each)),
            }
        }
    }

    /// The cost of one execution.
    pub(super) fn cost(self, survey: &Survey) -> OperationCost {
        let mean = |sum: f64| sum / f64::from(self.executions.max(1));
        let sum = |of: fn(&Seen) -> u64| mean(self.seen.values().map(of).sum::<u64>() as f64);
        let server = |of: fn(&Counted) -> f64| mean(self.counted.values().map(of).sum());
        let mut by_statement = match self.counted.is_empty() {
            true => self.seen_by_statement(),
            false => self.counted_by_statement(survey),
        };
        by_statement.sort_by(|a, b| b.share.total_cmp(&a.share).then(b.server_ms.total_cmp(&a.server_ms)));
        OperationCost {
            executions: self.executions,
            unmeasured: self.counted.is_empty().then(|| UNCOUNTED.to_owned()),
            duration: self.duration / self.executions.max(1),
            statements: sum(|seen| seen.calls),
            round_trips: Some(mean(self.round_trips as f64)),
            rows: sum(|seen| seen.rows),
            bytes: Some(mean(self.bytes as f64)),
            server_ms: server(|each| each.ms),
            hit: server(|each| each.hit as f64),
            read: server(|each| each.read as f64),
            wal: server(|each| each.wal),
            by_statement,
        }
    }

    fn counted_by_statement(&self, survey: &Survey) -> Vec<StatementCost> {
        let mut time: HashMap<i64, Duration> = HashMap::new();
        for (sql, seen) in &self.seen {
            if let Some(fingerprint) = survey.fingerprint(sql) {
                *time.entry(fingerprint).or_default() += seen.time;
            }
        }
        let commits = survey.fingerprint(COMMIT);
        let statement = |each: &Counted| {
            let cost = statement(each, self.executions, self.duration);
            // What is undone ends otherwise than under load.
            let text = if commits == Some(each.fingerprint) { COMMIT.to_owned() } else { cost.text };
            let share = time.get(&each.fingerprint).map_or(cost.share, |time| self.share(*time));
            StatementCost { text, share, ..cost }
        };
        self.counted.values().map(statement).collect()
    }

    /// Where the server does not count, texts are told apart as they were sent.
    fn seen_by_statement(&self) -> Vec<StatementCost> {
        let mean = |count: u64| count as f64 / f64::from(self.executions.max(1));
        let statement = |(sql, seen): (&Arc<str>, &Seen)| StatementCost {
            fingerprint: fingerprint(sql),
            text: sql.to_string(),
            calls: mean(seen.calls),
            rows: mean(seen.rows),
            share: self.share(seen.time),
            ..StatementCost::default()
        };
        self.seen.iter().map(statement).collect()
    }

    fn share(&self, time: Duration) -> f64 {
        (time.as_secs_f64() / self.duration.as_secs_f64().max(f64::MIN_POSITIVE)).min(1.0)
    }
}

/// What is known of executions by who did them from outside: requests to an application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outside {
    /// How many there were.
    pub executions: u32,
    /// How long they took together.
    pub duration: Duration,
    /// Times that the application waited for the server, where the wire was watched.
    pub round_trips: Option<u64>,
    /// Bytes that the server sent, where the wire was watched.
    pub bytes: Option<u64>,
}

/// The cost of one execution that somebody else did, by what the server counted around all of them.
#[must_use]
pub fn cost_of(outside: &Outside, counted: Vec<Counted>) -> OperationCost {
    let Outside { executions, duration, round_trips, bytes } = *outside;
    let mut tally = Tally { executions, duration, ..Tally::default() };
    tally.counted(counted);
    let cost = tally.cost(&Survey::default());
    let mean = |sum: u64| sum as f64 / f64::from(executions.max(1));
    OperationCost {
        statements: cost.by_statement.iter().map(|each| each.calls).sum(),
        rows: cost.by_statement.iter().map(|each| each.rows).sum(),
        round_trips: round_trips.map(mean),
        bytes: bytes.map(mean),
        ..cost
    }
}

/// The means of what was counted; its share of the time is that of the server alone.
fn statement(counted: &Counted, executions: u32, duration: Duration) -> StatementCost {
    let mean = |sum: f64| sum / f64::from(executions.max(1));
    StatementCost {
        fingerprint: counted.fingerprint,
        text: counted.text.clone(),
        calls: mean(counted.calls as f64),
        rows: mean(counted.rows as f64),
        server_ms: mean(counted.ms),
        hit: mean(counted.hit as f64),
        read: mean(counted.read as f64),
        share: (counted.ms / 1e3 / duration.as_secs_f64().max(f64::MIN_POSITIVE)).min(1.0),
    }
}

/// Something that stands for a text where the server has no name for it.
fn fingerprint(sql: &str) -> i64 {
    let digest = Sha256::digest(sql.as_bytes());
    digest.first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(fingerprint: i64, text: &str, calls: i64, ms: f64) -> Counted {
        Counted { fingerprint, text: text.to_owned(), calls, rows: 2 * calls, ms, hit: 3 * calls, ..Counted::default() }
    }

    fn percent(statement: &StatementCost) -> f64 {
        (statement.share * 100.0).round()
    }

    #[test]
    fn requests_of_an_application_cost_what_the_server_counted_around_them() {
        let outside =
            Outside { executions: 2, duration: Duration::from_millis(100), round_trips: Some(44), bytes: None };
        let cost = cost_of(&outside, vec![counted(1, "SELECT a", 2, 5.0), counted(2, "SELECT b", 40, 20.0)]);
        assert_eq!((cost.executions, cost.statements, cost.rows), (2, 21.0, 42.0));
        assert_eq!((cost.round_trips, cost.bytes, cost.duration), (Some(22.0), None, Duration::from_millis(50)));
        assert_eq!((cost.server_ms, cost.hit), (12.5, 63.0));
        let costliest = &cost.by_statement[0];
        assert_eq!((costliest.text.as_str(), costliest.calls, percent(costliest)), ("SELECT b", 20.0, 20.0));
        assert_eq!(cost.repeated(), Some(costliest));
    }

    #[test]
    fn without_the_servers_counts_statements_are_told_apart_by_their_text() {
        let mut tally = Tally::default();
        let (first, second) = ("SELECT 1".into(), "SELECT 2".into());
        let answer = Answer { affected: 5, bytes: 10, ..Answer::default() };
        for _ in 0..2 {
            tally.sent(&first, Duration::from_millis(1), 1, &answer);
            for _ in 0..3 {
                tally.sent(&second, Duration::from_millis(3), 1, &answer);
            }
            tally.executed(Duration::from_millis(20));
        }
        let cost = tally.cost(&Survey::default());
        assert_eq!((cost.executions, cost.statements, cost.round_trips), (2, 4.0, Some(4.0)));
        assert_eq!((cost.rows, cost.bytes, cost.duration), (20.0, Some(40.0), Duration::from_millis(20)));
        let found: Vec<_> =
            cost.by_statement.iter().map(|each| (each.text.as_str(), each.calls, percent(each))).collect();
        assert_eq!(found, [("SELECT 2", 3.0, 45.0), ("SELECT 1", 1.0, 5.0)]);
        assert_ne!(cost.by_statement[0].fingerprint, cost.by_statement[1].fingerprint);
    }
}
