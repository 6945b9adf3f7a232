//! What happened in a round, in one or two plain sentences.

use super::{Measured, Traffic};
use crate::figures::{ImpactFigures, WaitGroup};
use crate::phase::Phase;
use crate::step::{StepFacts, StepOutcome};
use crate::units::{human, thousands};
use crate::wait::{Actor, Cause};
use std::collections::BTreeMap;
use std::time::Duration;

/// Waits for locks shorter than this are everyday life.
const NOTEWORTHY: Duration = Duration::from_millis(20);
/// A second step is worth a sentence from this share of the first one's harm on.
const ALSO_WORTH_TELLING: f64 = 0.2;
/// As much of a statement as a sentence bears, in characters.
const LONGEST_NAME: usize = 70;
/// By so much the p99 of the worst ten seconds is above that of all of `before` when it is worth a word.
const MUCH_SLOWER: f64 = 2.0;
/// The p99 of fewer is their maximum.
const LEAST_COUNT: u64 = 100;
/// So many operations, and so many classes of errors, are named.
const MOST_NAMED: usize = 3;

/// Tells of a round: what a migration did to the traffic, or without one, how fast the traffic was.
#[must_use]
pub fn sentence(measured: &Measured<'_>) -> String {
    let failure = measured.steps.iter().find_map(failure);
    let story = match measured.steps {
        [] => of_comparison(measured),
        _ => of_migration(measured),
    };
    match failure {
        Some(failure) => format!("{failure} {story}"),
        None => story,
    }
}

fn failure(facts: &StepFacts) -> Option<String> {
    let name = shortened(&facts.name);
    match &facts.outcome {
        StepOutcome::Failed { message, .. } => Some(format!("`{name}` failed: {}.", message.trim_end_matches('.'))),
        StepOutcome::Cut => Some(format!("`{name}` did not end.")),
        StepOutcome::Done | StepOutcome::NotReached => None,
    }
}

fn of_migration(measured: &Measured<'_>) -> String {
    let Some(impact) = measured.all_traffic.impact else { return "The round ended before the migration began.".into() };
    let victims = victims(impact, &measured.all_traffic);
    let harms = harms(measured);
    let Some(first) = harms.first() else { return without_harm(impact, measured) };
    let mut story = format!("{}{victims}.", first.told(measured));
    if let Some(second) = harms.get(1).filter(|second| second.total_ms > first.total_ms * ALSO_WORTH_TELLING) {
        let told = second.told(measured);
        story = format!("{story} {}.", told.trim_end_matches([';', ':', ' ']));
    }
    story
}

fn without_harm(impact: &ImpactFigures, measured: &Measured<'_>) -> String {
    let longest = human(impact.longest_wait);
    let waits = match impact.longest_wait {
        Duration::ZERO => "Nobody waited for a lock".to_owned(),
        wait if wait < NOTEWORTHY => format!("Nobody waited longer than {longest} for a lock"),
        _ => format!("No step made anybody wait for a lock; {longest} was the longest wait among the others"),
    };
    let slower = slower(measured).map_or_else(String::new, |slower| format!(", but {slower}"));
    format!("{waits}{slower}; {}{}.", stalled(measured), failed(&measured.all_traffic))
}

/// `the longest stall was 16 ms`, of the operation that stalled longest: others may have gone on meanwhile.
fn stalled(measured: &Measured<'_>) -> String {
    let stall = |traffic: &&Traffic<'_>| traffic.impact.map_or(Duration::ZERO, |impact| impact.longest_stall);
    match measured.traffic().max_by_key(stall) {
        Some(traffic) if !stall(&traffic).is_zero() => {
            format!("the longest stall was {} (`{}`)", human(stall(&traffic)), traffic.name)
        }
        _ => "nothing stalled".to_owned(),
    }
}

