//! Waits, put together from what the sampler saw and from when statements ended.
//!
//! A tick gives the cause of a wait and the server's word for its start, never its length: a wait ends when its
//! statement does, by our own clock, or else between the last tick that saw it and the first that did not. Between two
//! ticks the cause of the earlier one holds. Ticks come in their own order; statements may be up to two seconds
//! ahead of the ticks that saw them, or any time behind.

use super::cause::cause;
use crate::observation::StatementSpan;
use crate::wait::{Actor, Cause, Link, Object, Stretch, Tick, Wait, Waiting};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How long a statement that has ended is remembered for ticks that come late.
const MEMORY: Duration = Duration::from_secs(2);
/// How much the server's clock and ours may differ in the order of two events.
const SLACK: Duration = Duration::from_millis(2);
/// More changes of cause than this within one wait are put down to the last of them.
const MOST_STRETCHES: usize = 500;

/// The waits that have not ended, and the statements that ended lately.
#[derive(Debug, Default)]
pub struct Episodes {
    /// Operations that are jobs, by place.
    jobs: Vec<u16>,
    open: BTreeMap<i32, Vec<Episode>>,
    recent: BTreeMap<i32, VecDeque<StatementSpan>>,
    /// How far ticks and statements have come.
    ticked: Duration,
    latest: Duration,
}

/// One wait, as far as it is known.
#[derive(Debug)]
struct Episode {
    actor: Actor,
    since: Option<Duration>,
    statement_began: Duration,
    /// When an earlier wait of the same statement was over.
    earlier: Duration,
    object: Option<Object>,
    /// What is known of the object when it is gone before anybody asked for it.
    kind: Option<String>,
    mode: Option<String>,
    ticks: u32,
    first_seen: Duration,
    last_seen: Duration,
    /// The first tick that saw it no more.
    unseen: Option<Duration>,
    /// The statement that waited, once it has ended.
    span: Option<StatementSpan>,
    marks: Vec<(Duration, Cause, Vec<Link>)>,
}

impl Episodes {
    /// With the places of the operations that are jobs.
    #[must_use]
    pub fn new(jobs: Vec<u16>) -> Self {
        Self { jobs, ..Self::default() }
    }

    /// The sampler looked; gives the waits that are complete by now.
    pub fn tick(&mut self, tick: &Tick) -> Vec<Wait> {
        for waiting in &tick.waiting {
            let cause = cause(tick, waiting.pid, &|operation| self.jobs.contains(&operation));
            self.seen(tick.at, waiting, cause);
        }
        for episode in self.open.values_mut().flatten() {
            if episode.last_seen < tick.at && episode.unseen.is_none() {
                episode.unseen = Some(tick.at);
            }
        }
        self.ticked = self.ticked.max(tick.at);
        self.advance(tick.at);
        self.complete()
    }

    /// Statements ended; gives the waits that are complete by now.
    pub fn statements(&mut self, spans: &[StatementSpan]) -> Vec<Wait> {
        for span in spans {
            let episodes = self.open.get_mut(&span.pid).into_iter().flatten();
            for episode in episodes.filter(|episode| episode.span.is_none() && episode.belongs_to(span)) {
                episode.span = Some(span.clone());
            }
            self.recent.entry(span.pid).or_default().push_back(span.clone());
            self.advance(span.ended);
        }
        self.complete()
    }

    /// The round is over: gives the rest, those still waiting as open.
    pub fn finish(&mut self, at: Duration) -> Vec<Wait> {
        let open = std::mem::take(&mut self.open);
        let mut waits = Vec::new();
        for (pid, episodes) in open {
            let next: Vec<Duration> = episodes.iter().skip(1).map(Episode::start).collect();
            let ends = next.into_iter().map(Some).chain([None]);
            waits.extend(episodes.into_iter().zip(ends).map(|(episode, next)| episode.wait(pid, next, at)));
        }
        waits
    }

    fn seen(&mut self, at: Duration, waiting: &Waiting, cause: (Cause, Vec<Link>)) {
        let episodes = self.open.entry(waiting.pid).or_default();
        // A backend waits for one lock at a time, so only its last wait can go on.
        if episodes.last().is_none_or(|last| !last.is(waiting)) {
            let mut episode = Episode::new(at, waiting, episodes.last());
            let mut recent = self.recent.get(&waiting.pid).into_iter().flatten();
            episode.span = recent.find(|span| episode.belongs_to(span)).cloned();
            episodes.push(episode);
        }
        if let Some(last) = episodes.last_mut() {
            last.saw(at, waiting, cause);
        }
    }

