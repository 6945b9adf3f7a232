//! One experiment from the first statement to the verdict.
//!
//! This room decides the order of things and nothing else: what each thing is lives in the rooms below. It prints
//! nothing and draws nothing; it tells its progress, and its results are written as they come.

mod alone;
mod answers;
mod between;
mod capacity;
mod conclude;
mod confess;
mod guard;
mod hopeless;
mod order;
mod prepare;
mod ready;
mod round;
mod shape;
mod watchers;

pub use prepare::{Prepared, Seeded, Subject};

use crate::progress::Progress;
use crate::result::model::{Ended, FORMAT, Finding, RoundResult, RunResult, ScenarioText, VariantResult, Verdict};
use crate::result::{Recording, Rules};
use crate::scenario::{Problem, Scenario, Variant};
use crate::traffic::schedule_hash;
use crate::verdict::threshold::Subject as Judged;
use between::Between;
use round::{Done, Found, Turn};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What is run of a scenario.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Places of the variants.
    pub variants: Vec<usize>,
    /// How often each.
    pub rounds: u32,
    /// Round trips between client and server, each with rounds of its own; zero is nothing in between.
    pub round_trips: Vec<Duration>,
    /// The operation whose highest rate is searched for afterwards.
    pub capacity: Option<String>,
}

/// Runs every variant and round of a plan; each leaves its results in the recording when it ends.
///
/// Ends early, with what was measured until then, when `stop` is cancelled or the server is lost.
pub async fn run(
    seeded: &mut Seeded,
    plan: &Plan,
    recording: &Recording,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> anyhow::Result<RunResult> {
    let scenario = seeded.prepared.subject.scenario.clone();
    let mut result = begin(seeded, plan).await?;
    recording.write_result(&result)?;
    let known = result.confessions.clone();
    let (mut first, mut between) = (answers::First::default(), Between::default());
    let mut hopeless = BTreeSet::new();
    for ((place, round_trip), number) in order::order(plan).into_iter().zip(0..) {
        if hopeless.contains(&place) {
            continue;
        }
        let variant = &scenario.variants[place];
        let turn = Turn { number, variant, round_trip };
        let Done { found, ended } = Box::pin(round::run(seeded, &turn, &mut between, recording, progress, stop)).await;
        result.confessions = [known.clone(), confess::between(&between)].concat();
        if let Some(found) = found {
            let judged = judged(found, &scenario, variant, &mut first, result.place.cpus);
            if judged.is_hopeless() {
                hopeless.insert(place);
            }
            result.add(&variant.name, judged, &ended);
        }
        result.ended = ended;
        if number == 0 && result.ended == Ended::Completed {
            // A private server that had just taken in the data was configured for that until the round began.
            result.place = seeded.prepared.place.facts().await?;
        }
        judge(&mut result, &scenario);
        recording.write_result(&result)?;
        if result.ended != Ended::Completed {
            break;
        }
    }
    if let (Ended::Completed, Some(operation)) = (&result.ended, &plan.capacity) {
        let wanted = capacity::Wanted { scenario: &scenario, plan, operation };
        // On the heap: what few runs want must not make the future of all of them larger.
        Box::pin(capacity::search(seeded, wanted, &mut result, &mut between, recording, progress, stop)).await?;
        judge(&mut result, &scenario);
        recording.write_result(&result)?;
    }
    if let (Ended::Failed(_), Some(log)) = (&result.ended, seeded.prepared.place.server_log()) {
        progress.note(&match recording.keep_log(&log) {
            Ok(kept) => format!("the server's own log is in {}", kept.display()),
            // How the run failed matters more.
            Err(error) => format!("{error:#}"),
        });
    }
    Ok(result)
}

/// What a round has found, judged by the scenario's limits and held against the answers that came first.
fn judged(found: Found, scenario: &Scenario, variant: &Variant, first: &mut answers::First, cpus: u32) -> RoundResult {
    let Found { measured, mut facts, answers } = found;
    let operation = scenario.same_result.as_deref().unwrap_or_default();
    facts.same_result = answers.map(|answers| first.judge(operation, &variant.name, answers));
    let thresholds = scenario.judged_by(variant);
    measured.judged(facts, &Rules { thresholds: &thresholds, steady: scenario.steady, cpus })
}

/// A result in which nothing has been measured yet.
async fn begin(seeded: &Seeded, plan: &Plan) -> anyhow::Result<RunResult> {
    let subject = &seeded.prepared.subject;
    let scenario = &subject.scenario;
    let noticed = subject.noticed.iter().cloned();
    let place = seeded.prepared.place.facts().await?;
    let variants = plan.variants.iter().map(|place| variant(&scenario.variants[*place], seeded));
    Ok(RunResult {
        format: FORMAT,
        shakedown: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: ScenarioText {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            path: scenario.path.display().to_string(),
            text: scenario.text.clone(),
            schema: scenario.schema.sql.clone(),
        },
        started: now()?,
        as_of: seeded.prepared.as_of.to_string(),
        random_seed: subject.random_seed,
        scale: subject.scale,
        findings: noticed.chain(seeded.prepared.findings.warnings.iter().map(finding)).collect(),
        confessions: confess::beforehand(seeded, &place),
        place,
        seed: seeded.facts.clone(),
        variants: variants.collect::<anyhow::Result<_>>()?,
        ended: Ended::Completed,
        verdict: Verdict::NotJudged,
        comparisons: Vec::new(),
        conclusions: Vec::new(),
        capacities: Vec::new(),
        baseline: None,
        planned: scenario.phases.each(),
    })
}

fn finding(warning: &Problem) -> Finding {
    Finding { message: warning.message.clone(), help: warning.help.clone() }
}

/// To the second: finer times are offsets.
fn now() -> anyhow::Result<String> {
    Ok(jiff::Timestamp::now().round(jiff::Unit::Second)?.to_string())
}

fn variant(variant: &Variant, seeded: &Seeded) -> anyhow::Result<VariantResult> {
    let seed = seeded.prepared.subject.random_seed;
    let operations = variant
        .operations
        .iter()
        .map(|operation| Ok(shape::facts(operation, schedule_hash(operation, &seeded.data, seed)?)));
    Ok(VariantResult {
        name: variant.name.clone(),
        operations: operations.collect::<anyhow::Result<_>>()?,
        pools: variant.pools.iter().map(|pool| (pool.name.clone(), pool.capacity())).collect(),
        gauges: variant.gauges.iter().map(|gauge| gauge.name.clone()).collect(),
        fails_by: variant.fails_by.iter().map(|each| format!("{} {}", each.subject, each.limit)).collect(),
        rounds: Vec::new(),
        judgements: Vec::new(),
        verdict: Verdict::NotJudged,
        sentence: "It was not run.".to_owned(),
    })
}

/// Judges the variants by the rounds that they have, and the run by its variants, and compares them.
fn judge(result: &mut RunResult, scenario: &Scenario) {
    result.relate(&scenario.thresholds);
    for variant in &mut result.variants {
        let asked = scenario.variants.iter().find(|each| each.name == variant.name);
        let fails_by: Vec<(Judged, String)> = asked
            .into_iter()
            .flat_map(|each| &each.fails_by)
            .map(|each| (each.subject.clone(), each.limit.clone()))
            .collect();
        variant.judge(&fails_by);
    }
    result.judge(scenario.same_schema);
    result.compare();
    if result.ended != Ended::Completed {
        // What was not finished may have failed already, but has not passed.
        result.verdict = result.verdict.and(Verdict::NotJudged);
    }
}
