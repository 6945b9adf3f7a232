//! Which comparisons a reader wants to see first.

use super::{Comparison, Conclusion};

/// What differs before what does not, and before what nobody can tell; the largest differences first.
pub(super) fn order(comparisons: &mut [Comparison]) {
    let rank = |comparison: &Comparison| match comparison.conclusion {
        Conclusion::Better | Conclusion::Worse => 0,
        Conclusion::Same => 1,
        Conclusion::CannotTell => 2,
    };
    let size = |comparison: &Comparison| comparison.ratio.ln().abs();
    comparisons.sort_by(|a, b| rank(a).cmp(&rank(b)).then(size(b).total_cmp(&size(a))));
}
