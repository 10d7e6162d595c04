//! The object's own SQLite as the store. Every verb is synchronous, hence atomic in its object.

pub mod durable_sql;

use crate::{
    domain::{Access, EpochMs, Message, MessageId, MessageText, NewMessage, ParticipantId, SenderName, Seq},
    store::{Admitted, Appended, Loaded, Meta, TAIL_MESSAGES, Unavailable},
};

const SCHEMA: [&str; 2] = [include_str!("room.sql"), include_str!("message.sql")];
const VERSION: i64 = 1;

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
    /// Runs one statement, with its values bound in order. Fails with what a log may say.
    fn run(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, &'static str>;
}

/// The embedded store of one room.
pub struct Embedded(Box<dyn Sql>);

impl Embedded {
    /// A store in `sql`.
    pub fn new(sql: impl Sql + 'static) -> Self {
        Self(Box::new(sql))
    }

    fn run(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, Unavailable> {
        self.0.run(statement, values).map_err(|cause| Unavailable { cause })
    }

    pub(super) fn create(&self, meta: &Meta) -> Result<(), Unavailable> {
        if self.has_room()? {
            return Ok(());
        }
        for statement in SCHEMA {
            self.run(statement, vec![])?;
        }
        self.run(
            "INSERT INTO room (v, created_at, ttl_seconds, active_at, seats, access) VALUES (?, ?, ?, ?, ?, ?)",
            vec![
                SqlValue::Integer(VERSION),
                integer(meta.created_at.0),
                integer(meta.ttl_seconds),
                integer(meta.active_at.0),
                seats_column(meta),
                meta.access.as_ref().map_or(SqlValue::Null, |access| text(access.as_str())),
            ],
        )?;
        Ok(())
    }

    /// Asks without writing: a room that was never made has no tables, and must cost nothing.
    fn has_room(&self) -> Result<bool, Unavailable> {
        let tables =
            self.run("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'room'", vec![])?;
        Ok(!tables.is_empty())
    }

    pub(super) fn load(&self) -> Result<Option<Loaded>, Unavailable> {
        if !self.has_room()? {
            return Ok(None);
        }
        let rooms =
            self.run("SELECT v, created_at, ttl_seconds, active_at, seats, access FROM room", vec![])?;
        let Some(room) = rooms.into_iter().next() else { return Ok(None) };
        let meta = read_room(room).ok_or(CORRUPT)?;
        let mut tail = self.messages(
            "SELECT seq, id, participant_id, sender, text, timestamp FROM message ORDER BY seq DESC LIMIT ?",
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
        self.run(
            "UPDATE room SET seats = ?, active_at = ?",
            vec![seats_column(meta), integer(meta.active_at.0)],
        )?;
        Ok(Admitted::Done)
    }

    pub(super) fn append(&self, after: Seq, batch: Vec<NewMessage>) -> Result<Appended, Unavailable> {
        let stored: Vec<Message> = (after + 1..).zip(batch).map(|(seq, message)| message.at(seq)).collect();
        for message in &stored {
            self.run(
                "INSERT INTO message (seq, id, participant_id, sender, text, timestamp) VALUES (?, ?, ?, ?, ?, ?)",
                vec![
                    integer(message.seq),
                    text(message.id.as_str()),
                    text(message.participant_id.as_str()),
                    text(message.sender.as_str()),
                    text(message.text.as_str()),
                    integer(message.timestamp.0),
                ],
            )?;
        }
        Ok(Appended::Stored(stored))
    }

    pub(super) fn history(&self, after: Seq, limit: u64) -> Result<Vec<Message>, Unavailable> {
        if !self.has_room()? {
            return Ok(vec![]);
        }
        self.messages(
            "SELECT seq, id, participant_id, sender, text, timestamp FROM message WHERE seq > ? ORDER BY seq LIMIT ?",
            vec![integer(after), integer(limit)],
        )
    }

    fn messages(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Message>, Unavailable> {
        let rows = self.run(statement, values)?;
        rows.into_iter().map(|row| read_message(row).ok_or(CORRUPT)).collect()
    }

    /// Leaves no table. The file itself goes with the rest of the object's storage, which the room deletes.
    pub(super) fn destroy(&self) -> Result<(), Unavailable> {
        self.run("DROP TABLE IF EXISTS message", vec![])?;
        self.run("DROP TABLE IF EXISTS room", vec![])?;
        Ok(())
    }
}

const CORRUPT: Unavailable = Unavailable { cause: "the database holds what this version cannot read" };

/// Times and places stay far below 2^53.
fn integer(number: u64) -> SqlValue {
    SqlValue::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn text(raw: &str) -> SqlValue {
    SqlValue::Text(raw.to_owned())
}

fn seats_column(meta: &Meta) -> SqlValue {
    SqlValue::Text(serde_json::to_string(&meta.seats).unwrap_or_default())
}

fn read_room(row: Row) -> Option<Meta> {
    let [version, created_at, ttl_seconds, active_at, seats, access] = <[SqlValue; 6]>::try_from(row).ok()?;
    (version == SqlValue::Integer(VERSION)).then_some(())?;
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

fn read_message(row: Row) -> Option<Message> {
    let [seq, id, participant_id, sender, text, timestamp] = <[SqlValue; 6]>::try_from(row).ok()?;
    Some(Message {
        seq: number(seq)?,
        id: MessageId::parse(&string(id)?)?,
        participant_id: ParticipantId::parse(&string(participant_id)?)?,
        sender: SenderName::parse(string(sender)?).ok()?,
        text: MessageText::parse(string(text)?).ok()?,
        timestamp: EpochMs(number(timestamp)?),
    })
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
        fn run(&self, statement: &str, values: Vec<SqlValue>) -> Result<Vec<Row>, &'static str> {
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
    }

    #[test]
    fn asking_for_a_room_that_never_was_writes_nothing() {
        let store = Embedded::new(InMemory::new());

        assert_eq!(store.load(), Ok(None));
        assert_eq!(store.history(0, 10), Ok(vec![]));
        assert_eq!(store.run("SELECT name FROM sqlite_master", vec![]), Ok(vec![]));
    }

    #[test]
    fn a_room_that_version_1_stored_is_opened() {
        let sql = InMemory::new();
        sql.0.borrow().execute_batch(include_str!("fixture-v1.sql")).unwrap();

        let loaded = Embedded::new(sql).load().unwrap().unwrap();

        assert_eq!((loaded.meta.ttl_seconds, loaded.meta.seats.len(), loaded.last_seq), (600, 1, 1));
        assert_eq!(loaded.tail[0].text.as_str(), "hi");
    }

    #[test]
    fn a_form_of_another_version_is_refused_and_not_misread() {
        let store = Embedded::new(InMemory::new());
        store.create(&crate::store::contract::meta()).unwrap();

        store.run("UPDATE room SET v = 2", vec![]).unwrap();

        assert_eq!(store.load(), Err(CORRUPT));
    }
}
