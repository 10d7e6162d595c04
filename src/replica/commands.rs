//! Requests to Upstash's REST API.
//!
//! Keys: the hash `meta:<roomId>` and the list `messages:<roomId>`, in which a message's place is its sequence number.
//! Forms (Upstash's REST documentation): `POST /` with one command, `POST /multi-exec` with several that run together.

use serde::Serialize;

use crate::{
    domain::{EpochMs, RoomId, Seq, StoredMessage},
    journal::RoomRecord,
};

/// The version of what stands in Redis.
const VERSION: &str = "1";

/// One HTTP request.
#[derive(Clone, PartialEq, Eq)]
pub struct RestRequest {
    /// The path behind the database's address.
    pub path: &'static str,
    /// The JSON body.
    pub body: String,
}

/// Hides the body, which holds keys and texts.
impl std::fmt::Debug for RestRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RestRequest({}, {} bytes)", self.path, self.body.len())
    }
}

/// What a command must answer for the database to be in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Any result.
    Anything,
    /// This number.
    Number(u64),
}

/// Commands that go out together, and what each of them must answer.
pub(super) struct Batch {
    commands: Vec<Vec<String>>,
    /// One for each command.
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

    /// The request: a single command by itself, several as a transaction.
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

    /// Writes every field of `meta`.
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

    /// Appends messages behind `after`. `RPUSHX` never makes a key, so only the first message uses `RPUSH`.
    pub(super) fn append(&self, batch: &mut Batch, after: Seq, messages: &[StoredMessage]) {
        let verb = if after == 0 { "RPUSH" } else { "RPUSHX" };
        let mut push = words![verb, self.messages];
        push.extend(messages.iter().map(|message| message.json.clone()));
        batch.push(push, Expected::Number(after + messages.len() as u64));
    }

    /// Renews the time to live of both keys, or of `meta` alone while there are no messages.
    pub(super) fn renew(&self, batch: &mut Batch, ttl_ms: u64, has_messages: bool) {
        if has_messages {
            self.renew_messages(batch, ttl_ms);
        }
        batch.push(words!["PEXPIRE", self.meta, ttl_ms], Expected::Number(1));
    }

    /// Renews the time to live of the messages.
    pub(super) fn renew_messages(&self, batch: &mut Batch, ttl_ms: u64) {
        batch.push(words!["PEXPIRE", self.messages, ttl_ms], Expected::Number(1));
    }

    /// Removes both keys.
    pub(super) fn delete(&self, batch: &mut Batch) {
        batch.push(words!["DEL", self.meta, self.messages], Expected::Anything);
    }

    /// Asks how many messages there are.
    pub(super) fn count(&self, batch: &mut Batch, expected: Seq) {
        batch.push(words!["LLEN", self.messages], Expected::Number(expected));
    }
}

/// How long Redis keeps the keys: twice the room's life, but not past its longest life plus a minute.
pub(super) fn keys_ttl_ms(record: &RoomRecord, now: EpochMs) -> u64 {
    let lifetime = &record.lifetime;
    let twice = lifetime.ttl_seconds.saturating_mul(2 * 1000);
    twice.min(lifetime.ends_by.plus_seconds(60).ms_since(now)).max(1)
}

/// Whether the keys' time to live has to be renewed with an activity at `now`.
pub(super) fn is_renewal_due(record: &RoomRecord, now: EpochMs) -> bool {
    let left_ms = record.replica.kept_until.ms_since(now);
    let low_ms = record.lifetime.ttl_seconds.saturating_mul(1200);
    left_ms < low_ms && record.replica.kept_until < record.lifetime.ends_by.plus_seconds(60)
}

/// Strings, and lists of strings, always have a JSON form.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
