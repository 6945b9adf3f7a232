//! Quantities as people read them: `4.2 s`, `1,312`, `2.1 GB`.

use std::time::Duration;

/// A length of time in three significant digits and the unit that suits it: `850 µs`, `4.2 s`, `3 min 20 s`.
#[must_use]
pub fn human(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    // Where rounding would give `1000 ms`, the next unit is the right one.
    match seconds {
        _ if duration.is_zero() => "0 s".to_owned(),
        _ if seconds < 999.5e-9 => format!("{} ns", duration.as_nanos()),
        _ if seconds < 999.5e-6 => format!("{} µs", significant(seconds * 1e6)),
        _ if seconds < 0.9995 => format!("{} ms", significant(seconds * 1e3)),
        _ if seconds < 59.95 => format!("{} s", significant(seconds)),
        _ => long(seconds.round() as u64),
    }
}

/// Minutes and more: two units, the second left out when it is zero.
fn long(seconds: u64) -> String {
    let (first, rest) = match seconds {
        0..3600 => (format!("{} min", seconds / 60), (seconds % 60, "s")),
        3600..86_400 => (format!("{} h", seconds / 3600), (seconds % 3600 / 60, "min")),
        _ => (format!("{} d", seconds / 86_400), (seconds % 86_400 / 3600, "h")),
    };
    match rest {
        (0, _) => first,
        (rest, unit) => format!("{first} {rest} {unit}"),
    }
}

/// A count with commas: `1,312`.
#[must_use]
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in the unit that suits it, in powers of 1024 as the server's: `812 bytes`, `2.1 GB`.
#[must_use]
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if size < 1024 {
        return format!("{size} bytes");
    }
    let mut rest = size as f64 / 1024.0;
    let mut unit = 0;
    while rest >= 1023.5 && unit + 1 < UNITS.len() {
        rest /= 1024.0;
        unit += 1;
    }
    format!("{} {}", significant(rest), UNITS[unit])
}

/// Three significant digits, no zeros behind the point that say nothing.
pub(super) fn significant(number: f64) -> String {
    let decimals = match number.abs() {
        0.0 => 0,
        size => (2 - size.log10().floor() as i32).clamp(0, 9) as usize,
    };
    let text = format!("{number:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Up to three digits, without zeros that say nothing.
#[must_use]
pub fn digits(value: f64) -> String {
    let places = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.places$}");
    match places {
        0 => text,
        _ => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

/// A plain number that may have a fraction: `0.12`, `12.5`, `1,312`.
#[must_use]
pub fn number(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    match value.abs() {
        v if !v.is_finite() => "–".to_owned(),
        v if v >= 999.5 => format!("{sign}{}", thousands(v.round() as u64)),
        v => format!("{sign}{}", digits(v)),
    }
}

/// One line of at most `most` characters; white space is folded, so that SQL over many lines reads as one.
#[must_use]
pub fn shorten(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_three_digits_and_the_unit_that_suits_it() {
        for (micros, expected) in [
            (0, "0 s"),
            (850, "850 µs"),
            (1_000, "1 ms"),
            (999_600, "1 s"),
            (20_000, "20 ms"),
            (4_200_000, "4.2 s"),
            (12_345_678, "12.3 s"),
            (59_960_000, "1 min"),
            (200_000_000, "3 min 20 s"),
            (7_200_000_000, "2 h"),
            (7_260_000_000, "2 h 1 min"),
            (90_000_000_000, "1 d 1 h"),
        ] {
            assert_eq!(human(Duration::from_micros(micros)), expected, "{micros} µs");
        }
        assert_eq!(human(Duration::from_nanos(40)), "40 ns");
        assert_eq!(human(Duration::from_nanos(1_500)), "1.5 µs");
    }

    #[test]
    fn thousands_are_set_apart() {
        for (count, expected) in [(0, "0"), (999, "999"), (1312, "1,312"), (1_000_000, "1,000,000")] {
            assert_eq!(thousands(count), expected);
        }
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_size_is_in_powers_of_1024() {
        for (size, expected) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 kB"),
            (1_048_575, "1 MB"),
            (2_254_857_830, "2.1 GB"),
            (u64::MAX, "16384 PB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
    }
}
