//! The line for the connections of one pool of one process: first come, first served, as a plain value.
//!
//! It holds no lock and reads no clock; [`super::queue`] lends it both. Since a pool has one acquire timeout
//! and arrivals come in the order in which they are due, those that have waited too long stand at the head.

use crate::failure::Failure;
use crate::sample::Outcome;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// The harness' own bound of a line: more are dropped, and make the run invalid.
const LONGEST: usize = 1_000_000;
/// Times without a free connection shorter than this explain nothing; they are not reported.
const SHORTEST_SATURATION: Duration = Duration::from_millis(1);

/// One execution of an operation, wanted.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// The operation, by its place.
    pub operation: u16,
    /// Its number among the arrivals of the operation.
    pub n: u64,
    /// When it was due.
    pub due: Duration,
    /// When it was put into the line.
    pub queued: Duration,
    /// Whom to tell that it has ended: a closed-model client.
    pub client: Option<Arc<Notify>>,
}

/// What a pool allows, for each process of the application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The longest wait for a connection.
    pub acquire_timeout: Duration,
    /// How many may wait.
    pub max_waiting: Option<u32>,
    /// Connections that may be opened when all others are busy.
    pub overflow: u32,
}

/// Those who wait, and how many connections there are for them.
#[derive(Debug)]
pub(super) struct Line {
    limits: Limits,
    waiting: VecDeque<Arrival>,
    closed: bool,
    /// Connections that are kept and have nothing to do.
    free: u32,
    /// Overflow connections that are open or being opened.
    overflow: u32,
    /// Those of them that are being opened.
    opening: u32,
    /// Since when no connection is free.
    exhausted: Option<Duration>,
    /// Whether somebody had to wait since.
    kept_waiting: bool,
}

/// What a connection is given.
#[derive(Debug)]
pub(super) enum Next {
    /// Something to do.
    Arrival(Arrival),
    /// Nothing at present.
    Nothing,
    /// No more, ever.
    Closed,
}

/// From when to when no connection was free.
pub(super) type Saturation = (Duration, Duration);

