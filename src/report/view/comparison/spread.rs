//! A figure over the rounds of a variant: its middle, and how far the rounds lie apart.

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The geometric mean, as comparisons have it; the plain one where a round showed nothing at all.
    pub(crate) middle: f64,
    /// The least of a round.
    pub(crate) least: f64,
    /// The most of a round.
    pub(crate) most: f64,
}

impl Spread {
    /// Over rounds; nothing where there are none.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        if values.is_empty() {
            return None;
        }
        let (least, most) = (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
        let mean = |sum: f64| sum / values.len() as f64;
        let middle = match least > 0.0 {
            true => mean(values.iter().map(|value| value.ln()).sum()).exp(),
            false => mean(values.iter().sum()),
        };
        // The logarithm of equal values may come back a hair beside them.
        Some(Self { middle: middle.clamp(least, most), least, most })
    }

    /// `11.9–12.8 ms`; nothing where all rounds read alike.
    pub(crate) fn range(self, say: fn(f64) -> String) -> String {
        let (least, most) = (say(self.least), say(self.most));
        if least == most {
            return String::new();
        }
        match (least.rsplit_once(' '), most.rsplit_once(' ')) {
            (Some((number, unit)), Some((_, other))) if unit == other => format!("{number}–{most}"),
            (None, None) => format!("{least}–{most}"),
            _ => format!("{least} – {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::words;

    fn spread(values: &[f64]) -> Spread {
        Spread::of(values.iter().copied()).expect("there are values")
    }

    #[test]
    fn the_middle_is_a_geometric_mean_unless_there_are_zeros() {
        assert!((spread(&[1.0, 100.0]).middle - 10.0).abs() < 1e-9);
        assert!((spread(&[0.0, 100.0]).middle - 50.0).abs() < 1e-9);
        assert_eq!(Spread::of(std::iter::empty()), None);
    }

    #[test]
    fn a_range_names_its_unit_once_and_is_silent_where_there_is_none() {
        let millis = |values: &[f64]| spread(values).range(words::millis);
        assert_eq!(millis(&[11.9, 12.8]), "11.9–12.8 ms");
        assert_eq!(millis(&[900.0, 1_200.0]), "900 ms – 1.2 s");
        assert_eq!(millis(&[3.0, 3.0]), "");
    }
}
