//! Rows of a parent that fit a row by what both have in common: foreign keys that share a column.
//!
//! Which rows have what in common is found out once, by going through the parent; that takes four bytes for each of
//! its rows, and some more for each value.

use super::column::{Column, Scratch};
use super::hash::below;
use super::source::NOWHERE;
use crate::value::Value;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Chooses among the rows of a parent that agree with the row.
#[derive(Debug)]
pub(super) struct Fitting {
    /// The row's columns that the parent has as well.
    shared: Vec<Arc<Column>>,
    groups: Groups,
}

impl Fitting {
    pub(super) fn new(shared: Vec<Arc<Column>>, groups: Groups) -> Self {
        Self { shared, groups }
    }

    /// One of the parent's `rows` that agree, else [`NOWHERE`]. Where what they would share is NULL, every row fits
    /// (PostgreSQL docs, CREATE TABLE, MATCH SIMPLE).
    pub(super) fn pick(&self, row: u64, bits: u64, rows: u64, scratch: &mut Scratch) -> u64 {
        let Some(shared) = text(&self.shared, row, scratch) else { return below(bits, rows) };
        match self.groups.rows_with(&shared) {
            [] => NOWHERE,
            fitting => u64::from(fitting[below(bits, fitting.len() as u64) as usize]),
        }
    }
}

/// The rows of a table by what is in some of its columns.
#[derive(Debug, Default)]
pub(super) struct Groups {
    numbers: HashMap<String, u32>,
    /// Where the rows of each group begin, and the end.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Groups {
    /// Of the first `rows` rows; `None` where they are too many.
    pub(super) fn new(columns: &[Arc<Column>], rows: u64) -> Option<Self> {
        let rows = u32::try_from(rows).ok()?;
        let mut scratch = Scratch::default();
        let mut groups = Self::default();
        let mut sizes: Vec<u32> = Vec::new();
        let mut group_of = Vec::with_capacity(rows as usize);
        for row in 0..rows {
            let group = text(columns, u64::from(row), &mut scratch).map(|shared| groups.number(shared, &mut sizes));
            group_of.push(group.unwrap_or(u32::MAX));
        }
        groups.starts.push(0);
        let mut end = 0;
        groups.starts.extend(sizes.iter().map(|size| {
            end += size;
            end
        }));
        let mut next = groups.starts.clone();
        groups.rows = vec![0; end as usize];
        for (row, group) in (0..rows).zip(group_of) {
            if let Some(next) = next.get_mut(group as usize) {
                groups.rows[*next as usize] = row;
                *next += 1;
            }
        }
        Some(groups)
    }

    /// Whether there is a row that agrees with that row of other columns, or needs none.
    pub(super) fn fit(&self, columns: &[Arc<Column>], row: u64, scratch: &mut Scratch) -> bool {
        text(columns, row, scratch).is_none_or(|shared| !self.rows_with(&shared).is_empty())
    }

    fn number(&mut self, shared: String, sizes: &mut Vec<u32>) -> u32 {
        let number = *self.numbers.entry(shared).or_insert(sizes.len() as u32);
        match sizes.get_mut(number as usize) {
            Some(size) => *size += 1,
            None => sizes.push(1),
        }
        number
    }

    fn rows_with(&self, shared: &str) -> &[u32] {
        let Some(number) = self.numbers.get(shared).map(|number| *number as usize) else { return &[] };
        &self.rows[self.starts[number] as usize..self.starts[number + 1] as usize]
    }
}

/// What is in the columns; `None` where one is NULL.
fn text(columns: &[Arc<Column>], row: u64, scratch: &mut Scratch) -> Option<String> {
    let mut text = String::new();
    for column in columns {
        let value = column.value(row, scratch);
        if matches!(value, Value::Null) {
            return None;
        }
        // A sign that no value ends with keeps `1, 12` and `11, 2` apart.
        write!(text, "{value}\u{1f}").expect("a string takes whatever it is given");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::domain::Domain;
    use crate::data::hash::Salt;
    use crate::data::source::{Choice, Source};

    fn column(values: Vec<Value<'static>>) -> Arc<Column> {
        let source = Source::new(Salt::new(1, &[]), values.len() as u64, Choice::Row);
        Arc::new(Column { nulls: None, source: Arc::new(source), domain: Domain::Values(values) })
    }

    #[test]
    fn only_rows_that_agree_are_picked_and_each_of_them_is() {
        let numbers = |numbers: &[i64]| column(numbers.iter().map(|number| Value::Int(*number)).collect());
        let parents = [numbers(&[1, 2, 1, 3, 1])];
        let groups = Groups::new(&parents, 5).expect("they are few");
        let ours = vec![column(vec![Value::Int(1), Value::Int(3), Value::Int(4), Value::Null])];
        assert!(groups.fit(&ours, 0, &mut Scratch::default()) && !groups.fit(&ours, 2, &mut Scratch::default()));
        let fitting = Fitting::new(ours, groups);
        let picked = |row: u64| {
            let salt = Salt::new(7, &[]);
            let mut picked: Vec<u64> =
                (0..200).map(|n| fitting.pick(row, salt.bits(n), 5, &mut Scratch::default())).collect();
            picked.sort_unstable();
            picked.dedup();
            picked
        };
        assert_eq!(
            [picked(0), picked(1), picked(2), picked(3)],
            [vec![0, 2, 4], vec![3], vec![NOWHERE], (0..5).collect()]
        );
    }

    #[test]
    fn values_that_read_alike_in_a_row_are_told_apart() {
        let texts = |texts: [&'static str; 2]| column(texts.map(|text| Value::Text(text.into())).to_vec());
        let groups = Groups::new(&[texts(["1", "11"]), texts(["12", "2"])], 2).expect("they are few");
        assert_eq!(groups.numbers.len(), 2);
    }
}
