//! How unique constraints are kept: by one column alone, by numbers within a parent, or by combinations.

use super::super::hash::Salt;
use super::super::shape::{Skew, Values};
use super::super::source::Choice;
use super::super::tuple::{Tuple, product};
use super::draft::{Draft, target};
use super::layout::Own;
use super::{Planned, Planner, problem};
use crate::schema::Type;
use std::rc::Rc;
use std::sync::Arc;

/// Who decides a column's values.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Driver {
    /// A link, by its place.
    Link(usize),
    /// The column itself.
    Own(String),
}

impl<'a> Planner<'a> {
    /// Sees to every unique constraint, those of single columns first, for they satisfy larger ones.
    pub(super) fn keep_unique(&mut self, draft: &mut Draft<'a>) -> Planned<()> {
        let asked = draft.shapes.iter().filter(|(_, shape)| shape.unique).map(|(name, _)| vec![name.clone()]);
        let mut sets: Vec<Vec<String>> = asked.chain(draft.table.unique.iter().cloned()).collect();
        sets.sort_by_key(Vec::len);
        let mut kept: Vec<Vec<Driver>> = Vec::new();
        for set in sets {
            let Some(drivers) = drivers(draft, &set) else { continue };
            let alone = drivers.iter().any(|driver| is_unique(draft, driver));
            if alone
                || is_numbered(draft, &set)
                || kept.iter().any(|other| other.iter().all(|each| drivers.contains(each)))
            {
                continue;
            }
            if let [only] = drivers.as_slice() {
                self.make_unique(draft, only)?;
            } else if let Some(sole) = sole(draft, &set) {
                self.make_unique(draft, &Driver::Own(sole))?;
            } else {
                self.combine(draft, &set, &drivers)?;
                kept.push(drivers);
            }
        }
        Ok(())
    }

    fn make_unique(&mut self, draft: &mut Draft<'a>, driver: &Driver) -> Planned<()> {
        match driver {
            Driver::Link(claim) => self.link_once(draft, *claim),
            Driver::Own(column) => self.own_once(draft, column),
        }
    }

    /// Each parent is referred to at most once.
    fn link_once(&mut self, draft: &mut Draft<'a>, claim: usize) -> Planned<()> {
        let parents = self.rows(&draft.claims[claim].parent)?.rows;
        let claim = &mut draft.claims[claim];
        let column = claim.columns[0].0.clone();
        let message = match (&claim.children, claim.skew) {
            (Some(children), _) if children.most() > 1 => {
                Some(format!("the column is unique, and a row of `{}` has {} children", claim.parent, children.most()))
            }
            (None, skew) if skew != Skew::Uniform => Some("the column is unique, so no row can be favoured".to_owned()),
            (None, _) if parents < draft.rows => {
                Some(format!("the column is unique, and {} rows share {parents} of `{}`", draft.rows, claim.parent))
            }
            _ => None,
        };
        claim.unique = true;
        message.map_or(Ok(()), |message| Err(problem(&draft.table.name, Some(&column), &message, None)))
    }

    fn own_once(&mut self, draft: &mut Draft<'a>, column: &str) -> Planned<()> {
        let Some(facts) = draft.table.column(column) else { return Ok(()) };
        let own = match draft.shape(column) {
            Some(_) => draft.own.get(column).cloned().transpose()?,
            None => self.default(draft, facts, true)?.map(Rc::new),
        };
        let made = match own.as_deref() {
            Some(Own::Made(made)) => made.clone(),
            None => return Ok(()),
            Some(_) => {
                let message = "the column is unique, and what it follows may come twice";
                return Err(draft.problem(column, message, Some("give it another shape")));
            }
        };
        let salt = self.salt(&draft.table.name, column);
        let unique = made.unique(draft.rows, &target(facts, draft.rows), salt);
        let unique = unique
            .map_err(|message| draft.problem(column, &message, Some("ask for fewer rows, or give it another shape")))?;
        draft.own.insert(column.to_owned(), Ok(Rc::new(Own::Made(unique))));
        Ok(())
    }

