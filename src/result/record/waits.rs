//! Lock waits summed up by cause and object, in memory that depends on how many different ones there are.

use super::super::event::RoundShape;
use crate::figures::WaitGroup;
use crate::phase::Phase;
use crate::wait::{Actor, Cause, Link, Wait};
use std::collections::BTreeMap;
use std::time::Duration;

/// All waits of a round.
#[derive(Debug, Default)]
pub(super) struct WaitGroups {
    groups: BTreeMap<(Cause, String, String, Phase), Group>,
}

#[derive(Debug, Default)]
struct Group {
    waiters: BTreeMap<String, (u64, f64)>,
    longest: Duration,
    chain: Vec<Link>,
}

impl WaitGroups {
    /// Counts a wait under each of its causes, with the time that is that cause's.
    pub(super) fn add(&mut self, wait: &Wait, phase: Phase, shape: &RoundShape) {
        let mut causes: BTreeMap<&Cause, (Duration, &[Link])> = BTreeMap::new();
        for stretch in &wait.stretches {
            let part = causes.entry(&stretch.cause).or_insert((Duration::ZERO, &stretch.chain));
            part.0 += stretch.until.saturating_sub(stretch.from);
        }
        let object = wait.object.relation.as_ref().unwrap_or(&wait.object.kind);
        let waiter = shape.name(&wait.waiter);
        for (cause, (length, chain)) in causes {
            let group = self.groups.entry((cause.clone(), object.clone(), wait.mode.clone(), phase)).or_default();
            let (count, milliseconds) = group.waiters.entry(waiter.clone()).or_default();
            *count += 1;
            *milliseconds += length.as_secs_f64() * 1e3;
            if length > group.longest {
                group.longest = length;
                group.chain = chain.to_vec();
            }
        }
    }

    /// The groups, the costliest first.
    pub(super) fn figures(self) -> Vec<WaitGroup> {
        let mut figures: Vec<WaitGroup> = self.groups.into_iter().map(summed).collect();
        figures.sort_by(|a, b| b.total_ms.total_cmp(&a.total_ms));
        figures
    }
}

fn summed(((cause, object, mode, phase), group): ((Cause, String, String, Phase), Group)) -> WaitGroup {
    let mut waiters: Vec<_> = group.waiters.into_iter().map(|(name, (count, ms))| (name, count, ms)).collect();
    waiters.sort_by(|(.., a), (.., b)| b.total_cmp(a));
    WaitGroup {
        cause,
        object,
        mode,
        phase,
        count: waiters.iter().map(|(_, count, _)| count).sum(),
        total_ms: waiters.iter().map(|(.., ms)| ms).sum(),
        waiters,
        longest: group.longest,
        chain: group.chain,
    }
}

impl RoundShape {
    /// What a reader calls somebody.
    #[must_use]
    pub fn name(&self, actor: &Actor) -> String {
        let step = |place: u16| self.steps.get(usize::from(place)).cloned();
        let operation = |place: u16| self.operations.get(usize::from(place)).map(|each| each.name.clone());
        match actor {
            Actor::Operation(place) => operation(*place).unwrap_or_else(|| format!("operation {place}")),
            Actor::Step(place) => step(*place).unwrap_or_else(|| format!("step {place}")),
            Actor::Harness => "shakedown itself".to_owned(),
            Actor::Background(who) => who.clone(),
        }
    }
}
