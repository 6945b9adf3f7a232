//! The highest rate at which each variant keeps an operation's limits: round after round, each at another rate.

use super::Plan;
use super::between::Between;
use super::prepare::Seeded;
use super::round::{self, Done, Found, Turn};
use crate::phase::Phase;
use crate::progress::Progress;
use crate::result::model::{Capacity, Ended, RoundResult, RunResult, Trial, Verdict};
use crate::result::{Recording, Rules};
use crate::scenario::{Arrivals, Scenario, Variant};
use crate::statistics::needed;
use crate::units::Rate;
use crate::verdict::capacity::{Answer, Search};
use crate::verdict::threshold::{Bound, Figure, Limit, Subject, Threshold};
use tokio_util::sync::CancellationToken;

/// What is searched for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) plan: &'a Plan,
    pub(super) operation: &'a str,
}

/// Searches, variant after variant, at the first round trip; every trial stands in the result as soon as it is over.
pub(super) async fn search(
    seeded: &mut Seeded,
    wanted: Wanted<'_>,
    result: &mut RunResult,
    between: &mut Between,
    recording: &Recording,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let round_trip = wanted.plan.round_trips.first().copied().unwrap_or_default();
    // Rounds and trials are numbered through: those before are all there.
    let mut number = result.variants.iter().map(|variant| variant.rounds.len() as u16).sum();
    let thresholds = [wanted.threshold()];
    let rules = Rules { thresholds: &thresholds, steady: wanted.scenario.steady, cpus: result.place.cpus };
    for place in &wanted.plan.variants {
        let variant = &wanted.scenario.variants[*place];
        let Some(first) = rate(variant, wanted.operation) else { continue };
        let (name, operation) = (variant.name.clone(), wanted.operation.to_owned());
        result.capacities.push(Capacity { variant: name, operation, round_trip, ..Capacity::default() });
        let mut search = Search::from(first);
        while let Some(rate) = search.next() {
            progress.note(&format!("{} with {} of `{}`", variant.name, Rate(rate), wanted.operation));
            let tried = at_rate(variant, wanted.operation, rate);
            let turn = Turn { number, variant: &tried, round_trip };
            let Done { found, ended } = Box::pin(round::run(seeded, &turn, between, recording, progress, stop)).await;
            number += 1;
            result.ended = ended;
            let Some(Found { measured, facts, .. }) = found.filter(|_| result.ended == Ended::Completed) else {
                return Ok(());
            };
            let (trial, answer) = judged(rate, variant, wanted.operation, &measured.judged(facts, &rules), &thresholds);
            search.learn(rate, answer);
            if let Some(capacity) = result.capacities.last_mut() {
                capacity.add(trial, answer);
            }
            recording.write_result(result)?;
        }
    }
    Ok(())
}

impl Wanted<'_> {
    /// The operation's own limits, without those that no rate could change.
    fn threshold(&self) -> Threshold {
        let subject = Subject::Operation(self.operation.to_owned());
        let limits = self.scenario.limits(&subject).filter(|limit| !limit.figure.is_cost());
        let limits = limits.cloned().collect();
        Threshold { subject, limits }
    }
}

fn rate(variant: &Variant, operation: &str) -> Option<f64> {
    let operation = variant.operations.iter().find(|each| each.name == operation)?;
    match operation.arrivals {
        Arrivals::Open { rate, .. } => Some(rate.0),
        _ => None,
    }
}

fn at_rate(variant: &Variant, operation: &str, at: f64) -> Variant {
    let mut variant = variant.clone();
    for each in variant.operations.iter_mut().filter(|each| each.name == operation) {
        if let Arrivals::Open { rate, .. } = &mut each.arrivals {
            *rate = Rate(at);
        }
    }
    variant
}

/// What a round at a rate says of it.
fn judged(rate: f64, variant: &Variant, operation: &str, round: &RoundResult, limits: &[Threshold]) -> (Trial, Answer) {
    let place = variant.operations.iter().position(|each| each.name == operation);
    let figures = place.and_then(|place| round.operations.get(place));
    let measured = figures.and_then(|each| each.phases.iter().find(|each| each.phase == Some(Phase::Measure)));
    let response = measured.map(|figures| figures.response).unwrap_or_default();
    let broken = round.judgements.iter().find(|judgement| judgement.verdict == Verdict::Fail);
    let unjudged = round.judgements.iter().find(|judgement| judgement.verdict == Verdict::NotJudged);
    let (answer, why) = match (broken, round.health.invalid.first(), unjudged) {
        (Some(broken), ..) => (Answer::Lost, Some(format!("{}, found {}", broken.limit, broken.found))),
        (None, Some(invalid), _) => (Answer::Lost, Some(format!("invalid: {invalid}"))),
        (None, None, Some(unjudged)) => {
            let answer = if response.count < least_count(limits) { Answer::TooFew } else { Answer::Lost };
            let reason = unjudged.reason.as_deref().unwrap_or("not judged");
            (answer, Some(format!("{} could not be judged: {reason}", unjudged.limit)))
        }
        (None, None, None) => (Answer::Kept, None),
    };
    let kept = answer == Answer::Kept;
    (Trial { rate, kept, p50: response.p50, p99: response.p99, why }, answer)
}

/// As many as the strictest of the limits needs for a pass.
fn least_count(limits: &[Threshold]) -> u64 {
    let needs = |limit: &Limit| match (&limit.figure, &limit.bound) {
        (Figure::Percentile { percent, .. }, _) => needed(1.0 - percent / 100.0),
        (_, Bound::Share(share)) => needed(*share),
        _ => 1,
    };
    limits.iter().flat_map(|each| &each.limits).map(needs).max().unwrap_or(1)
}