    /// Gives each row a combination of its own.
    fn combine(&mut self, draft: &mut Draft<'a>, set: &[String], drivers: &[Driver]) -> Planned<()> {
        let (leading, free): (Vec<&Driver>, Vec<&Driver>) =
            drivers.iter().partition(|driver| has_children(draft, driver));
        // No part needs more than its share of 2^60 values, and none can use more.
        let most = 1u64 << (60 / free.len().max(1));
        let mut sizes = Vec::new();
        for driver in &free {
            sizes.push(self.size(draft, driver)?.clamp(1, most));
        }
        let lead = leading.first().and_then(|driver| match driver {
            Driver::Link(claim) => draft.claims[*claim].children.clone(),
            Driver::Own(_) => None,
        });
        let needed = lead.as_ref().map_or(draft.rows, |children| children.most());
        if product(&sizes) < needed {
            let (names, there) = (set.join(", "), product(&sizes));
            let message = format!("({names}) is unique: {needed} combinations are needed, and there are {there}");
            return Err(draft.problem(&set[0], &message, Some("ask for fewer rows, or for more of the parents")));
        }
        let salt = Salt::new(self.laws.seed, &["unique", &draft.table.name, &set.join(",")]);
        let tuple = Arc::new(match lead {
            Some(children) => Tuple::within(children, sizes, salt),
            None => Tuple::whole(sizes, salt),
        });
        for (part, driver) in free.into_iter().enumerate() {
            match driver {
                Driver::Link(claim) => draft.claims[*claim].part = Some((Arc::clone(&tuple), part)),
                Driver::Own(column) => {
                    draft.parts.insert(column.clone(), (Arc::clone(&tuple), part));
                }
            }
        }
        Ok(())
    }

    /// How many values a part of a combination has.
    fn size(&mut self, draft: &Draft<'a>, driver: &Driver) -> Planned<u64> {
        match driver {
            Driver::Link(claim) => {
                let claim = &draft.claims[*claim];
                let column = &claim.columns[0].0;
                if claim.part.is_some() || claim.unique {
                    return Err(draft.problem(column, "it belongs to two unique keys that cannot both be kept", None));
                }
                if claim.skew != Skew::Uniform {
                    let message = "the key is part of a unique one, in which no row can be favoured";
                    return Err(draft.problem(column, message, Some("use `children` to say how many rows each has")));
                }
                Ok(self.rows(&claim.parent)?.rows)
            }
            Driver::Own(column) => {
                let own = draft.own.get(column).cloned().transpose()?;
                let usable = match own.as_deref() {
                    Some(Own::Made(made)) if matches!(made.choice, Choice::Uniform) => Some(made.size),
                    _ => None,
                };
                let free = usable.filter(|_| !draft.parts.contains_key(column));
                let message = "the column is part of a unique key, and its shape may repeat combinations";
                free.ok_or_else(|| {
                    draft.problem(
                        column,
                        message,
                        Some("give it equally likely values, or another column of the key a sequence"),
                    )
                })
            }
        }
    }
}

/// Whoever decides the columns of a set; `None` where the server fills one of them.
fn drivers(draft: &Draft<'_>, set: &[String]) -> Option<Vec<Driver>> {
    let mut drivers = Vec::new();
    for column in set {
        let driver = match draft.claim_of(column) {
            Some(claim) => Driver::Link(claim),
            None if draft.own.contains_key(column) => Driver::Own(column.clone()),
            None => return None,
        };
        if !drivers.contains(&driver) {
            drivers.push(driver);
        }
    }
    Some(drivers)
}

fn is_unique(draft: &Draft<'_>, driver: &Driver) -> bool {
    match driver {
        Driver::Link(claim) => draft.claims[*claim].unique,
        Driver::Own(column) => match draft.own.get(column) {
            Some(Ok(own)) => matches!(own.as_ref(), Own::Made(made) if made.is_unique(draft.rows)),
            _ => false,
        },
    }
}

/// Whether a column numbers the rows of another that is in the set too.
fn is_numbered(draft: &Draft<'_>, set: &[String]) -> bool {
    let within = |column: &String| match draft.shape(column).map(|shape| &shape.values) {
        Some(Values::NumberWithin(key)) => set.contains(key),
        _ => false,
    };
    set.iter().any(within)
}

fn has_children(draft: &Draft<'_>, driver: &Driver) -> bool {
    matches!(driver, Driver::Link(claim) if draft.claims[*claim].children.is_some())
}

/// A column of the set that can be unique by itself without looking odd: of a wide type, and nothing is said of it.
fn sole(draft: &Draft<'_>, set: &[String]) -> Option<String> {
    let fits = |column: &&String| {
        let Some(facts) = draft.table.column(column) else { return false };
        let plain = draft.claim_of(column).is_none() && draft.shape(column).is_none();
        let wide = matches!(facts.data_type, Type::Int4 | Type::Int8 | Type::Text | Type::Uuid);
        plain
            && wide
            && facts.allowed.is_empty()
            && facts.bounds.1.is_none()
            && facts.max_length.is_none_or(|most| most >= 8)
    };
    set.iter().rev().find(fits).cloned()
}
