//! One figure over the nights: a dot a run, a line where its level was, a mark where that changed.

use super::change::Change;
use super::series::Figure;
use crate::report::chart::coordinate;
use crate::report::chart::scale::{Scale, Tick};
use crate::report::view::badge::Badge;
use crate::report::words;
use crate::result::night::Night;
use crate::statistics::median;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::fmt::Write;

/// Of the runs, so many lie below the top of the picture; those above it stand at its edge.
const WITHIN: f64 = 0.98;
/// Room above them.
const AIR: f64 = 1.12;
/// Dates below a chart.
const MOST_TICKS: usize = 5;
/// The last of them, in hundredths from the left: its word must stay below the chart.
const LAST_TICK: f64 = 94.0;

/// When the runs were, in days from the first.
pub(super) struct Days {
    at: Vec<f64>,
    first: Zoned,
}

impl Days {
    /// A run whose time cannot be read counts as a day after the one before.
    pub(super) fn of(nights: &[&Night]) -> Self {
        let times: Vec<Option<Timestamp>> = nights.iter().map(|night| night.started.parse().ok()).collect();
        let first = times.iter().flatten().next().copied().unwrap_or_default();
        let mut at: Vec<f64> = Vec::with_capacity(times.len());
        for time in times {
            let known = time.map(|time| (time.as_second() - first.as_second()) as f64 / 86_400.0);
            at.push(known.unwrap_or_else(|| at.last().map_or(0.0, |last| last + 1.0)));
        }
        Self { at, first: first.to_zoned(TimeZone::UTC) }
    }

    /// `3 May 2026`.
    pub(super) fn date(&self, night: usize) -> String {
        self.moment(self.at.get(night).copied().unwrap_or_default()).strftime("%-d %b %Y").to_string()
    }

    fn moment(&self, day: f64) -> Zoned {
        let length = jiff::SignedDuration::from_secs((day * 86_400.0).round() as i64);
        self.first.checked_add(length).unwrap_or_else(|_| self.first.clone())
    }

    fn span(&self) -> f64 {
        self.at.last().copied().unwrap_or_default().max(1.0)
    }

    /// Half a day of air on either side, so that the first and the last dot are whole.
    fn view_box(&self) -> String {
        let air = self.span() / 100.0;
        format!("{} 0 {} 100", coordinate(-air, 2), coordinate(self.span() + 2.0 * air, 2))
    }

    /// Where a run stands, in hundredths from the left.
    fn share(&self, day: f64) -> f64 {
        let air = self.span() / 100.0;
        100.0 * (day + air) / (self.span() + 2.0 * air)
    }

    /// The firsts of months, fewer where there are many; days where there are none.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let days = self.span().floor() as usize;
        let firsts: Vec<f64> = (0..=days).map(|day| day as f64).filter(|day| self.moment(*day).day() == 1).collect();
        let (days, form) = match firsts.len() {
            0 | 1 => ((0..=days).map(|day| day as f64).collect(), "%-d %b"),
            _ => (firsts, "%b %Y"),
        };
        let each = days.len().div_ceil(MOST_TICKS).max(1);
        let ticks =
            days.iter().step_by(each).map(|day| (self.share(*day), self.moment(*day).strftime(form).to_string()));
        ticks.filter(|(at, _)| *at <= LAST_TICK).collect()
    }
}

/// The picture of one figure; all text is HTML beside it.
pub(super) struct Trend {
    pub(super) label: &'static str,
    /// The latest level, in words.
    pub(super) now: String,
    /// Escaped.
    pub(super) picture: String,
    pub(super) ticks: Vec<Tick>,
}

