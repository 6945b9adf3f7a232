//! Percentile curves: how long the slowest half, tenth, hundredth … had to wait.

use super::line::line;
use super::scale::{Scale, Tick};
use crate::phase::Phase;
use crate::result::series::OperationSeries;
use hdrhistogram::Histogram;

/// From the median to 99.99 %, in decades of rarity: equal steps for each further nine.
const FROM: f64 = std::f64::consts::LOG10_2;
const TO: f64 = 4.0;
const POINTS: u32 = 72;

/// The phases worth a curve.
pub(crate) const PHASES: [Phase; 4] = [Phase::Before, Phase::During, Phase::After, Phase::Measure];

/// The rarity of a quantile: 90 % is 1, 99 % is 2.
fn rarity(quantile: f64) -> f64 {
    -(1.0 - quantile).log10()
}

/// The x axis is drawn from 0 to 100, too.
fn place(rarity: f64) -> f64 {
    100.0 * (rarity - FROM) / (TO - FROM)
}

/// Marks at the percentiles that people speak of, in hundredths from the left.
pub(crate) fn ticks() -> Vec<Tick> {
    [(0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99")]
        .map(|(quantile, label)| Tick { at: place(rarity(quantile)), label: label.to_owned() })
        .to_vec()
}

/// The points of a curve in seconds, up to the quantile beyond which less than one observation lies.
pub(crate) fn points(histogram: &Histogram<u64>) -> Vec<(f64, f64)> {
    if histogram.is_empty() {
        return Vec::new();
    }
    let last = (histogram.len() as f64).log10().clamp(FROM, TO);
    (0..=POINTS)
        .map(|n| FROM + (last - FROM) * f64::from(n) / f64::from(POINTS))
        .map(|rarity| {
            let quantile = 1.0 - 10_f64.powf(-rarity);
            (place(rarity), histogram.value_at_quantile(quantile) as f64 / 1e6)
        })
        .collect()
}

/// All lengths that the curves reach, for a scale that holds them.
pub(crate) fn lengths(series: &OperationSeries) -> impl Iterator<Item = f64> {
    let judged = series.curves.iter().filter(|(phase, _)| PHASES.contains(phase));
    judged.flat_map(|(_, histogram)| points(histogram)).map(|(_, length)| length)
}

/// One line for each phase; its CSS class is the phase's name.
pub(crate) fn draw(series: &OperationSeries, scale: Scale) -> String {
    let judged = series.curves.iter().filter(|(phase, _)| PHASES.contains(phase));
    judged
        .map(|(phase, histogram)| {
            line(phase.name(), points(histogram).into_iter().map(|(x, length)| (x, Some(scale.at(length)))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(observations: u64) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are sound");
        for n in 1..=observations {
            histogram.saturating_record(n * 1_000);
        }
        histogram
    }

    #[test]
    fn each_further_nine_takes_the_same_room() {
        let ticks: Vec<f64> = ticks().into_iter().map(|tick| tick.at).collect();
        assert!(ticks[0].abs() < 0.01 && (ticks[4] - 100.0).abs() < 0.01);
        assert!(((ticks[2] - ticks[1]) - (ticks[4] - ticks[3])).abs() < 0.01);
    }

    #[test]
    fn a_curve_ends_where_its_observations_do() {
        let few = points(&histogram(100));
        assert!((few.last().expect("there are points").0 - place(2.0)).abs() < 0.01);
        assert!(points(&histogram(0)).is_empty());
        let many = points(&histogram(20_000));
        assert!((many.last().expect("there are points").0 - 100.0).abs() < 0.01);
    }
}
