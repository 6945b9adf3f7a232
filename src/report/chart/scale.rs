//! Where a value stands between the top of a chart (0) and its bottom (100).

use crate::report::words;
use std::time::Duration;

/// A mark beside an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Its place: in hundredths from the top, or in the units of the axis.
    pub(crate) at: f64,
    /// What it says.
    pub(crate) label: String,
}

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Even steps between two values.
    Linear {
        /// The value at the bottom.
        least: f64,
        /// The value at the top.
        most: f64,
    },
    /// Even steps between two powers of ten.
    Log {
        /// The exponent at the bottom.
        least: f64,
        /// The exponent at the top.
        most: f64,
    },
}

impl Scale {
    /// From zero up to a round number that holds `most`.
    pub(crate) fn from_zero(most: f64) -> Self {
        Self::linear(0.0, most)
    }

    /// Holds both values, with round ends.
    pub(crate) fn linear(least: f64, most: f64) -> Self {
        let least = least.min(0.0);
        let most = if most > least { most } else { least + 1.0 };
        let step = round_step((most - least) / 2.0);
        Self::Linear { least: (least / step).floor() * step, most: (most / step).ceil() * step }
    }

    /// Holds all the lengths of time, which must not be zero, with ends at 1, 2 or 5 times a power of ten.
    pub(crate) fn log(lengths: impl Iterator<Item = f64>) -> Self {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for length in lengths.filter(|length| *length > 0.0) {
            least = least.min(length.log10());
            most = most.max(length.log10());
        }
        if least > most {
            return Self::Log { least: -3.0, most: 0.0 };
        }
        let least = least.floor();
        // Half a decade of air above is enough; a whole one would flatten what matters.
        let most = ((most + 0.02) * 2.0).ceil() / 2.0;
        Self::Log { least, most: most.max(least + 1.0) }
    }

    /// The place of a value, in hundredths from the top.
    pub(crate) fn at(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { least, most } => (value - least) / (most - least),
            Self::Log { least, most } => (value.max(1e-9).log10() - least) / (most - least),
        };
        100.0 * (1.0 - share.clamp(0.0, 1.0))
    }

    /// The ends, for a script that draws again.
    pub(crate) fn ends(self) -> (f64, f64) {
        match self {
            Self::Linear { least, most } | Self::Log { least, most } => (least, most),
        }
    }

    /// Marks with plain numbers.
    pub(crate) fn ticks(self) -> Vec<Tick> {
        match self {
            Self::Linear { least, most } => {
                let step = (most - least) / 2.0;
                let values = (0..=2).map(|n| least + step * f64::from(n));
                values.map(|value| Tick { at: self.at(value), label: words::number(value) }).collect()
            }
            Self::Log { .. } => self
                .decades()
                .map(|value| Tick { at: self.at(value), label: words::length(Duration::from_secs_f64(value)) })
                .collect(),
        }
    }

    /// The powers of ten between the ends.
    pub(crate) fn decades(self) -> impl Iterator<Item = f64> {
        let (least, most) = self.ends();
        (least.ceil() as i32..=most.floor() as i32).map(|exponent| 10_f64.powi(exponent))
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `least`.
pub(crate) fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least * 0.999).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_scale_ends_at_a_round_number() {
        assert_eq!(Scale::from_zero(381.0), Scale::Linear { least: 0.0, most: 400.0 });
        assert_eq!(Scale::from_zero(0.0), Scale::Linear { least: 0.0, most: 1.0 });
        let labels: Vec<String> = Scale::from_zero(381.0).ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "200", "400"]);
    }

    #[test]
    fn a_decade_is_a_decade_wherever_it_lies() {
        let scale = Scale::log([0.001, 9.0].into_iter());
        assert_eq!(scale, Scale::Log { least: -3.0, most: 1.0 });
        let step = scale.at(0.001) - scale.at(0.01);
        assert!((step - (scale.at(0.1) - scale.at(1.0))).abs() < 1e-9);
    }

    #[test]
    fn a_value_beyond_the_scale_stays_on_the_paper() {
        assert!(Scale::from_zero(10.0).at(99.0).abs() < 1e-9);
        assert!((Scale::from_zero(10.0).at(-9.0) - 100.0).abs() < 1e-9);
    }
}