/// `` `page` took 240 ms at p99 in its worst 10 s, 12 ms before ``, of the one that changed most: there are other
/// ways to be in the way than locks.
fn slower(measured: &Measured<'_>) -> Option<String> {
    let changed = measured.traffic().filter_map(|traffic| {
        let now = traffic.impact?.worst_10s;
        let before = traffic.phases.iter().find(|figures| figures.phase == Some(Phase::Before))?.response;
        let enough = now.count >= LEAST_COUNT && before.count >= LEAST_COUNT;
        let slower = now.p99 > before.p99.mul_f64(MUCH_SLOWER) && now.p99 > before.p99 + NOTEWORTHY;
        (enough && slower).then_some((traffic.name, now.p99, before.p99))
    });
    let ratio = |(_, now, before): &(&str, Duration, Duration)| now.as_secs_f64() / before.as_secs_f64().max(1e-6);
    let (name, now, before) = changed.max_by(|a, b| ratio(a).total_cmp(&ratio(b)))?;
    Some(format!("`{name}` took {} at p99 in its worst 10 s, {} before", human(now), human(before)))
}

/// `1,312 requests waited, the longest 4.1 s; 84 failed with pool timeout`.
fn victims(impact: &ImpactFigures, traffic: &Traffic<'_>) -> String {
    let judged = traffic.phases.iter().filter(|figures| matches!(figures.phase, Some(Phase::During | Phase::After)));
    let queued = judged.map(|figures| figures.pool_wait.max).max().unwrap_or_default();
    let longest = human(impact.longest_wait.max(queued));
    let waited = match (impact.waited, impact.blocked) {
        (1, _) => format!("1 request waited, for {longest}"),
        // Whoever shares the pool is a victim too, though it may never touch the table.
        (count, blocked) if blocked < count => {
            let [count, lock, connection] = [count, blocked, count - blocked].map(thousands);
            format!(
                "{count} requests waited, {lock} for a lock and {connection} for a connection, the longest {longest}"
            )
        }
        (count, _) => format!("{} requests waited, the longest {longest}", thousands(count)),
    };
    waited + &failed(traffic)
}

/// `; 84 failed with pool timeout, 3 with deadlock detected`, from the start of the migration on.
fn failed(traffic: &Traffic<'_>) -> String {
    let account = traffic.impact.map(|impact| &impact.account);
    let mut classes: Vec<(&String, &u64)> = account.into_iter().flat_map(|account| &account.failed).collect();
    classes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let named = |(place, (class, count)): (usize, &(&String, &u64))| {
        let failed = if place == 0 { "failed " } else { "" };
        format!("{} {failed}with {}", thousands(**count), class.replace('_', " "))
    };
    let mut named: Vec<String> = classes.iter().take(MOST_NAMED).enumerate().map(named).collect();
    let rest: u64 = classes.iter().skip(MOST_NAMED).map(|(_, count)| **count).sum();
    if rest > 0 {
        named.push(format!("{} with other errors", thousands(rest)));
    }
    match named.is_empty() {
        true => String::new(),
        false => format!("; {}", named.join(", ")),
    }
}

/// What a step did to the traffic through locks.
struct Harm<'a> {
    step: u16,
    held_ms: f64,
    total_ms: f64,
    /// The longest wait for a lock on the same object that it held.
    held_longest: Duration,
    /// The costliest of its groups, of those who queued if it was mostly that.
    group: &'a WaitGroup,
}

/// Steps that made the traffic wait noteworthily, the worst first.
fn harms<'a>(measured: &Measured<'a>) -> Vec<Harm<'a>> {
    let mut harms: BTreeMap<u16, Harm<'a>> = BTreeMap::new();
    let groups = measured.waits.iter().filter(|group| group.longest >= NOTEWORTHY);
    for group in groups {
        let Some(step) = group.cause.step() else { continue };
        let ms = of_traffic(group, measured);
        if ms <= 0.0 {
            continue;
        }
        let harm = harms.entry(step).or_insert(Harm {
            step,
            held_ms: 0.0,
            total_ms: 0.0,
            held_longest: Duration::ZERO,
            group,
        });
        harm.total_ms += ms;
        if !matches!(group.cause, Cause::Queued { .. }) {
            harm.held_ms += ms;
        }
        // Whoever waits behind another victim tells nothing of the lock itself.
        if matches!(harm.group.cause, Cause::Indirect { .. }) {
            harm.group = group;
        }
        if matches!(group.cause, Cause::Held { .. }) && group.object == harm.group.object {
            harm.held_longest = harm.held_longest.max(group.longest);
        }
    }
    let mut harms: Vec<Harm<'a>> = harms.into_values().collect();
    harms.sort_by(|a, b| b.total_ms.total_cmp(&a.total_ms));
    harms
}

