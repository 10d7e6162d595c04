//! The object's SQLite, as Cloudflare has it.

use worker::{SqlStorageValue, Storage};

use super::{Row, Sql, SqlValue};

/// The storage of the object that this runs in.
pub struct DurableSql(Storage);

impl DurableSql {
    /// Takes the object's storage.
    pub fn new(storage: Storage) -> Self {
        Self(storage)
    }
}

impl Sql for DurableSql {
    fn run(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, &'static str> {
        let bindings: Vec<SqlStorageValue> = values.into_iter().map(into_js).collect();
        let cursor = self.0.sql().exec(statement, bindings).map_err(|_| "a statement failed")?;
        cursor.raw().map(|row| row.map(read_row).map_err(|_| "a row could not be read")).collect()
    }
}

fn into_js(value: SqlValue) -> SqlStorageValue {
    match value {
        SqlValue::Null => SqlStorageValue::Null,
        SqlValue::Integer(number) => SqlStorageValue::Integer(number),
        SqlValue::Text(text) => SqlStorageValue::String(text),
    }
}

fn read_row(row: Vec<SqlStorageValue>) -> Row {
    row.into_iter()
        .map(|value| match value {
            SqlStorageValue::Integer(number) => SqlValue::Integer(number),
            SqlStorageValue::String(text) => SqlValue::Text(text),
            _ => SqlValue::Null,
        })
        .collect()
}
