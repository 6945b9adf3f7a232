//! Numbers with a suffix: counts, shares and bytes.

use super::Unreadable;

/// Reads a whole number: `1000`, `1_000`, `120k`, `5M`, `1.5M`, `2G`.
pub fn count(text: &str) -> Result<u64, Unreadable> {
    let refused = || Unreadable { text: text.to_owned(), wanted: "a count", example: "1000, 120k or 5M" };
    let digits: String = text.trim().chars().filter(|c| *c != '_').collect();
    if let Ok(whole) = digits.parse::<u64>() {
        return Ok(whole);
    }
    let number = scaled(&digits).ok_or_else(refused)?;
    // 2^53: beyond, a float no longer knows each whole number.
    let exact = number.fract() == 0.0 && number < 9_007_199_254_740_992.0;
    exact.then_some(number as u64).ok_or_else(refused)
}

/// Reads a share of all: `0.1%`, as 0 to 1.
pub fn share(text: &str) -> Result<f64, Unreadable> {
    let refused = || Unreadable { text: text.to_owned(), wanted: "a share", example: "0.1% or 60%" };
    let percent: f64 = text.trim().strip_suffix('%').and_then(|number| positive(number.trim())).ok_or_else(refused)?;
    (percent <= 100.0).then_some(percent / 100.0).ok_or_else(refused)
}

/// Reads a size as PostgreSQL's settings write it, in powers of 1024: `512kB`, `2GB`, or bytes alone.
pub fn bytes_of(text: &str) -> Result<u64, Unreadable> {
    let refused = || Unreadable { text: text.to_owned(), wanted: "a size", example: "512kB, 64MB or 2GB" };
    let text_only = text.trim();
    let (number, unit) = text_only.split_at(text_only.find(|c: char| c.is_alphabetic()).unwrap_or(text_only.len()));
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1024.0,
        "mb" => 1024.0 * 1024.0,
        "gb" => 1024.0 * 1024.0 * 1024.0,
        "tb" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return Err(refused()),
    };
    let size = positive(number.trim()).ok_or_else(refused)? * factor;
    (size < u64::MAX as f64).then_some(size as u64).ok_or_else(refused)
}

/// A number that may end in `k`, `M` or `G`; finite and not negative.
pub(super) fn scaled(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, factor) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (&text[..at], 1e3),
        (at, 'M') => (&text[..at], 1e6),
        (at, 'G') => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    positive(number).map(|number| number * factor)
}

/// A plain decimal number, since Rust would read `inf` and `1e9` too.
pub(super) fn positive(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse::<f64>().ok()).flatten().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_may_end_in_a_letter() {
        for (text, expected) in [
            ("1000", 1000),
            ("1_000", 1000),
            ("120k", 120_000),
            ("5M", 5_000_000),
            ("1.5M", 1_500_000),
            ("2G", 2_000_000_000),
            ("0", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(count(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_count_is_refused() {
        for text in ["", "many", "-5", "1.5", "5m", "1e6", "0x10", "NaN", "5MM", "99999999999999999999999", "k", "ü"] {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_is_a_percentage_of_at_most_100() {
        assert_eq!(share("0.1%"), Ok(0.001));
        assert_eq!(share("60 %"), Ok(0.6));
        for text in ["60", "101%", "-1%", "%", "a%"] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024_as_the_servers_are() {
        assert_eq!(bytes_of("2GB"), Ok(2_147_483_648));
        assert_eq!(bytes_of("512kB"), Ok(524_288));
        assert_eq!(bytes_of("64 MB"), Ok(67_108_864));
        assert_eq!(bytes_of("100"), Ok(100));
        for text in ["2GiBi", "GB", "-1GB", "99999999999TB"] {
            assert!(bytes_of(text).is_err(), "{text}");
        }
    }
}
