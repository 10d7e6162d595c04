//! The object's own SQLite as the store. Every verb is synchronous, hence atomic in its object.

pub mod durable_sql;

use crate::{
    domain::{Access, EpochMs, Message, NewMessage, Seq},
    store::{Admitted, Appended, Loaded, Meta, TAIL_MESSAGES, Unavailable, read_message, to_json},
};

const SCHEMA: [&str; 2] = [include_str!("room.sql"), include_str!("message.sql")];
const VERSION: i64 = 2;
const PUT: &str = "INSERT INTO message (seq, message) VALUES (?, ?)";
const UPGRADE_FROM_1: &str = include_str!("upgrade-from-1.sql");

/// A value on its way into the database or out of it.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// No value.
    Null,
    /// Within ±2^53, since it crosses JavaScript.
    Integer(i64),
    /// UTF-8.
    Text(String),
}

/// A row, column by column.
pub type Row = Vec<SqlValue>;

/// A SQLite database: the object's own, or one in memory in host tests.
pub trait Sql {
    /// Runs one statement that answers nothing, with its values bound in order. Fails with what a log may say.
    fn execute(&self, statement: &str, values: Vec<SqlValue>) -> Result<(), &'static str>;
    /// The same for one that answers with rows.
    fn query(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, &'static str>;
    /// Runs [`PUT`], the statement of every message, with `seq` and `message`. By the general way it takes a tenth more of the
    /// time that a message takes in all.
    fn put(&self, seq: Seq, message: &str) -> Result<(), &'static str>;
}

/// The embedded store of one room.
pub struct Embedded(Box<dyn Sql>);

impl Embedded {
    /// A store in `sql`.
    pub fn new(sql: impl Sql + 'static) -> Self {
        Self(Box::new(sql))
    }

    fn execute(&self, statement: &str, values: Vec<SqlValue>) -> Result<(), Unavailable> {
        self.0.execute(statement, values).map_err(|cause| Unavailable { cause })
    }

