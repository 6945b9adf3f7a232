//! Links whose rows must fit what another link has decided: foreign keys that share a column.

use super::super::column::{Column, Scratch};
use super::super::fitting::{Fitting, Groups};
use super::super::shape::{Skew, Values};
use super::super::source::{Choice, Source};
use super::draft::{Claim, Draft};
use super::layout::{Layout, Link, Own};
use super::{Planned, Planner, problem};
use crate::units::thousands;
use std::sync::Arc;

impl Planner<'_> {
    /// How the row of such a link is picked; looked up where another column of the link has been planned.
    pub(super) fn fitting(&mut self, table: &str, layout: &Layout, link: &Link) -> Planned<Arc<Source>> {
        let address = (table.to_owned(), link.columns[0].0.clone());
        if let Some(known) = self.fittings.get(&address) {
            return known.clone();
        }
        let planned = self.plan_fitting(table, layout, link).map(Arc::new);
        self.fittings.insert(address, planned.clone());
        planned
    }

    fn plan_fitting(&mut self, table: &str, layout: &Layout, link: &Link) -> Planned<Source> {
        let column = &link.columns[0].0;
        let shared = link.fits.iter().map(|(ours, _)| self.column(table, ours)).collect::<Planned<Vec<_>>>()?;
        let theirs = link.fits.iter().map(|(_, theirs)| self.column(&link.parent, theirs));
        let theirs = theirs.collect::<Planned<Vec<_>>>()?;
        let groups = Groups::new(&theirs, self.rows(&link.parent)?.rows)
            .ok_or_else(|| problem(table, Some(column), &format!("`{}` has too many rows", link.parent), None))?;
        if !self.may_be_null(table, link) {
            self.refuse_lonely(table, layout, link, &groups)?;
        }
        Ok(link.source.choosing(Choice::Fitting(Arc::new(Fitting::new(shared, groups)))))
    }

    /// Whether a row that nothing fits may refer to none.
    fn may_be_null(&self, table: &str, link: &Link) -> bool {
        let facts = self.schema.table(table);
        let nullable = |name: &str| facts.and_then(|table| table.column(name)).is_none_or(|column| column.nullable);
        link.columns.iter().any(|(ours, _)| nullable(ours))
    }

    /// Every row that may lead must be met by some row of the parent.
    fn refuse_lonely(&mut self, table: &str, layout: &Layout, link: &Link, groups: &Groups) -> Planned<()> {
        let Some((leader, columns)) = leader(layout, &link.fits) else { return Ok(()) };
        let leaders = self.rows(&leader.parent)?.rows;
        let columns =
            columns.iter().map(|column| self.column(&leader.parent, column)).collect::<Planned<Vec<Arc<Column>>>>()?;
        let mut scratch = Scratch::default();
        let lonely = (0..leaders).filter(|row| !groups.fit(&columns, *row, &mut scratch)).count() as u64;
        if lonely == 0 {
            return Ok(());
        }
        let (column, parent) = (&link.columns[0].0, &link.parent);
        let (ours, theirs) = &link.fits[0];
        let message = format!(
            "it must refer to a row of `{parent}` that has the same `{ours}`, and {} of {} rows of `{}` meet none there",
            thousands(lonely),
            thousands(leaders),
            leader.parent
        );
        let help = format!(
            "see to it that `{parent}` has rows for each, such as `{parent}: {{ columns: {{ {theirs}: {{ key: …, children: 3 }} }} }}`"
        );
        Err(problem(table, Some(column), &message, Some(&help)))
    }
}

/// The link that decides all of the shared columns, and from which of its parent's columns.
fn leader<'a>(layout: &'a Layout, fits: &'a [(String, String)]) -> Option<(&'a Link, Vec<String>)> {
    let decided = |ours: &str| match layout.link_of(ours) {
        Some((link, column)) => Some((link, column.to_owned())),
        None => match layout.own.get(ours)?.as_deref() {
            Ok(Own::From { key, column }) => Some((layout.link_of(key)?.0, column.clone())),
            _ => None,
        },
    };
    let decided: Vec<(&Link, String)> = fits.iter().map(|(ours, _)| decided(ours)).collect::<Option<_>>()?;
    let leader = decided.first()?.0;
    let is_one = decided.iter().all(|(link, _)| std::ptr::eq(*link, leader));
    is_one.then(|| (leader, decided.into_iter().map(|(_, column)| column).collect()))
}

/// The key by which a link decides a column of a table on its way, if one does.
pub(super) fn leads<'a>(draft: &'a Draft<'_>, column: &'a str) -> Option<&'a str> {
    if let Some(claim) = draft.claim_of(column) {
        return Some(&draft.claims[claim].columns[0].0);
    }
    match &draft.shape(column)?.values {
        Values::Key(_) => Some(column),
        Values::From { key, .. } => Some(key),
        _ => None,
    }
}

/// What is asked of a link beyond its rows fitting: which of them is picked is no longer free.
pub(super) fn refuse_wishes(draft: &Draft<'_>, claim: &Claim) -> Planned<()> {
    let Some((ours, theirs)) = claim.fits.first() else { return Ok(()) };
    let wish = match claim {
        _ if claim.children.is_some() => "`children` cannot be counted",
        _ if claim.skew != Skew::Uniform => "no row can be favoured",
        _ if claim.unique => "none can be used only once",
        _ if claim.part.is_some() => "no combination can be used only once",
        _ => return Ok(()),
    };
    let column = &claim.columns[0].0;
    let message = format!("its rows must fit `{ours}`, which another key decides, so {wish} among them");
    Err(draft.problem(column, &message, Some(&format!("let this key decide: {ours}: {{ from: {column}.{theirs} }}"))))
}
