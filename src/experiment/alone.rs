//! Each operation executed alone before there is any traffic: what it answers, what it costs, and how the server goes
//! about it, then and after the traffic.

use super::answers::Answers;
use super::prepare::Seeded;
use crate::cost::OperationCost;
use crate::network::Proxy;
use crate::plan::StatementPlan;
use crate::result::RoundMeasured;
use crate::scenario::Variant;
use crate::server::postgres::Address;
use crate::server::postgres::counts::Counts;
use crate::traffic::{self, Executed, Looked, Purpose};

/// What was found out.
#[derive(Default)]
pub(super) struct Alone {
    /// Of the operation that `same_result` names.
    pub(super) answers: Option<Answers>,
    /// By the operations' places.
    pub(super) costs: Vec<OperationCost>,
    /// How the server goes about their statements.
    pub(super) plans: Vec<StatementPlan>,
    /// What is not known, and why.
    pub(super) note: Option<String>,
}

/// Where the operations of a round lead.
pub(super) struct Ends<'a> {
    /// The database.
    pub(super) address: &'a Address,
    /// The same, as its clients reach it.
    pub(super) way: &'a Address,
    /// What stands on that way, where something does.
    pub(super) proxy: Option<&'a Proxy>,
    /// Where the application under test answers.
    pub(super) site: Option<&'a str>,
}

/// Executes the operations one after the other, by the way that their clients take.
pub(super) async fn execute(seeded: &Seeded, variant: &Variant, ends: &Ends<'_>) -> anyhow::Result<Alone> {
    let mut found = Alone::default();
    let mut counts = match Counts::open(ends.address).await {
        Ok(counts) => Some(counts),
        Err(error) => {
            found.note = Some(format!(
                "the server does not count what statements cost ({}): of what an operation takes, only what its client \
                 sees is known",
                error.message
            ));
            None
        }
    };
    let as_of = seeded.prepared.as_of.as_microsecond();
    let operations = traffic::Alone::new(ends.way, variant, &seeded.data, as_of)?.beside(ends.site, ends.proxy)?;
    let asked = seeded.prepared.subject.scenario.same_result.as_deref();
    for (place, operation) in variant.operations.iter().enumerate() {
        let is_asked = asked == Some(operation.name.as_str());
        let purpose = if is_asked { Purpose::Answers } else { Purpose::Cost };
        let Executed { cost, plans, answers } = operations.execute(place, purpose, counts.as_mut()).await?;
        found.costs.push(cost);
        found.plans.extend(plans.into_iter().map(|looked| before(place, looked)));
        if is_asked {
            found.answers = Some(answers);
        }
    }
    if let Some(counts) = counts {
        counts.close().await?;
    }
    Ok(found)
}

/// Looks at the plans again when there is no traffic any more.
///
/// A statement that works no more, as after a change of the schema, keeps the plan that it had.
pub(super) async fn look_again(
    seeded: &Seeded,
    variant: &Variant,
    address: &Address,
    measured: &RoundMeasured,
    plans: &mut [StatementPlan],
) {
    let as_of = seeded.prepared.as_of.as_microsecond();
    for operation in plans.chunk_by_mut(|a, b| a.operation == b.operation) {
        let place = usize::from(operation[0].operation);
        let looked = match traffic::Alone::new(address, variant, &seeded.data, as_of) {
            Ok(operations) => operations.look(place, arrivals(measured, place)).await,
            Err(error) => Err(error),
        };
        match looked {
            Ok(looked) => operation.iter_mut().zip(looked).for_each(|(plan, looked)| after(plan, looked)),
            // Where the server is gone, the checks that follow say so.
            Err(error) => operation.iter_mut().for_each(|plan| plan.missing = Some(format!("{error:#}"))),
        }
    }
}

/// How many arrivals an operation has had.
fn arrivals(measured: &RoundMeasured, place: usize) -> u64 {
    let figures = measured.operations.get(place);
    figures.map_or(0, |figures| figures.phases.iter().map(|phase| phase.account.scheduled).sum())
}

fn before(operation: usize, looked: Looked) -> StatementPlan {
    let missing = looked.plan.as_ref().err().cloned();
    StatementPlan {
        operation: operation as u16,
        statement: looked.statement,
        before: looked.plan.ok(),
        after: None,
        missing,
    }
}

fn after(plan: &mut StatementPlan, looked: Looked) {
    match looked.plan {
        Ok(after) => plan.after = Some(after),
        Err(missing) => plan.missing = Some(missing),
    }
}