/// Milliseconds that operations waited, steps left out.
fn of_traffic(group: &WaitGroup, measured: &Measured<'_>) -> f64 {
    let is_traffic = |name: &str| measured.operations.iter().any(|traffic| traffic.name == name);
    group.waiters.iter().filter(|(name, ..)| is_traffic(name)).map(|(.., ms)| ms).sum()
}

impl Harm<'_> {
    fn told(&self, measured: &Measured<'_>) -> String {
        let facts = measured.steps.get(usize::from(self.step));
        let name = facts.map_or_else(|| format!("step {}", self.step + 1), |facts| shortened(&facts.name));
        let object = &self.group.object;
        match &self.group.cause {
            Cause::Queued { root, .. } if self.held_ms < self.total_ms / 2.0 => {
                let waited = human(self.waited(facts, measured));
                let behind = self.root(root, measured);
                let waited = match facts.map_or(1, |facts| facts.attempts) {
                    0 | 1 => format!("waited {waited}"),
                    attempts => {
                        format!("was tried {} times, each time waiting up to {waited}", thousands(attempts.into()))
                    }
                };
                format!("`{name}` {waited} behind {behind}, and everything queued behind it: ")
            }
            _ => match facts.and_then(|facts| hold(facts, object)) {
                Some((mode, held)) => {
                    // Seen by a sampler, a hold is a little shorter than what those behind it waited.
                    let held = held.max(self.held_longest);
                    format!("`{name}` held {mode} on {object} for {}; ", human(held))
                }
                None => format!("`{name}` kept {object} locked for {}; ", human(self.group.longest)),
            },
        }
    }

    /// How long the step itself waited: by its own waits, else by those of its lock, else by those behind it.
    fn waited(&self, facts: Option<&StepFacts>, measured: &Measured<'_>) -> Duration {
        let own = |group: &&WaitGroup| {
            group.object == self.group.object
                && facts.is_some_and(|facts| group.waiters.iter().any(|(name, ..)| *name == facts.name))
        };
        let waits = measured.waits.iter().filter(own).map(|group| group.longest).max();
        let locks = facts.into_iter().flat_map(|facts| &facts.locks).filter(|lock| lock.relation == self.group.object);
        let asked = locks.filter_map(|lock| Some(lock.granted?.saturating_sub(lock.asked?))).max();
        waits.or(asked).unwrap_or(self.group.longest)
    }

    /// `` `report` (idle in transaction) ``.
    fn root(&self, root: &Actor, measured: &Measured<'_>) -> String {
        let name = match root {
            Actor::Operation(place) => {
                measured.operations.get(usize::from(*place)).map(|each| format!("`{}`", each.name))
            }
            Actor::Step(place) => {
                measured.steps.get(usize::from(*place)).map(|facts| format!("`{}`", shortened(&facts.name)))
            }
            Actor::Harness => Some("shakedown itself".to_owned()),
            Actor::Background(who) => Some(who.clone()),
        };
        let name = name.unwrap_or_else(|| "another session".to_owned());
        match self.group.chain.last().filter(|link| link.actor == *root) {
            Some(link) if link.state != "active" && !link.state.is_empty() => format!("{name} ({})", link.state),
            _ => name,
        }
    }
}

/// The lock on that object that the step held longest.
fn hold<'a>(facts: &'a StepFacts, object: &str) -> Option<(&'a str, Duration)> {
    let locks = facts.locks.iter().filter(|lock| lock.relation == object);
    let held = locks.filter_map(|lock| Some((lock.mode.as_str(), lock.released?.saturating_sub(lock.granted?))));
    held.max_by_key(|(_, held)| *held)
}

/// How fast each operation was, the busiest first.
fn of_comparison(measured: &Measured<'_>) -> String {
    let mut busiest: Vec<&Traffic<'_>> =
        measured.operations.iter().filter(|each| each.times.response.count() > 0).collect();
    busiest.sort_by_key(|traffic| std::cmp::Reverse(traffic.times.response.count()));
    let told = |traffic: &&Traffic<'_>| {
        let (half, p99) = (traffic.times.response.quantile(0.5), traffic.times.response.quantile(0.99));
        format!("`{}` took {} at the median and {} at p99", traffic.name, human(half), human(p99))
    };
    let told: Vec<String> = busiest.iter().take(MOST_NAMED).map(told).collect();
    match told.is_empty() {
        true => "Nothing was measured.".to_owned(),
        false => format!("{}{}.", told.join(", "), failed(&measured.all_traffic)),
    }
}

