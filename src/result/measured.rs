//! A round as it was measured, and how it becomes a result.

use super::event::RoundShape;
use super::model::{
    ApplicationFacts, CheckOutcome, DatabaseFigures, Ended, Excess, GaugeFigures, HealthFigures, Impact, ImpactFigures,
    Judgement, OperationFigures, PhaseFigures, PhaseHealth, RoundResult, RunResult, VariantResult, Verdict, WaitGroup,
};
use crate::cost::OperationCost;
use crate::figures::FullSecond;
use crate::latency::Times;
use crate::phase::{Phase, Phases};
use crate::plan::StatementPlan;
use crate::step::StepFacts;
use crate::verdict::invalidity::{self, Doubts};
use crate::verdict::threshold::{Subject, Threshold};
use crate::verdict::{self, Measured, Traffic, outcome, unsteady};
use std::time::Duration;

/// What one round showed.
#[derive(Clone, Debug)]
pub struct RoundMeasured {
    /// The names behind the places.
    pub shape: RoundShape,
    /// When the phases were.
    pub phases: Phases,
    /// The time over which the migration is judged.
    pub impact: Option<Impact>,
    /// Steps of the migration, as far as it came; a caller who knows more may add them.
    pub steps: Vec<StepFacts>,
    /// Figures of each operation, by place.
    pub operations: Vec<OperationFigures>,
    /// All operations of the open and closed model together.
    pub all_traffic: Vec<PhaseFigures>,
    /// The same over the judged window.
    pub all_impact: Option<ImpactFigures>,
    /// What percentiles are judged by, by operation: the worst ten seconds of a migration, else `measure`.
    pub times: Vec<Times>,
    /// The same of all operations of the open and closed model together.
    pub all_times: Times,
    /// The times of each phase, by operation.
    pub by_phase: Vec<Vec<(Phase, Times)>>,
    /// The same of all operations of the open and closed model together.
    pub all_by_phase: Vec<(Phase, Times)>,
    /// Full seconds of `before`, by operation: what steadiness is judged by.
    pub before: Vec<Vec<FullSecond>>,
    /// Lock waits, the costliest first.
    pub waits: Vec<WaitGroup>,
    /// Where the time went, over the impact window.
    pub excess: Option<Excess>,
    /// Gauges, by place; warm-up left out.
    pub gauges: Vec<GaugeFigures>,
    /// The generator and the machine.
    pub health: Vec<PhaseHealth>,
    /// What a reader should know, with its time.
    pub notes: Vec<(Duration, String)>,
}

/// What is known of a round besides its observations.
#[derive(Clone, Debug, Default)]
pub struct RoundFacts {
    /// Which round of the run.
    pub round: u16,
    /// When it began, RFC 3339.
    pub started: String,
    /// The round trip between client and server.
    pub round_trip: Duration,
    /// Commands that prepared the tools of the migration, and how long each took.
    pub tools: Vec<(String, Duration)>,
    /// The application under test.
    pub application: Option<ApplicationFacts>,
    /// What one execution of each operation costs, by place.
    pub costs: Vec<OperationCost>,
    /// How the server goes about each statement.
    pub plans: Vec<StatementPlan>,
    /// Set-up statements and how long each took.
    pub setup: Vec<(String, Duration)>,
    /// Checks at the end.
    pub checks: Vec<CheckOutcome>,
    /// A digest of the final schema.
    pub schema: String,
    /// Indexes that no query may use, each with its table.
    pub invalid_indexes: Vec<(String, String)>,
    /// The whole database over the judged time.
    pub database: Option<DatabaseFigures>,
    /// What became of `same_result`.
    pub same_result: Option<Judgement>,
    /// Why the round was ended as hopeless, if it was.
    pub stopped: Option<Judgement>,
}

/// The word of the judgement of `same_result`.
pub const SAME_RESULT: &str = "same_result";

/// The word of the judgement of `stop_when`.
pub const STOP_WHEN: &str = "stop_when";

/// What a round is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The limits.
    pub thresholds: &'a [Threshold],
    /// Whether the load is meant to be steady.
    pub steady: bool,
    /// Processors that the server has.
    pub cpus: u32,
}

