//! Which links a table has: keys that the scenario asks for, and foreign keys of which it says nothing.

use super::super::children::Children;
use super::super::shape::{Key, Skew, Values};
use super::draft::{Claim, Draft};
use super::fits::leads;
use super::{Planned, Planner};
use crate::schema::{Filled, ForeignKey};
use std::sync::Arc;

/// Columns with the parent's columns that they refer to.
type Pairs = Vec<(String, String)>;

impl<'a> Planner<'a> {
    /// Keys that the scenario asks for.
    pub(super) fn claim_keys(&self, draft: &mut Draft<'a>, children: Option<&Arc<Children>>) -> Planned<()> {
        let keys = draft.shapes.iter().filter_map(|(column, shape)| match &shape.values {
            Values::Key(key) => Some((column, shape, key)),
            _ => None,
        });
        let mut keys: Vec<_> = keys.collect();
        // Those that are free to pick any row follow the others.
        keys.sort_by_key(|(.., key)| (key.children.is_none(), key.skew == Skew::Uniform));
        for (column, shape, key) in keys {
            if draft.claim_of(column).is_some() {
                let message = "another key decides this column too: both belong to one foreign key";
                let help = format!("{column}: {{ from: OTHER.{column} }}");
                return Err(draft.problem(column, message, Some(&help)));
            }
            let (columns, fits) = self.columns_of_key(draft, column, key)?;
            let children = key.children.is_some().then(|| children.cloned()).flatten();
            draft.claims.push(Claim {
                parent: key.table.clone(),
                columns,
                fits,
                skew: key.skew,
                children,
                unique: shape.unique,
                part: None,
            });
        }
        Ok(())
    }

    /// All columns of the foreign key that `column` is part of, as far as nothing else is said of them; then those that
    /// another key decides.
    fn columns_of_key(&self, draft: &Draft<'a>, column: &str, key: &Key) -> Planned<(Pairs, Pairs)> {
        let candidates = draft.table.foreign_keys.iter().filter(|each| each.parent == key.table);
        let constraint = candidates
            .filter(|each| each.columns.iter().any(|name| name == column))
            .max_by_key(|each| each.columns.len());
        if let Some(constraint) = constraint {
            let (mut free, mut fits) = (vec![], vec![]);
            for (name, parent) in constraint.columns.iter().zip(&constraint.parent_columns) {
                match leads(draft, name).filter(|_| name != column) {
                    Some(other) if other != column => fits.push((name.clone(), parent.clone())),
                    None if name == column || draft.shape(name).is_none() => free.push((name.clone(), parent.clone())),
                    _ => {}
                }
            }
            // By its own column a link is known.
            free.sort_by_key(|(name, _)| name != column);
            return Ok((free, fits));
        }
        let Some(parent) = self.schema.table(&key.table) else {
            return Err(draft.problem(column, &format!("there is no table `{}`", key.table), None));
        };
        let sole = match parent.primary_key.as_slice() {
            [only] => Some(only.as_str()),
            several => several.iter().map(String::as_str).find(|name| *name == "id"),
        };
        let Some(sole) = sole else {
            let message = format!("`{}` has no primary key of one column to refer to", key.table);
            return Err(draft.problem(column, &message, Some("declare the foreign key in the schema")));
        };
        Ok((vec![(column.to_owned(), sole.to_owned())], vec![]))
    }
}

/// Foreign keys of which the scenario says nothing; gives the columns that must stay NULL.
pub(super) fn claim_foreign_keys(draft: &mut Draft<'_>) -> Planned<Vec<String>> {
    let mut constraints: Vec<&ForeignKey> = draft.table.foreign_keys.iter().collect();
    // Those with most columns first: the others' columns follow from them. References of several columns to the
    // table itself last, for the rows referred to must share a value with their own.
    let to_itself = |each: &ForeignKey| each.parent == draft.table.name && each.columns.len() > 1;
    constraints.sort_by_key(|each| (to_itself(each), usize::MAX - each.columns.len()));
    let mut unfilled = Vec::new();
    for constraint in constraints {
        let decided = |name: &String| draft.claim_of(name).is_some() || draft.shape(name).is_some();
        let free: Vec<&String> = constraint.columns.iter().filter(|name| !decided(name)).collect();
        if free.is_empty() || is_generated(draft, constraint) {
            continue;
        }
        let led = |name: &&String| free.contains(name) || leads(draft, name).is_some();
        if !constraint.columns.iter().all(|name| led(&name)) || to_itself(constraint) {
            unfilled.extend(left_null(draft, constraint, &free)?);
            continue;
        }
        let pairs = constraint.columns.iter().cloned().zip(constraint.parent_columns.iter().cloned());
        let (columns, fits) = pairs.partition(|(name, _)| free.contains(&name));
        let parent = constraint.parent.clone();
        let claim = Claim { parent, columns, fits, skew: Skew::Uniform, children: None, unique: false, part: None };
        draft.claims.push(claim);
    }
    Ok(unfilled)
}

fn is_generated(draft: &Draft<'_>, constraint: &ForeignKey) -> bool {
    let computed = |name: &String| draft.table.column(name).is_some_and(|each| each.filled == Filled::ByExpression);
    constraint.columns.iter().any(computed)
}

/// Of a foreign key whose other columns are decided elsewhere: which row fits cannot be computed.
fn left_null(draft: &Draft<'_>, constraint: &ForeignKey, free: &[&String]) -> Planned<Vec<String>> {
    let nullable = |name: &&&String| {
        draft.table.column(name).is_some_and(|column| column.nullable && column.filled == Filled::ByRow)
    };
    let empty: Vec<String> = free.iter().filter(nullable).map(|name| (**name).clone()).collect();
    if !empty.is_empty() {
        return Ok(empty);
    }
    let column = free[0];
    let taken = constraint.columns.iter().find(|name| !free.contains(name)).map_or("", String::as_str);
    let message = format!(
        "foreign key {} ({}) shares `{taken}` with another, and one row cannot be made to fit both",
        constraint.name,
        constraint.columns.join(", ")
    );
    let help = format!("{column}: {{ key: {} }}, {taken}: {{ from: {column}.{taken} }}", constraint.parent);
    Err(draft.problem(column, &message, Some(&help)))
}
