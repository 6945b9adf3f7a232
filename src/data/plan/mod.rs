//! From what the catalog says and the scenario asks to columns that can be made.
//!
//! For each table: who fills which column (a link to a parent, a shape, or a default), what must be unique and how
//! that is kept, and then the columns themselves, parents' keys first.

mod count;
mod defaults;
mod draft;
mod fits;
mod laws;
mod layout;
mod nulls;
mod numbers;
mod once;
mod references;
mod shaped;
mod unique;

use super::column::{Column, Nulls};
use super::domain::Domain;
use super::hash::{Salt, threshold};
use super::shape::Shape;
use super::source::{Choice, Source};
use super::table::{TableColumn, TableData, TableRequest};
use crate::schema::{self, Filled, Schema};
pub(super) use laws::Laws;
use layout::{Layout, Link, Own};
use shaped::{Made, Target};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Why a table cannot be filled as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}{}", table, column.as_ref().map(|column| format!(".{column}")).unwrap_or_default(),
    help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default())]
pub struct PlanProblem {
    /// The table.
    pub table: String,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// The word of the scenario that it is about, where that is not the table's or the column's name.
    pub word: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What the author can do.
    pub help: Option<String>,
}

/// Plans all tables; those that nobody asked for have no rows and are left out where they cannot be made.
pub(super) fn tables(
    schema: &Schema,
    requests: &[TableRequest],
    laws: &Laws,
) -> Result<Vec<TableData>, Vec<PlanProblem>> {
    let mut planner = Planner::new(schema, requests, laws);
    let mut problems = planner.unknown();
    let mut tables = Vec::new();
    for table in &schema.tables {
        match planner.table(table) {
            Ok(made) => tables.push(made),
            Err(found) if planner.requests.contains_key(table.name.as_str()) => problems.extend(found),
            Err(_) => {}
        }
    }
    let mut distinct: Vec<PlanProblem> = Vec::new();
    for problem in problems {
        if !distinct.contains(&problem) {
            distinct.push(problem);
        }
    }
    match distinct.is_empty() {
        true => Ok(tables),
        false => Err(distinct),
    }
}

/// A parameter that belongs to no row.
pub(super) fn parameter(shape: &Shape, salt: Salt, laws: &Laws) -> Result<Column, String> {
    shaped::column(shape, &Target::default(), salt, laws)
}

type Planned<T> = Result<T, PlanProblem>;

struct Planner<'a> {
    schema: &'a Schema,
    requests: HashMap<&'a str, &'a TableRequest>,
    laws: &'a Laws,
    /// `None` while under way: a table whose number of rows depends on itself.
    rows: HashMap<String, Option<Planned<count::Rows>>>,
    layouts: HashMap<String, Planned<Rc<Layout>>>,
    /// How rows are picked that must fit what another link has decided, by the first column of theirs.
    fittings: HashMap<(String, String), Planned<Arc<Source>>>,
    /// `None` while under way: a column that is made from itself.
    columns: HashMap<(String, String), Option<Planned<Arc<Column>>>>,
}

impl<'a> Planner<'a> {
    fn new(schema: &'a Schema, requests: &'a [TableRequest], laws: &'a Laws) -> Self {
        let requests = requests.iter().map(|request| (request.table.as_str(), request)).collect();
        let (rows, layouts, fittings, columns) = Default::default();
        Self { schema, requests, laws, rows, layouts, fittings, columns }
    }

    /// Tables and columns that do not exist.
    fn unknown(&self) -> Vec<PlanProblem> {
        let mut problems = Vec::new();
        for (name, request) in &self.requests {
            let Some(table) = self.schema.table(name) else {
                let known: Vec<&str> = self.schema.tables.iter().map(|table| table.name.as_str()).collect();
                problems.push(problem(name, None, "there is no such table", Some(&nearest(name, &known))));
                continue;
            };
            for (column, _) in &request.columns {
                match table.column(column) {
                    None => {
                        let known: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
                        problems.push(problem(
                            name,
                            Some(column),
                            "there is no such column",
                            Some(&nearest(column, &known)),
                        ));
                    }
                    Some(found) if found.filled == Filled::ByExpression => {
                        let help = "leave it out: the server computes it";
                        problems.push(problem(name, Some(column), "a generated column cannot be written", Some(help)));
                    }
                    Some(_) => {}
                }
            }
        }
        problems.sort_by(|a, b| (&a.table, &a.column).cmp(&(&b.table, &b.column)));
        problems
    }