    fn query(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, Unavailable> {
        self.0.query(statement, values).map_err(|cause| Unavailable { cause })
    }

    pub(super) fn create(&self, meta: &Meta) -> Result<(), Unavailable> {
        if self.has_room()? {
            return Ok(());
        }
        for statement in SCHEMA {
            self.execute(statement, vec![])?;
        }
        self.execute(
            "INSERT INTO room (v, created_at, ttl_seconds, active_at, seats, access) VALUES (?, ?, ?, ?, ?, ?)",
            vec![
                SqlValue::Integer(VERSION),
                integer(meta.created_at.0),
                integer(meta.ttl_seconds),
                integer(meta.active_at.0),
                seats_column(meta),
                meta.access.as_ref().map_or(SqlValue::Null, |access| SqlValue::Text(access.as_str().to_owned())),
            ],
        )?;
        Ok(())
    }

    /// Asks without writing: a room that was never made has no tables, and must cost nothing.
    fn has_room(&self) -> Result<bool, Unavailable> {
        let tables =
            self.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'room'", vec![])?;
        Ok(!tables.is_empty())
    }

    pub(super) fn load(&self) -> Result<Option<Loaded>, Unavailable> {
        if !self.has_room()? {
            return Ok(None);
        }
        let rooms =
            self.query("SELECT v, created_at, ttl_seconds, active_at, seats, access FROM room", vec![])?;
        let Some(room) = rooms.into_iter().next() else { return Ok(None) };
        if room.first() == Some(&SqlValue::Integer(1)) {
            UPGRADE_FROM_1
                .trim_end()
                .split_inclusive(';')
                .try_for_each(|statement| self.execute(statement, vec![]))?;
        }
        let meta = read_room(room).ok_or(CORRUPT)?;
        let mut tail = self.messages(
            "SELECT seq, message FROM message ORDER BY seq DESC LIMIT ?",
            vec![integer(TAIL_MESSAGES)],
        )?;
        tail.reverse();
        let last_seq = tail.last().map_or(0, |newest| newest.seq);
        Ok(Some(Loaded { meta, last_seq, tail, kept_for_ms: u64::MAX }))
    }

    pub(super) fn admit(&self, meta: &Meta) -> Result<Admitted, Unavailable> {
        if !self.has_room()? {
            return Ok(Admitted::RoomGone);
        }
        self.execute(
            "UPDATE room SET seats = ?, active_at = ?",
            vec![seats_column(meta), integer(meta.active_at.0)],
        )?;
        Ok(Admitted::Done)
    }

    pub(super) fn append(&self, after: Seq, batch: Vec<NewMessage>) -> Result<Appended, Unavailable> {
        let mut stored = Vec::with_capacity(batch.len());
        for (seq, message) in (after + 1..).zip(batch) {
            self.0.put(seq, &to_json(&message)).map_err(|cause| Unavailable { cause })?;
            stored.push(message.at(seq));
        }
        Ok(Appended::Stored(stored))
    }

    pub(super) fn history(&self, after: Seq, limit: u64) -> Result<Vec<Message>, Unavailable> {
        if !self.has_room()? {
            return Ok(vec![]);
        }
        self.messages(
            "SELECT seq, message FROM message WHERE seq > ? ORDER BY seq LIMIT ?",
            vec![integer(after), integer(limit)],
        )
    }

    fn messages(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Message>, Unavailable> {
        let rows = self.query(statement, values)?;
        rows.into_iter().map(|row| read_row(row).ok_or(CORRUPT)).collect()
    }

    /// Leaves no table. The file itself goes with the rest of the object's storage, which the room deletes.
    pub(super) fn destroy(&self) -> Result<(), Unavailable> {
        self.execute("DROP TABLE IF EXISTS message", vec![])?;
        self.execute("DROP TABLE IF EXISTS room", vec![])?;
        Ok(())
    }
}

const CORRUPT: Unavailable = Unavailable { cause: "the database holds what this version cannot read" };

/// Times and places stay far below 2^53.
fn integer(number: u64) -> SqlValue {
    SqlValue::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn seats_column(meta: &Meta) -> SqlValue {
    SqlValue::Text(to_json(&meta.seats))
}

fn read_room(row: Row) -> Option<Meta> {
    let [version, created_at, ttl_seconds, active_at, seats, access] = <[SqlValue; 6]>::try_from(row).ok()?;
    [1, VERSION].map(SqlValue::Integer).contains(&version).then_some(())?;
    Some(Meta {
        created_at: EpochMs(number(created_at)?),
        ttl_seconds: number(ttl_seconds)?,
        active_at: EpochMs(number(active_at)?),
        seats: serde_json::from_str(&string(seats)?).ok()?,
        access: match access {
            SqlValue::Null => None,
            value => Some(Access::parse(&string(value)?)?),
        },
    })
}

fn read_row(row: Row) -> Option<Message> {
    let [seq, message] = <[SqlValue; 2]>::try_from(row).ok()?;
    read_message(&string(message)?, number(seq)?)
}

fn number(value: SqlValue) -> Option<u64> {
    match value {
        SqlValue::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

fn string(value: SqlValue) -> Option<String> {
    match value {
        SqlValue::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// SQLite in memory, in place of the object's own.
    pub(crate) struct InMemory(std::cell::RefCell<rusqlite::Connection>);

    impl InMemory {
        pub(crate) fn new() -> Self {
            Self(rusqlite::Connection::open_in_memory().unwrap().into())
        }
    }

    impl Sql for InMemory {
        fn execute(&self, statement: &str, values: Vec<SqlValue>) -> Result<(), &'static str> {
            self.query(statement, values).map(drop)
        }

        fn query(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, &'static str> {
            let connection = self.0.borrow();
            let mut prepared = connection.prepare(statement).map_err(|_| "prepare")?;
            let columns = prepared.column_count();
            let values = values.into_iter().map(|value| match value {
                SqlValue::Null => rusqlite::types::Value::Null,
                SqlValue::Integer(number) => rusqlite::types::Value::Integer(number),
                SqlValue::Text(text) => rusqlite::types::Value::Text(text),
            });
            let rows = prepared.query_map(rusqlite::params_from_iter(values), |row| {
                (0..columns)
                    .map(|column| {
                        Ok(match row.get::<_, rusqlite::types::Value>(column)? {
                            rusqlite::types::Value::Integer(number) => SqlValue::Integer(number),
                            rusqlite::types::Value::Text(text) => SqlValue::Text(text),
                            _ => SqlValue::Null,
                        })
                    })
                    .collect()
            });
            rows.and_then(Iterator::collect).map_err(|_| "query")
        }

        fn put(&self, seq: Seq, message: &str) -> Result<(), &'static str> {
            self.execute(PUT, vec![integer(seq), SqlValue::Text(message.to_owned())])
        }
    }

    #[test]
    fn asking_for_a_room_that_never_was_writes_nothing() {
        let store = Embedded::new(InMemory::new());

        assert_eq!(store.load(), Ok(None));
        assert_eq!(store.history(0, 10), Ok(vec![]));
        assert_eq!(store.query("SELECT name FROM sqlite_master", vec![]), Ok(vec![]));
    }

    #[test]
    fn rooms_that_this_and_the_last_version_stored_are_opened_and_go_on() {
        for stored in [include_str!("fixture-v1.sql"), include_str!("fixture-v2.sql")] {
            let sql = InMemory::new();
            sql.0.borrow().execute_batch(stored).unwrap();
            let store = Embedded::new(sql);

            for last_seq in 1..=2 {
                let loaded = store.load().unwrap().unwrap();

                assert_eq!((loaded.meta.ttl_seconds, loaded.meta.seats.len()), (600, 1));
                assert_eq!((loaded.last_seq, loaded.tail[0].seq), (last_seq, 1));
                assert_eq!((loaded.tail[0].sender.as_str(), loaded.tail[0].text.as_str()), ("Ann", "hi"));
                assert_eq!(loaded.tail[0].timestamp, EpochMs(1_795_460_002_000));
                store.append(last_seq, vec![crate::store::contract::message("b")]).unwrap();
            }
        }
    }

    #[test]
    fn a_form_of_another_version_is_refused_and_not_misread() {
        let store = Embedded::new(InMemory::new());
        store.create(&crate::store::contract::meta()).unwrap();

        store.execute("UPDATE room SET v = 3", vec![]).unwrap();

        assert_eq!(store.load(), Err(CORRUPT));
    }
}
