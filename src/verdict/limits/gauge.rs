//! Limits on what a gauge reads.

use super::{Figure, Finding};
use crate::figures::GaugeFigures;

pub(super) fn finding(figure: &Figure, bound: f64, gauge: &GaugeFigures) -> Finding {
    let found = match figure {
        Figure::Highest => gauge.max,
        Figure::Lowest => gauge.min,
        _ => return Finding::nothing("not a limit for a gauge"),
    };
    found.map_or_else(|| Finding::nothing("it gave no number"), |found| Finding::held(figure, found, bound))
}
