//! The object's storage: SQLite in memory, and a snapshot after each event that wrote.
//!
//! A crash restores the newest durable snapshot, or a later one that becomes durable although nothing announced it.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use duet::{
    domain::Seq,
    journal::sql::{Bind, Cell as SqlCell, Row, Sql, SqlError},
};
use rusqlite::{
    Connection, MAIN_DB, ToSql,
    types::{ToSqlOutput, Value, ValueRef},
};

use crate::auditor::Dump;

/// The stored data at one moment.
#[derive(Clone)]
pub struct Snapshot {
    bytes: Rc<Vec<u8>>,
    /// The time for which the alarm is set.
    pub alarm: Option<u64>,
    /// The contents, as the auditor reads them.
    pub dump: Rc<Dump>,
}

/// A fault in the statements of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFault {
    /// Nothing.
    None,
    /// The statement with this number fails, from 0.
    StatementFails(u32),
    /// The object panics after this many writing statements.
    Panic(u32),
}

/// The storage of the object.
pub struct Disk {
    connection: RefCell<Connection>,
    /// All snapshots from the newest durable one to the newest; never empty.
    snapshots: VecDeque<Snapshot>,
    /// The number of the first of them.
    durable: u64,
    fault: Cell<EventFault>,
    statements: Cell<u32>,
    writes: Cell<u32>,
    /// The contents at the moment of the panic.
    at_panic: RefCell<Option<Vec<u8>>>,
}

impl Disk {
    /// An empty storage.
    #[allow(clippy::new_without_default, reason = "a world creates a new one by name")]
    pub fn new() -> Self {
        let mut connection = fresh();
        let dump = Rc::new(Dump::read(&connection, None));
        let bytes = Rc::new(serialized(&mut connection));
        let first = Snapshot { bytes, alarm: None, dump };
        Self {
            connection: RefCell::new(connection),
            snapshots: VecDeque::from([first]),
            durable: 0,
            fault: Cell::new(EventFault::None),
            statements: Cell::new(0),
            writes: Cell::new(0),
            at_panic: RefCell::new(None),
        }
    }

    /// The number of the newest write.
    pub fn newest(&self) -> u64 {
        self.durable + self.snapshots.len() as u64 - 1
    }

    /// The number of the newest write that is durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// The durable contents.
    pub fn durable_dump(&self) -> Rc<Dump> {
        self.snapshots[0].dump.clone()
    }

    /// The contents that the object itself sees.
    pub fn newest_dump(&self) -> Rc<Dump> {
        self.snapshots[self.snapshots.len() - 1].dump.clone()
    }

    /// The time of the alarm, as stored.
    pub fn newest_alarm(&self) -> Option<u64> {
        self.snapshots[self.snapshots.len() - 1].alarm
    }

    /// An event begins.
    pub fn begin(&self, fault: EventFault) {
        self.fault.set(fault);
        self.statements.set(0);
        self.writes.set(0);
        self.at_panic.replace(match fault {
            EventFault::Panic(0) => Some(serialized(&mut self.connection.borrow_mut())),
            _ => None,
        });
    }

    /// Whether the event wrote anything so far.
    pub fn has_written(&self) -> bool {
        self.writes.get() > 0
    }

    /// Erases everything.
    pub fn delete_all(&self) {
        let connection = self.connection.borrow();
        let tables = connection.prepare_cached("SELECT name FROM sqlite_master WHERE type = 'table'");
        let names: Vec<String> = tables
            .and_then(|mut tables| tables.query_map([], |row| row.get(0))?.collect())
            .expect("the tables are listed");
        names.iter().for_each(|name| {
            connection.execute_batch(&format!("DROP TABLE {name}")).expect("a table is dropped");
        });
        self.writes.set(self.writes.get() + 1);
    }

    /// Stores the current contents as the newest write.
    pub fn snapshot(&mut self, alarm: Option<u64>) {
        let before = self.newest_dump();
        let dump = Rc::new(Dump::read(&self.connection.borrow(), Some(&before)));
        let bytes = Rc::new(serialized(&mut self.connection.borrow_mut()));
        self.snapshots.push_back(Snapshot { bytes, alarm, dump });
    }

    /// The object panicked: the contents at that moment become the newest write.
    pub fn snapshot_at_panic(&mut self, alarm: Option<u64>) {
        if let Some(bytes) = self.at_panic.take() {
            restore(&mut self.connection.borrow_mut(), &bytes);
        }
        self.snapshot(alarm);
    }

