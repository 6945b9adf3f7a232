//! Who fills which column of a table: a link to a row of a parent, the column's own shape, or a default.

use super::super::children::Children;
use super::super::hash::Salt;
use super::super::permutation::Permutation;
use super::super::shape::Skew;
use super::super::source::{Choice, Source};
use super::super::tuple::Tuple;
use super::draft::{Claim, Draft};
use super::fits::refuse_wishes;
use super::nulls::{NullShare, nulls};
use super::references::claim_foreign_keys;
use super::shaped::Made;
use super::{Planned, Planner, problem};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A table's columns, sorted by who fills them.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) rows: u64,
    links: Vec<Link>,
    pub(super) own: HashMap<String, Planned<Rc<Own>>>,
    /// Columns that are parts of a unique combination.
    pub(super) parts: HashMap<String, (Arc<Tuple>, usize)>,
    pub(super) nulls: HashMap<String, NullShare>,
}

/// A reference to a row of a parent, for all columns that follow it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) parent: String,
    pub(super) columns: Vec<(String, String)>,
    /// Columns that other links decide, and the parent's in which the row must agree.
    pub(super) fits: Vec<(String, String)>,
    pub(super) source: Arc<Source>,
    pub(super) children: Option<Arc<Children>>,
    words: String,
}

/// How a column that follows no link is made.
#[derive(Debug)]
pub(super) enum Own {
    Made(Made),
    /// Of the row that another column refers to.
    From {
        key: String,
        column: String,
    },
    NumberWithin(String),
    /// Some time after another column of the row.
    After {
        base: String,
        dates: bool,
    },
}

impl Layout {
    /// The link that a column follows, and the parent's column.
    pub(super) fn link_of(&self, column: &str) -> Option<(&Link, &str)> {
        self.links.iter().find_map(|link| {
            let (_, parent) = link.columns.iter().find(|(name, _)| name == column)?;
            Some((link, parent.as_str()))
        })
    }

    /// Whether a column is written at all.
    pub(super) fn writes(&self, column: &str) -> bool {
        self.own.contains_key(column) || self.link_of(column).is_some()
    }

    /// How a column is made, in words.
    pub(super) fn words(&self, column: &str) -> String {
        let made = match (self.link_of(column), self.own.get(column)) {
            (Some((link, _)), _) => link.words.clone(),
            (None, Some(Ok(own))) => match own.as_ref() {
                Own::Made(_) if self.parts.contains_key(column) => "part of a unique combination".to_owned(),
                Own::Made(made) => made.words.clone(),
                Own::From { key, column } => format!("`{column}` of the row that {key} refers to"),
                Own::NumberWithin(key) => format!("1, 2, 3, … within {key}"),
                Own::After { base, .. } => format!("after {base}"),
            },
            _ => String::new(),
        };
        match self.nulls.get(column) {
            Some(nulls) if nulls.share > 0.0 => format!("{made}; {:.0} % null", nulls.share * 100.0),
            _ => made,
        }
    }
}

impl<'a> Planner<'a> {
    pub(super) fn layout(&mut self, table: &str) -> Planned<Rc<Layout>> {
        if let Some(known) = self.layouts.get(table) {
            return known.clone();
        }
        let layout = self.lay_out(table).map(Rc::new);
        self.layouts.insert(table.to_owned(), layout.clone());
        layout
    }

    fn lay_out(&mut self, name: &str) -> Planned<Layout> {
        let schema = self.schema;
        let table = schema.table(name).ok_or_else(|| problem(name, None, "there is no such table", None))?;
        let rows = self.rows(name)?;
        let shapes = self.requests.get(name).map_or(&[][..], |request| request.columns.as_slice());
        let mut draft =
            Draft { table, shapes, rows: rows.rows, claims: Vec::new(), own: HashMap::new(), parts: HashMap::new() };
        self.claim_keys(&mut draft, rows.children.as_ref())?;
        let unfilled = claim_foreign_keys(&mut draft)?;
        self.fill(&mut draft, &unfilled);
        self.keep_unique(&mut draft)?;
        let nulls = nulls(&draft)?;
        draft.claims.iter().try_for_each(|claim| refuse_wishes(&draft, claim))?;
        let links = draft.claims.iter().map(|claim| self.link(&draft, claim)).collect::<Planned<Vec<Link>>>()?;
        Ok(Layout { rows: draft.rows, links, own: draft.own, parts: draft.parts, nulls })
    }

    fn link(&mut self, draft: &Draft<'a>, claim: &Claim) -> Planned<Link> {
        let column = &claim.columns[0].0;
        let parents = self.rows(&claim.parent)?.rows;
        let salt = Salt::new(self.laws.seed, &["link", &draft.table.name, column]);
        let choice = match (&claim.children, &claim.part, claim.unique) {
            (Some(children), ..) => Choice::Parent(Arc::clone(children)),
            (None, Some((tuple, part)), _) => Choice::Part(Arc::clone(tuple), *part),
            (None, None, true) => Choice::Permuted(Permutation::new(parents, salt.other(2))),
            _ if claim.parent == draft.table.name && claim.skew == Skew::Uniform => Choice::Below,
            _ => self.laws.skew(claim.skew, &claim.parent, parents.max(1)),
        };
        let how = match (&claim.children, claim.skew) {
            _ if !claim.fits.is_empty() => format!(" that fit {}", claim.fits[0].0),
            (Some(_), _) => ", with children".to_owned(),
            (None, Skew::Uniform) => String::new(),
            (None, Skew::Zipf(exponent)) => format!(", zipf {exponent}"),
            (None, Skew::Share { share, rows }) => format!(", {:.0} % on the first {rows}", share * 100.0),
        };
        Ok(Link {
            parent: claim.parent.clone(),
            columns: claim.columns.clone(),
            fits: claim.fits.clone(),
            source: Arc::new(Source::new(salt, parents, choice)),
            children: claim.children.clone(),
            words: format!("rows of {}{how}", claim.parent),
        })
    }
}
