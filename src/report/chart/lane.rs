//! One chart of several that share a time axis: its title, legend, marks beside it, and picture.

use super::coordinate;
use super::scale::{Scale, Tick};
use super::time::TimeAxis;
use crate::report::words;

/// One entry of a legend.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The CSS class of its marks, and the name of its readings.
    pub(crate) class: String,
    /// What it is.
    pub(crate) label: String,
    /// Whether its marks can be hidden.
    pub(crate) toggles: bool,
}

impl Key {
    /// A series that can be hidden.
    pub(crate) fn series(class: &str, label: &str) -> Self {
        Self { class: class.to_owned(), label: label.to_owned(), toggles: true }
    }

    /// A colour that only needs its meaning.
    pub(crate) fn colour(class: &str, label: &str) -> Self {
        Self { class: class.to_owned(), label: label.to_owned(), toggles: false }
    }
}

/// A chart.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    /// The CSS class.
    pub(crate) class: &'static str,
    /// What is drawn.
    pub(crate) title: String,
    /// What a reader must know of it, or nothing.
    pub(crate) note: String,
    /// The legend.
    pub(crate) keys: Vec<Key>,
    /// Marks beside it.
    pub(crate) ticks: Vec<Tick>,
    /// Its height, in rem.
    pub(crate) height: f64,
    /// The ends of its scale, for the script that draws it again.
    pub(crate) ends: (f64, f64),
    /// SVG or HTML, already escaped.
    pub(crate) picture: String,
}

/// A picture on the shared time axis, with words for those who do not see it.
pub(crate) fn picture(axis: TimeAxis, ticks: &[Tick], description: &str, marks: &str) -> String {
    let [left, width] = [coordinate(axis.from, 3), coordinate(axis.span(), 3)];
    let grid: Vec<String> = ticks.iter().map(|tick| format!("M{left} {}h{width}", coordinate(tick.at, 1))).collect();
    svg(&axis.view_box(), &grid.concat(), description, marks)
}

/// A picture whose x axis goes from 0 to 100.
pub(crate) fn square(across: &[Tick], down: &[Tick], description: &str, marks: &str) -> String {
    let lines = down.iter().map(|tick| format!("M0 {}h100", coordinate(tick.at, 1)));
    let grid: String = lines.chain(across.iter().map(|tick| format!("M{} 0v100", coordinate(tick.at, 1)))).collect();
    svg("0 0 100 100", &grid, description, marks)
}

fn svg(view_box: &str, grid: &str, description: &str, marks: &str) -> String {
    format!(
        "<svg role=\"img\" aria-label=\"{}\" viewBox=\"{view_box}\" preserveAspectRatio=\"none\">\
         <path class=\"grid\" d=\"{grid}\"/>{marks}</svg>",
        words::escape(description)
    )
}

impl Lane {
    /// A chart with a scale.
    pub(crate) fn scaled(class: &'static str, title: &str, scale: Scale, height: f64) -> Self {
        Self {
            class,
            title: title.to_owned(),
            note: String::new(),
            keys: Vec::new(),
            ticks: scale.ticks(),
            height,
            ends: scale.ends(),
            picture: String::new(),
        }
    }
}
