//! Requests to Upstash's REST API.
//!
//! Keys: the hash `meta:<roomId>` and the list `messages:<roomId>`. A message's position in the list is its sequence
//! number, counted from 1. Upstash's REST documentation defines the forms: `POST /` runs one command, `POST
//! /multi-exec` runs several as a transaction.

use serde::Serialize;

use crate::{
    domain::{EpochMs, RoomId, Seq, StoredMessage},
    journal::RoomRecord,
};

/// The version of the format in Redis.
const VERSION: &str = "1";

/// One HTTP request.
#[derive(Clone, PartialEq, Eq)]
pub struct RestRequest {
    /// The path to append to the database's URL.
    pub path: &'static str,
    /// The JSON body.
    pub body: String,
}

/// Does not print the body, which contains keys and texts.
impl std::fmt::Debug for RestRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RestRequest({}, {} bytes)", self.path, self.body.len())
    }
}

/// The result that a command must return if the database matches the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Any result.
    Anything,
    /// This number.
    Number(u64),
}

/// Commands that are sent together, and the expected result of each.
pub(super) struct Batch {
    commands: Vec<Vec<String>>,
    /// One per command.
    pub(super) expected: Vec<Expected>,
}

macro_rules! words {
    ($($word:expr),+ $(,)?) => { vec![$($word.to_string()),+] };
}

impl Batch {
    pub(super) fn new() -> Self {
        Self { commands: vec![], expected: vec![] }
    }

    fn push(&mut self, command: Vec<String>, expected: Expected) {
        self.commands.push(command);
        self.expected.push(expected);
    }

    /// The request: a single command as such, several as a transaction.
    pub(super) fn request(&self) -> RestRequest {
        match self.commands.as_slice() {
            [single] => RestRequest { path: "/", body: to_json(single) },
            several => RestRequest { path: "/multi-exec", body: to_json(&several) },
        }
    }
}

/// The two keys of a room, and the commands on them.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    meta: String,
    messages: String,
}

impl Keys {
    pub(super) fn of(room: &RoomId) -> Self {
        Self { meta: format!("meta:{}", room.as_str()), messages: format!("messages:{}", room.as_str()) }
    }

    /// Adds the command that writes every field of `meta`.
    pub(super) fn write_meta(&self, batch: &mut Batch, record: &RoomRecord, ttl_ms: u64) {
        let lifetime = &record.lifetime;
        let digests: Vec<&str> = record.seats.iter().map(|seat| seat.digest.as_str()).collect();
        let mut hash = words!["HSET", self.meta, "v", VERSION, "createdAt", lifetime.created_at.0];
        hash.extend(words!["ttlSeconds", lifetime.ttl_seconds, "activeAt", lifetime.active_at.0]);
        hash.extend(words!["connected", to_json(&digests)]);
        if let Some(access) = &record.access {
            hash.extend(words!["access", access.as_str()]);
        }
        batch.push(hash, Expected::Anything);
        batch.push(words!["PEXPIRE", self.meta, ttl_ms], Expected::Number(1));
    }

    /// Adds the commands that append messages after `after`. Only the first message uses `RPUSH`; `RPUSHX` does not
    /// create a key, so a late request cannot bring a deleted room back.
    pub(super) fn append(&self, batch: &mut Batch, after: Seq, messages: &[StoredMessage]) {
        let verb = if after == 0 { "RPUSH" } else { "RPUSHX" };
        let mut push = words![verb, self.messages];
        push.extend(messages.iter().map(|message| message.json.clone()));
        batch.push(push, Expected::Number(after + messages.len() as u64));
    }

    /// Adds the commands that renew the time to live of both keys, or of `meta` alone if there are no messages.
    pub(super) fn renew(&self, batch: &mut Batch, ttl_ms: u64, has_messages: bool) {
        if has_messages {
            self.renew_messages(batch, ttl_ms);
        }
        batch.push(words!["PEXPIRE", self.meta, ttl_ms], Expected::Number(1));
    }

    /// Adds the command that renews the time to live of the messages.
    pub(super) fn renew_messages(&self, batch: &mut Batch, ttl_ms: u64) {
        batch.push(words!["PEXPIRE", self.messages, ttl_ms], Expected::Number(1));
    }

    /// Adds the command that deletes both keys.
    pub(super) fn delete(&self, batch: &mut Batch) {
        batch.push(words!["DEL", self.meta, self.messages], Expected::Anything);
    }

    /// Adds the command that counts the messages.
    pub(super) fn count(&self, batch: &mut Batch, expected: Seq) {
        batch.push(words!["LLEN", self.messages], Expected::Number(expected));
    }
}

/// Time to live of the keys in milliseconds: twice the room's, but at most a minute past the room's latest end.
pub(super) fn keys_ttl_ms(record: &RoomRecord, now: EpochMs) -> u64 {
    let lifetime = &record.lifetime;
    let twice = lifetime.ttl_seconds.saturating_mul(2 * 1000);
    twice.min(lifetime.ends_by.plus_seconds(60).ms_since(now)).max(1)
}

/// Whether an activity at `now` has to renew the keys' time to live.
pub(super) fn is_renewal_due(record: &RoomRecord, now: EpochMs) -> bool {
    let left_ms = record.replica.kept_until.ms_since(now);
    let low_ms = record.lifetime.ttl_seconds.saturating_mul(1200);
    left_ms < low_ms && record.replica.kept_until < record.lifetime.ends_by.plus_seconds(60)
}

/// Serialising strings and lists of strings cannot fail.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
