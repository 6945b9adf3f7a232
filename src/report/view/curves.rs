//! Percentile curves of all traffic and of each operation, on one scale.

use super::round::Shown;
use super::scales::Scales;
use crate::report::chart::curve;
use crate::report::chart::lane::square;
use crate::report::chart::scale::Tick;
use crate::report::words;
use crate::result::series::OperationSeries;

/// One chart.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    /// Whose.
    pub(crate) name: String,
    /// The picture, escaped.
    pub(crate) picture: String,
    /// Marks on the left.
    pub(crate) down: Vec<Tick>,
    /// Marks below.
    pub(crate) across: Vec<Tick>,
}

/// All charts of a round, all traffic first.
pub(crate) fn curves(shown: Shown<'_>, scales: &Scales) -> Vec<Curve> {
    let operations =
        (0_u16..).zip(&shown.series.operations).map(|(place, series)| (shown.names().operation(place), series));
    std::iter::once(("all traffic".to_owned(), &shown.series.all))
        .chain(operations)
        .filter(|(_, series)| {
            series.curves.iter().any(|(phase, curve)| curve::PHASES.contains(phase) && !curve.is_empty())
        })
        .map(|(name, series)| curve(name, series, scales))
        .collect()
}

fn curve(name: String, series: &OperationSeries, scales: &Scales) -> Curve {
    let (down, across) = (scales.curve.ticks(), curve::ticks());
    let figures: Vec<String> = series
        .curves
        .iter()
        .filter(|(phase, _)| curve::PHASES.contains(phase))
        .map(|(phase, histogram)| {
            format!("{} {}", phase.name(), words::millis(histogram.value_at_quantile(0.99) as f64 / 1e3))
        })
        .collect();
    let description = format!("Percentiles of response time of {name}; p99: {}.", words::list(&figures));
    let picture = square(&across, &down, &description, &curve::draw(series, scales.curve));
    Curve { name, picture, down, across }
}
