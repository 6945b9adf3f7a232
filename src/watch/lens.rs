//! What is known of waiters and of those ahead of them, so that a look asks only for what it has not seen.
//!
//! Pure: answers of the server in, a tick out.

use crate::backends::Backends;
use crate::server::postgres::facts::Names;
use crate::server::postgres::locks::{Ahead, Asked, Waiter};
use crate::wait::{Actor, Blocker, Object, Tick, Waiting};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How old what is known of a blocker may be; statement and state of one idle in transaction change.
const FRESH: Duration = Duration::from_millis(250);
/// For how many times the length of the last question its answer is good: so a tenth of the time at most goes into
/// asking again, however long the lock table is.
const GOOD_FOR: u32 = 10;
/// Under this name, with the place of its step, commands of the migration connect.
const COMMAND: &str = "shakedown/command/";

/// Under this name an application under test connects, as far as its driver heeds what it is told.
const APPLICATION: &str = "shakedown/app";
/// What a reader is told then.
const NAMED_APPLICATION: &str = "the application";

/// What the last looks have found out.
#[derive(Default)]
pub(super) struct Lens {
    /// By process.
    asked: BTreeMap<i32, Known>,
    /// How long the last question for locks took.
    asking_took: Duration,
    ahead: BTreeMap<i32, Ahead>,
    /// Which objects each blocker has been asked about.
    asked_about: BTreeSet<(i32, String)>,
    ahead_at: Duration,
}

/// When an answer was asked for, and how long it took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    pub(super) at: Duration,
    pub(super) took: Duration,
}

/// The lock that a process waits for, and as what it was seen then.
struct Known {
    at: Duration,
    statement_began: i64,
    blocked_by: Vec<i32>,
    asked: Option<Asked>,
}

impl Lens {
    /// Forgets who waits no more, and gives the processes whose lock is not known: new waiters, those whose start
    /// the server had not written, and those of whom too much time has passed or others than before are ahead, for
    /// they may be in another wait already: behind a hot row one wait follows the other.
    pub(super) fn unknown(&mut self, waiters: &[Waiter], now: Duration) -> Vec<i32> {
        let waiting: BTreeSet<i32> = waiters.iter().map(|waiter| waiter.process).collect();
        self.asked.retain(|process, _| waiting.contains(process));
        let is_known = |waiter: &Waiter| {
            self.asked.get(&waiter.process).is_some_and(|known| {
                known.statement_began == waiter.statement_began
                    && known.blocked_by == waiter.blocked_by
                    && now < known.at + self.asking_took * GOOD_FOR
                    && known.asked.as_ref().is_some_and(|asked| asked.since.is_some() && asked.kind == waiter.kind)
            })
        };
        waiters.iter().filter(|waiter| !is_known(waiter)).map(|waiter| waiter.process).collect()
    }

    /// The server's answer about those that were unknown, which it took so long to give.
    pub(super) fn learn(&mut self, waiters: &[Waiter], unknown: &[i32], mut answers: Vec<Asked>, answered: Answered) {
        self.asking_took = answered.took;
        for waiter in waiters.iter().filter(|waiter| unknown.contains(&waiter.process)) {
            let place = answers.iter().position(|asked| asked.process == waiter.process);
            let known = Known {
                at: answered.at,
                statement_began: waiter.statement_began,
                blocked_by: waiter.blocked_by.clone(),
                asked: place.map(|place| answers.swap_remove(place)),
            };
            self.asked.insert(waiter.process, known);
        }
    }

    /// Those ahead of anybody, and the objects in question, where something about them is not known or not fresh.
    pub(super) fn unknown_ahead(&self, waiters: &[Waiter], now: Duration) -> Option<(Vec<i32>, Vec<String>)> {
        let needed = self.needed(waiters);
        if needed.is_empty() || (needed.is_subset(&self.asked_about) && now < self.ahead_at + FRESH) {
            return None;
        }
        let pids: BTreeSet<i32> = needed.iter().map(|(pid, _)| *pid).collect();
        let identities: BTreeSet<String> = needed.into_iter().map(|(_, object)| object).collect();
        let identities = identities.into_iter().filter(|identity| !identity.is_empty()).collect();
        Some((pids.into_iter().collect(), identities))
    }

    /// The server's answer about them.
    pub(super) fn learn_ahead(&mut self, waiters: &[Waiter], now: Duration, ahead: Vec<Ahead>) {
        self.asked_about = self.needed(waiters);
        self.ahead = ahead.into_iter().map(|each| (each.pid, each)).collect();
        self.ahead_at = now;
    }

    /// The tick that all this makes.
    pub(super) fn tick(&self, at: Duration, waiters: &[Waiter], world: &World<'_>) -> Tick {
        let waiting = waiters.iter().map(|waiter| self.waiting(waiter, waiters, world)).collect();
        let ahead: BTreeSet<i32> = waiters.iter().flat_map(|waiter| waiter.blocked_by.iter().copied()).collect();
        let blockers = ahead.iter().filter_map(|pid| self.ahead.get(pid)).map(|ahead| blocker(ahead, world)).collect();
        Tick { at, waiting, blockers }
    }

