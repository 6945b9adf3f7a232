//! Numbers and moments, on the grid of their type.

use super::super::domain::Domain;
use super::super::moment::{DAY, resolve};
use super::super::shape::{Bound, Order};
use super::super::source::{Choice, Law, Real};
use super::Laws;
use super::shaped::{Made, Target, name};
use crate::schema::Type;
use crate::value::Value;

pub(super) fn sequence(start: i64, step: i64, target: &Target<'_>) -> Result<Made, String> {
    let last = i128::from(start) + i128::from(step) * i128::from(target.rows.unwrap_or(0).saturating_sub(1));
    let (low, high) = limits(target.data_type);
    if (last as f64) < low || last as f64 > high {
        return Err(format!("a sequence that ends at {last} does not fit the type"));
    }
    let words = if step == 1 { format!("sequence from {start}") } else { format!("sequence from {start} by {step}") };
    Ok(Made::by_row(Domain::Whole { low: start, step }, &words))
}

pub(super) fn zipf(low: i64, high: i64, exponent: f64, target: &Target<'_>, laws: &Laws) -> Result<Made, String> {
    let (least, most) = limits(target.data_type);
    if high < low || (low as f64) < least || high as f64 > most {
        return Err(format!("no zipf law from {low} to {high} fits the type"));
    }
    let size = high.abs_diff(low).saturating_add(1);
    let choice = Choice::Ranked(laws.zipf(size, exponent));
    Ok(Made {
        domain: Domain::Whole { low, step: 1 },
        choice,
        size,
        words: format!("zipf {exponent} from {low} to {high}"),
    })
}

