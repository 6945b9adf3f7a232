//! Whether a capacity can be searched for, before anything is begun.

use super::Wrong;
use crate::scenario::{Arrivals, Scenario, nearest};
use crate::verdict::threshold::Subject;

/// Refuses an operation whose rate cannot be varied or has nothing to keep.
pub(super) fn check(scenario: &Scenario, variants: &[usize], operation: &str) -> Result<(), Wrong> {
    let variants = || variants.iter().map(|place| &scenario.variants[*place]);
    if let Some(variant) = variants().find(|variant| !variant.migration.is_empty()) {
        let why = "a capacity is searched for without a migration";
        return Err(Wrong(format!("`{}` migrates, and {why}", variant.name)));
    }
    for variant in variants() {
        let Some(found) = variant.operations.iter().find(|each| each.name == operation) else {
            let known = variant.operations.iter().map(|each| each.name.as_str());
            let near = nearest(operation, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(Wrong(format!("`{}` has no operation `{operation}`{near}", variant.name)));
        };
        match &found.arrivals {
            Arrivals::Open { stages, .. } if !stages.is_empty() => {
                return Err(Wrong(format!(
                    "`{operation}` has `stages`, and a capacity is searched for at one rate at a time"
                )));
            }
            Arrivals::Open { rate, .. } if rate.0 > 0.0 => {}
            _ => return Err(Wrong(format!("`{operation}` has no `rate` in `{}` that could be raised", variant.name))),
        }
    }
    match scenario.limits(&Subject::Operation(operation.to_owned())).next() {
        Some(_) => Ok(()),
        None => Err(Wrong(format!(
            "`thresholds` has no limit on `{operation}`, which a capacity is the highest rate to keep"
        ))),
    }
}
