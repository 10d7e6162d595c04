//! What a room stores: its record, its messages and, after its end, a tombstone.
//!
//! Every accepted change is written here before any client learns of it. A statement that fails leaves the earlier
//! writes of the same event in place. Therefore every prefix of an event's writes must be a valid room.

#[cfg(test)]
pub mod memory;
mod record;
pub mod sql;

pub use record::{ReplicaRecord, RoomRecord, Seat, Tombstone};
use sql::{Bind, Cell, Row, Sql, SqlError};

use crate::{
    domain::{Message, MessageId, Seq, StoredMessage},
    wire::ApiError,
};

const CREATE_ROOM: &str = include_str!("schema/room.sql");
const CREATE_MESSAGE: &str = include_str!("schema/message.sql");
const CREATE_TOMBSTONE: &str = include_str!("schema/tombstone.sql");

const INSERT_ROOM: &str = "INSERT INTO room VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const UPDATE_ROOM: &str = "UPDATE room SET active_at = ?, seats = ?, replica_behind_since = ?, replica_doubt_at = ?, \
                           replica_kept_until = ?";
const INSERT_MESSAGE: &str = "INSERT INTO message VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING";
const NEWEST: &str = "SELECT seq, json FROM message ORDER BY seq DESC LIMIT 1";
const FIND: &str = "SELECT seq, json FROM message WHERE id = ?";
const PAGE: &str = "SELECT seq, json FROM message WHERE seq > ? ORDER BY seq LIMIT ?";
const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('room', 'tombstone')";

/// Rows that are read at a time for a page. A small number keeps a read close to its limit in bytes.
const ROWS_PER_READ: u64 = 32;

/// Why an operation on the journal failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalError {
    /// A statement failed. Holds a cause that is safe to log.
    Failed(&'static str),
    /// The stored room cannot be read.
    Corrupt,
}

impl From<SqlError> for JournalError {
    fn from(SqlError(cause): SqlError) -> Self {
        Self::Failed(cause)
    }
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Failed(cause) => Self::StoreUnavailable(cause),
            JournalError::Corrupt => Self::StoreUnavailable("the stored room cannot be read"),
        }
    }
}

/// The content of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// No room was created here, or it has been deleted.
    Nothing,
    /// An open room and the sequence number of its newest message. The record's last activity includes that message.
    Room(Box<RoomRecord>, Seq),
    /// A room that has ended.
    Tombstone(Tombstone),
}

/// The journal of one room.
#[derive(Clone, Copy)]
pub struct Journal<'a>(&'a dyn Sql);

impl<'a> Journal<'a> {
    /// The journal in `sql`.
    pub fn new(sql: &'a dyn Sql) -> Self {
        Self(sql)
    }

    /// Reads the record and the newest message, regardless of the length of the history. Writes only if an earlier
    /// [`Self::replace_with_tombstone`] was interrupted: then it completes it.
    pub fn load(self) -> Result<Loaded, JournalError> {
        let tables = self.0.run(TABLES, &[])?;
        let has =
            |name: &str| tables.iter().any(|row| matches!(row.first(), Some(Cell::Text(t)) if t == name));
        if has("tombstone")
            && let Some(row) = self.0.run("SELECT * FROM tombstone", &[])?.first()
        {
            self.drop_room()?;
            return Tombstone::read(row).map(Loaded::Tombstone).ok_or(JournalError::Corrupt);
        }
        if !has("room") {
            return Ok(Loaded::Nothing);
        }
        match self.0.run("SELECT * FROM room", &[])?.first() {
            None => Ok(Loaded::Nothing),
            Some(row) => self.load_room(row),
        }
    }

    fn load_room(self, row: &Row) -> Result<Loaded, JournalError> {
        let mut record = RoomRecord::read(row).ok_or(JournalError::Corrupt)?;
        let newest = self.0.run(NEWEST, &[])?.first().map(read_message).transpose()?;
        let Some(newest) = newest else { return Ok(Loaded::Room(Box::new(record), 0)) };
        let message = newest.read().ok_or(JournalError::Corrupt)?;
        record.lifetime.extend(message.timestamp);
        Ok(Loaded::Room(Box::new(record), newest.seq))
    }