impl Line {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: VecDeque::new(),
            closed: false,
            free: 0,
            overflow: 0,
            opening: 0,
            exhausted: None,
            kept_waiting: false,
        }
    }

    /// Lets an arrival wait, or says why it cannot.
    pub(super) fn join(&mut self, arrival: Arrival) -> Result<(), (Arrival, Outcome)> {
        if self.closed {
            return Err((arrival, Outcome::Cut));
        }
        let served = (self.free + self.opening) as usize;
        let ahead = self.waiting.len().saturating_sub(served);
        let no_connection = self.waiting.len() >= served && self.overflow == self.limits.overflow;
        if no_connection && self.limits.max_waiting.is_some_and(|most| ahead >= most as usize) {
            return Err((arrival, Outcome::Failed(Failure::PoolFull)));
        }
        if self.waiting.len() >= LONGEST {
            return Err((arrival, Outcome::Dropped));
        }
        self.kept_waiting |= no_connection;
        self.waiting.push_back(arrival);
        Ok(())
    }

    /// How many overflow connections must be opened for those who wait; they count as being opened from now on.
    pub(super) fn call_overflow(&mut self) -> usize {
        let unserved = self.waiting.len().saturating_sub((self.free + self.opening) as usize);
        let called = unserved.min((self.limits.overflow - self.overflow) as usize);
        self.overflow += called as u32;
        self.opening += called as u32;
        called
    }

    /// Takes those out whose time is over.
    pub(super) fn expire(&mut self, now: Duration, expired: &mut Vec<Arrival>) {
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            expired.extend(self.waiting.pop_front());
        }
    }

    /// When the first of those who wait has waited too long.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.waiting.front().map(|head| self.deadline_of(head))
    }

    /// When that arrival has waited too long.
    pub(super) fn deadline_of(&self, arrival: &Arrival) -> Duration {
        arrival.due.saturating_add(self.limits.acquire_timeout)
    }

    /// Gives the next arrival to a connection that is kept. `parked` says whether the connection is counted as free.
    pub(super) fn serve(
        &mut self,
        now: Duration,
        parked: &mut bool,
        expired: &mut Vec<Arrival>,
    ) -> (Next, Option<Saturation>) {
        self.expire(now, expired);
        if self.closed {
            return (Next::Closed, None);
        }
        let Some(arrival) = self.waiting.pop_front() else {
            if *parked {
                return (Next::Nothing, None);
            }
            *parked = true;
            self.free += 1;
            return (Next::Nothing, self.freed(now));
        };
        if *parked {
            *parked = false;
            self.free -= 1;
        }
        self.taken(now);
        (Next::Arrival(arrival), None)
    }

    /// Gives the next arrival to an overflow connection. Without one the connection is given back, to be closed.
    pub(super) fn serve_overflow(&mut self, now: Duration, expired: &mut Vec<Arrival>) -> (Next, Option<Saturation>) {
        self.expire(now, expired);
        if self.closed {
            return (Next::Closed, None);
        }
        if let Some(arrival) = self.waiting.pop_front() {
            self.taken(now);
            return (Next::Arrival(arrival), None);
        }
        self.overflow -= 1;
        (Next::Nothing, self.freed(now))
    }

    /// An overflow connection that was called is open.
    pub(super) fn opened(&mut self) {
        self.opening -= 1;
    }

    /// Whether an overflow connection that could not be opened yet is still wanted; if not, it is given back.
    pub(super) fn wants_overflow(&mut self, now: Duration) -> (bool, Option<Saturation>) {
        if !self.closed && self.waiting.len() > self.free as usize {
            return (true, None);
        }
        self.opening -= 1;
        self.overflow -= 1;
        (false, self.freed(now))
    }

    /// Ends the line; those who wait are sent away.
    pub(super) fn close(&mut self, now: Duration) -> (VecDeque<Arrival>, Option<Saturation>) {
        self.closed = true;
        (std::mem::take(&mut self.waiting), self.freed(now))
    }

    fn taken(&mut self, now: Duration) {
        if self.free == 0 && self.overflow == self.limits.overflow && self.exhausted.is_none() {
            self.exhausted = Some(now);
            self.kept_waiting = !self.waiting.is_empty();
        }
    }

    fn freed(&mut self, now: Duration) -> Option<Saturation> {
        let from = self.exhausted.take()?;
        (self.kept_waiting && now.saturating_sub(from) >= SHORTEST_SATURATION).then_some((from, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { acquire_timeout: Duration::from_millis(100), max_waiting: Some(2), overflow: 0 };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn arrival(n: u64, due: u64) -> Arrival {
        Arrival { operation: 0, n, due: ms(due), queued: ms(due), client: None }
    }

    /// A line with so many connections, all free.
    fn line(limits: Limits, connections: u32) -> Line {
        let mut line = Line::new(limits);
        for _ in 0..connections {
            line.serve(ms(0), &mut false, &mut Vec::new());
        }
        line
    }

    fn take(line: &mut Line, now: u64, parked: bool) -> Option<u64> {
        match line.serve(ms(now), &mut { parked }, &mut Vec::new()).0 {
            Next::Arrival(arrival) => Some(arrival.n),
            _ => None,
        }
    }

    fn join(line: &mut Line, n: u64, due: u64) -> Option<Outcome> {
        line.join(arrival(n, due)).err().map(|(_, outcome)| outcome)
    }

    #[test]
    fn who_comes_first_is_served_first() {
        let mut line = line(LIMITS, 2);
        assert_eq!(join(&mut line, 0, 1), None);
        assert_eq!(join(&mut line, 1, 2), None);
        assert_eq!(
            [take(&mut line, 3, true), take(&mut line, 3, true), take(&mut line, 3, false)],
            [Some(0), Some(1), None]
        );
    }

    #[test]
    fn an_arrival_expires_at_its_deadline_and_not_before() {
        let mut line = line(LIMITS, 0);
        assert_eq!(join(&mut line, 0, 10), None);
        assert_eq!(line.deadline(), Some(ms(110)));
        let mut expired = Vec::new();
        line.expire(Duration::from_nanos(109_999_999), &mut expired);
        assert!(expired.is_empty());
        line.expire(ms(110), &mut expired);
        assert_eq!(expired.len(), 1);
        assert_eq!(take(&mut line, 110, false), None, "it has had its fate");
    }

    #[test]
    fn a_connection_that_comes_too_late_does_not_get_an_expired_arrival() {
        let mut line = line(LIMITS, 0);
        assert_eq!(join(&mut line, 0, 0), None);
        assert_eq!(join(&mut line, 1, 50), None);
        let mut expired = Vec::new();
        let (next, _) = line.serve(ms(120), &mut false, &mut expired);
        assert!(matches!(next, Next::Arrival(Arrival { n: 1, .. })), "{next:?}");
        assert_eq!(expired.iter().map(|each| each.n).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn beyond_the_limit_the_pool_is_full_but_a_free_connection_takes_no_place() {
        let mut line = line(LIMITS, 1);
        let outcomes: Vec<_> = (0..4).map(|n| join(&mut line, n, 1)).collect();
        assert_eq!(outcomes, [None, None, None, Some(Outcome::Failed(Failure::PoolFull))]);
        let none_may_wait = Limits { max_waiting: Some(0), ..LIMITS };
        let mut line = self::line(none_may_wait, 1);
        assert_eq!(join(&mut line, 0, 1), None);
        assert_eq!(join(&mut line, 1, 1), Some(Outcome::Failed(Failure::PoolFull)));
    }

    #[test]
    fn the_harness_drops_what_it_cannot_hold() {
        let mut line = line(Limits { max_waiting: None, ..LIMITS }, 0);
        for n in 0..LONGEST as u64 {
            assert_eq!(join(&mut line, n, 1), None);
        }
        assert_eq!(join(&mut line, 0, 1), Some(Outcome::Dropped));
    }

    #[test]
    fn a_closed_line_sends_everybody_away() {
        let mut line = line(LIMITS, 0);
        assert_eq!(join(&mut line, 0, 1), None);
        assert_eq!(line.close(ms(2)).0.len(), 1);
        assert_eq!(join(&mut line, 1, 3), Some(Outcome::Cut));
        assert!(matches!(line.serve(ms(3), &mut false, &mut Vec::new()).0, Next::Closed));
    }

    #[test]
    fn overflow_connections_are_called_when_all_others_are_busy_and_go_when_idle() {
        let mut line = line(Limits { overflow: 2, ..LIMITS }, 1);
        assert_eq!(join(&mut line, 0, 1), None);
        assert_eq!(line.call_overflow(), 0, "one connection is free");
        assert_eq!(take(&mut line, 1, true), Some(0));
        for n in 1..4 {
            assert_eq!(join(&mut line, n, 1), None);
        }
        assert_eq!([line.call_overflow(), line.call_overflow()], [2, 0]);
        line.opened();
        assert!(matches!(line.serve_overflow(ms(2), &mut Vec::new()).0, Next::Arrival(Arrival { n: 1, .. })));
        assert_eq!([take(&mut line, 2, false), take(&mut line, 2, false)], [Some(2), Some(3)]);
        assert_eq!(line.wants_overflow(ms(2)), (false, None), "nobody waits for the second any more");
        assert!(matches!(line.serve_overflow(ms(3), &mut Vec::new()).0, Next::Nothing));
        assert_eq!((line.overflow, line.opening), (0, 0));
    }

    #[test]
    fn a_time_without_a_free_connection_is_reported_if_somebody_waited() {
        let mut line = line(LIMITS, 1);
        join(&mut line, 0, 10);
        take(&mut line, 10, true);
        let (_, quiet) = line.serve(ms(20), &mut false, &mut Vec::new());
        assert_eq!(quiet, None, "nobody waited");
        join(&mut line, 1, 30);
        take(&mut line, 30, true);
        join(&mut line, 2, 31);
        take(&mut line, 60, false);
        let (_, saturated) = line.serve(ms(80), &mut false, &mut Vec::new());
        assert_eq!(saturated, Some((ms(30), ms(80))));
    }
}
