//! The variants of a run held against each other.

use super::model::{Judgement, RoundResult, RunResult, VariantResult};
use crate::verdict::comparison::{Alternative, Compared, Shown, compare, told};
use crate::verdict::threshold::Threshold;
use crate::verdict::{Others, judge_relative};

impl RunResult {
    /// Compares the variants by the rounds that they have, where none migrates: a migration is one episode, and what
    /// it does to others is judged by limits.
    pub fn compare(&mut self) {
        let migrates = |variant: &VariantResult| variant.rounds.iter().any(|round| !round.steps.is_empty());
        if self.variants.iter().any(migrates) {
            return;
        }
        let alternatives: Vec<Alternative<'_>> = self.variants.iter().map(VariantResult::alternative).collect();
        self.comparisons = compare(&alternatives);
        self.conclusions = told(&self.comparisons);
    }
}

impl RunResult {
    /// Judges each variant by the limits that are relative to others, by the rounds that both have.
    pub fn relate(&mut self, thresholds: &[Threshold]) {
        let alternatives: Vec<Alternative<'_>> = self.variants.iter().map(VariantResult::alternative).collect();
        let others = Others { variants: &alternatives, baseline: None };
        let judged = |variant: &Alternative<'_>| judge_relative(thresholds, variant, others);
        let judged: Vec<Vec<Judgement>> = alternatives.iter().map(judged).collect();
        for (place, (variant, judgements)) in self.variants.iter_mut().zip(judged).enumerate() {
            variant.judgements = judgements;
            variant.judgements.iter_mut().for_each(|judgement| judgement.place(place));
        }
    }
}

impl VariantResult {
    pub(super) fn alternative(&self) -> Alternative<'_> {
        let operations = self.operations.iter().map(|facts| Compared {
            name: &facts.name,
            is_traffic: facts.is_traffic,
            is_closed: facts.is_closed,
            arrivals: &facts.arrivals,
            text: &facts.text,
            schedule: &facts.schedule_hash,
        });
        Alternative {
            name: &self.name,
            operations: operations.collect(),
            rounds: self.rounds.iter().map(RoundResult::shown).collect(),
        }
    }
}

impl RoundResult {
    fn shown(&self) -> Shown<'_> {
        Shown {
            round_trip: self.round_trip,
            valid: self.health.invalid.is_empty(),
            cut_short: self.cut_short,
            operations: &self.operations,
            costs: &self.costs,
            plans: &self.plans,
            steps: &self.steps,
            all_impact: self.all_impact.as_ref(),
        }
    }
}