pub(super) fn between(from: Bound, to: Bound, order: Order, target: &Target<'_>, laws: &Laws) -> Result<Made, String> {
    let grid = if let (Bound::Number(low), Bound::Number(high)) = (from, to) {
        grid(target, low, high, false)?
    } else {
        let end = |bound| resolve(bound, laws.as_of).ok_or_else(|| "it lies beyond the calendar".to_owned());
        moments(end(from)?, end(to)?, target)?
    };
    let choice = match (order, target.rows) {
        (Order::Random, _) | (_, None | Some(0)) => Choice::Uniform,
        (order, Some(rows)) => Choice::Spread { rows, falling: order == Order::Descending },
    };
    let words = match order {
        Order::Random => format!("between {} and {}", bound(from), bound(to)),
        Order::Ascending => format!("between {} and {}, ascending", bound(from), bound(to)),
        Order::Descending => format!("between {} and {}, descending", bound(from), bound(to)),
    };
    Ok(grid.made(choice, words))
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Number(number) => number.to_string(),
        Bound::Moment(micros) => Value::Timestamp(micros).to_string(),
        Bound::FromNow { months: 0, micros: 0 } => "now".to_owned(),
        Bound::FromNow { months, micros } => {
            let months = (months != 0).then(|| format!("{months} months"));
            let rest = (micros != 0).then(|| format!("{} s", micros / 1_000_000));
            format!("now {}", [months, rest].into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    }
}

fn moments(from: i64, to: i64, target: &Target<'_>) -> Result<Grid, String> {
    if to < from {
        return Err("it ends before it begins".to_owned());
    }
    match target.data_type {
        None | Some(Type::Timestamp { .. } | Type::Text) => Ok(Grid {
            domain: Domain::Moments { from },
            size: to.abs_diff(from).saturating_add(1),
            low: 0.0,
            per_unit: 1.0,
        }),
        Some(Type::Date) => {
            let (from, to) = (from.div_euclid(DAY), to.div_euclid(DAY));
            Ok(Grid {
                domain: Domain::Days { from: from as i32 },
                size: to.abs_diff(from) + 1,
                low: 0.0,
                per_unit: 1.0,
            })
        }
        Some(other) => Err(format!("moments do not fit type {}", name(other))),
    }
}

/// Evenly spaced values of a type.
pub(super) struct Grid {
    domain: Domain,
    size: u64,
    low: f64,
    per_unit: f64,
}

impl Grid {
    pub(super) fn made(self, choice: Choice, words: String) -> Made {
        Made { domain: self.domain, choice, size: self.size, words }
    }
}

/// A law's numbers on the grid of the type, cut where the type or a check ends.
pub(super) fn lawful(law: Law, reach: (f64, f64), target: &Target<'_>, words: String) -> Result<Made, String> {
    let (least, most) = limits(target.data_type);
    let low = reach.0.max(least).max(target.bounds.0.unwrap_or(f64::MIN));
    let high = reach.1.min(most).min(target.bounds.1.unwrap_or(f64::MAX)).max(low);
    let grid = grid(target, low, high, true)?;
    let real = Real { law, low: grid.low, per_unit: grid.per_unit };
    Ok(grid.made(Choice::Real(real), words))
}

/// The numbers of a type from `low` to `high`; `fine` asks for decimals where the type leaves it open.
pub(super) fn grid(target: &Target<'_>, low: f64, high: f64, fine: bool) -> Result<Grid, String> {
    if !(low.is_finite() && high.is_finite() && low <= high) {
        return Err(format!("there is nothing from {low} to {high}"));
    }
    let (least, most) = limits(target.data_type);
    if low < least || high > most {
        return Err(format!("numbers from {low} to {high} do not fit the type, which ends at {least} and {most}"));
    }
    let whole = low.fract() == 0.0 && high.fract() == 0.0;
    match target.data_type {
        Some(Type::Int2 | Type::Int4 | Type::Int8) => whole_numbers(low, high),
        Some(Type::Float4 | Type::Float8) => {
            let step = (high - low) / f64::from(u32::MAX);
            let per_unit = if step > 0.0 { 1.0 / step } else { 0.0 };
            Ok(Grid { domain: Domain::Real { low, step }, size: 1 << 32, low, per_unit })
        }
        Some(Type::Numeric { precision: Some(_), scale }) => Ok(decimals(low, high, *scale)),
        None | Some(Type::Text | Type::Other(_)) if whole && !fine => whole_numbers(low, high),
        None | Some(Type::Text | Type::Other(_) | Type::Numeric { precision: None, .. }) => Ok(decimals(low, high, 2)),
        Some(other) => Err(format!("numbers do not fit type {}", name(other))),
    }
}

fn whole_numbers(low: f64, high: f64) -> Result<Grid, String> {
    let (from, to) = (low.ceil() as i64, high.floor() as i64);
    if to < from {
        return Err(format!("there is no whole number from {low} to {high}"));
    }
    let size = to.abs_diff(from).saturating_add(1);
    Ok(Grid { domain: Domain::Whole { low: from, step: 1 }, size, low: from as f64, per_unit: 1.0 })
}

fn decimals(low: f64, high: f64, scale: u8) -> Grid {
    let per_unit = 10f64.powi(i32::from(scale));
    let (from, to) = ((low * per_unit).round() as i128, (high * per_unit).round() as i128);
    let size = u64::try_from(to - from).unwrap_or(u64::MAX - 1).saturating_add(1);
    Grid { domain: Domain::Decimal { low: from, scale }, size, low: from as f64 / per_unit, per_unit }
}

/// The least and the greatest number of a type.
pub(super) fn limits(data_type: Option<&Type>) -> (f64, f64) {
    match data_type {
        Some(Type::Int2) => (f64::from(i16::MIN), f64::from(i16::MAX)),
        Some(Type::Int4) => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Some(Type::Int8) => (i64::MIN as f64, i64::MAX as f64),
        Some(Type::Float4) => (f64::from(f32::MIN), f64::from(f32::MAX)),
        Some(Type::Numeric { precision: Some(precision), scale }) => {
            let (whole, unit) = (i32::from(*precision) - i32::from(*scale), 10f64.powi(-i32::from(*scale)));
            (-(10f64.powi(whole) - unit), 10f64.powi(whole) - unit)
        }
        _ => (f64::MIN, f64::MAX),
    }
}
