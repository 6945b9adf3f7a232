//! Which share of a column is NULL: as its shape says, else what is usual for such a column.

use super::super::shape::{Shape, Values};
use super::draft::Draft;
use super::{Planned, defaults};
use crate::schema::{Column as Facts, Filled};
use std::collections::HashMap;

/// Which share of a column is NULL.
#[derive(Clone, Debug, Default)]
pub(super) struct NullShare {
    pub(super) share: f64,
    /// The first rows, all of them.
    pub(super) first: u64,
    /// The column whose NULLs are in the same rows.
    pub(super) shared_with: Option<String>,
}

/// Share of NULLs of a nullable column without a default: enough to be met, too few to matter.
const FEW: f64 = 0.05;
/// Of columns that say that something unusual has happened to the row.
const MOST: f64 = 0.9;

/// Where the scenario is silent: 5 % of a nullable column, 90 % of `deleted_at` and the like, none where the column
/// has a default of its own.
pub(super) fn nulls(draft: &Draft<'_>) -> Planned<HashMap<String, NullShare>> {
    let mut shares = HashMap::new();
    for column in &draft.table.columns {
        let share = match draft.shape(&column.name) {
            Some(shape) => shaped_nulls(draft, column, shape)?,
            None => default_nulls(draft, column),
        };
        if share.share > 0.0 || share.first > 0 {
            shares.insert(column.name.clone(), share);
        }
    }
    Ok(shares)
}

fn shaped_nulls(draft: &Draft<'_>, column: &Facts, shape: &Shape) -> Planned<NullShare> {
    if shape.nulls > 0.0 && !column.nullable {
        return Err(draft.problem(&column.name, "the column is NOT NULL, and its shape asks for nulls", None));
    }
    let own = NullShare { share: shape.nulls, ..NullShare::default() };
    match &shape.values {
        Values::From { key, .. } if shape.nulls == 0.0 && column.nullable => {
            let key_shape = draft.shape(key).map_or(0.0, |shape| shape.nulls);
            Ok(NullShare { share: key_shape, shared_with: Some(key.clone()), ..own })
        }
        Values::Key(key) if key.table == draft.table.name && column.nullable && key.children.is_none() => {
            Ok(NullShare { first: roots(draft.rows), ..own })
        }
        _ => Ok(own),
    }
}

fn default_nulls(draft: &Draft<'_>, column: &Facts) -> NullShare {
    if !column.nullable || column.filled != Filled::ByRow {
        return NullShare::default();
    }
    if let Some(claim) = draft.claim_of(&column.name) {
        let claim = &draft.claims[claim];
        let leading = claim.columns[0].0.clone();
        // A column that follows a shaped one is NULL where that is.
        let share = draft.shape(&leading).map_or(FEW, |shape| shape.nulls);
        let first = if claim.parent == draft.table.name { roots(draft.rows) } else { 0 };
        return NullShare { share, first, shared_with: Some(leading) };
    }
    let share = match column.default {
        Some(_) => 0.0,
        None if defaults::is_unusual(&column.name) => MOST,
        None => FEW,
    };
    NullShare { share, ..NullShare::default() }
}

/// Rows of a self reference that refer to none: one in a hundred, and at least the first.
fn roots(rows: u64) -> u64 {
    (rows / 100).max(1)
}
