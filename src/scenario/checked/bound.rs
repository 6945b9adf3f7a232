//! Ends of ranges: numbers, dates, and moments counted from now.

use crate::data::shape::{Bound, Literal};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

const DAY: i64 = 86_400_000_000;

/// Reads `now`, `2 years ago`, `30 days from now`, `2024-01-31`, `2024-01-31 12:00`, `2024-01-31T12:00:00Z`, `17`.
pub(super) fn bound(text: &str) -> Option<Bound> {
    let text = text.trim();
    if text == "now" {
        return Some(Bound::FromNow { months: 0, micros: 0 });
    }
    if let Some(ago) = text.strip_suffix(" ago") {
        return from_now(ago, -1);
    }
    if let Some(ahead) = text.strip_suffix(" from now") {
        return from_now(ahead, 1);
    }
    number(text).map(Bound::Number).or_else(|| moment(text).map(Bound::Moment))
}

fn from_now(text: &str, sign: i64) -> Option<Bound> {
    let (number, unit) = text.split_once(' ')?;
    let number: i64 = number.parse().ok().filter(|number| (0..=1_000_000).contains(number))?;
    let (months, micros) = match unit.trim().trim_end_matches('s') {
        "second" => (0, 1_000_000),
        "minute" => (0, 60_000_000),
        "hour" => (0, DAY / 24),
        "day" => (0, DAY),
        "week" => (0, 7 * DAY),
        "month" => (1, 0),
        "year" => (12, 0),
        _ => return None,
    };
    // PostgreSQL's dates reach about 4,700 years back; a century and a half is further than any data go.
    let months = i32::try_from(number * months * sign).ok().filter(|months| months.abs() <= 1_800)?;
    Some(Bound::FromNow { months, micros: number * micros * sign })
}

fn moment(text: &str) -> Option<i64> {
    let zoned = |zoned: Zoned| zoned.timestamp();
    let timestamp = text.parse::<Timestamp>().ok();
    let timestamp = timestamp.or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(zoned));
    let timestamp = timestamp.or_else(|| text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(zoned));
    timestamp.map(Timestamp::as_microsecond)
}

/// A number with or without a sign, a fraction, underscores and `k`, `M` or `G`.
pub(super) fn number(text: &str) -> Option<f64> {
    let text: String = text.trim().chars().filter(|c| *c != '_').collect();
    let (sign, size) = text.strip_prefix('-').map_or((1.0, text.as_str()), |size| (-1.0, size));
    let (digits, factor) = match size.char_indices().last()? {
        (at, 'k') => (&size[..at], 1e3),
        (at, 'M') => (&size[..at], 1e6),
        (at, 'G') => (&size[..at], 1e9),
        _ => (size, 1.0),
    };
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    let number = plain.then(|| digits.parse::<f64>().ok()).flatten()? * factor * sign;
    number.is_finite().then_some(number)
}

/// What a scalar stands for as a value; only YAML's numbers and truths are anything but text.
pub(super) fn literal(text: &str, typed: bool) -> Literal {
    let digits = || text.chars().filter(|c| *c != '_').collect::<String>();
    match text {
        _ if !typed => Literal::Text(text.to_owned()),
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        _ => match (digits().parse::<i64>(), digits().parse::<f64>()) {
            (Ok(whole), _) => Literal::Int(whole),
            // A whole number that no integer type holds keeps its digits as text.
            (_, Ok(float)) if text.contains(['.', 'e', 'E']) && float.is_finite() => Literal::Float(float),
            _ => Literal::Text(text.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_number_a_date_or_counted_from_now() {
        let from_now = |months, micros| Some(Bound::FromNow { months, micros });
        for (text, expected) in [
            ("now", from_now(0, 0)),
            ("2 years ago", from_now(-24, 0)),
            ("24 months ago", from_now(-24, 0)),
            ("1 year ago", from_now(-12, 0)),
            ("3 days from now", from_now(0, 3 * DAY)),
            ("90 minutes ago", from_now(0, -5_400_000_000)),
            ("1970-01-02", Some(Bound::Moment(DAY))),
            ("1970-01-01 00:00:01", Some(Bound::Moment(1_000_000))),
            ("1970-01-01T01:00:00+01:00", Some(Bound::Moment(0))),
            ("-1.5", Some(Bound::Number(-1.5))),
            ("5k", Some(Bound::Number(5000.0))),
        ] {
            assert_eq!(bound(text), expected, "{text}");
        }
        for text in
            ["yesterday", "2 fortnights ago", "-2 years ago", "9999999999 years ago", "2024-13-01", "", "NaN", "e"]
        {
            assert_eq!(bound(text), None, "{text}");
        }
    }

    #[test]
    fn a_literal_keeps_what_no_number_can_hold() {
        assert_eq!(literal("7", true), Literal::Int(7));
        assert_eq!(literal("1.50", true), Literal::Float(1.5));
        assert_eq!(literal("true", true), Literal::Bool(true));
        assert_eq!(literal("7", false), Literal::Text("7".to_owned()));
        assert_eq!(literal("99999999999999999999", true), Literal::Text("99999999999999999999".to_owned()));
    }
}
