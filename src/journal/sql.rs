//! The few operations that the journal needs of a SQLite database.

use crate::domain::Seq;

/// A value bound to a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bind<'a> {
    /// No value.
    Null,
    /// Within ±2^53, because it passes through JavaScript.
    Integer(i64),
    /// UTF-8.
    Text(&'a str),
}

/// A value in a result row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// Within ±2^53, because it passes through JavaScript.
    Integer(i64),
    /// UTF-8.
    Text(String),
}

/// A result row: one cell per column.
pub type Row = Vec<Cell>;

/// A statement failed. Holds a cause that is safe to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlError(pub &'static str);

/// A synchronous SQLite database: the object's own, or an in-memory one in host tests.
pub trait Sql {
    /// Runs one statement with its values bound in order, and returns the rows.
    fn run(&self, statement: &'static str, values: &[Bind<'_>]) -> Result<Vec<Row>, SqlError>;

    /// Runs an `INSERT … VALUES (?, ?, ?)` for a message, and returns whether it wrote a row. It is separate from `run`
    /// because every message pays for it.
    fn insert(&self, statement: &'static str, seq: Seq, id: &str, json: &str) -> Result<bool, SqlError>;
}
