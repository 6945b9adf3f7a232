//! What all columns and parameters share: the seed, what `now` means, and tabulated skews.

use super::super::hash::{Salt, threshold};
use super::super::permutation::Permutation;
use super::super::shape::Skew;
use super::super::skew::Zipf;
use super::super::source::Choice;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Seed, moment, tables of probabilities.
#[derive(Debug)]
pub(in crate::data) struct Laws {
    pub(in crate::data) seed: u64,
    /// What `now` means, in microseconds since 1970.
    pub(in crate::data) as_of: i64,
    /// By ranks and exponent: a million ranks take 8 MB, and traffic draws from the same as the seed.
    zipfs: Mutex<HashMap<(u64, u64), Arc<Zipf>>>,
}

impl Laws {
    pub(in crate::data) fn new(seed: u64, as_of: i64) -> Self {
        Self { seed, as_of, zipfs: Mutex::default() }
    }

    pub(in crate::data) fn zipf(&self, ranks: u64, exponent: f64) -> Arc<Zipf> {
        let mut zipfs = self.zipfs.lock().unwrap_or_else(PoisonError::into_inner);
        let zipf = zipfs.entry((ranks, exponent.to_bits())).or_insert_with(|| Arc::new(Zipf::new(ranks, exponent)));
        Arc::clone(zipf)
    }

    /// Among the rows of a table. Which rows are hot is a matter of that table alone, so the seed and all operations
    /// agree on it.
    pub(in crate::data) fn skew(&self, skew: Skew, table: &str, rows: u64) -> Choice {
        match skew {
            Skew::Uniform => Choice::Uniform,
            Skew::Zipf(exponent) => {
                let order = Permutation::new(rows, Salt::new(self.seed, &["hot rows", table]));
                Choice::Skewed(self.zipf(rows, exponent), order)
            }
            Skew::Share { share, rows: first } => Choice::Favoured { threshold: threshold(share), first },
        }
    }
}
