//! The few things that the journal asks of a SQLite database.

use crate::domain::Seq;

/// A value that is bound to a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bind<'a> {
    /// No value.
    Null,
    /// Within ±2^53, since it crosses JavaScript.
    Integer(i64),
    /// UTF-8.
    Text(&'a str),
}

/// A value in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// Within ±2^53, since it crosses JavaScript.
    Integer(i64),
    /// UTF-8.
    Text(String),
}

/// A row, column by column.
pub type Row = Vec<Cell>;

/// A statement failed. Holds what a log may say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlError(pub &'static str);

/// A SQLite database that answers at once: the object's own, or one in memory in host tests.
pub trait Sql {
    /// Runs one statement with its values bound in order, and returns its rows.
    fn run(&self, statement: &'static str, values: &[Bind<'_>]) -> Result<Vec<Row>, SqlError>;

    /// Runs an `INSERT … VALUES (?, ?, ?)` for each message, and returns whether it wrote a row. A verb of its own,
    /// because it is the one statement that every message pays for.
    fn insert(&self, statement: &'static str, seq: Seq, id: &str, json: &str) -> Result<bool, SqlError>;
}
