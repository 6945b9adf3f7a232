//! One run from its data to its report.

use super::{Conditions, report, terminal};
use crate::experiment::{self, Plan};
use crate::place::Copy;
use crate::progress::Progress;
use crate::result::model::{Ended, Finding, RunResult};
use crate::result::{EarlierRuns, Recording};
use crate::scenario::Scenario;
use crate::server::postgres::by_hand::ByHand;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// What is run.
pub(super) struct Once<'a> {
    pub(super) conditions: &'a Conditions,
    pub(super) plan: &'a Plan,
    /// Where results and report go.
    pub(super) directory: &'a Path,
    /// What becomes of the database of the last round.
    pub(super) copy: Copy,
    /// What it is held against when it is over.
    pub(super) baseline: Option<&'a EarlierRuns>,
}

/// A run that came to its end, or to an early one.
pub(super) struct Ran {
    pub(super) result: RunResult,
    pub(super) report: PathBuf,
    /// How to look into the database of the last round, where it was kept.
    pub(super) kept: Option<ByHand>,
}

impl Once<'_> {
    /// Runs a scenario; `None` where it was asked to end before anything was measured. `noticed` is told with what its
    /// check finds.
    pub(super) async fn run(
        self,
        scenario: Scenario,
        noticed: Vec<Finding>,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Ran>> {
        let seeding = async {
            let prepared = self.conditions.prepare(scenario, noticed).await?;
            terminal::warn(prepared.warnings().as_ref());
            prepared.seed(progress).await
        };
        let Some(mut seeded) = super::unless_stopped(stop, seeding).await? else { return Ok(None) };
        let recording = Recording::create(self.directory)?;
        let result = Box::pin(experiment::run(&mut seeded, self.plan, &recording, progress, stop)).await;
        let closed = seeded.close(self.copy).await;
        let mut result = result?;
        if let Some(earlier) = self.baseline.filter(|_| result.ended == Ended::Completed) {
            result.hold_against(earlier);
            recording.write_result(&result)?;
        }
        let (_, report) = report::render(self.directory)?;
        let kept = match closed {
            // How the run ended matters more; the next one tidies up.
            Err(error) if result.ended != Ended::Completed => {
                terminal::error(&error);
                None
            }
            closed => closed?,
        };
        Ok(Some(Ran { result, report, kept }))
    }
}