    /// Whether a relation is asked for whose name is not known.
    pub(super) fn has_nameless(&self, names: &Names) -> bool {
        let asked = self.asked.values().filter_map(|known| known.asked.as_ref());
        asked.filter_map(|asked| asked.relation).any(|relation| !names.contains_key(&relation))
    }

    fn waiting(&self, waiter: &Waiter, waiters: &[Waiter], world: &World<'_>) -> Waiting {
        let asked = self.asked(waiter);
        let held_by = waiter.blocked_by.iter().copied().filter(|pid| self.holds(*pid, asked, waiters)).collect();
        Waiting {
            pid: waiter.pid,
            actor: world.actor(waiter.pid, &waiter.who, waiter.is_client),
            since: asked.and_then(|asked| asked.since).map(|since| (world.time)(since)),
            statement_began: (world.time)(waiter.statement_began),
            object: Some(Object {
                kind: asked.map_or_else(|| waiter.kind.clone(), |asked| asked.kind.clone()),
                relation: asked.and_then(|asked| asked.relation).and_then(|oid| world.names.get(&oid).cloned()),
                identity: asked.map(|asked| asked.identity.clone()).unwrap_or_default(),
            }),
            mode: asked.and_then(|asked| asked.mode).map(|mode| mode.words().to_owned()),
            blocked_by: waiter.blocked_by.clone(),
            held_by,
        }
    }

    fn asked(&self, waiter: &Waiter) -> Option<&Asked> {
        self.asked.get(&waiter.process)?.asked.as_ref()
    }

    /// Whether `pid` has what is asked for, rather than waiting for it too.
    fn holds(&self, pid: i32, asked: Option<&Asked>, waiters: &[Waiter]) -> bool {
        let Some(waits) = waiters.iter().find(|waiter| waiter.pid == pid) else { return true };
        let (Some(asked), Some(theirs)) = (asked, self.asked(waits)) else { return false };
        if theirs.identity != asked.identity {
            return true;
        }
        let held = self.ahead.get(&pid).into_iter().flat_map(|ahead| &ahead.holds);
        let mut held = held.filter(|(object, _)| *object == asked.identity);
        held.any(|(_, mode)| asked.mode.is_some_and(|wanted| wanted.conflicts(*mode)))
    }

    /// Who is ahead of somebody, with the object that it is ahead on.
    fn needed(&self, waiters: &[Waiter]) -> BTreeSet<(i32, String)> {
        let pairs = waiters.iter().flat_map(|waiter| {
            let identity = self.asked(waiter).map(|asked| asked.identity.clone()).unwrap_or_default();
            waiter.blocked_by.iter().map(move |pid| (*pid, identity.clone()))
        });
        pairs.collect()
    }
}

/// What answers are read with.
pub(super) struct World<'a> {
    pub(super) backends: &'a Backends,
    pub(super) names: &'a Names,
    /// The offset of a time that the server tells.
    pub(super) time: &'a dyn Fn(i64) -> Duration,
}

impl World<'_> {
    fn actor(&self, pid: i32, who: &str, is_client: bool) -> Actor {
        self.backends.actor(pid).unwrap_or_else(|| match stranger(who) {
            // Not every driver heeds the name that it is given.
            Actor::Background(who) if is_client && who != NAMED_APPLICATION => {
                self.backends.guest(pid).map_or(Actor::Background(who), Actor::Step)
            }
            actor => actor,
        })
    }
}

/// Whom a session works for that is not among our connections.
fn stranger(who: &str) -> Actor {
    if let Some(step) = who.strip_prefix(COMMAND).and_then(|step| step.parse().ok()) {
        return Actor::Step(step);
    }
    match who {
        "" => Actor::Background("unknown session".to_owned()),
        APPLICATION => Actor::Background(NAMED_APPLICATION.to_owned()),
        who if who.starts_with("shakedown") => Actor::Harness,
        who => Actor::Background(who.to_owned()),
    }
}

