//! How a variant stands to the reference, in a form that is read without colour.

use crate::report::words;
use crate::result::model::{Comparison, Conclusion};

/// A comparison of one figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The CSS class of its colour.
    pub(crate) class: &'static str,
    /// What is seen.
    pub(crate) glyph: &'static str,
    /// What it means.
    pub(crate) word: &'static str,
    /// `39 × less`.
    pub(crate) ratio: String,
    /// Where it lies; nothing of counts.
    pub(crate) interval: String,
    /// The smallest change that would have been seen, where none was.
    pub(crate) detectable: String,
    /// All of it, for those who point at it.
    pub(crate) title: String,
}

impl Mark {
    /// Of a comparison.
    pub(crate) fn of(comparison: &Comparison) -> Self {
        let (class, glyph, word) = drawn(comparison.conclusion);
        let interval = comparison.interval.map(|ends| interval(comparison.ratio, ends)).unwrap_or_default();
        let detectable = comparison.detectable.map(change).unwrap_or_default();
        let undecided = matches!(comparison.conclusion, Conclusion::Same | Conclusion::CannotTell);
        Self {
            class,
            glyph,
            word,
            ratio: told(comparison).map(ratio).unwrap_or_default(),
            title: title(comparison, word),
            detectable: if undecided { detectable } else { String::new() },
            interval,
        }
    }
}

/// A conclusion's colour, sign and word.
pub(crate) fn drawn(conclusion: Conclusion) -> (&'static str, &'static str, &'static str) {
    match conclusion {
        Conclusion::Better => ("better", "✓", "better"),
        Conclusion::Worse => ("worse", "✗", "worse"),
        Conclusion::Same => ("same", "=", "same"),
        Conclusion::CannotTell => ("unclear", "?", "cannot tell"),
    }
}

/// The ratio, where there was anything to compare.
fn told(comparison: &Comparison) -> Option<f64> {
    let is_known = comparison.conclusion != Conclusion::CannotTell || comparison.values != (0.0, 0.0);
    is_known.then_some(comparison.ratio)
}

/// A change that would have been seen: `8 %`; from the double on, `12 ×`.
pub(crate) fn change(share: f64) -> String {
    match share {
        share if share < 1.0 => words::share(share),
        share if share < CERTAIN => format!("{} ×", factor(1.0 + share)),
        _ => "nothing".to_owned(),
    }
}

/// Beyond such a factor an interval is none.
const CERTAIN: f64 = 1_000.0;

/// `p99 39 × less: better, 99.8 % sure, from 8 pairs of rounds; a change of 8 % would have been seen`.
fn title(comparison: &Comparison, word: &str) -> String {
    let sure = match comparison.interval {
        Some(_) if comparison.confidence > 0.0 => format!(", {} sure", confidence(comparison.confidence)),
        _ => String::new(),
    };
    let pairs = match comparison.pairs {
        0 => ", counted".to_owned(),
        pairs => format!(", from {}", words::counted(u64::from(pairs), "pair of rounds", "pairs of rounds")),
    };
    let sees = comparison.detectable.map(|share| format!("; a change of {} would have been seen", change(share)));
    let remark = comparison.remark.as_ref().map(|remark| format!("; {remark}"));
    format!(
        "{} {}: {word}{sure}{pairs}{}{}",
        comparison.figure,
        ratio(comparison.ratio),
        sees.unwrap_or_default(),
        remark.unwrap_or_default()
    )
}

/// A share that is nearly the whole keeps the digits that make it so: `99.83 %`.
pub(crate) fn confidence(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Halves and doubles are told as factors, the rest in percent: `39 × less`, `−12 %`, `2.4 × more`.
pub(crate) fn ratio(ratio: f64) -> String {
    match Form::of(ratio) {
        None => "–".to_owned(),
        Some(Form::Less) => format!("{} × less", factor(1.0 / ratio)),
        Some(Form::More) => format!("{} × more", factor(ratio)),
        Some(Form::Percent) => format!("{} %", percent(ratio)),
    }
}

/// An interval, in the form of the ratio that it belongs to: `38–41 ×`, `−15 to −9 %`.
pub(crate) fn interval(ratio: f64, (least, most): (f64, f64)) -> String {
    match Form::of(ratio) {
        None => String::new(),
        Some(_) if most / least > CERTAIN * CERTAIN => "anything".to_owned(),
        Some(Form::Less) => format!("{}–{} ×", factor(1.0 / most), factor(1.0 / least)),
        Some(Form::More) => format!("{}–{} ×", factor(least), factor(most)),
        Some(Form::Percent) => format!("{} to {} %", percent(least), percent(most)),
    }
}

enum Form {
    Less,
    More,
    Percent,
}

impl Form {
    /// Nothing fits a ratio to nothing.
    fn of(ratio: f64) -> Option<Self> {
        match ratio {
            r if !r.is_finite() || r <= 0.0 => None,
            r if r <= 0.505 => Some(Self::Less),
            r if r >= 1.995 => Some(Self::More),
            _ => Some(Self::Percent),
        }
    }
}

fn factor(factor: f64) -> String {
    match factor {
        f if f < 9.95 => format!("{f:.1}").trim_end_matches(".0").to_owned(),
        f => words::count(f.round() as u64),
    }
}

/// A change of less than ten percent keeps a digit, for there it matters.
fn percent(ratio: f64) -> String {
    let change = (ratio - 1.0) * 100.0;
    let size = match change.abs() {
        c if c < 9.95 => format!("{c:.1}").trim_end_matches(".0").to_owned(),
        c => format!("{c:.0}"),
    };
    match change {
        _ if size == "0" => "±0".to_owned(),
        c if c < 0.0 => format!("−{size}"),
        _ => format!("+{size}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_factors_or_percentages_whichever_is_plainer() {
        assert_eq!([0.0256, 0.4, 0.88, 1.0].map(ratio), ["39 × less", "2.5 × less", "−12 %", "±0 %"]);
        assert_eq!([1.034, 1.5, 2.4, 1_201.0].map(ratio), ["+3.4 %", "+50 %", "2.4 × more", "1,201 × more"]);
        assert_eq!([0.0, f64::INFINITY, f64::NAN].map(ratio), ["–", "–", "–"]);
    }

    #[test]
    fn how_sure_is_told_in_full() {
        assert_eq!([0.95, 0.998, 0.999_86].map(confidence), ["95 %", "99.8 %", "99.99 %"]);
    }

    #[test]
    fn an_interval_takes_the_form_of_its_ratio() {
        assert_eq!(interval(0.0256, (0.0244, 0.0263)), "38–41 ×");
        assert_eq!(interval(0.97, (0.85, 1.091)), "−15 to +9.1 %");
        assert_eq!(interval(3.0, (2.5, 3.75)), "2.5–3.8 ×");
    }
}
