//! Why a waiter waits at one moment: a walk over the wait-for graph of a tick.
//!
//! A step is to blame wherever it stands among those ahead, for without it the wait would not be; only where no step
//! is found is somebody else. Whether it *holds* or *queues* is decided per object, not per session: ADD FOREIGN KEY
//! holds the child while it waits for the parent.

use crate::wait::{Actor, Blocker, Cause, Link, Tick, Waiting};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What PostgreSQL gives as the process of a prepared transaction.
const PREPARED_TRANSACTION: i32 = 0;

/// Why the backend `waiter` waits, and the chain from the one that it waits for down to the root.
///
/// `jobs` says whether an operation is a scheduled one. A backend that waits for nobody, since its lock is just
/// being granted, waits for traffic by an empty chain.
pub fn cause(tick: &Tick, waiter: i32, jobs: &dyn Fn(u16) -> bool) -> (Cause, Vec<Link>) {
    let graph = Graph::new(tick);
    let Some(victim) = graph.waiting.get(&waiter) else { return (Cause::Traffic, Vec::new()) };
    let ahead = graph.ahead(victim);

    if let Some(step) = ahead.direct(|actor| matches!(actor, Actor::Step(_)), &graph) {
        let path = graph.to_root(vec![step]);
        let root = path.last().map_or(Actor::Harness, |pid| graph.actor(*pid));
        let cause = match (graph.actor(step), graph.holds(step, victim)) {
            (Actor::Step(step), true) => Cause::Held { step },
            (Actor::Step(step), false) => Cause::Queued { step, root },
            _ => Cause::Traffic,
        };
        return (cause, graph.chain(victim, &path));
    }
    let is_job = |actor: &Actor| matches!(actor, Actor::Operation(operation) if jobs(*operation));
    let is_foreign = |actor: &Actor| matches!(actor, Actor::Background(_) | Actor::Harness);
    let found = ahead
        .nearest(|actor| matches!(actor, Actor::Step(_)), &graph)
        .or_else(|| ahead.nearest(is_job, &graph))
        .or_else(|| ahead.nearest(is_foreign, &graph));
    let culprit = found.or_else(|| ahead.order.first().copied());
    let path = graph.to_root(culprit.map(|pid| ahead.path(pid)).unwrap_or_default());
    let cause = match found.map(|pid| graph.actor(pid)) {
        Some(Actor::Step(step)) => Cause::Indirect { step },
        Some(Actor::Operation(operation)) => Cause::Job { operation },
        Some(Actor::Background(who)) => Cause::Background { who },
        Some(Actor::Harness) => Cause::Background { who: "shakedown".to_owned() },
        None => Cause::Traffic,
    };
    (cause, graph.chain(victim, &path))
}

/// Who waits for whom at one moment.
struct Graph<'a> {
    waiting: BTreeMap<i32, &'a Waiting>,
    blockers: BTreeMap<i32, &'a Blocker>,
}

impl<'a> Graph<'a> {
    fn new(tick: &'a Tick) -> Self {
        Self {
            waiting: tick.waiting.iter().map(|waiting| (waiting.pid, waiting)).collect(),
            blockers: tick.blockers.iter().map(|blocker| (blocker.pid, blocker)).collect(),
        }
    }

    fn actor(&self, pid: i32) -> Actor {
        let waiting = self.waiting.get(&pid).map(|waiting| waiting.actor.clone());
        let known = waiting.or_else(|| self.blockers.get(&pid).map(|blocker| blocker.actor.clone()));
        known.unwrap_or_else(|| {
            Actor::Background(match pid {
                PREPARED_TRANSACTION => "prepared transaction".to_owned(),
                _ => "unknown session".to_owned(),
            })
        })
    }

    /// Whether `pid`, which is ahead of the victim, holds what the victim wants; else it only wants it too.
    fn holds(&self, pid: i32, victim: &Waiting) -> bool {
        let elsewhere = |blocker: &Waiting| {
            let objects = blocker.known_object().zip(victim.known_object());
            objects.is_some_and(|(theirs, ours)| theirs.identity != ours.identity)
        };
        victim.held_by.contains(&pid) || self.waiting.get(&pid).is_none_or(|blocker| elsewhere(blocker))
    }