    /// Makes the next write durable. Returns `false` if it was durable already.
    pub fn make_next_durable(&mut self, up_to: u64) -> bool {
        let is_due = self.durable < up_to && self.snapshots.len() > 1;
        if is_due {
            self.snapshots.pop_front();
            self.durable += 1;
        }
        is_due
    }

    /// Restores write `number`, which is durable from now on. Returns the alarm that was set then.
    pub fn restore_write(&mut self, number: u64) -> Option<u64> {
        let steps = (number.saturating_sub(self.durable) as usize).min(self.snapshots.len() - 1);
        let snapshot = self.snapshots[steps].clone();
        restore(&mut self.connection.borrow_mut(), &snapshot.bytes);
        // The numbers continue, so that an old commit is not mistaken for a new one.
        self.durable = self.newest() + 1;
        let alarm = snapshot.alarm;
        self.snapshots = VecDeque::from([snapshot]);
        alarm
    }

    fn count_statement(&self, statement: &str) -> Result<bool, SqlError> {
        let number = self.statements.get();
        self.statements.set(number + 1);
        if self.fault.get() == EventFault::StatementFails(number) {
            return Err(SqlError("a statement failed"));
        }
        Ok(!statement.starts_with("SELECT"))
    }

    fn count_write(&self) {
        self.writes.set(self.writes.get() + 1);
        if self.fault.get() == EventFault::Panic(self.writes.get()) {
            self.at_panic.replace(Some(serialized(&mut self.connection.borrow_mut())));
        }
    }
}

impl Sql for Disk {
    fn run(&self, statement: &'static str, values: &[Bind<'_>]) -> Result<Vec<Row>, SqlError> {
        let is_write = self.count_statement(statement)?;
        let rows =
            run(&self.connection.borrow(), statement, values).map_err(|_| SqlError("a statement failed"))?;
        if is_write {
            self.count_write();
        }
        Ok(rows)
    }

    fn insert(&self, statement: &'static str, seq: Seq, id: &str, json: &str) -> Result<bool, SqlError> {
        self.count_statement(statement)?;
        let inserted = {
            let connection = self.connection.borrow();
            let insert = connection.prepare_cached(statement);
            insert.and_then(|mut insert| insert.execute((seq as i64, id, json)))
        };
        let is_new = inserted.map_err(|_| SqlError("a statement failed"))? > 0;
        if is_new {
            self.count_write();
        }
        Ok(is_new)
    }
}

struct Bound<'a>(Bind<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Bind::Null => ToSqlOutput::Owned(Value::Null),
            Bind::Integer(number) => ToSqlOutput::Owned(Value::Integer(number)),
            Bind::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

fn run(connection: &Connection, statement: &str, values: &[Bind<'_>]) -> rusqlite::Result<Vec<Row>> {
    let mut prepared = connection.prepare_cached(statement)?;
    let columns = prepared.column_count();
    let values = values.iter().map(|value| Bound(*value));
    let mut rows = prepared.query(rusqlite::params_from_iter(values))?;
    let mut read = vec![];
    while let Some(row) = rows.next()? {
        read.push((0..columns).map(|column| row.get_ref(column).map(cell)).collect::<Result<Row, _>>()?);
    }
    Ok(read)
}

fn cell(value: ValueRef<'_>) -> SqlCell {
    match value {
        ValueRef::Integer(number) => SqlCell::Integer(number),
        ValueRef::Text(text) => SqlCell::Text(String::from_utf8_lossy(text).into_owned()),
        _ => SqlCell::Null,
    }
}

fn serialized(connection: &mut Connection) -> Vec<u8> {
    connection.serialize(MAIN_DB).expect("a database in memory is serialized").to_vec()
}

fn restore(connection: &mut Connection, bytes: &[u8]) {
    connection.flush_prepared_statement_cache();
    if bytes.is_empty() {
        *connection = fresh();
        return;
    }
    connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), false).expect("a snapshot is read");
}

fn fresh() -> Connection {
    let connection = Connection::open_in_memory().expect("SQLite opens in memory");
    connection.execute_batch("PRAGMA page_size = 512").expect("a page size is set");
    connection.set_prepared_statement_cache_capacity(64);
    connection
}
