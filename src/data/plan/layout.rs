//! Who fills which column of a table: a link to a row of a parent, the column's own shape, or a default.

use super::super::children::Children;
use super::super::column::Column;
use super::super::hash::Salt;
use super::super::permutation::Permutation;
use super::super::shape::{Key, Literal, Shape, Skew, Values};
use super::super::source::{Choice, Source};
use super::super::tuple::Tuple;
use super::shaped::{self, Made, Target};
use super::{Planned, Planner, defaults, problem};
use crate::schema::{Column as Facts, Filled, ForeignKey, Table, Type};
use crate::value::Value;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// How many rows a table has, and the parent that decides it.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) rows: u64,
    pub(super) children: Option<Arc<Children>>,
}

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
    columns: Vec<(String, String)>,
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

/// Which share of a column is NULL.
#[derive(Clone, Debug, Default)]
pub(super) struct NullShare {
    pub(super) share: f64,
    /// The first rows, all of them.
    pub(super) first: u64,
    /// The column whose NULLs are in the same rows.
    pub(super) shared_with: Option<String>,
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

/// A link on its way.
pub(super) struct Claim {
    pub(super) parent: String,
    pub(super) columns: Vec<(String, String)>,
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

    pub(super) fn problem(&self, column: &str, message: &str, help: Option<&str>) -> super::PlanProblem {
        problem(&self.table.name, Some(column), message, help)
    }
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
        let links = draft.claims.iter().map(|claim| self.link(&draft, claim)).collect::<Planned<Vec<Link>>>()?;
        Ok(Layout { rows: draft.rows, links, own: draft.own, parts: draft.parts, nulls })
    }

    /// Keys that the scenario asks for.
    fn claim_keys(&self, draft: &mut Draft<'a>, children: Option<&Arc<Children>>) -> Planned<()> {
        for (column, shape) in draft.shapes {
            let Values::Key(key) = &shape.values else { continue };
            if draft.claim_of(column).is_some() {
                let message = "another key decides this column too: both belong to one foreign key";
                let help = format!("{column}: {{ from: OTHER.{column} }}");
                return Err(draft.problem(column, message, Some(&help)));
            }
            let columns = self.columns_of_key(draft, column, key)?;
            let children = key.children.is_some().then(|| children.cloned()).flatten();
            draft.claims.push(Claim {
                parent: key.table.clone(),
                columns,
                skew: key.skew,
                children,
                unique: shape.unique,
                part: None,
            });
        }
        Ok(())
    }

    /// All columns of the foreign key that `column` is part of, as far as nothing else is said of them.
    fn columns_of_key(&self, draft: &Draft<'a>, column: &str, key: &Key) -> Planned<Vec<(String, String)>> {
        let candidates = draft.table.foreign_keys.iter().filter(|each| each.parent == key.table);
        let constraint = candidates
            .filter(|each| each.columns.iter().any(|name| name == column))
            .max_by_key(|each| each.columns.len());
        if let Some(constraint) = constraint {
            let pairs = constraint.columns.iter().zip(&constraint.parent_columns);
            let free = pairs.filter(|(name, _)| *name == column || draft.shape(name).is_none());
            return Ok(free.map(|(name, parent)| (name.clone(), parent.clone())).collect());
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
        Ok(vec![(column.to_owned(), sole.to_owned())])
    }

    /// Columns that follow no link.
    fn fill(&self, draft: &mut Draft<'a>, unfilled: &[String]) {
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
            (Some(_), _) => ", with children".to_owned(),
            (None, Skew::Uniform) => String::new(),
            (None, Skew::Zipf(exponent)) => format!(", zipf {exponent}"),
            (None, Skew::Share { share, rows }) => format!(", {:.0} % on the first {rows}", share * 100.0),
        };
        Ok(Link {
            parent: claim.parent.clone(),
            columns: claim.columns.clone(),
            source: Arc::new(Source::new(salt, parents, choice)),
            children: claim.children.clone(),
            words: format!("rows of {}{how}", claim.parent),
        })
    }
}

/// Foreign keys of which the scenario says nothing; gives the columns that must stay NULL.
fn claim_foreign_keys(draft: &mut Draft<'_>) -> Planned<Vec<String>> {
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
        if free.len() < constraint.columns.len() || to_itself(constraint) {
            unfilled.extend(left_null(draft, constraint, &free)?);
            continue;
        }
        let columns = constraint.columns.iter().cloned().zip(constraint.parent_columns.iter().cloned()).collect();
        let parent = constraint.parent.clone();
        let claim = Claim { parent, columns, skew: Skew::Uniform, children: None, unique: false, part: None };
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

/// Share of NULLs of a nullable column without a default: enough to be met, too few to matter.
const FEW: f64 = 0.05;
/// Of columns that say that something unusual has happened to the row.
const MOST: f64 = 0.9;

/// Where the scenario is silent: 5 % of a nullable column, 90 % of `deleted_at` and the like, none where the column
/// has a default of its own.
fn nulls(draft: &Draft<'_>) -> Planned<HashMap<String, NullShare>> {
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
