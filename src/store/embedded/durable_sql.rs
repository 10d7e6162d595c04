//! The object's SQLite, as Cloudflare has it.

use std::cell::OnceCell;

use js_sys::JsString;
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{SqlCursor, SqlStorage, SqlStorageValue, Storage};

use super::{PUT, Row, Sql, SqlValue};
use crate::domain::Seq;

/// The storage of the object that this runs in.
pub struct DurableSql {
    sql: SqlStorage,
    /// The statement of every `put`, as JavaScript has it.
    put: OnceCell<JsString>,
}

impl DurableSql {
    /// Takes the object's storage.
    pub fn new(storage: &Storage) -> Self {
        Self { sql: storage.sql(), put: OnceCell::new() }
    }

    fn run(&self, statement: &str, values: Vec<SqlValue>) -> Result<SqlCursor, &'static str> {
        let bindings: Vec<SqlStorageValue> = values.into_iter().map(into_js).collect();
        self.sql.exec(statement, bindings).map_err(|_| FAILED)
    }
}

const FAILED: &str = "a statement failed";

#[wasm_bindgen]
extern "C" {
    /// The same storage, for a call without lists in between.
    type Putting;

    #[wasm_bindgen(method, catch, js_name = exec)]
    fn put(this: &Putting, statement: &JsString, seq: f64, message: &str) -> Result<JsValue, JsValue>;
}

impl Sql for DurableSql {
    fn execute(&self, statement: &str, values: Vec<SqlValue>) -> Result<(), &'static str> {
        self.run(statement, values).map(drop)
    }

    fn query(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, &'static str> {
        let rows = self.run(statement, values)?.raw();
        rows.map(|row| row.map(read_row).map_err(|_| "a row could not be read")).collect()
    }

    fn put(&self, seq: Seq, message: &str) -> Result<(), &'static str> {
        let statement = self.put.get_or_init(|| PUT.into());
        let sql: &JsValue = self.sql.as_ref();
        sql.unchecked_ref::<Putting>().put(statement, seq as f64, message).map(drop).map_err(|_| FAILED)
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
