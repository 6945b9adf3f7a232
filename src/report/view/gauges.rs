//! Gauges over time: freshness, backlog, bloat.

use super::round::Shown;
use super::scales::Scales;
use super::timeline::{Timeline, bands};
use crate::report::chart::lane::{Key, Lane, picture};
use crate::report::chart::line::line;
use crate::report::chart::scale::Scale;
use crate::report::chart::time::Origin;
use crate::report::words;
use crate::result::model::GaugeFigures;
use std::time::Duration;

/// The gauges of a round above one another; nothing where there are none.
pub(crate) fn gauges(shown: Shown<'_>, scales: &Scales) -> Option<Timeline> {
    let lanes: Vec<Lane> = shown
        .variant
        .gauges
        .iter()
        .zip(&shown.round.gauges)
        .enumerate()
        .map(|(place, (name, figures))| {
            let readings = shown.series.gauges.get(place).map_or(&[][..], Vec::as_slice);
            lane(name, figures, readings, Origin::of(shown.round), scales)
        })
        .collect();
    (!lanes.is_empty()).then(|| Timeline {
        title: format!("Gauges of {}, round {}, over time", shown.variant.name, shown.number),
        style: scales.axis.style(),
        bands: bands(shown),
        ticks: scales.axis.ticks(),
        lanes,
        readings: String::new(),
        choices: Vec::new(),
        closer: None,
        note: String::new(),
    })
}

fn lane(
    name: &str,
    figures: &GaugeFigures,
    readings: &[(Duration, Option<f64>)],
    origin: Origin,
    scales: &Scales,
) -> Lane {
    let (least, most) = scales.gauges.get(name).copied().unwrap_or_default();
    let scale = Scale::linear(least, most);
    let thinned = readings.chunks(readings.len().div_ceil(scales.detail.points).max(1)).map(|chunk| {
        // The highest of each stretch: what a gauge is judged by, mostly.
        let highest = chunk.iter().filter_map(|(_, value)| *value).reduce(f64::max);
        (origin.at(chunk[0].0), highest.map(|value| scale.at(value)))
    });
    let mut lane = Lane::scaled("gauge", name, scale, 3.5);
    let say = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), words::number);
    let failed = if figures.failed > 0 {
        format!(", {} without an answer", words::counted(figures.failed, "reading", "readings"))
    } else {
        String::new()
    };
    lane.note = format!("{} to {}, last {}{failed}", say(figures.min), say(figures.max), say(figures.last));
    let description = format!("{name} over time: {}.", lane.note);
    lane.picture = picture(scales.axis, &lane.ticks, &description, &line("reading", thinned));
    lane.keys = Vec::<Key>::new();
    lane
}
