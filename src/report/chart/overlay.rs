//! Lines of several variants over one another, each with its name beside its end.

use super::coordinate;
use super::line::line;
use super::scale::Tick;
use std::fmt::Write;

/// A name beside the end of a line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    /// The class of its line.
    pub(crate) class: String,
    /// Where its line ends, in hundredths from the left.
    pub(crate) end: f64,
    /// Hundredths from the top.
    pub(crate) at: f64,
    /// What it says.
    pub(crate) text: String,
}

/// A picture with its marks and names; all text is HTML beside it.
#[derive(Clone, Debug)]
pub(crate) struct Overlay {
    /// What it shows.
    pub(crate) title: String,
    /// Escaped.
    pub(crate) picture: String,
    /// Marks on the left.
    pub(crate) down: Vec<Tick>,
    /// Marks below, in hundredths from the left.
    pub(crate) across: Vec<Tick>,
    /// Names on the right.
    pub(crate) labels: Vec<Label>,
}

/// A variant's line; `weight` says which of its figures it is.
pub(crate) fn trace(class: &str, weight: &str, points: impl Iterator<Item = (f64, Option<f64>)>) -> String {
    line(&format!("trace {class} {weight}"), points)
}

/// Dots, as lines of no length with round ends: these stay round however the picture is stretched.
pub(crate) fn dots(class: &str, kind: &str, points: &[(f64, f64)]) -> String {
    let path = points.iter().fold(String::new(), |mut path, (x, y)| {
        write!(path, "M{} {}h0", coordinate(*x, 2), coordinate(*y, 1)).expect("a string takes everything");
        path
    });
    format!("<path class=\"dots {class} {kind}\" d=\"{path}\"/>")
}

/// From the least to the most of a place.
pub(crate) fn whiskers(class: &str, spans: &[(f64, f64, f64)]) -> String {
    let path = spans.iter().fold(String::new(), |mut path, (x, from, to)| {
        write!(path, "M{} {}V{}", coordinate(*x, 2), coordinate(*from, 1), coordinate(*to, 1))
            .expect("a string takes everything");
        path
    });
    format!("<path class=\"whisker {class}\" d=\"{path}\"/>")
}

/// Names moved up and down until none covers another; `least` is what a name needs.
pub(crate) fn apart(mut labels: Vec<Label>, least: f64) -> Vec<Label> {
    labels.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut above = f64::NEG_INFINITY;
    for label in &mut labels {
        label.at = label.at.max(above + least);
        above = label.at;
    }
    let mut below = 100.0 + least;
    for label in labels.iter_mut().rev() {
        label.at = label.at.min(below - least);
        below = label.at;
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_cover_each_other_move_apart_and_stay_on_the_paper() {
        let label = |at: f64| Label { class: String::new(), end: 100.0, at, text: String::new() };
        let places = |ats: &[f64]| -> Vec<f64> {
            apart(ats.iter().map(|at| label(*at)).collect(), 10.0).iter().map(|label| label.at).collect()
        };
        assert_eq!(places(&[50.0, 20.0]), [20.0, 50.0]);
        assert_eq!(places(&[50.0, 50.0, 52.0]), [50.0, 60.0, 70.0]);
        assert_eq!(places(&[98.0, 99.0]), [90.0, 100.0]);
    }
}