fn blocker(ahead: &Ahead, world: &World<'_>) -> Blocker {
    let mut holds: Vec<_> = ahead.holds.iter().collect();
    // The strongest first: it is the one that a reader is shown.
    holds.sort_by_key(|(_, mode)| std::cmp::Reverse(*mode));
    Blocker {
        pid: ahead.pid,
        actor: world.actor(ahead.pid, &ahead.who, ahead.is_client),
        statement: ahead.statement.clone(),
        state: ahead.state.clone(),
        holds: holds.into_iter().map(|(object, mode)| (object.clone(), mode.words().to_owned())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::postgres::mode::Mode;

    const QUICK: Answered = Answered { at: Duration::ZERO, took: Duration::from_micros(300) };

    fn waiter(pid: i32, blocked_by: &[i32]) -> Waiter {
        Waiter {
            process: pid,
            pid,
            kind: "relation".into(),
            blocked_by: blocked_by.to_vec(),
            statement_began: 5,
            who: "psql".into(),
            is_client: true,
        }
    }

    fn asked(pid: i32, mode: Mode, since: Option<i64>) -> Asked {
        let identity = "relation 1 2".to_owned();
        Asked { process: pid, kind: "relation".into(), relation: Some(2), identity, mode: Some(mode), since }
    }

    #[test]
    fn a_waiter_is_asked_about_until_its_start_is_known_and_again_when_others_are_ahead() {
        let mut lens = Lens::default();
        let first = [waiter(1, &[7])];
        let (now, later) = (Duration::from_millis(1), Duration::from_millis(10));
        assert_eq!(lens.unknown(&first, now), [1]);
        lens.learn(&first, &[1], vec![asked(1, Mode::Share, None)], QUICK);
        assert_eq!(lens.unknown(&first, now), [1], "the server had not written the start");
        lens.learn(&first, &[1], vec![asked(1, Mode::Share, Some(6))], QUICK);
        assert!(lens.unknown(&first, now).is_empty());
        assert_eq!(lens.unknown(&first, later), [1], "asking is cheap");
        assert_eq!(lens.unknown(&[waiter(1, &[8])], now), [1], "it may be the next wait of the statement");
        assert!(lens.unknown(&[], now).is_empty());
        assert_eq!(lens.unknown(&first, now), [1], "it has not waited in between");
    }

    #[test]
    fn blockers_are_asked_about_at_first_sight_and_when_what_is_known_is_old() {
        let mut lens = Lens::default();
        let waiters = [waiter(1, &[7])];
        lens.learn(&waiters, &[1], vec![asked(1, Mode::Share, Some(6))], QUICK);
        let at = Duration::from_secs(1);
        assert_eq!(lens.unknown_ahead(&waiters, at), Some((vec![7], vec!["relation 1 2".to_owned()])));
        lens.learn_ahead(&waiters, at, Vec::new());
        assert_eq!(lens.unknown_ahead(&waiters, at), None);
        assert!(lens.unknown_ahead(&waiters, at + FRESH).is_some());
        assert!(lens.unknown_ahead(&[waiter(1, &[7, 9])], at).is_some());
    }

    #[test]
    fn one_that_waits_for_more_than_it_holds_holds_only_what_conflicts() {
        let mut lens = Lens::default();
        let waiters = [waiter(1, &[9]), waiter(2, &[1]), waiter(3, &[1])];
        let answers = vec![
            asked(1, Mode::AccessExclusive, Some(1)),
            asked(2, Mode::AccessShare, Some(2)),
            asked(3, Mode::RowExclusive, Some(3)),
        ];
        lens.learn(&waiters, &[1, 2, 3], answers, QUICK);
        let holds = vec![("relation 1 2".to_owned(), Mode::Share)];
        let step = Ahead {
            pid: 1,
            who: "psql".into(),
            is_client: true,
            state: "active".into(),
            statement: String::new(),
            holds,
        };
        lens.learn_ahead(&waiters, Duration::ZERO, vec![step]);
        let (backends, names) = (Backends::default(), Names::from([(2, "orders".to_owned())]));
        let world = World { backends: &backends, names: &names, time: &|micros| Duration::from_micros(micros as u64) };
        let tick = lens.tick(Duration::ZERO, &waiters, &world);
        let held_by: Vec<_> = tick.waiting.iter().map(|waiting| waiting.held_by.clone()).collect();
        assert_eq!(held_by, [vec![9], vec![], vec![1]]);
        assert_eq!(tick.waiting[0].object.as_ref().and_then(|object| object.relation.as_deref()), Some("orders"));
        assert_eq!(tick.blockers[0].holds, [("relation 1 2".to_owned(), "SHARE".to_owned())]);
    }

    #[test]
    fn a_session_that_came_while_a_command_ran_works_for_it_whatever_its_name() {
        let (backends, names) = (Backends::default(), Names::new());
        let world = World { backends: &backends, names: &names, time: &|micros| Duration::from_micros(micros as u64) };
        let psql = Actor::Background("psql".into());
        assert_eq!(world.actor(7, "psql", true), psql);
        backends.command_began(2, [7]);
        assert_eq!(world.actor(7, "psql", true), psql, "it was there before");
        assert_eq!(world.actor(8, "", true), Actor::Step(2));
        assert_eq!(world.actor(9, "autovacuum worker", false), Actor::Background("autovacuum worker".into()));
        assert_eq!(world.actor(10, "shakedown/guard", true), Actor::Harness);
    }

    #[test]
    fn sessions_of_a_command_work_for_its_step() {
        assert_eq!(stranger("shakedown/command/3"), Actor::Step(3));
        assert_eq!(stranger("shakedown/sizes"), Actor::Harness);
        assert_eq!(stranger("shakedown/app"), Actor::Background("the application".into()));
        assert_eq!(stranger("autovacuum worker"), Actor::Background("autovacuum worker".into()));
    }
}
