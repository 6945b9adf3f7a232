//! Percentile curves of the variants over one another: all rounds of a variant together.

use super::lineup::{Lineup, class, trip};
use crate::phase::Phase;
use crate::report::chart::curve;
use crate::report::chart::lane::square;
use crate::report::chart::overlay::{Label, Overlay, apart, trace};
use crate::report::chart::scale::Scale;
use crate::report::words;
use crate::result::model::VariantResult;
use crate::result::series::RoundSeries;
use hdrhistogram::Histogram;
use std::time::Duration;

/// What a name beside a line needs, in hundredths of a chart's height.
pub(super) const NAME: f64 = 10.0;

/// A chart for each operation and round trip, on one scale for each operation.
pub(crate) fn curves(lineup: Lineup<'_>, series: &[RoundSeries]) -> Vec<Overlay> {
    let mut charts = Vec::new();
    let trips = lineup.trips();
    for operation in lineup.operations() {
        let drawn: Vec<(Duration, Vec<Curve<'_>>)> =
            trips.iter().map(|trip| (*trip, merged(lineup, series, *trip, &operation.name))).collect();
        let all = drawn.iter().flat_map(|(_, curves)| curves).flat_map(|curve| curve::points(&curve.all));
        let scale = Scale::log(all.map(|(_, length)| length));
        for (at, curves) in drawn.iter().filter(|(_, curves)| !curves.is_empty()) {
            let title =
                if trips.len() > 1 { format!("{}, {}", operation.name, trip(*at)) } else { operation.name.clone() };
            charts.push(chart(title, curves, scale));
        }
    }
    charts
}

/// All rounds of a variant.
struct Curve<'a> {
    variant: &'a VariantResult,
    class: String,
    all: Histogram<u64>,
}

fn merged<'a>(lineup: Lineup<'a>, series: &[RoundSeries], trip: Duration, operation: &str) -> Vec<Curve<'a>> {
    let curves = lineup.variants().filter_map(|(place, variant)| {
        let at = variant.operations.iter().position(|each| each.name == operation)?;
        let rounds = variant.rounds.iter().filter(|round| round.round_trip == trip);
        let histograms = rounds.filter_map(|round| {
            let series = series.get(usize::from(round.round))?.operations.get(at)?;
            series.curves.iter().find(|(phase, _)| *phase == Phase::Measure).map(|(_, histogram)| histogram)
        });
        let all =
            histograms.filter(|histogram| !histogram.is_empty()).fold(None, |all: Option<Histogram<u64>>, next| {
                let Some(mut all) = all else { return Some(next.clone()) };
                // Histograms of other bounds are no reason for a report to fail.
                next.iter_recorded()
                    .for_each(|each| all.saturating_record_n(each.value_iterated_to(), each.count_at_value()));
                Some(all)
            })?;
        Some(Curve { variant, class: class(place), all })
    });
    curves.collect()
}

fn chart(title: String, curves: &[Curve<'_>], scale: Scale) -> Overlay {
    let (down, across) = (scale.ticks(), curve::ticks());
    let marks: String = curves
        .iter()
        .map(|curve| {
            let points = curve::points(&curve.all).into_iter().map(|(x, length)| (x, Some(scale.at(length))));
            trace(&curve.class, "", points)
        })
        .collect();
    let labels = curves.iter().filter_map(|curve| {
        let (end, length) = curve::points(&curve.all).last().copied()?;
        Some(Label { class: curve.class.clone(), end, at: scale.at(length), text: curve.variant.name.clone() })
    });
    let labels = apart(labels.collect(), NAME);
    let figures: Vec<String> = curves
        .iter()
        .map(|curve| {
            format!("{} {}", curve.variant.name, words::millis(curve.all.value_at_quantile(0.99) as f64 / 1e3))
        })
        .collect();
    let description = format!("Percentiles of response time of {title}; p99: {}.", words::list(&figures));
    let picture = square(&across, &down, &description, &marks);
    Overlay { title, picture, down, across, labels }
}