    /// Time has come that far: forgets statements that no tick can be late for.
    fn advance(&mut self, to: Duration) {
        // Once a tenth of a second, for looking through all backends costs more than the memory.
        if to < self.latest + Duration::from_millis(100) {
            return;
        }
        self.latest = to;
        let forgotten = to.saturating_sub(MEMORY);
        self.recent.retain(|_, spans| {
            while spans.front().is_some_and(|span| span.ended < forgotten) {
                spans.pop_front();
            }
            !spans.is_empty()
        });
    }

    fn complete(&mut self) -> Vec<Wait> {
        let ticked = self.ticked;
        let mut waits = Vec::new();
        for (pid, episodes) in &mut self.open {
            while episodes.first().is_some_and(|episode| episode.is_complete(ticked)) {
                let next = episodes.get(1).map(Episode::start);
                waits.push(episodes.remove(0).wait(*pid, next, ticked));
            }
        }
        self.open.retain(|_, episodes| !episodes.is_empty());
        waits
    }
}

impl Episode {
    fn new(at: Duration, waiting: &Waiting, before: Option<&Self>) -> Self {
        let before = before.filter(|before| before.statement_began == waiting.statement_began);
        Self {
            earlier: before.map_or(Duration::ZERO, |before| middle(before.last_seen, at)),
            actor: waiting.actor.clone(),
            since: waiting.since,
            statement_began: waiting.statement_began,
            object: None,
            kind: None,
            mode: None,
            ticks: 0,
            first_seen: at,
            last_seen: at,
            unseen: None,
            span: None,
            marks: Vec::new(),
        }
    }

    /// Whether this is the wait that the sampler sees: the start tells two waits of a statement apart, and where the
    /// server has not written it, the object.
    fn is(&self, waiting: &Waiting) -> bool {
        match (self.since, waiting.since) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (None, Some(theirs)) => {
                self.statement_began == waiting.statement_began && theirs <= self.first_seen + SLACK
            }
            (_, None) => {
                let objects = self.object.as_ref().zip(waiting.known_object());
                self.statement_began == waiting.statement_began && objects.is_none_or(|(ours, theirs)| ours == theirs)
            }
        }
    }

    fn saw(&mut self, at: Duration, waiting: &Waiting, (cause, chain): (Cause, Vec<Link>)) {
        self.since = self.since.or(waiting.since);
        self.object = waiting.known_object().cloned().or(self.object.take());
        self.kind = waiting.object.as_ref().map(|object| object.kind.clone()).or(self.kind.take());
        self.mode = waiting.mode.clone().or(self.mode.take());
        self.ticks += 1;
        self.last_seen = at;
        self.unseen = None;
        // Nobody ahead: the lock is being granted, and why it was waited for has been seen already.
        let granted = waiting.blocked_by.is_empty() && !self.marks.is_empty();
        let same = self.marks.last().is_some_and(|(_, last, _)| *last == cause);
        if !granted && !same && self.marks.len() < MOST_STRETCHES {
            self.marks.push((at, cause, chain));
        }
    }

    fn start(&self) -> Duration {
        let sent = || self.span.as_ref().map_or(self.statement_began, |span| span.sent);
        self.since.unwrap_or_else(|| sent().max(self.earlier))
    }

    /// Whether the statement is the one that waits here.
    fn belongs_to(&self, span: &StatementSpan) -> bool {
        let start = self.since.unwrap_or(self.statement_began);
        span.sent <= start + SLACK && span.ended + SLACK >= self.last_seen && span.ended > start
    }

    /// Whether no tick or statement can add to it.
    fn is_complete(&self, ticked: Duration) -> bool {
        match (&self.span, &self.actor) {
            (Some(span), _) => ticked >= span.ended,
            // Nobody tells us when statements of others end.
            (None, Actor::Background(_) | Actor::Harness) => self.unseen.is_some(),
            (None, Actor::Operation(_) | Actor::Step(_)) => false,
        }
    }

    /// When it was granted, as far as ticks tell: between the last that saw it and the first that did not.
    fn granted(&self, ended: Option<Duration>, next: Option<Duration>) -> Option<Duration> {
        let unseen = self.unseen?;
        let gap = unseen.saturating_sub(self.last_seen);
        match (ended, next) {
            // The statement's end, or its next wait, says more precisely what came before the tick.
            (Some(ended), _) if ended <= unseen => None,
            (_, Some(next)) if next <= unseen => None,
            // A statement that ended soon after worked little, so it was granted late.
            (Some(ended), _) if ended <= unseen + gap => Some(unseen),
            _ => Some(middle(self.last_seen, unseen)),
        }
    }

    fn wait(self, pid: i32, next: Option<Duration>, now: Duration) -> Wait {
        let start = self.start();
        let ended = self.span.as_ref().map(|span| span.ended);
        let next = next.filter(|next| *next >= self.last_seen);
        let known = [self.granted(ended, next), ended, next].into_iter().flatten().min();
        let end = known.unwrap_or(now).max(start);
        let due = self.span.as_ref().filter(|span| matches!(span.actor, Actor::Operation(_))).map(|span| span.due);
        Wait {
            pid,
            waiter: self.span.as_ref().map_or(self.actor, |span| span.actor.clone()),
            due,
            object: self.object.unwrap_or_else(|| Object {
                kind: self.kind.unwrap_or_else(|| "unknown".to_owned()),
                relation: None,
                identity: String::new(),
            }),
            mode: self.mode.unwrap_or_default(),
            start,
            end,
            open: known.is_none(),
            failed: self.span.is_some_and(|span| span.failed),
            ticks: self.ticks,
            stretches: stretches(self.marks, start, end),
        }
    }
}

