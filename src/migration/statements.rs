//! The statements that sessions of a command were seen with, each kept once.
//!
//! Nobody tells us what another program sends: what is shorter than the time between two looks may be missed. When a
//! statement began and ended is the server's own word.

use crate::clock::ServerClock;
use crate::server::postgres::activity::Guest;
use crate::step::StatementSeen;
use std::collections::BTreeMap;
use std::time::Duration;

/// More different ones are left out: a tool that puts values into its statements sends as many as there are rows.
const MOST: usize = 200;

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Statements {
    /// The last of each session.
    last: BTreeMap<i32, Last>,
    all: Vec<StatementSeen>,
}

#[derive(Debug)]
struct Last {
    began: i64,
    seen: StatementSeen,
}

impl Statements {
    /// A look found a session so.
    pub(super) fn saw(&mut self, guest: Guest, now: Duration, clock: &ServerClock) {
        let Some(began) = guest.began.filter(|_| !guest.statement.is_empty()) else { return };
        let until = guest.ended.map_or(now, |ended| clock.at(ended));
        let took = until.saturating_sub(clock.at(began));
        match self.last.get_mut(&guest.pid) {
            Some(last) if last.began == began => last.seen.longest = took,
            _ => {
                let seen = StatementSeen { text: guest.statement, times: 1, first: clock.at(began), longest: took };
                let before = self.last.insert(guest.pid, Last { began, seen });
                self.keep(before);
            }
        }
    }

    fn keep(&mut self, last: Option<Last>) {
        let Some(Last { seen, .. }) = last else { return };
        if let Some(known) = self.all.iter_mut().find(|each| each.text == seen.text) {
            known.times += 1;
            known.longest = known.longest.max(seen.longest);
        } else if self.all.len() < MOST {
            self.all.push(seen);
        }
    }

    /// All of them, in the order in which they were first sent.
    pub(super) fn finish(mut self) -> Vec<StatementSeen> {
        for (_, last) in std::mem::take(&mut self.last) {
            self.keep(Some(last));
        }
        self.all.sort_by_key(|seen| seen.first);
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_statement_that_is_seen_often_is_kept_once_with_the_longest_of_its_times() {
        let clock = ServerClock::new(Clock::start(), 0);
        let base = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is later").as_micros();
        let guest = |statement: &str, began: i64, ended: Option<i64>| Guest {
            pid: 7,
            name: String::new(),
            statement: statement.to_owned(),
            began: Some(base as i64 + began),
            ended: ended.map(|ended| base as i64 + ended),
        };
        let mut statements = Statements::default();
        for guest in [
            guest("", 0, Some(0)),
            guest("CREATE INDEX", 5_000_000, Some(5_009_000)),
            guest("COMMIT", 5_010_000, Some(5_010_500)),
            guest("COMMIT", 5_010_000, Some(5_010_500)),
            guest("CREATE INDEX", 5_020_000, Some(5_050_000)),
        ] {
            statements.saw(guest, Duration::from_secs(6), &clock);
        }
        // The clocks agree to the microsecond or so.
        let tens = |longest: Duration| (longest.as_micros() + 5) / 10 * 10;
        let seen: Vec<_> =
            statements.finish().into_iter().map(|seen| (seen.text, seen.times, tens(seen.longest))).collect();
        assert_eq!(seen, [("CREATE INDEX".to_owned(), 2, 30_000), ("COMMIT".to_owned(), 1, 500)]);
    }
}
