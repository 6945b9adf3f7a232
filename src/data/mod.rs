//! Data as arithmetic: a cell is a function of (seed, table, column, row).
//!
//! No state is shared and nothing is drawn in sequence, so any part of any table can be made alone, in
//! parallel and again, a foreign key needs no look-up, and traffic knows which keys exist without asking.
//!
//! ```text
//! row ──source──▶ index ──domain──▶ value
//! ```
//!
//! A *source* chooses: the row itself, a permutation of it, a random or a skewed index, a parent. A *domain* is a
//! numbered set of values: whole numbers, moments, names, the cells of another table's column. Uniqueness is a matter
//! of the source alone (a permutation of distinct rows), a foreign key of the domain alone (cells that exist).

mod children;
mod column;
mod domain;
mod fitting;
mod hash;
mod moment;
mod parameter;
mod permutation;
mod plan;
pub mod shape;
mod skew;
mod source;
mod table;
mod text;
mod tuple;
mod words;

pub use column::Scratch;
pub use parameter::{Drawn, Parameter};
pub use plan::PlanProblem;
pub use table::{Data, TableColumn, TableData, TableRequest};
