//! How many rows each parent has in a child table, and whose child a row is.
//!
//! Counts are a function of the parent alone. Their sums are kept for every 1,024th parent, so a hundred million
//! parents take 800 KB; in between they are counted again, once for 1,024 parents where rows are visited in order.

use super::column::{Column, Scratch};
use crate::value::Value;
use std::sync::atomic::{AtomicU64, Ordering};

const BLOCK: u64 = 1024;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// The children of all parents, numbered by parent.
#[derive(Debug)]
pub(super) struct Children {
    /// Tells this one's block from others' in a [`Scratch`].
    id: u64,
    parents: u64,
    total: u64,
    counts: Counts,
}

#[derive(Debug)]
enum Counts {
    /// All alike.
    Equal(u64),
    /// By parent, with the number of children before each block.
    Varying { count: Box<Column>, before: Vec<u64> },
}

/// The parent of a child, and which of its children it is, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) parent: u64,
    pub(super) number: u64,
}

/// The children of one block of parents, counted.
#[derive(Debug, Default)]
pub(super) struct Block {
    id: u64,
    number: u64,
    /// The first child of each parent, and the end.
    starts: Vec<u64>,
}

impl Children {
    /// Everybody has `count`.
    pub(super) fn equal(parents: u64, count: u64) -> Self {
        let total = parents.saturating_mul(count);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), parents, total, counts: Counts::Equal(count) }
    }

    /// Parent p has as many as the cell `count` of row p says; none where that is negative.
    pub(super) fn varying(parents: u64, count: Column) -> Self {
        let mut before = Vec::with_capacity((parents / BLOCK) as usize + 1);
        let mut total = 0u64;
        for parent in 0..parents {
            if parent % BLOCK == 0 {
                before.push(total);
            }
            total += of(&count, parent);
        }
        let counts = Counts::Varying { count: Box::new(count), before };
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), parents, total, counts }
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The most children that any parent has.
    pub(super) fn most(&self) -> u64 {
        match &self.counts {
            Counts::Equal(count) => *count,
            Counts::Varying { count, .. } => (0..self.parents).map(|parent| of(count, parent)).max().unwrap_or(0),
        }
    }

    /// Whose child a row is. A row above the last child gets some parent, and a number that no seeded child has.
    pub(super) fn place(&self, row: u64, scratch: &mut Scratch) -> Place {
        if row >= self.total {
            return Place { parent: row.checked_rem(self.parents).unwrap_or(0), number: row };
        }
        match &self.counts {
            Counts::Equal(count) => Place { parent: row / count, number: row % count },
            Counts::Varying { count, before } => self.place_in_block(row, count, before, scratch),
        }
    }

    fn place_in_block(&self, row: u64, count: &Column, before: &[u64], scratch: &mut Scratch) -> Place {
        let block = before.partition_point(|&start| start <= row) as u64 - 1;
        let known = scratch.blocks.iter().position(|each| each.id == self.id);
        let place = known.unwrap_or_else(|| {
            scratch.blocks.push(Block { id: self.id, number: u64::MAX, starts: Vec::new() });
            scratch.blocks.len() - 1
        });
        let counted = &mut scratch.blocks[place];
        if counted.number != block {
            counted.number = block;
            counted.starts.clear();
            let mut start = before[block as usize];
            for parent in block * BLOCK..((block + 1) * BLOCK).min(self.parents) {
                counted.starts.push(start);
                start += of(count, parent);
            }
        }
        let within = counted.starts.partition_point(|&start| start <= row) - 1;
        Place { parent: block * BLOCK + within as u64, number: row - counted.starts[within] }
    }
}

/// Rounded; a distribution may give fractions.
fn of(count: &Column, parent: u64) -> u64 {
    match count.value(parent, &mut Scratch::default()) {
        Value::Int(count) => u64::try_from(count).unwrap_or(0),
        Value::Float(count) => count.round().max(0.0) as u64,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::domain::Domain;
    use crate::data::hash::Salt;
    use crate::data::source::{Choice, Source};
    use std::sync::Arc;

    fn zero_to_four() -> Column {
        let source = Source::new(Salt::new(5, &["count"]), 5, Choice::Uniform);
        Column { nulls: None, source: Arc::new(source), domain: Domain::Whole { low: 0, step: 1 } }
    }

    #[test]
    fn rows_are_the_children_of_all_parents_one_after_the_other() {
        let children = Children::varying(3000, zero_to_four());
        let mut scratch = Scratch::default();
        let mut row = 0;
        for parent in 0..3000 {
            for number in 0..of(&zero_to_four(), parent) {
                assert_eq!(children.place(row, &mut scratch), Place { parent, number });
                row += 1;
            }
        }
        assert_eq!(children.total(), row);
        assert_eq!(children.most(), 4);
    }

    #[test]
    fn rows_may_be_asked_in_any_order() {
        let children = Children::varying(5000, zero_to_four());
        let mut scratch = Scratch::default();
        let forward: Vec<Place> = (0..children.total()).map(|row| children.place(row, &mut scratch)).collect();
        for row in (0..children.total()).rev().step_by(977) {
            assert_eq!(children.place(row, &mut Scratch::default()), forward[row as usize]);
        }
    }

    #[test]
    fn equal_counts_are_arithmetic() {
        let children = Children::equal(10, 3);
        assert_eq!(children.total(), 30);
        assert_eq!(children.place(29, &mut Scratch::default()), Place { parent: 9, number: 2 });
    }
}
