//! What a run of a whole scenario left behind, asked by names.

use crate::support::rehearsal::{Rehearsal, said};
use shakedown::cost::OperationCost;
use shakedown::phase::Phase;
use shakedown::result::model::{Account, Ended, Judgement, RoundResult, RunResult, VariantResult, Verdict};
use shakedown::result::series::RoundSeries;
use shakedown::step::{StepFacts, StepOutcome};

/// Phases that are long enough to show structure.
pub(crate) const AROUND: (&str, &str) = ("warmup: 5s, before: 20s, after: 20s", "warmup: 1s, before: 2s, after: 2s");
/// The same for the scenarios of the library.
pub(crate) const SHORT: (&str, &str) = ("warmup: 5s, before: 15s, after: 15s", "warmup: 1s, before: 2s, after: 2s");

/// What a scenario left behind.
pub(crate) struct Left {
    pub(crate) result: RunResult,
    series: Vec<RoundSeries>,
}

/// Runs a scenario of this repository, at a hundredth of its size and with some of its text replaced.
pub(crate) fn run(path: &str, rewrites: &[(&str, &str)]) -> Left {
    run_as(path, rewrites, &["--scale", "0.01"])
}

/// The same with arguments of its own, `--scale` among them.
pub(crate) fn run_as(path: &str, rewrites: &[(&str, &str)], arguments: &[&str]) -> Left {
    let rehearsal = Rehearsal::of(path, rewrites);
    let output = rehearsal.run(&[&["--rounds", "1"], arguments].concat());
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1 | 4)), "{}", said(&output));
    let (result, series) = rehearsal.result();
    assert_eq!(result.ended, Ended::Completed, "{}", said(&output));
    for round in result.variants.iter().flat_map(|variant| &variant.rounds) {
        let accounts = round.operations.iter().flat_map(|operation| &operation.phases).map(|phase| &phase.account);
        accounts.for_each(|account| assert!(account.adds_up(), "{account:?}"));
    }
    Left { result, series }
}

impl Left {
    pub(crate) fn variant(&self, name: &str) -> Shown<'_> {
        let variants = &self.result.variants;
        let place = variants.iter().position(|variant| variant.name == name).expect("there is such a variant");
        let [round] = &variants[place].rounds[..] else { panic!("{name} has one round") };
        Shown { variant: &variants[place], round, series: &self.series[usize::from(round.round)] }
    }
}

/// The only round of a variant.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) variant: &'a VariantResult,
    pub(crate) round: &'a RoundResult,
    series: &'a RoundSeries,
}

impl<'a> Shown<'a> {
    /// What became of an operation from the end of the warm-up on.
    pub(crate) fn account(self, operation: &str) -> Account {
        let place = self.variant.operations.iter().position(|each| each.name == operation).expect("it is there");
        let phases = &self.round.operations[place].phases;
        let mut all = Account::default();
        let judged = phases.iter().filter(|figures| figures.phase != Some(Phase::Warmup));
        judged.for_each(|figures| all.merge(&figures.account));
        all
    }

    pub(crate) fn failed(self, operation: &str, class: &str) -> u64 {
        self.account(operation).failed.get(class).copied().unwrap_or(0)
    }

    /// How a limit was judged.
    pub(crate) fn judged(self, limit: &str) -> &'a Judgement {
        let found = self.round.judgements.iter().find(|judgement| judgement.limit.starts_with(limit));
        found.unwrap_or_else(|| panic!("no limit begins {limit}: {:?}", self.round.judgements))
    }

    /// Readings of a gauge that were numbers.
    pub(crate) fn gauge(self, name: &str) -> Vec<f64> {
        let place = self.variant.gauges.iter().position(|each| each == name).expect("there is such a gauge");
        self.series.gauges[place].iter().filter_map(|(_, reading)| *reading).collect()
    }

    pub(crate) fn assert_migrated(self) {
        assert!(!self.round.steps.is_empty());
        for step in &self.round.steps {
            assert_eq!(step.outcome, StepOutcome::Done, "{} of {}", step.name, self.variant.name);
        }
    }

    /// That an operation ran and never failed.
    pub(crate) fn assert_sound(self, operation: &str) {
        let account = self.account(operation);
        assert!(account.succeeded > 0, "{operation} of {}: {account:?}", self.variant.name);
        assert_eq!(account.errors(), 0, "{operation} of {}: {account:?}", self.variant.name);
    }

    /// That it was caught by all that the scenario says, and by that alone where it says so: `migration rewrites`.
    pub(crate) fn assert_caught(self, by: &[&str]) {
        assert_eq!(self.variant.fails_by, by, "{}", self.variant.name);
        // A generator that was late on a busy machine takes nothing away from what is counted.
        let verdict = self.variant.verdict;
        assert!(
            matches!(verdict, Verdict::Pass | Verdict::Invalid),
            "{}: {verdict:?}: {}",
            self.variant.name,
            self.said()
        );
    }

    /// That it keeps all limits and checks.
    pub(crate) fn assert_kept(self) {
        assert_eq!(self.variant.fails_by, [""; 0], "{}", self.variant.name);
        let verdict = self.variant.verdict;
        assert!(
            matches!(verdict, Verdict::Pass | Verdict::Invalid),
            "{}: {verdict:?}: {}",
            self.variant.name,
            self.said()
        );
        assert!(self.round.judgements.iter().all(|each| each.verdict == Verdict::Pass), "{}", self.said());
    }

    fn said(self) -> String {
        format!("{}\n{:#?}\n{:?}", self.variant.sentence, self.round.judgements, self.round.checks)
    }

    /// Tables and indexes that its migration wrote anew.
    pub(crate) fn rewritten(self) -> Vec<&'a str> {
        self.round.steps.iter().flat_map(|step| &step.rewritten).map(String::as_str).collect()
    }

    /// Whether a step of its migration had such a lock on a relation.
    pub(crate) fn held(self, relation: &str, mode: &str) -> bool {
        let mut locks = self.round.steps.iter().flat_map(|step| &step.locks);
        locks.any(|lock| lock.relation.ends_with(relation) && lock.mode == mode && lock.granted.is_some())
    }

    /// What one execution of an operation costs.
    pub(crate) fn cost(self, operation: &str) -> &'a OperationCost {
        let place = self.variant.operations.iter().position(|each| each.name == operation).expect("it is there");
        &self.round.costs[place]
    }

    /// The step whose name begins so.
    pub(crate) fn step(self, name: &str) -> &'a StepFacts {
        self.round.steps.iter().find(|step| step.name.starts_with(name)).expect("there is such a step")
    }
}