fn shortened(name: &str) -> String {
    let one_line = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{} …", one_line[..end].trim_end()),
        None => one_line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Account, Percentiles, PhaseFigures};
    use crate::latency::Times;
    use crate::step::LockTaken;
    use crate::wait::Link;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn step(name: &str, locks: Vec<LockTaken>) -> StepFacts {
        StepFacts { name: name.to_owned(), outcome: StepOutcome::Done, locks, ..StepFacts::default() }
    }

    fn lock(mode: &str, asked: u64, granted: u64, released: u64) -> LockTaken {
        let [asked, granted, released] = [asked, granted, released].map(|at| Some(ms(at)));
        LockTaken { relation: "transactions".to_owned(), mode: mode.to_owned(), asked, granted, released }
    }

    fn group(cause: Cause, waiter: &str, count: u64, longest: u64, root: Option<Link>) -> WaitGroup {
        let total_ms = (count * longest) as f64 / 2.0;
        WaitGroup {
            cause,
            object: "transactions".to_owned(),
            mode: "ACCESS SHARE".to_owned(),
            phase: Phase::During,
            waiters: vec![(waiter.to_owned(), count, total_ms)],
            count,
            total_ms,
            longest: ms(longest),
            chain: root.into_iter().collect(),
        }
    }

    fn impact(waited: u64, longest_wait: u64, longest_stall: u64, failed: &[(&str, u64)]) -> ImpactFigures {
        let failed = failed.iter().map(|(class, count)| ((*class).to_owned(), *count)).collect();
        ImpactFigures {
            waited,
            blocked: waited,
            longest_wait: ms(longest_wait),
            longest_stall: ms(longest_stall),
            account: Account { failed, ..Account::default() },
            ..ImpactFigures::default()
        }
    }

    fn told(steps: &[StepFacts], waits: &[WaitGroup], impact: &ImpactFigures) -> String {
        let mut times = Times::fine();
        (1..=100).for_each(|each| times.response.record(ms(each)));
        let phases = [Phase::Before, Phase::During].map(|phase| PhaseFigures {
            phase: Some(phase),
            response: Percentiles { count: 1000, p99: ms(12), ..Percentiles::default() },
            ..PhaseFigures::default()
        });
        let traffic = |name| Traffic {
            name,
            is_traffic: true,
            phases: &phases,
            impact: Some(impact),
            times: &times,
            by_phase: &[],
            cost: None,
        };
        sentence(&Measured {
            operations: vec![traffic("page"), traffic("report")],
            all_traffic: traffic("all traffic"),
            gauges: Vec::new(),
            steps,
            waits,
            impact: None,
            window: Duration::ZERO,
            database: None,
        })
    }

    #[test]
    fn a_step_that_holds_is_told_with_mode_object_and_time() {
        let steps = [step("ALTER TABLE … SET NOT NULL", vec![lock("ACCESS EXCLUSIVE", 0, 0, 4200)])];
        let waits = [group(Cause::Held { step: 0 }, "page", 20, 4100, None)];
        let impact = impact(1312, 4100, 4100, &[("pool_timeout", 84), ("deadlock_detected", 3)]);
        assert_eq!(
            told(&steps, &waits, &impact),
            "`ALTER TABLE … SET NOT NULL` held ACCESS EXCLUSIVE on transactions for 4.2 s; 1,312 requests waited, \
             the longest 4.1 s; 84 failed with pool timeout, 3 with deadlock detected."
        );
    }

    #[test]
    fn a_step_that_queues_is_told_with_whom_it_waits_for() {
        let steps = [step("ADD COLUMN", vec![lock("ACCESS EXCLUSIVE", 0, 7100, 7110)])];
        let root = Link {
            pid: 1,
            actor: Actor::Operation(1),
            statement: "SELECT 1".to_owned(),
            state: "idle in transaction".to_owned(),
            mode: Some("ACCESS SHARE".to_owned()),
            waits: false,
        };
        let cause = Cause::Queued { step: 0, root: Actor::Operation(1) };
        let waits = [group(cause, "page", 20, 7000, Some(root)), group(Cause::Held { step: 0 }, "page", 1, 25, None)];
        assert_eq!(
            told(&steps, &waits, &impact(1312, 7000, 7000, &[])),
            "`ADD COLUMN` waited 7.1 s behind `report` (idle in transaction), and everything queued behind it: \
             1,312 requests waited, the longest 7 s."
        );
    }

    #[test]
    fn a_step_that_is_tried_often_is_told_with_its_attempts_and_those_without_a_connection_with_their_number() {
        let mut steps = [step("ADD COLUMN", vec![lock("ACCESS EXCLUSIVE", 0, 110, 120)])];
        steps[0].attempts = 12;
        let waits = [group(Cause::Queued { step: 0, root: Actor::Background("psql".into()) }, "page", 138, 125, None)];
        let impact = ImpactFigures { blocked: 138, ..impact(290, 125, 125, &[]) };
        assert_eq!(
            told(&steps, &waits, &impact),
            "`ADD COLUMN` was tried 12 times, each time waiting up to 110 ms behind psql, and everything queued behind \
             it: 290 requests waited, 138 for a lock and 152 for a connection, the longest 125 ms."
        );
    }

    #[test]
    fn nobody_is_told_that_all_is_well_when_requests_were_slow_without_a_lock() {
        let worst_10s = Percentiles { count: 1000, p99: ms(240), ..Percentiles::default() };
        assert_eq!(
            told(&[step("UPDATE", vec![])], &[], &ImpactFigures { worst_10s, ..impact(0, 0, 100, &[]) }),
            "Nobody waited for a lock, but `report` took 240 ms at p99 in its worst 10 s, 12 ms before; the longest \
             stall was 100 ms (`report`)."
        );
    }

    #[test]
    fn who_waits_behind_a_hold_never_waits_longer_than_it() {
        let steps = [step("CREATE INDEX", vec![lock("SHARE", 0, 0, 194)])];
        let waits = [group(Cause::Held { step: 0 }, "page", 10, 208, None)];
        let told = told(&steps, &waits, &impact(10, 208, 208, &[]));
        assert!(told.starts_with("`CREATE INDEX` held SHARE on transactions for 208 ms; 10 requests"), "{told}");
    }

    #[test]
    fn no_harm_is_told_as_such() {
        for (waits, failed, expected) in [
            (12, &[][..], "Nobody waited longer than 12 ms for a lock; the longest stall was 100 ms (`report`)."),
            (0, &[], "Nobody waited for a lock; the longest stall was 100 ms (`report`)."),
            (
                0,
                &[("undefined_column", 4210)],
                "Nobody waited for a lock; the longest stall was 100 ms (`report`); 4,210 failed with undefined column.",
            ),
            (
                300,
                &[],
                "No step made anybody wait for a lock; 300 ms was the longest wait among the others; the longest \
                 stall was 100 ms (`report`).",
            ),
        ] {
            assert_eq!(told(&[step("ADD COLUMN", vec![])], &[], &impact(0, waits, 100, failed)), expected);
        }
    }

    #[test]
    fn a_failed_migration_comes_first() {
        let mut steps = [step("VALIDATE", vec![])];
        steps[0].outcome = StepOutcome::Failed { class: None, message: "check is violated by some row".to_owned() };
        assert_eq!(
            told(&steps, &[], &impact(0, 0, 100, &[])),
            "`VALIDATE` failed: check is violated by some row. Nobody waited for a lock; the longest stall was 100 ms (`report`)."
        );
    }

    #[test]
    fn without_a_migration_the_speed_is_told() {
        assert_eq!(
            told(&[], &[], &impact(0, 0, 0, &[("deadlock_detected", 1)])),
            "`page` took 50 ms at the median and 99 ms at p99, `report` took 50 ms at the median and 99 ms at p99; \
             1 failed with deadlock detected."
        );
    }

    #[test]
    fn long_statements_are_shortened() {
        let long = format!("UPDATE transactions\n  SET memo = '{}'", "é".repeat(100));
        assert_eq!(shortened(&long).chars().count(), LONGEST_NAME + 2);
        assert_eq!(shortened("SELECT  1"), "SELECT 1");
    }
}
