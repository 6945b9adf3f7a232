//! A column as arithmetic: which rows are NULL, which value the others get.

use super::children::Block;
use super::domain::Domain;
use super::hash::Salt;
use super::source::Source;
use crate::value::Value;
use std::sync::Arc;

/// Room for the text of one cell, and what was counted on the way; each generating thread has its own.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) text: String,
    pub(super) document: String,
    pub(super) bytes: Vec<u8>,
    pub(super) blocks: Vec<Block>,
}

/// One column, or one parameter.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) nulls: Option<Nulls>,
    pub(super) source: Arc<Source>,
    pub(super) domain: Domain,
}

/// Which rows are NULL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nulls {
    pub(super) salt: Salt,
    /// The bits of a NULL lie below.
    pub(super) threshold: u64,
    /// The first rows are NULL whatever their bits: roots of a self reference.
    pub(super) first: u64,
}

impl Nulls {
    fn hit(&self, row: u64) -> bool {
        row < self.first || self.salt.bits(row) < self.threshold
    }
}

impl Column {
    /// The cell of a row; its text may lie in `scratch`.
    pub(super) fn value<'a>(&'a self, row: u64, scratch: &'a mut Scratch) -> Value<'a> {
        if self.nulls.is_some_and(|nulls| nulls.hit(row)) {
            return Value::Null;
        }
        let index = self.source.index(row, scratch);
        self.domain.value(index, scratch)
    }

    /// The cell of a row, borrowing nothing.
    pub(super) fn owned(&self, row: u64) -> Value<'static> {
        self.value(row, &mut Scratch::default()).into_owned()
    }
}
