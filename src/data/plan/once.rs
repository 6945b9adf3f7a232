//! Values none of which comes twice.

use super::super::domain::{Domain, codes};
use super::super::hash::Salt;
use super::super::permutation::Permutation;
use super::super::source::{Choice, Source};
use super::shaped::{Made, Target};

impl Made {
    /// Whether no two of so many rows get the same value already.
    pub(super) fn is_unique(&self, rows: u64) -> bool {
        let injective_domain = match &self.domain {
            Domain::Document(_) | Domain::Array { .. } | Domain::After { .. } | Domain::Times => false,
            Domain::Bytes { least, .. } => *least >= 8,
            Domain::Whole { step, .. } => *step != 0,
            _ => true,
        };
        let source = Source::new(Salt::new(0, &[]), self.size, self.choice.clone());
        injective_domain && self.size >= rows && source.is_injective()
    }

    /// The same values, none of them twice.
    pub(super) fn unique(self, rows: u64, target: &Target<'_>, salt: Salt) -> Result<Self, String> {
        if self.is_unique(rows) {
            return Ok(self);
        }
        let salt = salt.other(2);
        let words = format!("{}, each once", self.words);
        match (&self.domain, &self.choice) {
            (Domain::Words(wording), Choice::Uniform) if wording.stays_distinct(rows.saturating_mul(2)) => {
                let size = self.size.max(rows);
                Ok(Self { choice: Choice::Permuted(Permutation::new(size, salt)), size, words, ..self })
            }
            (Domain::Words(_), Choice::Uniform) => {
                let least = target.least.max(1);
                code(least, target.most.unwrap_or(u32::MAX), rows, salt)
            }
            (Domain::Letters { least, most }, _) => code(*least, *most, rows, salt),
            (Domain::Document(_) | Domain::Array { .. } | Domain::After { .. }, _) => {
                Err(format!("{} may come twice", self.words))
            }
            (_, Choice::Uniform) if self.size >= rows => {
                Ok(Self { choice: Choice::Permuted(Permutation::new(self.size, salt)), words, ..self })
            }
            (_, Choice::Uniform) => {
                Err(format!("{rows} different values are needed, and `{}` has {}", self.words, self.size))
            }
            _ => Err(format!("`{}` may give a value twice, and the column must be unique", self.words)),
        }
    }
}

/// Letters and digits of the least width, from 8 on where that is allowed, that has a code for every row and as many
/// again for rows to come.
fn code(least: u32, most: u32, rows: u64, salt: Salt) -> Result<Made, String> {
    let enough = (1..=12).find(|&width| codes(width) >= rows.saturating_mul(2)).unwrap_or(12);
    let width = enough.max(8).max(least).min(most);
    if codes(width) < rows {
        return Err(format!("{rows} different texts are needed, and {width} characters make {}", codes(width)));
    }
    let size = codes(width);
    let words = format!("codes of {width} characters, each once");
    Ok(Made { domain: Domain::Code { width }, choice: Choice::Permuted(Permutation::new(size, salt)), size, words })
}
