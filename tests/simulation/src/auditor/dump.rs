//! The journal as the auditor reads it, with its own SQL statements.

use std::rc::Rc;

use rusqlite::Connection;
use serde_json::Value;

/// A message as it is stored or sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the protocol")]
pub struct Message {
    pub seq: u64,
    pub id: String,
    pub participant: String,
    pub sender: String,
    pub text: String,
    pub timestamp: u64,
}

impl Message {
    /// Parses a message. `seq` is used if the message does not contain its own.
    pub fn read(value: &Value, seq: Option<u64>) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Self {
            seq: seq.or(value["seq"].as_u64())?,
            id: text("id")?,
            participant: text("participantId")?,
            sender: text("sender")?,
            text: text("text")?,
            timestamp: value["timestamp"].as_u64()?,
        })
    }
}

/// A row of `message`.
#[derive(Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The stored JSON.
    pub json: Rc<str>,
    /// The parsed message.
    pub message: Message,
}

/// The row of `room`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns")]
pub struct RoomRow {
    pub created_at: u64,
    pub access: Option<String>,
    pub ttl_seconds: u64,
    pub ends_by: u64,
    pub active_at: u64,
    /// Digests, in the order in which the seats were taken.
    pub seats: Vec<String>,
    /// The `hello` and the `shelf` of each seat.
    pub keys: Vec<(Option<String>, Option<String>)>,
}

/// The content of the journal at one moment.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// The room, while it is open.
    pub room: Option<RoomRow>,
    /// Its messages.
    pub messages: Vec<Rc<MessageRow>>,
    /// Whether there is a tombstone.
    pub has_tombstone: bool,
    /// How many tables there are.
    pub tables: usize,
    /// Why the journal cannot be read, if so.
    pub error: Option<String>,
}

impl Dump {
    /// Reads everything. Reuses the values of `before` that have not changed.
    pub fn read(connection: &Connection, before: Option<&Self>) -> Self {
        Self::try_read(connection, before)
            .unwrap_or_else(|error| Self { error: Some(error.to_string()), ..Self::default() })
    }

    fn try_read(connection: &Connection, before: Option<&Self>) -> rusqlite::Result<Self> {
        let mut tables = connection.prepare_cached("SELECT name FROM sqlite_master WHERE type = 'table'")?;
        let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut dump = Self { tables: names.len(), ..Self::default() };
        let has = |name: &str| names.iter().any(|table| table == name);
        if has("tombstone") {
            let mut count = connection.prepare_cached("SELECT count(*) FROM tombstone")?;
            dump.has_tombstone = count.query_row([], |row| row.get::<_, i64>(0))? > 0;
        }
        if has("room") {
            dump.room = read_room(connection)?;
        }
        if has("message") {
            dump.messages = read_messages(connection, before.map_or(&[], |before| &before.messages))?;
        }
        Ok(dump)
    }

    /// Whether there is an open room.
    pub fn is_room(&self) -> bool {
        self.room.is_some() && !self.has_tombstone
    }

    /// The number of the newest message.
    pub fn last_seq(&self) -> u64 {
        self.messages.last().map_or(0, |message| message.message.seq)
    }

    /// When the room ends.
    pub fn expires_at(&self) -> u64 {
        let Some(room) = &self.room else { return 0 };
        (self.active_at() + room.ttl_seconds * 1000).min(room.ends_by)
    }

    /// The time of the last activity.
    pub fn active_at(&self) -> u64 {
        let newest = self.messages.last().map_or(0, |message| message.message.timestamp);
        self.room.as_ref().map_or(0, |room| room.active_at.max(newest))
    }

    /// The end of its maximum lifetime.
    pub fn ends_by(&self) -> u64 {
        self.room.as_ref().map_or(0, |room| room.ends_by)
    }

    /// The `hello` of each participant, as the protocol has it; `None` in a room that is not encrypted.
    pub fn hellos(&self) -> Option<Value> {
        let room = self.room.as_ref().filter(|room| room.access.is_some())?;
        let hellos = room.keys.iter().map(|(hello, _)| Value::from(hello.clone()));
        let participants = self.participants().into_iter().map(str::to_owned);
        Some(Value::Object(participants.zip(hellos).collect()))
    }

    /// The participants who have a seat.
    pub fn participants(&self) -> Vec<&str> {
        let seats = self.room.iter().flat_map(|room| &room.seats);
        seats.map(|digest| digest.get(..16).unwrap_or_default()).collect()
    }

    /// The message with this sequence number.
    pub fn message(&self, seq: u64) -> Option<&Message> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.messages.get(index).map(|row| &row.message)
    }
}

fn read_room(connection: &Connection) -> rusqlite::Result<Option<RoomRow>> {
    let mut room = connection
        .prepare_cached("SELECT ttl_seconds, ends_by, active_at, seats, created_at, access FROM room")?;
    let mut rows = room.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let seats: Value = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
    let seats: Vec<Value> = seats.as_array().cloned().unwrap_or_default();
    let text = |seat: &Value, key: &str| seat[key].as_str().map(str::to_owned);
    Ok(Some(RoomRow {
        created_at: whole(row, 4)?,
        access: row.get(5)?,
        ttl_seconds: whole(row, 0)?,
        ends_by: whole(row, 1)?,
        active_at: whole(row, 2)?,
        seats: seats.iter().map(|seat| text(seat, "digest").unwrap_or_default()).collect(),
        keys: seats.iter().map(|seat| (text(seat, "hello"), text(seat, "shelf"))).collect(),
    }))
}

fn read_messages(connection: &Connection, known: &[Rc<MessageRow>]) -> rusqlite::Result<Vec<Rc<MessageRow>>> {
    let mut messages = connection.prepare_cached("SELECT seq, id, json FROM message ORDER BY seq")?;
    let mut rows = messages.query([])?;
    let mut read: Vec<Rc<MessageRow>> = Vec::with_capacity(known.len() + 1);
    while let Some(row) = rows.next()? {
        let (seq, json) = (whole(row, 0)?, row.get_ref(2)?.as_str().unwrap_or_default());
        if let Some(same) = known.get(read.len()).filter(|row| row.message.seq == seq && &*row.json == json) {
            read.push(same.clone());
            continue;
        }
        let value: Value = serde_json::from_str(json).unwrap_or_default();
        let message = Message::read(&value, Some(seq))
            .filter(|message| row.get_ref(1).is_ok_and(|id| id.as_str() == Ok(&message.id)));
        let Some(message) = message else { return Err(rusqlite::Error::InvalidQuery) };
        read.push(Rc::new(MessageRow { json: json.into(), message }));
    }
    Ok(read)
}

fn whole(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| number as u64)
}
