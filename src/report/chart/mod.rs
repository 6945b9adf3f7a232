//! Charts: a handful of marks in SVG, stretched by the page and coloured by its style sheet.
//!
//! Every picture is drawn in the units of its data (seconds across, 0 to 100 down) and stretched to its place with
//! `preserveAspectRatio="none"`; all text is HTML beside it. So lines stay thin and letters upright at any width,
//! zooming on time is a change of the view box, and dark mode is a matter of CSS variables. A general charting
//! library draws text and colours into the picture and can do none of the three.

pub(crate) mod bars;
pub(crate) mod curve;
pub(crate) mod gantt;
pub(crate) mod lane;
pub(crate) mod line;
pub(crate) mod overlay;
pub(crate) mod scale;
pub(crate) mod thin;
pub(crate) mod time;
pub(crate) mod waits;

/// A coordinate with no more digits than can be seen.
pub(crate) fn coordinate(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinate_carries_no_zeros_that_say_nothing() {
        assert_eq!([coordinate(12.500, 2), coordinate(-0.001, 2), coordinate(100.0, 2)], ["12.5", "0", "100"]);
    }
}
