//! The time that all charts of a report share, in seconds from the first step of the migration.

use super::coordinate;
use super::scale::{Tick, round_step};
use crate::phase::Phase;
use crate::report::words;
use crate::result::model::RoundResult;
use std::time::Duration;

/// What a round counts its time from: its first step, so that the charts of two variants can be laid side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Origin(f64);

impl Origin {
    /// The start of the migration, else of the measurement, else of the round.
    pub(crate) fn of(round: &RoundResult) -> Self {
        let began = round.phases.began(Phase::During).or_else(|| round.phases.began(Phase::Measure));
        Self(began.unwrap_or_default().as_secs_f64())
    }

    /// A moment of the round on the shared axis.
    pub(crate) fn at(self, moment: Duration) -> f64 {
        moment.as_secs_f64() - self.0
    }

    /// A moment of the round in words: `+4.2 s`.
    pub(crate) fn words(self, moment: Duration) -> String {
        words::moment(self.at(moment))
    }
}

/// From when to when all charts go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeAxis {
    /// The left end.
    pub(crate) from: f64,
    /// The right end.
    pub(crate) to: f64,
}

impl TimeAxis {
    /// Holds every round.
    pub(crate) fn over<'a>(rounds: impl Iterator<Item = &'a RoundResult>) -> Self {
        let (mut from, mut to) = (0.0_f64, 0.0_f64);
        for round in rounds {
            let origin = Origin::of(round);
            from = from.min(origin.at(Duration::ZERO));
            to = to.max(origin.at(end(round)));
        }
        Self { from, to: if to > from { to } else { from + 1.0 } }
    }

    /// How long it is.
    pub(crate) fn span(self) -> f64 {
        self.to - self.from
    }

    /// For CSS, which places all that is not SVG: `--v0:-25;--span:70`.
    pub(crate) fn style(self) -> String {
        format!("--v0:{};--span:{}", coordinate(self.from, 3), coordinate(self.span(), 3))
    }

    /// For every SVG that shares the axis.
    pub(crate) fn view_box(self) -> String {
        format!("{} 0 {} 100", coordinate(self.from, 3), coordinate(self.span(), 3))
    }

    /// Round moments, six to nine of them.
    pub(crate) fn ticks(self) -> Vec<Tick> {
        let step = self.step();
        let first = (self.from / step).ceil() as i64;
        let last = (self.to / step).floor() as i64;
        (first..=last).map(|n| n as f64 * step).map(|at| Tick { at, label: words::moment(at) }).collect()
    }

    fn step(self) -> f64 {
        let least = self.span() / 8.0;
        match least {
            // Minutes are not decimal.
            s if s > 5.0 => [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0]
                .into_iter()
                .find(|step| *step >= s)
                .unwrap_or_else(|| (s / 3_600.0).ceil() * 3_600.0),
            s => round_step(s),
        }
    }
}

/// The end of a round; of one that was broken off, the last thing known of it.
pub(crate) fn end(round: &RoundResult) -> Duration {
    let last_phase = round.phases.began.last().map(|(_, began)| *began);
    let last_step = round.steps.iter().filter_map(|step| step.ended.or(step.started)).max();
    round.phases.ended.or(last_phase.max(last_step)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: f64, to: f64) -> Vec<String> {
        TimeAxis { from, to }.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_moments_and_zero_is_among_them() {
        assert_eq!(labels(-25.0, 26.0), ["−20 s", "−10 s", "0 s", "+10 s", "+20 s"]);
        assert_eq!(
            labels(-1.0, 3.0),
            ["−1 s", "−500 ms", "0 s", "+500 ms", "+1 s", "+1.5 s", "+2 s", "+2.5 s", "+3 s"]
        );
    }

    #[test]
    fn an_hour_is_counted_in_minutes() {
        let labels = labels(-30.0, 3_600.0);
        assert_eq!(labels.first().map(String::as_str), Some("0 s"));
        assert_eq!(labels.get(1).map(String::as_str), Some("+10 min"));
        assert!(labels.len() <= 9);
    }

    #[test]
    fn what_css_and_svg_are_told_is_the_same_axis() {
        let axis = TimeAxis { from: -25.0, to: 45.5 };
        assert_eq!(axis.style(), "--v0:-25;--span:70.5");
        assert_eq!(axis.view_box(), "-25 0 70.5 100");
    }
}
