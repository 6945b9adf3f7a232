//! Lengths of time: `500us`, `20ms`, `1.5s`, `5ms..10ms`, `-2s`.

use super::amount::positive;
use super::{DurationRange, Unreadable};
use std::time::Duration;

const EXAMPLE: &str = "500us, 20ms, 5s, 3min or 2h";

/// Longer than any run; it keeps sums of durations far from overflow.
const LONGEST: f64 = 400.0 * 24.0 * 3600.0;

/// Reads a length of time; a bare number is refused, since nobody can tell its unit.
pub fn duration(text: &str) -> Result<Duration, Unreadable> {
    let refused = || Unreadable { text: text.to_owned(), wanted: "a duration", example: EXAMPLE };
    seconds(text.trim()).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or_else(refused)
}

/// Reads one length or two with `..` between them, the shorter first.
pub fn duration_range(text: &str) -> Result<DurationRange, Unreadable> {
    let Some((least, most)) = text.split_once("..") else {
        let fixed = duration(text)?;
        return Ok(DurationRange { least: fixed, most: fixed });
    };
    let range = DurationRange { least: duration(least)?, most: duration(most)? };
    let refused = || Unreadable {
        text: text.to_owned(),
        wanted: "a range of durations",
        example: "the shorter first: 5ms..10ms",
    };
    (range.least <= range.most).then_some(range).ok_or_else(refused)
}

/// Reads a moment relative to another, in seconds: `-2s` is before it.
pub fn signed_seconds(text: &str) -> Result<f64, Unreadable> {
    let refused = || Unreadable { text: text.to_owned(), wanted: "a moment", example: "30s, or -2s for before it" };
    let text = text.trim();
    match text.strip_prefix('-') {
        Some(before) => seconds(before.trim()).map(|seconds| -seconds),
        None => seconds(text.strip_prefix('+').unwrap_or(text)),
    }
    .ok_or_else(refused)
}

fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.')?);
    let number = positive(number)?;
    // Division for the small units: 0.2 is nearer to 200/1000 than to 200 × 0.001.
    let seconds = match unit.trim() {
        "us" | "µs" => number / 1e6,
        "ms" => number / 1e3,
        "s" | "sec" | "second" | "seconds" => number,
        "min" | "minute" | "minutes" => number * 60.0,
        "h" | "hour" | "hours" => number * 3600.0,
        _ => return None,
    };
    (seconds <= LONGEST).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        for (text, micros) in [
            ("500us", 500),
            ("20ms", 20_000),
            ("1.5s", 1_500_000),
            ("3min", 180_000_000),
            ("2h", 7_200_000_000),
            ("0s", 0),
            ("5 s", 5_000_000),
            ("200ms", 200_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["5", "", "-5s", "5x", "s", "5 m", "1e9s", "infs", "9999999h", "5ms..", "1.2.3s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_has_its_shorter_end_first() {
        let range = duration_range("5ms..10ms").expect("it is one");
        assert_eq!((range.least, range.most), (Duration::from_millis(5), Duration::from_millis(10)));
        assert_eq!(duration_range("2s").expect("it is one").most, Duration::from_secs(2));
        for text in ["10ms..5ms", "..5ms", "5..10ms", "5ms...10ms"] {
            assert!(duration_range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_may_lie_before() {
        assert_eq!(signed_seconds("-2s"), Ok(-2.0));
        assert_eq!(signed_seconds("1min"), Ok(60.0));
        assert!(signed_seconds("--2s").is_err());
        assert!(signed_seconds("-2").is_err());
    }
}