    fn table(&mut self, table: &schema::Table) -> Result<TableData, Vec<PlanProblem>> {
        let layout = self.layout(&table.name).map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        let mut columns = Vec::new();
        for column in &table.columns {
            if !layout.writes(&column.name) {
                continue;
            }
            match self.column(&table.name, &column.name) {
                Ok(made) => columns.push(TableColumn {
                    name: column.name.clone(),
                    data_type: column.data_type.clone(),
                    type_name: column.type_name.clone(),
                    filled: column.filled,
                    made: layout.words(&column.name),
                    column: made,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let rows = self.requests.contains_key(table.name.as_str()).then_some(layout.rows);
        let key = if table.primary_key.is_empty() { table.unique.first() } else { Some(&table.primary_key) };
        Ok(TableData::new(&table.name, &table.quoted, rows, columns, key.cloned().unwrap_or_default()))
    }

    /// How a column is made; its parents' columns come first.
    fn column(&mut self, table: &str, column: &str) -> Planned<Arc<Column>> {
        let address = (table.to_owned(), column.to_owned());
        match self.columns.get(&address) {
            Some(Some(done)) => return done.clone(),
            Some(None) => {
                let help = "give one of the columns on the way a shape of its own";
                return Err(problem(
                    table,
                    Some(column),
                    "the column is made from itself, by way of its references",
                    Some(help),
                ));
            }
            None => {}
        }
        self.columns.insert(address.clone(), None);
        let planned = self.made(table, column).map(Arc::new);
        self.columns.insert(address, Some(planned.clone()));
        planned
    }

    fn made(&mut self, table: &str, column: &str) -> Planned<Column> {
        let layout = self.layout(table)?;
        if let Some((link, parent_column)) = layout.link_of(column) {
            return self.linked(table, column, &layout, link, parent_column);
        }
        let own = layout.own.get(column).cloned().unwrap_or_else(|| Err(self.not_made(table, column)))?;
        match own.as_ref() {
            Own::Made(made) => Ok(self.own(table, column, &layout, made)),
            Own::From { key, column: from } => {
                let Some((link, _)) = layout.link_of(key) else {
                    let message = format!("`{key}` refers to no row that a value could come from");
                    let help = format!("give it a key: {key}: {{ key: … }}");
                    return Err(problem(table, Some(column), &message, Some(&help)));
                };
                self.linked(table, column, &layout, link, from)
            }
            Own::NumberWithin(key) => {
                let Some(children) = layout.link_of(key).and_then(|(link, _)| link.children.clone()) else {
                    let message = format!("rows can be numbered only within a key with `children`; `{key}` has none");
                    let help = format!("{key}: {{ key: …, children: 3 }}");
                    return Err(problem(table, Some(column), &message, Some(&help)));
                };
                let source = Source::new(self.salt(table, column), u64::MAX, Choice::Number(children));
                Ok(Column { nulls: None, source: Arc::new(source), domain: Domain::Whole { low: 1, step: 1 } })
            }
            Own::After { base, dates } => {
                let salt = self.salt(table, column);
                let domain =
                    Domain::After { base: self.column(table, base)?, until: self.laws.as_of, salt, dates: *dates };
                let source = Source::new(salt, u64::MAX, Choice::Row);
                Ok(Column { nulls: self.nulls(table, column, &layout), source: Arc::new(source), domain })
            }
        }
    }

    /// The cell of the row that a link picks.
    fn linked(
        &mut self,
        table: &str,
        column: &str,
        layout: &Layout,
        link: &Link,
        parent_column: &str,
    ) -> Planned<Column> {
        let Some(parent) = self.schema.table(&link.parent) else {
            return Err(problem(table, Some(column), &format!("there is no table `{}`", link.parent), None));
        };
        if parent.column(parent_column).is_none() {
            let message = format!("`{}` has no column `{parent_column}`", link.parent);
            return Err(problem(table, Some(column), &message, None));
        }
        let rows = self.parent_rows(table, column, layout, link)?;
        let nulls = self.nulls(table, column, layout);
        if rows == 0 {
            let source = Arc::clone(&link.source);
            return Ok(Column { nulls, source, domain: Domain::Values(vec![crate::value::Value::Null]) });
        }
        let source = match link.fits.is_empty() {
            true => Arc::clone(&link.source),
            false => self.fitting(table, layout, link)?,
        };
        let domain = Domain::Cell { column: self.column(&link.parent, parent_column)?, rows };
        Ok(Column { nulls, source, domain })
    }

    fn parent_rows(&mut self, table: &str, column: &str, layout: &Layout, link: &Link) -> Planned<u64> {
        let rows = self.rows(&link.parent)?.rows;
        let nullable =
            self.schema.table(table).and_then(|table| table.column(column)).is_none_or(|column| column.nullable);
        if rows == 0 && layout.rows > 0 && !nullable {
            let message = format!("it refers to rows of `{}`, which has none", link.parent);
            let help = format!(
                "seed the parent too, `{}: {{ rows: … }}`; or, if its rows stand in the schema, name their keys with `choice`",
                link.parent
            );
            return Err(problem(table, Some(column), &message, Some(&help)));
        }
        Ok(rows)
    }

    fn own(&self, table: &str, column: &str, layout: &Layout, made: &Made) -> Column {
        let salt = self.salt(table, column);
        let choice = match layout.parts.get(column) {
            Some((tuple, part)) => Choice::Part(Arc::clone(tuple), *part),
            None => made.choice.clone(),
        };
        let source = Arc::new(Source::new(salt, made.size, choice));
        Column { nulls: self.nulls(table, column, layout), source, domain: made.domain.clone() }
    }

    fn nulls(&self, table: &str, column: &str, layout: &Layout) -> Option<Nulls> {
        let share = layout.nulls.get(column)?;
        // Columns that follow one link are NULL in the same rows.
        let who = share.shared_with.as_deref().unwrap_or(column);
        let salt = self.salt(table, who).other(1);
        Some(Nulls { salt, threshold: threshold(share.share), first: share.first })
    }

    fn not_made(&self, table: &str, column: &str) -> PlanProblem {
        let found = self.schema.table(table).and_then(|table| table.column(column));
        let type_name = found.map_or_else(String::new, |column| column.type_name.clone());
        match found.map(|column| (column.filled, column.default.is_some())) {
            Some((Filled::ByExpression, _)) => {
                let message = "its values are computed by the server, so rows that refer to it cannot be made";
                problem(table, Some(column), message, Some("refer to another unique column"))
            }
            Some((_, true)) => {
                let message = format!(
                    "its values come from the server's default, for no values of type {type_name} are made; so rows that refer to it cannot be made"
                );
                problem(table, Some(column), &message, Some("give it a shape"))
            }
            _ => {
                let message = format!("no values of type {type_name} are made by themselves");
                problem(
                    table,
                    Some(column),
                    &message,
                    Some("give it a shape: `choice`, `constant` or `lines`, as the server would read them"),
                )
            }
        }
    }

    fn salt(&self, table: &str, column: &str) -> Salt {
        Salt::new(self.laws.seed, &["table", table, column])
    }
}

fn problem(table: &str, column: Option<&str>, message: &str, help: Option<&str>) -> PlanProblem {
    PlanProblem {
        table: table.to_owned(),
        column: column.map(str::to_owned),
        word: None,
        message: message.to_owned(),
        help: help.filter(|help| !help.is_empty()).map(str::to_owned),
    }
}

/// The known word that looks most like the one written.
fn nearest(written: &str, known: &[&str]) -> String {
    let likeness = |word: &&&str| (strsim::jaro_winkler(written, word) * 1e6) as u64;
    known.iter().max_by_key(likeness).map(|word| format!("did you mean `{word}`?")).unwrap_or_default()
}