/// `share` of the runs are drawn, the worst of each stretch.
pub(super) fn trend(figure: Figure, values: &[Option<f64>], changes: &[&Change], days: &Days, share: f64) -> Trend {
    let known: Vec<(usize, f64)> =
        values.iter().enumerate().filter_map(|(night, value)| Some((night, (*value)?))).collect();
    let levels = levels(&known, changes);
    let scale = Scale::from_zero(top(&known, &levels));
    let mut dots = String::new();
    let stretch = (1.0 / share.max(1e-3)).ceil() as usize;
    for stretch in known.chunks(stretch.max(1)) {
        let Some((night, value)) = stretch.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        let (x, y) = (coordinate(days.at[*night], 2), coordinate(scale.at(*value), 1));
        write!(dots, "M{x} {y}h0").expect("a string takes everything");
    }
    let mut lines = String::new();
    for (from, to, level) in &levels {
        let (x, y) = (coordinate(days.at[*from], 2), coordinate(scale.at(*level), 1));
        write!(lines, "M{x} {y}H{}", coordinate(days.at[*to], 2)).expect("a string takes everything");
    }
    let mark = |change: &&Change| {
        let at = coordinate(days.at[change.night], 2);
        format!("<path class=\"changed {}\" d=\"M{at} 0V100\"/>", change.class())
    };
    let marks = changes.iter().map(mark).collect::<Vec<_>>().concat();
    let view = days.view_box();
    let picture = format!(
        "<svg viewBox=\"{view}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{marks}<path class=\"night\" \
         d=\"{dots}\"/><path class=\"level\" d=\"{lines}\"/></svg>"
    );
    Trend { label: figure.label(), now: now(figure, &levels), picture, ticks: ticks(figure, scale) }
}

/// The median of each stretch between two changes, with its first and last run.
fn levels(known: &[(usize, f64)], changes: &[&Change]) -> Vec<(usize, usize, f64)> {
    let of = |stretch: &[(usize, f64)]| {
        let mut values: Vec<f64> = stretch.iter().map(|(_, value)| *value).collect();
        Some((stretch.first()?.0, stretch.last()?.0, median(&mut values)))
    };
    let starts_anew = |night: usize| changes.iter().any(|change| change.night == night);
    known.chunk_by(|_, (night, _)| !starts_anew(*night)).filter_map(of).collect()
}

/// The value at the top: single nights that are far off must not press all others to the ground.
fn top(known: &[(usize, f64)], levels: &[(usize, usize, f64)]) -> f64 {
    let mut values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    let most = values.get(((values.len() as f64 - 1.0) * WITHIN).floor() as usize).copied().unwrap_or_default();
    levels.iter().map(|(.., level)| *level).fold(most, f64::max) * AIR
}

fn now(figure: Figure, levels: &[(usize, usize, f64)]) -> String {
    levels.last().map_or_else(String::new, |(.., level)| figure.said(*level))
}

fn ticks(figure: Figure, scale: Scale) -> Vec<Tick> {
    let (_, most) = scale.ends();
    [0.0, most / 2.0, most]
        .map(|value| {
            let label = if value > 0.0 { figure.said(value) } else { "0".to_owned() };
            Tick { at: scale.at(value), label }
        })
        .to_vec()
}

/// The verdicts of a variant as a row of strokes, one a run.
pub(super) fn strip(verdicts: &[Option<Badge>], days: &Days) -> String {
    let mut classes: Vec<&'static str> = verdicts.iter().flatten().map(|badge| badge.class).collect();
    classes.sort_unstable();
    classes.dedup();
    let strokes = |class: &str| {
        let of = |badge: &Option<Badge>| badge.is_some_and(|badge| badge.class == class);
        let runs = verdicts.iter().zip(&days.at).filter(|(badge, _)| of(badge));
        runs.fold(String::new(), |mut path, (_, day)| {
            write!(path, "M{} 0V100", coordinate(*day, 2)).expect("a string takes everything");
            path
        })
    };
    let path = |class: &&str| format!("<path class=\"{}\" d=\"{}\"/>", words::escape(class), strokes(class));
    let paths = classes.iter().map(path).collect::<Vec<_>>().concat();
    format!("<svg viewBox=\"{}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{paths}</svg>", days.view_box())
}
