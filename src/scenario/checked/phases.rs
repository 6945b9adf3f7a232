//! How long the phases last, and moments that would lie outside of them.

use super::reader::Reader;
use crate::scenario::written::node::Node;
use crate::scenario::written::vocabulary::PHASES;
use crate::scenario::{Arrivals, PhaseLengths, Problem, Variant};
use crate::units;
use std::time::Duration;

/// Shorter, a phase has no steady second in it.
const LEAST: Duration = Duration::from_secs(1);

impl Reader<'_> {
    /// The section `phases`.
    pub(super) fn phases(&mut self, node: Option<&Node>, variants: &[Variant]) -> PhaseLengths {
        let migrates = variants.iter().any(|variant| !variant.migration.is_empty());
        if let Some(node) = node {
            self.form(node, &PHASES, &node.place);
            self.fitting(node, migrates);
        }
        let mut length = |key: &str, default: u64, least: Duration| {
            let value = node.and_then(|node| node.get(key));
            value.and_then(|value| self.duration_of_at_least(value, least)).unwrap_or(Duration::from_secs(default))
        };
        let warmup = length("warmup", 5, Duration::ZERO);
        match migrates {
            true => {
                PhaseLengths::Around { warmup, before: length("before", 20, LEAST), after: length("after", 20, LEAST) }
            }
            false => PhaseLengths::Measured { warmup, measure: length("measure", 30, LEAST) },
        }
    }

    fn fitting(&mut self, node: &Node, migrates: bool) {
        let (out_of_place, why, help) = match migrates {
            true => (
                &["measure"][..],
                "a variant migrates, so nothing is measured but around that",
                "say `before` and `after`",
            ),
            false => {
                (&["before", "after"][..], "no variant migrates, so there is no before and after", "say `measure`")
            }
        };
        for entry in node.entries().iter().filter(|entry| out_of_place.contains(&entry.key.as_str())) {
            self.problem(Problem::at(entry.place.clone(), why).help(help));
        }
    }

    /// Refuses operations that are due once, at a moment when the round has not begun or is over.
    pub(super) fn moments(&mut self, variants: &[Variant], phases: PhaseLengths) {
        let (earliest, latest) = match phases {
            PhaseLengths::Around { warmup, before, .. } => (warmup + before, None),
            PhaseLengths::Measured { warmup, measure } => (warmup, Some(measure)),
        };
        for operation in variants.iter().flat_map(|variant| &variant.operations) {
            let Arrivals::At(at) = operation.arrivals else { continue };
            let early = at < -earliest.as_secs_f64();
            if early || latest.is_some_and(|latest| at >= latest.as_secs_f64()) {
                let message = format!(
                    "`{}` would run {}",
                    operation.name,
                    if early { "before the round begins" } else { "when the round is over" }
                );
                let allowed = latest.map(|latest| format!(" and before {}", units::human(latest))).unwrap_or_default();
                let help = format!("`at` is -{} or later{allowed}", units::human(earliest));
                self.problem(Problem::at(operation.place.clone(), message).help(help));
            }
        }
    }
}
