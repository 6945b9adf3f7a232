//! How the server goes about each statement, before the traffic and after it.

use super::comparison::lineup::class;
use super::variant::marked;
use crate::plan::{Plan, StatementPlan};
use crate::report::names::Names;
use crate::report::words;
use crate::result::model::{RunResult, VariantResult};

/// Longer plans and statements are cut: the whole text is in `result.json`.
const TEXT: usize = 6_000;
/// Bytes of plan text in the whole report, which must stay below a megabyte.
const BUDGET: usize = 200_000;

/// The statements of one operation.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    /// Its name.
    pub(crate) operation: String,
    /// Each statement of each variant; one that several share in the same way stands here once.
    pub(crate) statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The variants that have it: colour and name.
    pub(crate) variants: Vec<(String, String)>,
    /// On one line.
    pub(crate) brief: String,
    /// In full, where that is more.
    pub(crate) full: String,
    /// Why there is no plan; else nothing.
    pub(crate) missing: String,
    /// That the plan changed, in words; else nothing.
    pub(crate) changed: String,
    /// One where it stayed the same, else that before the traffic and that after it.
    pub(crate) looks: Vec<Look>,
}

/// One plan.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// When it was looked at.
    pub(crate) when: &'static str,
    /// What matters, the gravest first: markup, escaped.
    pub(crate) findings: Vec<String>,
    /// What it took, in words.
    pub(crate) took: String,
    /// As a person reads it.
    pub(crate) text: String,
    /// What tells it from other plans.
    shape: String,
}

/// Every operation that has plans.
pub(crate) fn plans(result: &RunResult) -> Vec<Plans> {
    let count: usize = result.variants.iter().map(|variant| distinct(variant).len()).sum();
    // Before and after.
    let most = (BUDGET / (2 * count).max(1)).min(TEXT);
    let mut plans: Vec<Plans> = Vec::new();
    for (place, variant) in result.variants.iter().enumerate() {
        for seen in distinct(variant) {
            let Some(first) = seen.first() else { continue };
            let operation = Names(variant).operation(first.operation);
            let statement = statement((class(place), variant.name.clone()), first, &seen, most);
            match plans.iter_mut().find(|plans| plans.operation == operation) {
                Some(plans) => plans.add(statement),
                None => plans.push(Plans { operation, statements: vec![statement] }),
            }
        }
    }
    plans
}

impl Plans {
    fn add(&mut self, statement: Statement) {
        match self.statements.iter_mut().find(|known| known.is_as(&statement)) {
            Some(known) => known.variants.extend(statement.variants),
            None => self.statements.push(statement),
        }
    }
}

impl Statement {
    /// Whether the server goes about it in the same way.
    fn is_as(&self, other: &Self) -> bool {
        let said = |statement: &Self| {
            [&statement.brief, &statement.full, &statement.missing, &statement.changed].map(Clone::clone)
        };
        let shapes = |statement: &Self| statement.looks.iter().map(|look| look.shape.clone()).collect::<Vec<_>>();
        said(self) == said(other) && shapes(self) == shapes(other)
    }
}

/// The plans of one statement, a round each.
type Seen<'a> = Vec<&'a StatementPlan>;

fn distinct(variant: &VariantResult) -> Vec<Seen<'_>> {
    let mut statements: Vec<Seen<'_>> = Vec::new();
    for plan in variant.rounds.iter().flat_map(|round| &round.plans) {
        let same = |seen: &&mut Seen<'_>| {
            seen.iter().any(|known| known.operation == plan.operation && known.statement == plan.statement)
        };
        match statements.iter_mut().find(same) {
            Some(seen) => seen.push(plan),
            None => statements.push(vec![plan]),
        }
    }
    statements
}

