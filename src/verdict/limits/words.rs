//! Limits and findings as a reader would say them.

use super::{Bound, Figure, Limit, Unit};
use crate::units::{Rate, bytes, human, thousands};
use crate::verdict::threshold::Reference;
use std::time::Duration;

/// `p99 ≤ 50 ms`, `after errors ≤ 0`, `throughput ≥ 50/s`, `p50 ≤ 0.5 × n+1`.
pub(in crate::verdict) fn limit(limit: &Limit) -> String {
    let name = match &limit.figure {
        Figure::Errors(Some(class)) => class.name().into_owned(),
        Figure::Blocked { by: Some(name) } => format!("blocked by {name}"),
        figure => figure.word(),
    };
    let phase = limit.phase.map_or_else(String::new, |phase| format!("{} ", phase.name()));
    let sign = if limit.figure.is_least() { '≥' } else { '≤' };
    // A name of the author's own keeps its underscores.
    let name = if matches!(limit.figure, Figure::Blocked { by: Some(_) }) { name } else { name.replace('_', " ") };
    format!("{phase}{name} {sign} {}", bound(&limit.bound))
}

fn bound(bound: &Bound) -> String {
    match bound {
        Bound::Time(time) => human(*time),
        Bound::Count(count) => thousands(*count),
        Bound::Share(share) => percent(*share),
        Bound::Bytes(size) => bytes(*size),
        Bound::Rate(rate) => rate.to_string(),
        Bound::Number(value) => number(*value),
        Bound::Mode(mode) => mode.words().to_owned(),
        Bound::Times(factor, reference) => format!("{} × {}", number(*factor), self::reference(reference)),
    }
}

fn reference(reference: &Reference) -> &str {
    match reference {
        Reference::Before => "before",
        Reference::Variant(name) => name,
        Reference::Baseline => "baseline",
    }
}

/// A value in the words of a limit: a share where that is what is limited.
pub(super) fn bound_value(limit: &Limit, found: f64) -> String {
    match limit.bound {
        Bound::Share(_) => percent(found),
        _ => value(limit.figure.unit(), found),
    }
}

/// A finding in its unit.
pub(super) fn value(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Time => human(Duration::try_from_secs_f64(value).unwrap_or_default()),
        Unit::Bytes if value < 0.0 => format!("−{}", bytes(-value as u64)),
        Unit::Bytes => bytes(value.round() as u64),
        Unit::Rate => Rate((value * 10.0).round() / 10.0).to_string(),
        Unit::Count | Unit::Amount => count(value),
        Unit::Number | Unit::Mode => number(value),
    }
}

/// A count, or a mean of counts.
pub(super) fn count(mean: f64) -> String {
    if mean.fract() == 0.0 { thousands(mean as u64) } else { number(mean) }
}

pub(super) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// Three decimals at most, none that say nothing.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
