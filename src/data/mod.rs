//! Data as arithmetic: a cell is a function of (seed, table, column, row).
//!
//! No state is shared and nothing is drawn in sequence, so any part of any table can be made alone, in
//! parallel and again, a foreign key needs no look-up, and traffic knows which keys exist without asking.

pub mod shape;