fn middle(from: Duration, until: Duration) -> Duration {
    from + until.saturating_sub(from) / 2
}

/// The causes over time, without gaps from start to end.
fn stretches(marks: Vec<(Duration, Cause, Vec<Link>)>, start: Duration, end: Duration) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::with_capacity(marks.len());
    for (at, cause, chain) in marks {
        // What was seen first was so from the start on.
        let from = if stretches.is_empty() { start } else { at };
        if from >= end && !stretches.is_empty() {
            break;
        }
        if let Some(last) = stretches.last_mut() {
            last.until = from;
        }
        stretches.push(Stretch { from, until: end, cause, chain });
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::Blocker;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn object(identity: &str) -> Object {
        Object { kind: "relation".into(), relation: Some("orders".into()), identity: identity.into() }
    }

    fn waiting(pid: i32, since: Option<u64>, blocked_by: i32) -> Waiting {
        Waiting {
            pid,
            actor: Actor::Operation(0),
            since: since.map(ms),
            statement_began: ms(100),
            object: Some(object("1")),
            mode: Some("ROW EXCLUSIVE".into()),
            blocked_by: vec![blocked_by],
            held_by: vec![blocked_by],
        }
    }

    /// Backend 1 is a step, 2 is a stranger, 3 an operation.
    fn tick(at: u64, waiting: Vec<Waiting>) -> Tick {
        let actors = [(1, Actor::Step(0)), (2, Actor::Background("psql".into())), (3, Actor::Operation(1))];
        let blockers = actors.into_iter().map(|(pid, actor)| Blocker {
            pid,
            actor,
            statement: String::new(),
            state: "active".into(),
            holds: Vec::new(),
        });
        Tick { at: ms(at), waiting, blockers: blockers.collect() }
    }

    fn span(pid: i32, sent: u64, ended: u64) -> StatementSpan {
        let (sent, ended) = (ms(sent), ms(ended));
        StatementSpan { pid, actor: Actor::Operation(0), due: ms(99), sent, ended, failed: false }
    }

    fn causes(wait: &Wait) -> Vec<(u64, u64, Cause)> {
        let whole = |at: Duration| at.as_millis() as u64;
        wait.stretches.iter().map(|each| (whole(each.from), whole(each.until), each.cause.clone())).collect()
    }

    #[test]
    fn a_wait_lasts_from_the_servers_word_to_the_end_of_its_statement() {
        let mut episodes = Episodes::default();
        assert!(episodes.tick(&tick(110, vec![waiting(9, Some(101), 1)])).is_empty());
        assert!(episodes.tick(&tick(120, vec![waiting(9, Some(101), 1)])).is_empty());
        assert!(episodes.statements(&[span(9, 100, 126)]).is_empty(), "a tick may still be under way");
        let waits = episodes.tick(&tick(130, vec![]));
        assert_eq!(waits.len(), 1);
        assert_eq!((waits[0].start, waits[0].end, waits[0].ticks), (ms(101), ms(126), 2));
        assert_eq!(waits[0].due, Some(ms(99)));
        assert!(!waits[0].open);
        assert_eq!(causes(&waits[0]), [(101, 126, Cause::Held { step: 0 })]);
    }

    #[test]
    fn the_earlier_cause_holds_between_two_ticks() {
        let mut episodes = Episodes::default();
        for (at, blocker) in [(110, 3), (120, 1), (130, 1), (140, 2)] {
            episodes.tick(&tick(at, vec![waiting(9, Some(101), blocker)]));
        }
        episodes.statements(&[span(9, 100, 145)]);
        let waits = episodes.tick(&tick(150, vec![]));
        let expected = [
            (101, 120, Cause::Traffic),
            (120, 140, Cause::Held { step: 0 }),
            (140, 145, Cause::Background { who: "psql".into() }),
        ];
        assert_eq!(causes(&waits[0]), expected);
    }

    #[test]
    fn a_tick_may_arrive_after_the_end_of_the_statement_that_it_saw() {
        let mut episodes = Episodes::default();
        episodes.statements(&[span(9, 80, 99), span(9, 100, 126), span(9, 127, 160)]);
        episodes.tick(&tick(110, vec![waiting(9, Some(101), 1)]));
        let waits = episodes.tick(&tick(170, vec![]));
        assert_eq!((waits[0].start, waits[0].end), (ms(101), ms(126)));
    }

    #[test]
    fn a_statement_may_wait_several_times() {
        let mut episodes = Episodes::default();
        episodes.tick(&tick(110, vec![waiting(9, Some(101), 1)]));
        episodes.tick(&tick(120, vec![waiting(9, Some(115), 2)]));
        episodes.statements(&[span(9, 100, 126)]);
        let waits = episodes.tick(&tick(130, vec![]));
        let times: Vec<_> = waits.iter().map(|wait| (wait.start, wait.end)).collect();
        assert_eq!(times, [(ms(101), ms(115)), (ms(115), ms(126))]);
    }

    #[test]
    fn a_start_that_the_server_has_not_written_yet_is_filled_in_later() {
        let mut episodes = Episodes::default();
        episodes.tick(&tick(110, vec![waiting(9, None, 1)]));
        episodes.tick(&tick(120, vec![waiting(9, Some(105), 1)]));
        episodes.statements(&[span(9, 100, 126)]);
        let waits = episodes.tick(&tick(130, vec![]));
        assert_eq!(waits.len(), 1);
        assert_eq!((waits[0].start, waits[0].ticks), (ms(105), 2));
    }

    #[test]
    fn without_the_servers_word_a_wait_starts_when_its_statement_was_sent() {
        let mut episodes = Episodes::default();
        let mut other = waiting(9, None, 1);
        other.object = Some(object("2"));
        episodes.tick(&tick(110, vec![waiting(9, None, 1)]));
        episodes.tick(&tick(120, vec![waiting(9, None, 1)]));
        episodes.tick(&tick(130, vec![other]));
        episodes.statements(&[span(9, 99, 135)]);
        let waits = episodes.tick(&tick(140, vec![]));
        assert_eq!(waits.len(), 2, "the object tells two waits apart");
        assert_eq!((waits[0].start, waits[0].end), (ms(99), ms(125)));
    }

    #[test]
    fn a_statement_that_works_on_after_its_wait_does_not_prolong_it() {
        let mut episodes = Episodes::default();
        episodes.tick(&tick(110, vec![waiting(9, Some(101), 1)]));
        episodes.tick(&tick(120, vec![]));
        episodes.statements(&[span(9, 100, 5_000)]);
        let waits = episodes.tick(&tick(5_010, vec![]));
        assert_eq!((waits[0].start, waits[0].end), (ms(101), ms(115)));
    }

    #[test]
    fn a_strangers_wait_ends_when_it_is_seen_no_more() {
        let mut episodes = Episodes::default();
        let mut stranger = waiting(9, Some(101), 1);
        stranger.actor = Actor::Background("autovacuum worker".into());
        episodes.tick(&tick(110, vec![stranger]));
        let waits = episodes.tick(&tick(120, vec![]));
        assert_eq!((waits[0].end, waits[0].due, waits[0].open), (ms(115), None, false));
    }

    #[test]
    fn what_still_waits_at_the_end_is_open() {
        let mut episodes = Episodes::default();
        episodes.tick(&tick(110, vec![waiting(8, Some(101), 1), waiting(9, Some(102), 1)]));
        episodes.tick(&tick(120, vec![waiting(9, Some(102), 1)]));
        let waits = episodes.finish(ms(1_000));
        assert_eq!((waits[0].end, waits[0].open), (ms(115), false), "its statement never ended, but its wait did");
        assert_eq!((waits[1].end, waits[1].open), (ms(1_000), true));
        assert!(episodes.finish(ms(1_001)).is_empty());
    }

    #[test]
    fn a_moment_without_anybody_ahead_changes_no_cause() {
        let mut episodes = Episodes::default();
        let mut granted = waiting(9, Some(101), 1);
        granted.blocked_by.clear();
        episodes.tick(&tick(110, vec![waiting(9, Some(101), 1)]));
        episodes.tick(&tick(120, vec![granted]));
        episodes.statements(&[span(9, 100, 121)]);
        let waits = episodes.tick(&tick(130, vec![]));
        assert_eq!(causes(&waits[0]), [(101, 121, Cause::Held { step: 0 })]);
    }

    #[test]
    fn ended_statements_are_forgotten_after_two_seconds() {
        let mut episodes = Episodes::default();
        for n in 0..10_000 {
            episodes.statements(&[span(n % 20, u64::from(n.unsigned_abs()), u64::from(n.unsigned_abs()) + 1)]);
        }
        let kept: usize = episodes.recent.values().map(VecDeque::len).sum();
        assert!(kept <= 2_200, "{kept} kept");
    }
}
