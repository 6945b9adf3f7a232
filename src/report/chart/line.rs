//! Lines and areas.

use super::coordinate;
use std::fmt::Write;

/// A line through points; where one is missing it is broken, for a gap must not look like a slope.
pub(crate) fn line(class: &str, points: impl Iterator<Item = (f64, Option<f64>)>) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for (x, y) in points {
        let Some(y) = y else {
            pen_down = false;
            continue;
        };
        let (x, y) = (coordinate(x, 3), coordinate(y, 1));
        match pen_down {
            true => write!(path, "L{x} {y}"),
            // A move and a line of no length: a lone point shows as a dot.
            false => write!(path, "M{x} {y}h0"),
        }
        .expect("a string takes everything");
        pen_down = true;
    }
    format!("<path class=\"{class}\" d=\"{path}\"/>")
}

/// A line of stairs: a value holds from the beginning of its stretch to its end, so that nothing seems to begin
/// before it did.
pub(crate) fn steps(class: &str, stretches: impl Iterator<Item = (f64, f64, Option<f64>)>) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for (from, to, y) in stretches {
        let Some(y) = y else {
            pen_down = false;
            continue;
        };
        let y = coordinate(y, 1);
        match pen_down {
            true => write!(path, "V{y}"),
            false => write!(path, "M{} {y}", coordinate(from, 3)),
        }
        .and_then(|()| write!(path, "H{}", coordinate(to, 3)))
        .expect("a string takes everything");
        pen_down = true;
    }
    format!("<path class=\"{class}\" d=\"{path}\"/>")
}

/// The area below stairs: a value holds from the beginning of its stretch to its end.
pub(crate) fn stairs(class: &str, steps: impl Iterator<Item = (f64, f64, f64)>) -> String {
    let mut path = String::new();
    let mut last = None;
    for (from, to, y) in steps {
        let start = if last.is_none() { format!("M{} 100", coordinate(from, 3)) } else { String::new() };
        write!(path, "{start}V{}H{}", coordinate(y, 1), coordinate(to, 3)).expect("a string takes everything");
        last = Some(to);
    }
    if last.is_some() {
        path.push_str("V100z");
    }
    format!("<path class=\"{class}\" d=\"{path}\"/>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line() {
        let drawn = line("p99", [(0.5, Some(10.0)), (1.5, Some(20.0)), (2.5, None), (3.5, Some(30.0))].into_iter());
        assert_eq!(drawn, r#"<path class="p99" d="M0.5 10h0L1.5 20M3.5 30h0"/>"#);
    }

    #[test]
    fn a_step_holds_its_value_for_its_whole_stretch() {
        let stretches = [(0.0, 1.0, Some(10.0)), (1.0, 2.0, Some(20.0)), (2.0, 3.0, None), (3.0, 4.0, Some(5.0))];
        assert_eq!(steps("p99", stretches.into_iter()), r#"<path class="p99" d="M0 10H1V20H2M3 5H4"/>"#);
    }

    #[test]
    fn stairs_stand_on_the_ground() {
        let drawn = stairs("done", [(0.0, 1.0, 50.0), (1.0, 2.0, 20.0)].into_iter());
        assert_eq!(drawn, r#"<path class="done" d="M0 100V50H1V20H2V100z"/>"#);
    }
}
