//! The object's storage: a synchronous SQLite database and the alarm.

use std::cell::OnceCell;

use js_sys::{Array, Date, JsString, Object, Promise};
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{
    State,
    wasm_bindgen_futures::{JsFuture, spawn_local},
    worker_sys::{DurableObjectStorage, SqlStorage},
};

use super::log;
use crate::{
    domain::{EpochMs, Seq},
    journal::sql::{Bind, Cell, Row, Sql, SqlError},
    room::StorageEffect,
};

const FAILED: SqlError = SqlError("a statement failed");
const UNREADABLE: SqlError = SqlError("a row could not be read");

/// The storage of the object that this code runs in.
pub struct ObjectStorage {
    storage: DurableObjectStorage,
    sql: SqlStorage,
    /// The statement that stores a message, cached as a JavaScript string.
    insert: OnceCell<JsString>,
}

#[wasm_bindgen]
extern "C" {
    /// `SqlStorage` without a list of values: the general call takes a tenth of a message's time.
    type Inserting;

    #[wasm_bindgen(method, catch, js_name = exec)]
    fn insert(
        this: &Inserting,
        statement: &JsString,
        seq: f64,
        id: &str,
        json: &str,
    ) -> Result<Written, JsValue>;

    /// The cursor of a writing statement.
    type Written;

    #[wasm_bindgen(method, getter, js_name = rowsWritten)]
    fn rows_written(this: &Written) -> f64;

    /// The cursor of a reading statement. `worker` does not catch exceptions in its cursor methods, and an exception
    /// that passes through Rust frames breaks the object.
    type Cursor;

    #[wasm_bindgen(method, catch)]
    fn raw(this: &Cursor) -> Result<JsValue, JsValue>;
}

impl ObjectStorage {
    /// Takes the object's storage. Fails if the platform does not provide one.
    pub fn new(state: &State) -> Result<Self, JsValue> {
        let storage = state.as_raw().storage()?;
        Ok(Self { sql: storage.sql(), storage, insert: OnceCell::new() })
    }

    /// Starts a storage operation. The platform holds back everything that leaves the object later until it is durable.
    pub fn apply(&self, effect: StorageEffect) {
        log_failure(match effect {
            StorageEffect::SetAlarm(at) => self.set_alarm(at),
            // Deletes the alarm, too, since compatibility date 2026-02-24.
            StorageEffect::DeleteAll => self.storage.delete_all(),
        });
    }

    fn set_alarm(&self, at: EpochMs) -> Result<Promise, JsValue> {
        self.storage.set_alarm(Date::new(&JsValue::from_f64(at.0 as f64)), Object::new())
    }
}

fn log_failure(started: Result<Promise, JsValue>) {
    spawn_local(async {
        let is_done = match started {
            Ok(promise) => JsFuture::from(promise).await.is_ok(),
            Err(_) => false,
        };
        if !is_done {
            log::trouble("storage-failed", "an alarm or a deletion failed");
        }
    });
}

impl Sql for ObjectStorage {
    fn run(&self, statement: &'static str, values: &[Bind<'_>]) -> Result<Vec<Row>, SqlError> {
        let values: Array = values.iter().map(to_js).collect();
        let cursor = self.sql.exec(statement, values).map_err(|_| FAILED)?;
        let rows = cursor.unchecked_ref::<Cursor>().raw().map_err(|_| UNREADABLE)?;
        let rows = js_sys::try_iter(&rows).map_err(|_| UNREADABLE)?.ok_or(UNREADABLE)?;
        rows.map(|row| row.map(|row| read_row(&row)).map_err(|_| UNREADABLE)).collect()
    }

    fn insert(&self, statement: &'static str, seq: Seq, id: &str, json: &str) -> Result<bool, SqlError> {
        let statement = self.insert.get_or_init(|| statement.into());
        let sql = self.sql.unchecked_ref::<Inserting>();
        let written = sql.insert(statement, seq as f64, id, json).map_err(|_| FAILED)?;
        Ok(written.rows_written() > 0.0)
    }
}

fn to_js(value: &Bind<'_>) -> JsValue {
    match value {
        Bind::Null => JsValue::NULL,
        Bind::Integer(number) => JsValue::from_f64(*number as f64),
        Bind::Text(text) => JsValue::from_str(text),
    }
}

fn read_row(row: &JsValue) -> Row {
    let columns: &Array = row.unchecked_ref();
    columns.iter().map(|value| read_cell(&value)).collect()
}

fn read_cell(value: &JsValue) -> Cell {
    match (value.as_f64(), value.as_string()) {
        (Some(number), _) => Cell::Integer(number as i64),
        (_, Some(text)) => Cell::Text(text),
        _ => Cell::Null,
    }
}
