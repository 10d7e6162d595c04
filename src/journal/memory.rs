//! A SQLite database in memory, for host tests.

use rusqlite::{Connection, params_from_iter, types::Value};

use super::sql::{Bind, Cell, Row, Sql, SqlError};
use crate::domain::Seq;

/// An in-memory database that is dropped with this value.
pub struct InMemory(Connection);

impl InMemory {
    /// An empty database.
    #[allow(clippy::new_without_default, reason = "`new` opens a database, which a default should not do")]
    pub fn new() -> Self {
        Self(Connection::open_in_memory().unwrap())
    }

    /// Deletes everything, like the platform's `deleteAll`.
    pub fn delete_all(&self) {
        for table in self.tables() {
            self.0.execute(&format!("DROP TABLE {table}"), []).unwrap();
        }
    }

    /// The names of all tables.
    pub fn tables(&self) -> Vec<String> {
        let mut query = self.0.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

fn read_cell(value: Value) -> Cell {
    match value {
        Value::Integer(number) => Cell::Integer(number),
        Value::Text(text) => Cell::Text(text),
        _ => Cell::Null,
    }
}

fn bind(value: &Bind<'_>) -> Value {
    match value {
        Bind::Null => Value::Null,
        Bind::Integer(number) => Value::Integer(*number),
        Bind::Text(text) => Value::Text((*text).to_owned()),
    }
}

impl Sql for InMemory {
    fn run(&self, statement: &'static str, values: &[Bind<'_>]) -> Result<Vec<Row>, SqlError> {
        let failed = |_| SqlError("a statement failed");
        let mut query = self.0.prepare_cached(statement).map_err(failed)?;
        let columns = query.column_count();
        let mut rows = query.query(params_from_iter(values.iter().map(bind))).map_err(failed)?;
        let mut read = vec![];
        while let Some(row) = rows.next().map_err(failed)? {
            let cells = (0..columns).map(|column| row.get(column).map(read_cell));
            read.push(cells.collect::<Result<Row, _>>().map_err(failed)?);
        }
        Ok(read)
    }

    fn insert(&self, statement: &'static str, seq: Seq, id: &str, json: &str) -> Result<bool, SqlError> {
        let inserted = self.0.execute(statement, (seq as i64, id, json));
        inserted.map(|rows| rows > 0).map_err(|_| SqlError("a statement failed"))
    }
}
