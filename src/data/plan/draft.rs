//! A table on its way: which columns follow a link to a parent, and how those are made that follow none.

use super::super::children::Children;
use super::super::shape::{Shape, Skew, Values};
use super::super::tuple::Tuple;
use super::layout::Own;
use super::shaped::{self, Made, Target};
use super::{PlanProblem, Planned, Planner, defaults, nearest, problem};
use crate::schema::{Column as Facts, Filled, Table, Type};
use crate::value::Value;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A link on its way.
pub(super) struct Claim {
    pub(super) parent: String,
    pub(super) columns: Vec<(String, String)>,
    /// Columns that other links decide, and the parent's in which the row must agree.
    pub(super) fits: Vec<(String, String)>,
    pub(super) skew: Skew,
    pub(super) children: Option<Arc<Children>>,
    pub(super) unique: bool,
    pub(super) part: Option<(Arc<Tuple>, usize)>,
}

/// A table on its way.
pub(super) struct Draft<'a> {
    pub(super) table: &'a Table,
    pub(super) shapes: &'a [(String, Shape)],
    pub(super) rows: u64,
    pub(super) claims: Vec<Claim>,
    pub(super) own: HashMap<String, Planned<Rc<Own>>>,
    pub(super) parts: HashMap<String, (Arc<Tuple>, usize)>,
}

impl<'a> Draft<'a> {
    pub(super) fn shape(&self, column: &str) -> Option<&'a Shape> {
        self.shapes.iter().find(|(name, _)| name == column).map(|(_, shape)| shape)
    }

    pub(super) fn claim_of(&self, column: &str) -> Option<usize> {
        self.claims.iter().position(|claim| claim.columns.iter().any(|(name, _)| name == column))
    }

    pub(super) fn problem(&self, column: &str, message: &str, help: Option<&str>) -> PlanProblem {
        problem(&self.table.name, Some(column), message, help)
    }
}

fn no_label(draft: &Draft<'_>, column: &str, stranger: String, labels: &[String]) -> PlanProblem {
    let known: Vec<&str> = labels.iter().map(String::as_str).collect();
    let message = format!("`{stranger}` is no label of the column's type");
    let problem = draft.problem(column, &message, Some(&nearest(&stranger, &known)));
    PlanProblem { word: Some(stranger), ..problem }
}

/// What values must keep to in a column.
pub(super) fn target(column: &Facts, rows: u64) -> Target<'_> {
    Target {
        data_type: Some(&column.data_type),
        least: column.min_length.unwrap_or(0),
        most: column.max_length,
        bounds: column.bounds,
        rows: Some(rows),
    }
}

impl<'a> Planner<'a> {
    /// Columns that follow no link.
    pub(super) fn fill(&self, draft: &mut Draft<'a>, unfilled: &[String]) {
        for column in &draft.table.columns {
            if column.filled == Filled::ByExpression || draft.claim_of(&column.name).is_some() {
                continue;
            }
            let own = match draft.shape(&column.name) {
                _ if unfilled.contains(&column.name) => {
                    Some(Ok(Own::Made(Made::some(vec![Value::Null], "always null".to_owned()))))
                }
                Some(shape) => Some(self.shaped(draft, column, shape)),
                None => self.default(draft, column, false).transpose(),
            };
            if let Some(own) = own {
                draft.own.insert(column.name.clone(), own.map(Rc::new));
            }
        }
    }

    fn shaped(&self, draft: &Draft<'a>, column: &Facts, shape: &Shape) -> Planned<Own> {
        match &shape.values {
            Values::From { key, column } => Ok(Own::From { key: key.clone(), column: column.clone() }),
            Values::NumberWithin(key) => Ok(Own::NumberWithin(key.clone())),
            values => {
                if let Type::Enum(labels) = &column.data_type
                    && let Some(stranger) = values.strangers(labels).into_iter().next()
                {
                    return Err(no_label(draft, &column.name, stranger, labels));
                }
                let salt = self.salt(&draft.table.name, &column.name);
                let made = shaped::made(values, &target(column, draft.rows), salt, self.laws);
                made.map(Own::Made).map_err(|message| draft.problem(&column.name, &message, None))
            }
        }
    }

    /// What follows from type, name and constraints; `None` leaves the column to the server.
    pub(super) fn default(&self, draft: &Draft<'a>, column: &Facts, unique: bool) -> Planned<Option<Own>> {
        let salt = self.salt(&draft.table.name, &column.name);
        let made = defaults::own(draft, column, unique, salt, self.laws);
        match made.map_err(|message| draft.problem(&column.name, &message, Some("give it a shape")))? {
            None if !column.nullable && column.default.is_none() && draft.rows > 0 => {
                Err(self.not_made(&draft.table.name, &column.name))
            }
            made => Ok(made),
        }
    }
}