impl RoundMeasured {
    /// The round's result, judged.
    #[must_use]
    pub fn judged(mut self, facts: RoundFacts, rules: &Rules<'_>) -> RoundResult {
        self.name_steps();
        let measured = self.measured(&facts.costs, facts.database.as_ref());
        let Doubts { mut invalid, remarks } = invalidity::doubts(&measured, rules.thresholds, &self.health, rules.cpus);
        if let Some(end) = facts.application.as_ref().and_then(|application| application.ended.as_ref()) {
            invalid
                .push(format!("the application under test ended by itself ({end}): what followed is no measure of it"));
        }
        if rules.steady && self.impact.is_some() {
            invalid.extend(self.unsteady());
        }
        let mut judgements = verdict::judge(rules.thresholds, &measured);
        judgements.extend(facts.same_result);
        let cut_short = facts.stopped.is_some();
        judgements.extend(facts.stopped);
        let verdict = outcome::of_round(&judgements, &self.steps, &facts.checks, &invalid);
        let sentence = [verdict::sentence(&measured)].into_iter().chain(facts.invalid_indexes.iter().map(left_invalid));
        let sentence = sentence.collect::<Vec<_>>().join(" ");
        let ended = self.phases.ended.unwrap_or_default();
        self.notes.extend(remarks.into_iter().map(|remark| (ended, remark)));
        RoundResult {
            round: facts.round,
            started: facts.started,
            round_trip: facts.round_trip,
            tools: facts.tools,
            application: facts.application,
            costs: facts.costs,
            plans: facts.plans,
            setup: facts.setup,
            database: facts.database,
            phases: self.phases,
            impact: self.impact,
            steps: self.steps,
            operations: self.operations,
            all_traffic: self.all_traffic,
            all_impact: self.all_impact,
            waits: self.waits,
            excess: self.excess,
            gauges: self.gauges,
            checks: facts.checks,
            health: HealthFigures { phases: self.health, invalid },
            judgements,
            verdict,
            cut_short,
            sentence,
            schema: facts.schema,
            notes: self.notes,
        }
    }

    /// Steps that were not reached stand in the result as well, by name.
    fn name_steps(&mut self) {
        let named = self.shape.steps.len();
        self.steps.resize(named.max(self.steps.len()), StepFacts::default());
        for (facts, name) in self.steps.iter_mut().zip(&self.shape.steps) {
            if facts.name.is_empty() {
                facts.name.clone_from(name);
            }
        }
    }

    fn measured<'a>(&'a self, costs: &'a [OperationCost], database: Option<&'a DatabaseFigures>) -> Measured<'a> {
        let operations = self.operations.iter().zip(&self.shape.operations).enumerate();
        let operations = operations.map(|(place, (figures, shape))| Traffic {
            name: &shape.name,
            is_traffic: shape.is_traffic(),
            phases: &figures.phases,
            impact: figures.impact.as_ref(),
            // Before anything is judged there are no distributions, and no impact either.
            times: self.times.get(place).unwrap_or(&self.all_times),
            by_phase: self.by_phase.get(place).map_or(&[], Vec::as_slice),
            cost: costs.get(place),
        });
        Measured {
            operations: operations.collect(),
            all_traffic: Traffic {
                name: "all traffic",
                is_traffic: true,
                phases: &self.all_traffic,
                impact: self.all_impact.as_ref(),
                times: &self.all_times,
                by_phase: &self.all_by_phase,
                cost: None,
            },
            gauges: self.shape.gauges.iter().map(String::as_str).zip(&self.gauges).collect(),
            steps: &self.steps,
            waits: &self.waits,
            impact: self.impact,
            window: self.window(),
            database,
        }
    }

    fn window(&self) -> Duration {
        let of = |(from, until): (Duration, Duration)| until.saturating_sub(from);
        let migration = self.impact.map(|impact| (impact.start, impact.end));
        migration.or_else(|| self.phases.span(Phase::Measure)).map(of).unwrap_or_default()
    }

    fn unsteady(&self) -> Vec<String> {
        let traffic = self.shape.operations.iter().zip(&self.before).filter(|(shape, _)| shape.is_traffic());
        traffic.filter_map(|(shape, seconds)| unsteady(&shape.name, seconds)).collect()
    }
}

/// What is to be said of an index that no query may use, with its table.
fn left_invalid((index, table): &(String, String)) -> String {
    format!(
        "Index `{index}` is left invalid: every write to `{table}` keeps it up, no query may use it, and it promises \
         nothing; drop it before the next try."
    )
}

