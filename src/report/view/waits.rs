//! Who blocked whom: lock waits grouped by what they waited for, each with its chain as a tree from its root down.

use super::round::Shown;
use crate::phase::Phase;
use crate::report::names::{self, Names};
use crate::report::words;
use crate::result::model::WaitGroup;
use crate::wait::{Cause, Link};
use std::collections::BTreeMap;
use std::time::Duration;

/// More than these are counted, not shown; they are sorted by harm.
const SHOWN: usize = 24;
/// More waiters than these under one blocker are counted, not shown.
const LEAVES: usize = 12;

/// All that waited for one reason.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// The CSS class of its colour.
    pub(crate) class: &'static str,
    /// The reason, to follow *waited*.
    pub(crate) cause: String,
    /// How many waited.
    pub(crate) count: String,
    /// ` of step 1`, where nobody but a step of the migration waited: it is no victim.
    pub(crate) whose: String,
    /// For how long, all together.
    pub(crate) total: String,
    /// The longest.
    pub(crate) longest: String,
    /// From the root to the one that was waited for.
    pub(crate) links: Vec<Node>,
    /// Who waited for that.
    pub(crate) leaves: Vec<Leaf>,
    /// Leaves not shown.
    pub(crate) more: usize,
    blames_step: bool,
    total_ms: f64,
}

/// A session in a chain.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Whom it works for.
    pub(crate) who: String,
    /// Its backend and state.
    pub(crate) session: String,
    /// What it holds or waits for.
    pub(crate) lock: String,
    /// What it runs, on one line.
    pub(crate) brief: String,
    /// What it runs, where that is more.
    pub(crate) full: String,
}

/// Waiters of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// Who.
    pub(crate) who: String,
    /// How many, how long.
    pub(crate) figures: String,
    /// The lock that they asked for.
    pub(crate) lock: String,
    /// Hundredths of the longest bar of the tree.
    pub(crate) width: String,
}

/// The trees of a round, the most harmful first, and how many are not shown.
pub(crate) fn trees(shown: Shown<'_>) -> (Vec<Tree>, usize) {
    let mut by_cause: BTreeMap<&Cause, Vec<&WaitGroup>> = BTreeMap::new();
    for group in &shown.round.waits {
        by_cause.entry(&group.cause).or_default().push(group);
    }
    let mut trees: Vec<Tree> =
        by_cause.into_iter().map(|(cause, groups)| tree(cause, &groups, shown.names())).collect();
    // What the migration caused comes first: it is what the reader can change.
    trees.sort_by(|a, b| b.blames_step.cmp(&a.blames_step).then(b.total_ms.total_cmp(&a.total_ms)));
    let more = trees.len().saturating_sub(SHOWN);
    trees.truncate(SHOWN);
    (trees, more)
}

/// When nobody looked, in a sentence; empty where somebody always did.
pub(crate) fn blind(shown: Shown<'_>) -> String {
    let blind = shown.round.health.phases.iter().filter(|phase| phase.blind > Duration::ZERO);
    let blind: Vec<String> =
        blind.filter_map(|phase| Some(format!("{} of {}", words::length(phase.blind), phase.phase?.name()))).collect();
    match blind.is_empty() {
        true => String::new(),
        false => format!("Nobody looked at the locks for {}: who waited only then is missing here.", blind.join(", ")),
    }
}

fn tree<'a>(cause: &Cause, groups: &[&'a WaitGroup], names: Names<'a>) -> Tree {
    let longest = groups.iter().max_by_key(|group| group.longest);
    let count = groups.iter().map(|group| group.count).sum();
    let total_ms = groups.iter().map(|group| group.total_ms).sum();
    let chain = longest.map_or(&[][..], |group| &group.chain);
    let links = chain.iter().enumerate().rev().map(|(place, link)| node(place, link, cause, names)).collect();
    let whose = whose(groups, names);
    let mut leaves = leaves(groups);
    let more = leaves.len().saturating_sub(LEAVES);
    leaves.truncate(LEAVES);
    Tree {
        class: names::class(cause),
        cause: if whose.is_empty() || *cause != Cause::Traffic {
            names.cause(cause)
        } else {
            "for ordinary traffic".to_owned()
        },
        count: words::counted(count, "wait", "waits"),
        whose,
        total: words::millis(total_ms),
        longest: words::length(longest.map_or_else(Default::default, |group| group.longest)),
        links,
        leaves,
        more,
        blames_step: cause.step().is_some(),
        total_ms,
    }
}

