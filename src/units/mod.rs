//! Human quantities: `5M`, `300/s`, `500us`, `2GB`, `0.1%`, `5ms..10ms`.
//!
//! Units live in types, not in names and numbers. What is read here can be written back by the same room, so
//! that a report speaks the scenario's language.

mod amount;
mod duration;
mod human;

pub use amount::{bytes_of, count, share};
pub use duration::{duration, duration_range, signed_seconds};
pub use human::{bytes, digits, human, number, shorten, thousands};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A text that is not the quantity that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}; write {example}")]
pub struct Unreadable {
    /// What was written.
    pub text: String,
    /// What was wanted: `a duration`.
    pub wanted: &'static str,
    /// How to write it: `500us, 20ms or 5s`.
    pub example: &'static str,
}

/// Events per second; finite, not negative.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Rate(pub f64);

impl Rate {
    /// Reads `300/s`, `6/min` or `20/h`; a bare number is refused, since nobody can tell its unit.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let refused = || Unreadable { text: text.to_owned(), wanted: "a rate", example: "300/s, 6/min or 20/h" };
        let (events, unit) = text.split_once('/').ok_or_else(refused)?;
        let seconds = match unit.trim() {
            "s" | "sec" | "second" => 1.0,
            "min" | "m" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            _ => return Err(refused()),
        };
        let events = amount::scaled(events).ok_or_else(refused)?;
        Ok(Self(events / seconds))
    }
}

impl fmt::Display for Rate {
    /// In the largest unit of time that gives a number without a fraction, else per second.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = |seconds: f64| {
            let events = self.0 * seconds;
            // Six a minute is 0.1 a second, which binary fractions only come close to.
            ((events - events.round()).abs() < 1e-9 * seconds).then(|| events.round())
        };
        match (per(1.0), per(60.0), per(3600.0)) {
            (Some(events), ..) => write!(formatter, "{events}/s"),
            (None, Some(events), _) => write!(formatter, "{events}/min"),
            (None, None, Some(events)) => write!(formatter, "{events}/h"),
            (None, None, None) => write!(formatter, "{}/s", human::significant(self.0)),
        }
    }
}

/// A length of time that may vary: each use draws from between its ends, uniformly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationRange {
    /// The shortest.
    pub least: Duration,
    /// The longest; equal to the shortest where the length is fixed.
    pub most: Duration,
}

impl DurationRange {
    /// The length at `share` of the way from the shortest to the longest, 0 ≤ share ≤ 1.
    #[must_use]
    pub fn at(&self, share: f64) -> Duration {
        self.least + self.most.saturating_sub(self.least).mul_f64(share.clamp(0.0, 1.0))
    }
}

impl fmt::Display for DurationRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.least == self.most {
            true => formatter.write_str(&human(self.least)),
            false => write!(formatter, "{}..{}", human(self.least), human(self.most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_so_many_events_in_a_unit_of_time() {
        for (text, expected) in
            [("300/s", 300.0), ("6/min", 0.1), ("0/s", 0.0), ("1.5k/s", 1500.0), ("36/h", 0.01), ("2 / s", 2.0)]
        {
            assert_eq!(Rate::read(text), Ok(Rate(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused_with_an_example() {
        for text in ["300", "300/day", "-1/s", "/s", "many/s", "inf/s", "1e999/s"] {
            let refused = Rate::read(text).expect_err(text).to_string();
            assert_eq!(refused, format!("`{text}` is not a rate; write 300/s, 6/min or 20/h"));
        }
    }

    #[test]
    fn a_rate_is_written_in_the_unit_that_it_was_read_in() {
        for text in ["300/s", "6/min", "0/s", "7/min", "1500/s", "7/h"] {
            assert_eq!(Rate::read(text).expect("it is one").to_string(), text);
        }
        assert_eq!(Rate(0.333_333).to_string(), "0.333/s");
    }

    #[test]
    fn a_range_draws_between_its_ends() {
        let range = DurationRange { least: Duration::from_millis(10), most: Duration::from_millis(30) };
        assert_eq!(range.at(0.5), Duration::from_millis(20));
        assert_eq!(range.at(7.0), Duration::from_millis(30));
        assert_eq!(range.to_string(), "10 ms..30 ms");
    }
}