impl VariantResult {
    /// Judges the variant over the rounds that it has, and says what happened in the worst of them.
    pub fn judge(&mut self, fails_by: &[(Subject, String)]) {
        let rounds = self.rounds.iter();
        let rounds = rounds.map(|round| outcome::Judged {
            judgements: &round.judgements,
            checks: &round.checks,
            verdict: round.verdict,
            invalid: &round.health.invalid,
            // One that was ended as hopeless has shown what it was ended for.
            cut_short: round.cut_short
                && !(round.is_hopeless() && outcome::is_caught(&round.judgements, &round.checks, fails_by)),
        });
        self.verdict = match self.rounds.is_empty() {
            true => Verdict::NotJudged,
            false => outcome::of_variant(rounds, &self.judgements, fails_by),
        };
        let excess = |round: &RoundResult| round.all_impact.as_ref().map_or(0.0, |impact| impact.excess_ms);
        let worst = self.rounds.iter().max_by(|a, b| {
            let failed = |round: &RoundResult| round.verdict == Verdict::Fail;
            failed(a).cmp(&failed(b)).then(excess(a).total_cmp(&excess(b)))
        });
        self.sentence = worst.map_or_else(|| "It was not run.".to_owned(), |round| round.sentence.clone());
        if let Some(score) = self.score(fails_by) {
            self.sentence = format!("{score} {}", self.sentence);
        }
    }

    /// *Lost 1 of 5*: one episode is one draw. Nothing to say of a single round.
    fn score(&self, fails_by: &[(Subject, String)]) -> Option<String> {
        let all = self.rounds.len();
        if all < 2 {
            return None;
        }
        if fails_by.is_empty() {
            let lost = self.rounds.iter().filter(|round| round.verdict == Verdict::Fail).count();
            return (lost > 0).then(|| format!("Lost {lost} of {all} rounds; in the worst:"));
        }
        let all_judged = |round: &RoundResult| [&round.judgements[..], &self.judgements].concat();
        let is_caught = |round: &&RoundResult| outcome::is_caught(&all_judged(round), &round.checks, fails_by);
        let caught = self.rounds.iter().filter(is_caught).count();
        Some(format!("Caught in {caught} of {all} rounds; in the worst:"))
    }
}

impl RoundResult {
    /// Whether `stop_when` ended it.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.judgements.iter().any(|judgement| judgement.word == STOP_WHEN)
    }
}

impl RunResult {
    /// Adds a round of a variant; one that was cut short has not passed, whatever it showed.
    pub fn add(&mut self, variant: &str, round: RoundResult, ended: &Ended) {
        let round = match ended {
            Ended::Completed => round,
            _ => RoundResult { verdict: round.verdict.and(Verdict::NotJudged), cut_short: true, ..round },
        };
        let variant = self.variants.iter_mut().enumerate().find(|(_, each)| each.name == variant);
        if let Some((place, variant)) = variant {
            variant.rounds.push(round);
            let judgements = variant.rounds.last_mut().into_iter().flat_map(|round| &mut round.judgements);
            judgements.for_each(|judgement| judgement.place(place));
        }
    }

    /// Judges the run by its variants, by whether they answer alike and, where `same_schema` says so, by whether they
    /// ended at the same schema.
    pub fn judge(&mut self, same_schema: bool) {
        self.verdict = Verdict::all(self.variants.iter().map(|variant| variant.verdict));
        self.judge_answers();
        // A round that was ended early has none.
        let ends = |variant: &VariantResult| {
            variant.rounds.iter().map(|round| &round.schema).rfind(|schema| !schema.is_empty()).cloned()
        };
        let mut schemas = self.variants.iter().filter_map(|variant| Some((variant.name.clone(), ends(variant)?)));
        let Some((first, schema)) = schemas.next().filter(|_| same_schema) else { return };
        for (name, _) in schemas.filter(|(_, other)| *other != schema).collect::<Vec<_>>() {
            self.fail(format!("`{name}` ended at another schema than `{first}`, and `same_schema` forbids that."));
        }
    }

    /// A variant that must be caught by something passes by that; one that answers otherwise is no alternative at all.
    fn judge_answers(&mut self) {
        let differs = |variant: &VariantResult| {
            let judgements = variant.rounds.iter().flat_map(|round| &round.judgements);
            let mut bad = judgements.filter(|each| each.word == SAME_RESULT && each.verdict == Verdict::Fail);
            let reason = bad.next()?.reason.clone().unwrap_or_default();
            Some(format!(
                "`{}` does not answer as the others do, and `same_result` wants that: {reason}.",
                variant.name
            ))
        };
        for sentence in self.variants.iter().filter_map(differs).collect::<Vec<_>>() {
            self.fail(sentence);
        }
    }

    /// The run fails for this reason, told once however often it is judged.
    fn fail(&mut self, reason: String) {
        self.verdict = Verdict::Fail;
        if !self.confessions.contains(&reason) {
            self.confessions.push(reason);
        }
    }
}