/// ` of step 1`, where nobody else waited.
fn whose(groups: &[&WaitGroup], names: Names<'_>) -> String {
    let mut waiters = groups.iter().flat_map(|group| &group.waiters).map(|(name, ..)| names.step_called(name));
    let Some(Some(first)) = waiters.next() else { return String::new() };
    match waiters.all(|other| other == Some(first)) {
        true => format!(" of {}", names::step(first)),
        false => String::new(),
    }
}

fn node<'a>(place: usize, link: &'a Link, cause: &Cause, names: Names<'a>) -> Node {
    let mode = link.mode.as_deref().unwrap_or("a lock");
    // Only the first link is what the waiters wait for; there the cause tells holding from queueing.
    let holds = !link.waits || (place == 0 && matches!(cause, Cause::Held { .. }));
    let lock = match (holds, link.waits) {
        (true, false) => format!("holds {mode}"),
        (true, true) => format!("holds {mode}, and waits itself"),
        (false, _) => format!("waits for {mode}"),
    };
    let statement = names.statement(link);
    let brief = words::shorten(statement, 110);
    Node {
        who: names.actor(&link.actor),
        session: format!("backend {}, {}", link.pid, link.state),
        lock,
        full: if brief == statement { String::new() } else { clip(statement) },
        brief,
    }
}

/// A statement of any length would make a page of any length.
fn clip(statement: &str) -> String {
    statement.chars().take(4_000).collect()
}

fn leaves(groups: &[&WaitGroup]) -> Vec<Leaf> {
    let mut waiters: Vec<(&WaitGroup, &(String, u64, f64))> =
        groups.iter().flat_map(|group| group.waiters.iter().map(move |waiter| (*group, waiter))).collect();
    waiters.sort_by(|a, b| b.1.2.total_cmp(&a.1.2));
    let most = waiters.first().map_or(1.0, |(_, (_, _, ms))| ms.max(1e-9));
    waiters
        .into_iter()
        .map(|(group, (who, count, ms))| Leaf {
            who: who.clone(),
            figures: format!("{}, {} in all", words::counted(*count, "wait", "waits"), words::millis(*ms)),
            lock: format!("for {} on {}{}", group.mode, group.object, during(group.phase)),
            width: format!("{:.1}", 100.0 * ms.max(0.0) / most),
        })
        .collect()
}

fn during(phase: Phase) -> String {
    match phase {
        Phase::Measure => String::new(),
        phase @ Phase::Warmup => format!(", in the {}", phase.name()),
        Phase::Before => ", before the migration".to_owned(),
        Phase::During => ", during it".to_owned(),
        Phase::After => ", after it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn trees_of(variant: usize) -> Vec<Tree> {
        let (result, series) = sample::run(20, 1);
        let variant = &result.variants[variant];
        trees(Shown { variant, number: 1, round: &variant.rounds[0], series: &series[0] }).0
    }

    #[test]
    fn the_most_harmful_blocker_comes_first_with_its_victims() {
        let tree = &trees_of(0)[0];
        assert_eq!((tree.cause.as_str(), tree.count.as_str()), ("for a lock that step 1 held", "1,293 waits"));
        assert_eq!(tree.links[0].lock, "holds ACCESS EXCLUSIVE");
        assert!(tree.links[0].full.contains('\n') && !tree.links[0].brief.contains('\n'));
        assert_eq!(
            tree.leaves.iter().map(|leaf| leaf.who.as_str()).collect::<Vec<_>>(),
            ["account page", "post payment", "ledger export"]
        );
    }

    #[test]
    fn a_queue_names_its_root_first_and_the_step_that_waits_for_it_second() {
        let trees = trees_of(1);
        let tree = trees.iter().find(|tree| tree.class == "queued").expect("somebody queued");
        let links: Vec<(&str, &str)> = tree.links.iter().map(|link| (link.who.as_str(), link.lock.as_str())).collect();
        assert_eq!(links, [("ledger export", "holds ACCESS SHARE"), ("step 1", "waits for ACCESS EXCLUSIVE")]);
    }

    #[test]
    fn waits_of_a_step_alone_are_called_its_own_and_show_what_it_ran_even_between_two_statements() {
        let (mut result, series) = sample::run(20, 1);
        let variant = &mut result.variants[0];
        let step = variant.rounds[0].steps[0].clone();
        let group = &mut variant.rounds[0].waits[0];
        group.cause = Cause::Traffic;
        group.waiters = vec![(step.name.clone(), 1, 10.0)];
        group.chain[0].statement = String::new();
        variant.rounds[0].waits.truncate(1);
        let (trees, _) = trees(Shown { variant, number: 1, round: &variant.rounds[0], series: &series[0] });
        assert_eq!((trees[0].whose.as_str(), trees[0].cause.as_str()), (" of step 1", "for ordinary traffic"));
        assert_eq!(trees[0].links[0].brief, words::shorten(&step.text, 110));
    }
}
