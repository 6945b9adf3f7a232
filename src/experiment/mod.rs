//! One experiment from the first statement to the verdict.
//!
//! This room decides the order of things and nothing else: what each thing is lives in the rooms below.
//! It prints nothing and draws nothing; it tells its progress, and writes its results as they come.

mod order;
mod prepare;
mod round;

pub use prepare::{Prepared, Subject, prepare};

use crate::place::Place;
use crate::progress::Progress;
use crate::result::Recording;
use crate::result::model::{
    Ended, FORMAT, RoundResult, RunResult, ScenarioText, VariantResult, Verdict,
};
use crate::scenario::Scenario;
use anyhow::Context as _;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// What is run of a scenario.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Places of the variants.
    pub variants: Vec<usize>,
    /// How often each.
    pub rounds: u32,
}

/// Runs every variant and round of a plan, leaving results in `directory` as they come.
///
/// Ends early, with what was measured until then, when `stop` is cancelled or the server is lost.
pub async fn run(
    prepared: &mut Prepared,
    plan: &Plan,
    directory: &Path,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> anyhow::Result<RunResult> {
    let mut recording = Recording::create(directory)?;
    let mut result = empty(prepared, plan);
    recording.write_result(&result)?;
    for (number, variant) in order::order(&plan.variants, plan.rounds).into_iter().enumerate() {
        let place = plan.variants.iter().position(|each| *each == variant).expect("ordered from these");
        match round::run(prepared, variant, number as u16, &mut recording, progress, stop).await {
            Ok(done) => {
                result.ended = done.ended;
                result.variants[place].rounds.push(done.result);
            }
            Err(error) => result.ended = Ended::Failed(format!("{error:#}")),
        }
        judge(&mut result, &prepared.scenario);
        recording.write_result(&result)?;
        if result.ended != Ended::Completed {
            break;
        }
    }
    Ok(result)
}