fn statement(variant: (String, String), first: &StatementPlan, seen: &[&StatementPlan], most: usize) -> Statement {
    let changes = |plan: &&&StatementPlan| match (&plan.before, &plan.after) {
        (Some(before), Some(after)) => before.shape != after.shape,
        _ => false,
    };
    let changed = seen.iter().filter(changes).count();
    // A round in which the plan changed says more than one in which it did not, and either more than one without any.
    let known = |plan: &&&StatementPlan| plan.before.is_some() || plan.after.is_some();
    let shown = seen.iter().find(changes).or_else(|| seen.iter().find(known)).map_or(first, |shown| *shown);
    let brief = words::shorten(&shown.statement, 130);
    Statement {
        variants: vec![variant],
        full: if brief == shown.statement { String::new() } else { shown.statement.chars().take(TEXT).collect() },
        brief,
        missing: shown.missing.clone().unwrap_or_default(),
        changed: said(changed, seen),
        looks: looks(shown, changed > 0, most),
    }
}

fn said(changed: usize, seen: &[&StatementPlan]) -> String {
    let rounds = seen.len();
    if changed > 0 && rounds == 1 {
        return "The plan changed its shape under the traffic.".to_owned();
    }
    if changed > 0 {
        return format!("The plan changed its shape under the traffic, in {changed} of {rounds} rounds.");
    }
    let mut shapes: Vec<&str> = seen
        .iter()
        .filter_map(|plan| plan.before.as_ref().or(plan.after.as_ref()))
        .map(|plan| plan.shape.as_str())
        .collect();
    shapes.sort_unstable();
    shapes.dedup();
    match shapes.len() {
        0 | 1 => String::new(),
        many => format!("The rounds had {many} different plans; one of them is shown."),
    }
}

fn looks(shown: &StatementPlan, changed: bool, most: usize) -> Vec<Look> {
    match (&shown.before, &shown.after) {
        (Some(before), Some(after)) if changed => {
            vec![look("before the traffic", before, most), look("after it", after, most)]
        }
        (Some(before), Some(after)) => {
            let mut look = look("before the traffic and after it", before, most);
            look.took = format!("{}; then {}", took(before), took(after));
            vec![look]
        }
        (Some(only), None) => vec![look("before the traffic", only, most)],
        (None, Some(only)) => vec![look("after the traffic", only, most)],
        (None, None) => Vec::new(),
    }
}

fn look(when: &'static str, plan: &Plan, most: usize) -> Look {
    Look {
        when,
        findings: plan.findings.iter().map(|finding| marked(finding)).collect(),
        took: took(plan),
        text: plan.text.chars().take(most).collect(),
        shape: plan.shape.clone(),
    }
}

fn took(plan: &Plan) -> String {
    match plan.executed {
        false => "estimated, not executed".to_owned(),
        true => format!(
            "{}, {} blocks found in memory, {} read",
            words::millis(plan.ms),
            words::count(plan.hit),
            words::count(plan.read)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_plan_that_changed_is_shown_twice_and_one_that_stayed_once() {
        let plans = plans(&sample::comparison::run(4, 2).0);
        let [first, second, ..] = plans[0].statements.as_slice() else { panic!("{plans:?}") };
        assert_eq!(first.changed, "The plan changed its shape under the traffic, in 6 of 6 rounds.");
        assert_eq!(first.looks.iter().map(|look| look.when).collect::<Vec<_>>(), ["before the traffic", "after it"]);
        assert_eq!((second.looks.len(), second.changed.as_str()), (1, ""));
    }

    #[test]
    fn a_statement_that_variants_share_stands_there_once() {
        let plans = plans(&sample::comparison::run(4, 2).0);
        let variants =
            |statement: &Statement| statement.variants.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        assert_eq!(plans.iter().map(|plans| plans.operation.as_str()).collect::<Vec<_>>(), ["dashboard", "renewal"]);
        assert_eq!(
            plans[0].statements.iter().map(variants).collect::<Vec<_>>(),
            [vec!["n+1"], vec!["n+1", "prefetch"], vec!["annotated"], vec!["prefetch"]]
        );
        assert_eq!(variants(&plans[1].statements[0]).len(), 3);
        assert_eq!(plans[1].statements[0].missing, "it changes data");
    }

    #[test]
    fn rounds_that_disagree_are_told() {
        let (mut result, _) = sample::comparison::run(4, 2);
        let plan = &mut result.variants[1].rounds[0].plans[0];
        for look in plan.before.iter_mut().chain(&mut plan.after) {
            "another".clone_into(&mut look.shape);
        }
        assert_eq!(plans(&result)[0].statements[2].changed, "The rounds had 2 different plans; one of them is shown.");
    }
}
