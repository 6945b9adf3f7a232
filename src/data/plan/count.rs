//! How many rows a table has: as the request says, or as many as its parents' children.

use super::super::children::Children;
use super::super::column::Column;
use super::super::shape::{Key, Literal, Shape, Values};
use super::shaped::{self, Target};
use super::{Planned, Planner, problem};
use crate::schema::Type;
use std::sync::Arc;

/// How many rows a table has, and the parent that decides it.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) rows: u64,
    pub(super) children: Option<Arc<Children>>,
}

impl Planner<'_> {
    /// How many rows a table has: as the request says, or as many as its parents' children.
    pub(super) fn rows(&mut self, table: &str) -> Planned<Rows> {
        match self.rows.get(table) {
            Some(Some(known)) => return known.clone(),
            Some(None) => {
                return Err(problem(table, None, "its number of rows depends on itself", Some("give it `rows`")));
            }
            None => {}
        }
        self.rows.insert(table.to_owned(), None);
        let counted = self.count(table);
        self.rows.insert(table.to_owned(), Some(counted.clone()));
        counted
    }

    fn count(&mut self, table: &str) -> Planned<Rows> {
        let Some(request) = self.requests.get(table).copied() else {
            return Ok(Rows { rows: 0, children: None });
        };
        let mut deciding = request.columns.iter().filter_map(|(name, shape)| match &shape.values {
            Values::Key(Key { table, children: Some(children), .. }) => Some((name, table, children)),
            _ => None,
        });
        let (first, second) = (deciding.next(), deciding.next());
        match (request.rows, first, second) {
            (Some(rows), None, _) => Ok(Rows { rows, children: None }),
            (None, None, _) => {
                let help = format!("{table}: {{ rows: … }}, or give one of its keys `children`");
                Err(problem(table, None, "nothing says how many rows it has", Some(&help)))
            }
            (_, Some(_), Some((second, ..))) => Err(problem(
                table,
                Some(second),
                "a second key with `children`",
                Some("one key decides the number of rows"),
            )),
            (rows, Some((column, parent, count)), None) => self.children(table, rows, column, parent, count),
        }
    }

    fn children(
        &mut self,
        table: &str,
        rows: Option<u64>,
        column: &str,
        parent: &str,
        count: &Values,
    ) -> Planned<Rows> {
        let parents = self.rows(parent)?.rows;
        let children = match count {
            Values::Constant(Literal::Int(count)) => Children::equal(parents, u64::try_from(*count).unwrap_or(0)),
            count => {
                let shape = Shape { values: count.clone(), nulls: 0.0, unique: false, count: None };
                let whole = Target { data_type: Some(&Type::Int8), bounds: (Some(0.0), None), ..Target::default() };
                let counts: Column = shaped::column(&shape, &whole, self.salt(table, column).other(3), self.laws)
                    .map_err(|message| problem(table, Some(column), &format!("children: {message}"), None))?;
                Children::varying(parents, counts)
            }
        };
        let total = children.total();
        // Scaling rounds each table by itself.
        if let Some(rows) = rows
            && rows.abs_diff(total) > rows / 100
        {
            let message = format!("`rows` says {rows}, and the children of all rows of `{parent}` are {total}");
            return Err(problem(table, Some(column), &message, Some("leave `rows` out")));
        }
        Ok(Rows { rows: total, children: Some(Arc::new(children)) })
    }
}