    /// Stores a new room. The record is written last, because the room exists as soon as the record does.
    pub fn create(self, record: &RoomRecord) -> Result<(), JournalError> {
        self.0.run(CREATE_MESSAGE, &[])?;
        self.0.run(CREATE_ROOM, &[])?;
        let seats = record.seats_json();
        let lifetime = &record.lifetime;
        self.0.run(
            INSERT_ROOM,
            &[
                Bind::Integer(lifetime.created_at.0 as i64),
                Bind::Integer(lifetime.ttl_seconds as i64),
                Bind::Integer(lifetime.ends_by.0 as i64),
                Bind::Integer(lifetime.active_at.0 as i64),
                record.access.as_ref().map_or(Bind::Null, |access| Bind::Text(access.as_str())),
                Bind::Text(&seats),
                record::optional_timestamp(record.replica.behind_since),
                record::optional_timestamp(record.replica.unknown_outcome_at),
                Bind::Integer(record.replica.kept_until.0 as i64),
            ],
        )?;
        Ok(())
    }

    /// Stores the parts of a room's record that can change: activity, seats and the replica's state.
    pub fn update(self, record: &RoomRecord) -> Result<(), JournalError> {
        let seats = record.seats_json();
        self.0.run(
            UPDATE_ROOM,
            &[
                Bind::Integer(record.lifetime.active_at.0 as i64),
                Bind::Text(&seats),
                record::optional_timestamp(record.replica.behind_since),
                record::optional_timestamp(record.replica.unknown_outcome_at),
                Bind::Integer(record.replica.kept_until.0 as i64),
            ],
        )?;
        Ok(())
    }

    /// Stores `message` under the number `seq`. Returns the stored form, or `None` if its id is already taken.
    pub fn append(self, seq: Seq, message: &Message) -> Result<Option<StoredMessage>, JournalError> {
        let json = message.to_json();
        let is_new = self.0.insert(INSERT_MESSAGE, seq, message.id.as_str(), &json)?;
        Ok(is_new.then_some(StoredMessage { seq, json }))
    }

    /// Finds a message by its id. Uses the index.
    pub fn find(self, id: &MessageId) -> Result<Option<StoredMessage>, JournalError> {
        self.0.run(FIND, &[Bind::Text(id.as_str())])?.first().map(read_message).transpose()
    }

    /// Reads messages after `after`, in order. Stops after `limit` messages, or after the message that reaches
    /// `max_bytes`.
    pub fn page(self, after: Seq, limit: u64, max_bytes: usize) -> Result<Vec<StoredMessage>, JournalError> {
        let mut page: Vec<StoredMessage> = vec![];
        let mut bytes = 0;
        while (page.len() as u64) < limit && bytes < max_bytes {
            let from = page.last().map_or(after, |message| message.seq);
            let count = ROWS_PER_READ.min(limit - page.len() as u64);
            let rows = self.0.run(PAGE, &[Bind::Integer(from as i64), Bind::Integer(count as i64)])?;
            let is_last = (rows.len() as u64) < count;
            for row in &rows {
                if bytes >= max_bytes {
                    return Ok(page);
                }
                let message = read_message(row)?;
                bytes += message.json.len();
                page.push(message);
            }
            if is_last {
                break;
            }
        }
        Ok(page)
    }

    /// Deletes the room and leaves a tombstone. The tombstone is written first, because the room has ended as soon as
    /// the tombstone exists.
    pub fn replace_with_tombstone(self, tombstone: &Tombstone) -> Result<(), JournalError> {
        self.0.run(CREATE_TOMBSTONE, &[])?;
        self.0.run("INSERT INTO tombstone VALUES (?, ?, ?, ?)", &tombstone.columns())?;
        self.drop_room()
    }

    fn drop_room(self) -> Result<(), JournalError> {
        self.0.run("DROP TABLE IF EXISTS room", &[])?;
        self.0.run("DROP TABLE IF EXISTS message", &[])?;
        Ok(())
    }

    /// Stores the parts of a tombstone that can change.
    pub fn update_tombstone(self, tombstone: &Tombstone) -> Result<(), JournalError> {
        let statement = "UPDATE tombstone SET ended_at = ?, doubt_at = ?, keys_until = ?, confirmed_at = ?";
        self.0.run(statement, &tombstone.columns())?;
        Ok(())
    }
}

fn read_message(row: &Row) -> Result<StoredMessage, JournalError> {
    match row.as_slice() {
        [Cell::Integer(seq), Cell::Text(json)] => Ok(StoredMessage { seq: *seq as Seq, json: json.clone() }),
        _ => Err(JournalError::Corrupt),
    }
}
