//! Moments relative to `as_of`, by the calendar.

use super::shape::Bound;
use jiff::{Span, Timestamp, tz::TimeZone};

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// A bound as microseconds since 1970; `None` for numbers, and for moments beyond the calendar.
pub(super) fn resolve(bound: Bound, as_of: i64) -> Option<i64> {
    match bound {
        Bound::Number(_) => None,
        Bound::Moment(micros) => Some(micros),
        Bound::FromNow { months, micros } => shifted(as_of, months)?.checked_add(micros),
    }
}

/// So many calendar months away, in UTC; the last of a month stays within its month.
pub(super) fn shifted(moment: i64, months: i32) -> Option<i64> {
    let zoned = Timestamp::from_microsecond(moment).ok()?.to_zoned(TimeZone::UTC);
    let shifted = zoned.checked_add(Span::new().try_months(months).ok()?).ok()?;
    Some(shifted.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("a timestamp").as_microsecond()
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let as_of = micros("2024-03-31T12:00:00Z");
        for (months, expected) in [
            (-1, "2024-02-29T12:00:00Z"),
            (-13, "2023-02-28T12:00:00Z"),
            (-24, "2022-03-31T12:00:00Z"),
            (1, "2024-04-30T12:00:00Z"),
        ] {
            assert_eq!(shifted(as_of, months), Some(micros(expected)), "{months} months");
        }
    }

    #[test]
    fn now_is_as_of() {
        let bound = Bound::FromNow { months: 0, micros: 0 };
        assert_eq!(resolve(bound, 1_700_000_000_000_000), Some(1_700_000_000_000_000));
        let earlier = Bound::FromNow { months: 0, micros: -DAY };
        assert_eq!(resolve(earlier, DAY), Some(0));
    }
}