    /// Everybody ahead of the victim, nearest first.
    fn ahead(&self, victim: &Waiting) -> Ahead {
        let mut ahead = Ahead { order: Vec::new(), came_from: BTreeMap::new(), direct: victim.blocked_by.clone() };
        let mut seen = BTreeSet::from([victim.pid]);
        let mut next: VecDeque<(i32, Option<i32>)> = victim.blocked_by.iter().map(|pid| (*pid, None)).collect();
        while let Some((pid, from)) = next.pop_front() {
            if !seen.insert(pid) {
                continue;
            }
            ahead.order.push(pid);
            ahead.came_from.insert(pid, from);
            if let Some(waiting) = self.waiting.get(&pid) {
                next.extend(waiting.blocked_by.iter().map(|each| (*each, Some(pid))));
            }
        }
        ahead
    }

    /// Follows a path on to somebody who waits for nobody, or back into a circle.
    fn to_root(&self, mut path: Vec<i32>) -> Vec<i32> {
        while let Some(waiting) = path.last().and_then(|last| self.waiting.get(last)) {
            let new = |pid: &&i32| !path.contains(pid);
            let root = waiting.blocked_by.iter().filter(new).find(|pid| !self.waiting.contains_key(pid));
            match root.or_else(|| waiting.blocked_by.iter().find(new)) {
                Some(pid) => path.push(*pid),
                None => break,
            }
        }
        path
    }

    fn chain(&self, victim: &Waiting, path: &[i32]) -> Vec<Link> {
        let mut before = victim;
        let mut chain = Vec::with_capacity(path.len());
        for pid in path {
            chain.push(self.link(*pid, before));
            if let Some(waiting) = self.waiting.get(pid) {
                before = waiting;
            }
        }
        chain
    }

    fn link(&self, pid: i32, before: &Waiting) -> Link {
        let blocker = self.blockers.get(&pid);
        let waiting = self.waiting.get(&pid);
        let identity = before.object.as_ref().map(|object| &object.identity);
        let held = blocker.and_then(|blocker| blocker.holds.iter().find(|(object, _)| Some(object) == identity));
        let mode = match (self.holds(pid, before), waiting) {
            (false, Some(waiting)) => waiting.mode.clone(),
            _ => held.map(|(_, mode)| mode.clone()),
        };
        Link {
            pid,
            actor: self.actor(pid),
            statement: blocker.map(|blocker| blocker.statement.clone()).unwrap_or_default(),
            state: blocker.map(|blocker| blocker.state.clone()).unwrap_or_default(),
            mode,
            waits: waiting.is_some(),
        }
    }
}

/// Those ahead of a victim.
struct Ahead {
    /// Nearest first.
    order: Vec<i32>,
    /// Behind whom each was found; `None` for those whom the victim itself waits for.
    came_from: BTreeMap<i32, Option<i32>>,
    direct: Vec<i32>,
}

impl Ahead {
    /// The first of those whom the victim itself waits for; one that holds the lock before one that queues for it.
    fn direct(&self, wanted: impl Fn(&Actor) -> bool, graph: &Graph<'_>) -> Option<i32> {
        let found = || self.direct.iter().copied().filter(|pid| wanted(&graph.actor(*pid)));
        found().find(|pid| !graph.waiting.contains_key(pid)).or_else(|| found().next())
    }

    fn nearest(&self, wanted: impl Fn(&Actor) -> bool, graph: &Graph<'_>) -> Option<i32> {
        self.order.iter().copied().find(|pid| wanted(&graph.actor(*pid)))
    }

