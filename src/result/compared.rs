//! The variants of a run held against each other.

use super::model::{RoundResult, RunResult, VariantResult};
use crate::verdict::comparison::{Alternative, Compared, Shown, compare, told};

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

impl VariantResult {
    fn alternative(&self) -> Alternative<'_> {
        let operations = self.operations.iter().map(|facts| Compared {
            name: &facts.name,
            is_traffic: facts.is_traffic,
            is_closed: facts.is_closed,
            arrivals: &facts.arrivals,
            text: &facts.text,
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
            operations: &self.operations,
            costs: &self.costs,
            plans: &self.plans,
        }
    }
}
