//! Figures in words: lengths of time, counts, bytes, shares and changes, as people say them.
//!
//! Three significant digits at most: more would claim a precision that no run has.

use crate::units::digits;
pub(crate) use crate::units::{bytes, human as length, number, shorten, thousands as count};
use std::time::Duration;

/// A signed sum of milliseconds as a length of time.
pub(crate) fn millis(ms: f64) -> String {
    let magnitude = length(Duration::try_from_secs_f64(ms.abs() / 1e3).unwrap_or_default());
    if ms < -0.000_5 { format!("−{magnitude}") } else { magnitude }
}

/// Seconds on the shared axis, counted from the first step: `−20 s`, `+4.2 s`.
pub(crate) fn moment(seconds: f64) -> String {
    match seconds {
        s if s.abs() < 0.000_5 => "0 s".to_owned(),
        s if s < 0.0 => format!("−{}", length(Duration::from_secs_f64(-s))),
        s => format!("+{}", length(Duration::try_from_secs_f64(s).unwrap_or_default())),
    }
}

/// `1 request`, `1,312 requests`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A change of size: `+410 MB`, `−8 kB`.
pub(crate) fn growth(change: i64) -> String {
    format!("{}{}", if change < 0 { "−" } else { "+" }, bytes(change.unsigned_abs()))
}

/// `0.1 %`, `12 %`; a share that is not zero never reads as zero.
pub(crate) fn share(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 0.01 => "< 0.01 %".to_owned(),
        p if p < 0.0 && p > -0.01 => "> −0.01 %".to_owned(),
        p if p < 0.0 => format!("−{} %", digits(-p)),
        p if p >= 9.5 => format!("{p:.0} %"),
        p => format!("{} %", digits(p)),
    }
}

/// A part of a whole, or nothing where there is no whole.
pub(crate) fn part(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How a figure moved: `+12 %`, `×41`; nothing where it cannot be said, or moved by less than three hundredths, which
/// no single run can tell from chance.
pub(crate) fn change(now: Duration, was: Duration) -> Option<String> {
    if was.is_zero() || now.is_zero() {
        return None;
    }
    let ratio = now.as_secs_f64() / was.as_secs_f64();
    Some(match ratio {
        r if r >= 1.995 => format!("×{}", if r < 9.95 { format!("{r:.1}") } else { count(r.round() as u64) }),
        r if (r - 1.0).abs() < 0.03 => return None,
        r if r >= 1.0 => format!("+{:.0} %", (r - 1.0) * 100.0),
        r => format!("−{:.0} %", (1.0 - r) * 100.0),
    })
}

/// Keeps each number on the line of its unit or sign.
pub(crate) fn unbroken(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut after_digit = false;
    for c in text.chars() {
        kept.push(if c == ' ' && after_digit { '\u{a0}' } else { c });
        after_digit = c.is_ascii_digit();
    }
    kept
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Text for the body or an attribute of a page.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_moments_have_signs() {
        assert_eq!([millis(-2_500.0), millis(0.0), millis(4_100.0)], ["−2.5 s", "0 s", "4.1 s"]);
        assert_eq!([moment(-20.0), moment(0.0), moment(4.2)], ["−20 s", "0 s", "+4.2 s"]);
    }

    #[test]
    fn numbers_are_rounded_and_sizes_have_signs() {
        assert_eq!([number(0.123), number(12.5), number(1311.7), number(-2.0)], ["0.12", "12.5", "1,312", "−2"]);
        assert_eq!([growth(410 << 20), growth(-8_192)], ["+410 MB", "−8 kB"]);
    }

    #[test]
    fn a_share_that_is_not_zero_never_reads_as_zero() {
        assert_eq!([share(0.0), share(0.000_01), share(0.001), share(0.123)], ["0 %", "< 0.01 %", "0.1 %", "12 %"]);
    }

    #[test]
    fn a_change_is_a_percentage_until_it_has_doubled() {
        let change = |now, was| change(Duration::from_micros(now), Duration::from_micros(was));
        assert_eq!(change(1_120, 1_000).as_deref(), Some("+12 %"));
        assert_eq!(change(41_000, 1_000).as_deref(), Some("×41"));
        assert_eq!(change(800, 1_000).as_deref(), Some("−20 %"));
        assert_eq!([change(800, 0), change(1_020, 1_000)], [None, None]);
    }

    #[test]
    fn a_number_stays_on_the_line_of_its_unit() {
        assert_eq!(unbroken("p99 is 39 × less at 5 ms"), "p99\u{a0}is 39\u{a0}× less at 5\u{a0}ms");
    }

    #[test]
    fn shortened_text_is_one_line_that_shows_where_it_was_cut() {
        assert_eq!(shorten("ALTER TABLE t\n   ADD COLUMN a int", 40), "ALTER TABLE t ADD COLUMN a int");
        assert_eq!(shorten("ALTER TABLE transactions", 12), "ALTER TABLE…");
    }
}