    /// From one whom the victim waits for to `pid`.
    fn path(&self, pid: i32) -> Vec<i32> {
        let mut path = vec![pid];
        while let Some(Some(from)) = path.last().and_then(|last| self.came_from.get(last)) {
            path.push(*from);
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::Object;
    use std::time::Duration;

    const TABLE: &str = "relation 1";
    const CHILD: &str = "relation 2";

    fn operation(place: u16) -> Actor {
        Actor::Operation(place)
    }

    fn waits(pid: i32, actor: Actor, object: &str, mode: &str, blocked_by: &[i32]) -> Waiting {
        Waiting {
            pid,
            actor,
            since: Some(Duration::ZERO),
            statement_began: Duration::ZERO,
            object: Some(Object { kind: "relation".into(), relation: None, identity: object.into() }),
            mode: Some(mode.into()),
            blocked_by: blocked_by.to_vec(),
            held_by: Vec::new(),
        }
    }

    fn blocks(pid: i32, actor: Actor, state: &str, holds: &[(&str, &str)]) -> Blocker {
        let holds = holds.iter().map(|(object, mode)| ((*object).to_owned(), (*mode).to_owned())).collect();
        Blocker { pid, actor, statement: format!("statement of {pid}"), state: state.into(), holds }
    }

    fn tick(waiting: Vec<Waiting>, blockers: Vec<Blocker>) -> Tick {
        Tick { at: Duration::ZERO, waiting, blockers }
    }

    /// Operation 9 is a job.
    fn cause_of(tick: &Tick, pid: i32) -> (Cause, Vec<Link>) {
        cause(tick, pid, &|operation| operation == 9)
    }

    fn pids(chain: &[Link]) -> Vec<i32> {
        chain.iter().map(|link| link.pid).collect()
    }

    /// Two readers idle in transaction, an ALTER TABLE that waits for them, and everybody behind it.
    fn queue() -> Tick {
        let migration = Actor::Step(0);
        let psql = || Actor::Background("psql".into());
        tick(
            vec![
                waits(3, migration.clone(), TABLE, "ACCESS EXCLUSIVE", &[1, 2]),
                waits(4, operation(0), TABLE, "ACCESS SHARE", &[3]),
                waits(5, operation(1), TABLE, "ROW EXCLUSIVE", &[3]),
                waits(7, psql(), TABLE, "SHARE", &[3, 5]),
                waits(8, operation(1), TABLE, "ROW EXCLUSIVE", &[3, 7]),
                waits(10, operation(1), "transactionid 77", "SHARE", &[5]),
            ],
            vec![
                blocks(1, psql(), "idle in transaction", &[(TABLE, "ACCESS SHARE")]),
                blocks(2, operation(2), "idle in transaction", &[(TABLE, "ACCESS SHARE")]),
                blocks(3, migration, "active", &[]),
                blocks(5, operation(1), "active", &[("transactionid 77", "EXCLUSIVE")]),
                blocks(7, psql(), "active", &[]),
            ],
        )
    }

    #[test]
    fn who_queues_behind_a_waiting_step_is_queued_and_the_root_is_named() {
        let tick = queue();
        let root = Actor::Background("psql".into());
        for victim in [4, 5, 7, 8] {
            let (cause, chain) = cause_of(&tick, victim);
            assert_eq!(cause, Cause::Queued { step: 0, root: root.clone() }, "of {victim}");
            assert_eq!(pids(&chain), [3, 1]);
        }
        let (_, chain) = cause_of(&tick, 4);
        assert_eq!(chain[0].mode.as_deref(), Some("ACCESS EXCLUSIVE"));
        assert!(chain[0].waits);
        assert_eq!(chain[1].mode.as_deref(), Some("ACCESS SHARE"));
        assert_eq!(chain[1].state, "idle in transaction");
        assert!(!chain[1].waits);
    }

    #[test]
    fn the_step_itself_waits_for_the_root() {
        let (cause, chain) = cause_of(&queue(), 3);
        assert_eq!(cause, Cause::Background { who: "psql".into() });
        assert_eq!(pids(&chain), [1]);
    }

    #[test]
    fn who_waits_for_a_victim_is_an_indirect_victim() {
        let (cause, chain) = cause_of(&queue(), 10);
        assert_eq!(cause, Cause::Indirect { step: 0 });
        assert_eq!(pids(&chain), [5, 3, 1]);
        assert_eq!(chain[0].mode.as_deref(), Some("EXCLUSIVE"));
        assert_eq!(chain[1].mode.as_deref(), Some("ACCESS EXCLUSIVE"));
    }

    #[test]
    fn a_step_that_waits_for_the_parent_holds_the_child() {
        let step = Actor::Step(2);
        let tick = tick(
            vec![
                waits(3, step.clone(), TABLE, "SHARE ROW EXCLUSIVE", &[6]),
                waits(4, operation(0), CHILD, "ROW EXCLUSIVE", &[3]),
                waits(5, operation(1), TABLE, "ROW EXCLUSIVE", &[3]),
            ],
            vec![
                blocks(3, step, "active", &[(CHILD, "SHARE ROW EXCLUSIVE")]),
                blocks(6, operation(3), "active", &[(TABLE, "ROW EXCLUSIVE")]),
            ],
        );
        let (on_child, chain) = cause_of(&tick, 4);
        assert_eq!(on_child, Cause::Held { step: 2 });
        assert_eq!(pids(&chain), [3, 6]);
        assert_eq!(chain[0].mode.as_deref(), Some("SHARE ROW EXCLUSIVE"));
        assert_eq!(cause_of(&tick, 5).0, Cause::Queued { step: 2, root: operation(3) });
    }

    #[test]
    fn a_step_that_asks_for_more_on_a_table_that_it_holds_is_to_blame_in_two_ways() {
        let step = Actor::Step(0);
        let mut writer = waits(5, operation(1), TABLE, "ROW EXCLUSIVE", &[3]);
        writer.held_by = vec![3];
        let tick = tick(
            vec![
                waits(3, step.clone(), TABLE, "ACCESS EXCLUSIVE", &[6]),
                waits(4, operation(0), TABLE, "ACCESS SHARE", &[3]),
                writer,
            ],
            vec![
                blocks(3, step, "active", &[(TABLE, "SHARE")]),
                blocks(6, operation(2), "active", &[(TABLE, "ACCESS SHARE")]),
            ],
        );
        let (of_reader, chain) = cause_of(&tick, 4);
        assert_eq!(of_reader, Cause::Queued { step: 0, root: operation(2) });
        assert_eq!(chain[0].mode.as_deref(), Some("ACCESS EXCLUSIVE"));
        let (of_writer, chain) = cause_of(&tick, 5);
        assert_eq!(of_writer, Cause::Held { step: 0 });
        assert_eq!(chain[0].mode.as_deref(), Some("SHARE"));
    }

    #[test]
    fn among_several_the_step_is_to_blame_then_a_job_then_a_stranger_then_traffic() {
        let cases = [
            (
                vec![operation(1), Actor::Background("psql".into()), operation(9), Actor::Step(4)],
                Cause::Held { step: 4 },
            ),
            (vec![operation(1), Actor::Background("psql".into()), operation(9)], Cause::Job { operation: 9 }),
            (vec![operation(1), Actor::Background("psql".into())], Cause::Background { who: "psql".into() }),
            (vec![operation(1), operation(2)], Cause::Traffic),
            (vec![Actor::Harness], Cause::Background { who: "shakedown".into() }),
        ];
        for (actors, expected) in cases {
            let pids: Vec<i32> = (100..).take(actors.len()).collect();
            let blockers = actors.into_iter().zip(&pids).map(|(actor, pid)| blocks(*pid, actor, "active", &[]));
            let tick = tick(vec![waits(1, operation(0), TABLE, "SHARE", &pids)], blockers.collect());
            assert_eq!(cause_of(&tick, 1).0, expected);
        }
    }

    #[test]
    fn a_prepared_transaction_and_a_session_that_has_gone_are_background() {
        let tick = tick(
            vec![
                waits(1, operation(0), TABLE, "SHARE", &[0]),
                waits(2, operation(0), TABLE, "SHARE", &[99]),
                waits(3, operation(0), TABLE, "SHARE", &[]),
            ],
            vec![],
        );
        assert_eq!(cause_of(&tick, 1).0, Cause::Background { who: "prepared transaction".into() });
        assert_eq!(cause_of(&tick, 2).0, Cause::Background { who: "unknown session".into() });
        assert_eq!(cause_of(&tick, 3), (Cause::Traffic, vec![]));
    }

    #[test]
    fn a_circle_of_waiters_ends_where_it_closes() {
        let tick = tick(
            vec![
                waits(1, operation(0), "tuple 1", "SHARE", &[2]),
                waits(2, Actor::Step(0), "tuple 2", "SHARE", &[3]),
                waits(3, operation(1), "tuple 3", "SHARE", &[2]),
            ],
            vec![],
        );
        let (cause, chain) = cause_of(&tick, 1);
        assert_eq!(cause, Cause::Held { step: 0 });
        assert_eq!(pids(&chain), [2, 3]);
    }
}
