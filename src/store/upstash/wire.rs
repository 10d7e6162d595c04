//! What is asked of the REST API and what its answers mean. Nothing is sent from here.
//!
//! Keys: the hash `meta:<roomId>` and the list `messages:<roomId>`, in which the place of a message is its number.
//! Answers (Upstash's REST documentation): 200 with `{"result":…}`, or an array of these for several commands; 400 with
//! `{"error":…}` for what was not run; anything else is not documented, and so says nothing about the outcome.

use std::collections::BTreeMap;

use serde_json::Value;

use super::RestReply;
use crate::{
    domain::{Access, EpochMs, Message, NewMessage, RoomId, SeatDigest, Seq},
    store::{Loaded, Meta, TAIL_MESSAGES, read_message, to_json},
};

const VERSION: &str = "1";

/// Why there is no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It may or may not have been done.
    Unknown,
    /// It was not done, and asking again would not help. Says why, without the server's own words.
    Refused(&'static str),
}

const CORRUPT: Fault = Fault::Refused("the database holds what this version cannot read");

/// One request: where to and what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) path: &'static str,
    pub(super) body: String,
}

impl Command {
    fn single(words: Vec<String>) -> Self {
        Self { path: "/", body: to_json(&words) }
    }

    /// Several commands that run together or not at all.
    fn atomic(commands: Vec<Vec<String>>) -> Self {
        Self { path: "/multi-exec", body: to_json(&commands) }
    }
}

macro_rules! words {
    ($($word:expr),+ $(,)?) => { vec![$($word.to_string()),+] };
}

/// The two keys of a room.
pub(super) struct Keys {
    meta: String,
    messages: String,
}

impl Keys {
    pub(super) fn of(room: &RoomId) -> Self {
        Self { meta: format!("meta:{}", room.as_str()), messages: format!("messages:{}", room.as_str()) }
    }

    pub(super) fn create(&self, meta: &Meta, keep_ms: u64) -> Command {
        let mut hash = words!["HSET", self.meta, "v", VERSION, "createdAt", meta.created_at.0];
        hash.extend(words!["ttlSeconds", meta.ttl_seconds, "activeAt", meta.active_at.0]);
        hash.extend(words!["connected", to_json(&meta.seats)]);
        if let Some(access) = &meta.access {
            hash.extend(words!["access", access.as_str()]);
        }
        Command::atomic(vec![hash, words!["PEXPIRE", self.meta, keep_ms]])
    }

    pub(super) fn load(&self) -> Command {
        Command::atomic(vec![
            words!["HGETALL", self.meta],
            words!["LLEN", self.messages],
            words!["LRANGE", self.messages, -(TAIL_MESSAGES as i64), -1],
            words!["PTTL", self.meta],
        ])
    }

    /// Each seat has a field of its own, which is written once: a request that comes late changes no seat. `connected` holds all
    /// of them, as rooms had before.
    pub(super) fn admit(&self, meta: &Meta, keep_ms: u64) -> Command {
        let newest = meta.seats.last().map_or("", SeatDigest::as_str);
        Command::atomic(vec![
            words!["HSETNX", self.meta, seat_field(meta.seats.len()), newest],
            words!["HSET", self.meta, "connected", to_json(&meta.seats), "activeAt", meta.active_at.0],
            words!["PEXPIRE", self.meta, keep_ms],
            words!["PEXPIRE", self.messages, keep_ms],
        ])
    }

    /// RPUSHX never makes a key, so a room that is gone stays gone; only the first message has to make the list.
    pub(super) fn append(&self, seen: Seq, batch: &[NewMessage], keep_ms: Option<u64>) -> Command {
        let verb = if seen == 0 { "RPUSH" } else { "RPUSHX" };
        let mut push = words![verb, self.messages];
        push.extend(batch.iter().map(to_json));
        match keep_ms {
            Some(keep_ms) => Command::atomic(vec![
                push,
                words!["PEXPIRE", self.messages, keep_ms],
                words!["PEXPIRE", self.meta, keep_ms],
            ]),
            None => Command::single(push),
        }
    }

    pub(super) fn history(&self, after: Seq, limit: u64) -> Command {
        Command::single(words!["LRANGE", self.messages, after, after + limit - 1])
    }

    pub(super) fn destroy(&self) -> Command {
        Command::single(words!["DEL", self.meta, self.messages])
    }
}

/// The field of a seat; the first is `seat1`.
fn seat_field(number: usize) -> String {
    format!("seat{number}")
}

/// Tells what was not run from what nobody knows.
fn checked(reply: &RestReply) -> Result<Value, Fault> {
    match reply.status {
        200 => serde_json::from_str(&reply.body).map_err(|_| Fault::Unknown),
        400 => Err(Fault::Refused("the database refused the command (400)")),
        401 => Err(Fault::Refused("the database refused the token (401)")),
        403..=405 => Err(Fault::Refused("the address is not that of an Upstash database (403, 404 or 405)")),
        _ => Err(Fault::Unknown),
    }
}

/// What each command of the request answered.
fn results(reply: &RestReply) -> Result<Vec<Value>, Fault> {
    let answers = match checked(reply)? {
        Value::Array(answers) => answers,
        answer => vec![answer],
    };
    answers.into_iter().map(result).collect()
}

fn result(mut answer: Value) -> Result<Value, Fault> {
    match answer.as_object_mut() {
        Some(fields) if fields.contains_key("error") => Err(Fault::Refused("the database refused a command")),
        Some(fields) => fields.remove("result").ok_or(Fault::Unknown),
        None => Err(Fault::Unknown),
    }
}

pub(super) fn read_done(reply: &RestReply) -> Result<(), Fault> {
    results(reply).map(|_| ())
}

/// How a seat was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeatWritten {
    /// It is this one's.
    Now,
    /// An earlier request was first: this one's own, tried before, or another that came late.
    Before,
    /// There was no room, and what was written is half of one.
    RoomGone,
}

/// `HSET` counts the fields it made anew: any means that the hash was not there.
pub(super) fn read_seat(reply: &RestReply) -> Result<SeatWritten, Fault> {
    let results = results(reply)?;
    let number = |place: usize| results.get(place).and_then(Value::as_u64).ok_or(Fault::Unknown);
    Ok(match (number(1)?, number(0)?) {
        (0, 0) => SeatWritten::Before,
        (0, _) => SeatWritten::Now,
        _ => SeatWritten::RoomGone,
    })
}

/// The length of the list after a push; 0 when the room is gone. Where the keys' lives were prolonged too, `meta` is last.
pub(super) fn read_length(reply: &RestReply) -> Result<Seq, Fault> {
    let results = results(reply)?;
    let is_meta_gone = results.len() > 1 && results.last().and_then(Value::as_u64) == Some(0);
    let length = results.first().and_then(place).ok_or(Fault::Unknown)?;
    Ok(if is_meta_gone { 0 } else { length })
}

/// A list's length. Redis has none longer than 2^32 - 1; whatever says more is no Redis, and nothing is counted from it.
fn place(length: &Value) -> Option<Seq> {
    length.as_u64().filter(|length| *length <= u64::from(u32::MAX))
}

pub(super) fn read_history(reply: &RestReply, after: Seq) -> Result<Vec<Message>, Fault> {
    let list = results(reply)?.into_iter().next().ok_or(Fault::Unknown)?;
    read_messages(list, after)
}

fn read_messages(list: Value, after: Seq) -> Result<Vec<Message>, Fault> {
    let Value::Array(elements) = list else { return Err(Fault::Unknown) };
    let read = |(seq, element): (Seq, Value)| {
        element.as_str().and_then(|stored| read_message(stored, seq)).ok_or(CORRUPT)
    };
    (after + 1..).zip(elements).map(read).collect()
}

/// What was found where a room may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is there.
    Room(Box<Loaded>),
    /// What late writes left of a room that had ended.
    Remains,
    /// There is nothing.
    Nothing,
}

pub(super) fn read_found(reply: &RestReply) -> Result<Found, Fault> {
    let [hash, length, tail, kept] = <[Value; 4]>::try_from(results(reply)?).map_err(|_| Fault::Unknown)?;
    let fields = read_hash(hash).ok_or(Fault::Unknown)?;
    let last_seq = place(&length).ok_or(Fault::Unknown)?;
    if !fields.contains_key("createdAt") {
        return Ok(if fields.is_empty() && last_seq == 0 { Found::Nothing } else { Found::Remains });
    }
    let meta = read_meta(&fields).ok_or(CORRUPT)?;
    let tail_length = tail.as_array().map_or(0, Vec::len) as Seq;
    let tail = read_messages(tail, last_seq.saturating_sub(tail_length))?;
    Ok(Found::Room(Box::new(Loaded { meta, last_seq, tail, kept_for_ms: kept.as_u64().unwrap_or(0) })))
}

/// `HGETALL` answers field, value, field, value.
fn read_hash(hash: Value) -> Option<BTreeMap<String, String>> {
    let words: Vec<String> = serde_json::from_value(hash).ok()?;
    let mut words = words.into_iter();
    Some(std::iter::from_fn(|| Some((words.next()?, words.next()?))).collect())
}

fn read_meta(fields: &BTreeMap<String, String>) -> Option<Meta> {
    (fields.get("v")? == VERSION).then_some(())?;
    Some(Meta {
        created_at: EpochMs(fields.get("createdAt")?.parse().ok()?),
        ttl_seconds: fields.get("ttlSeconds")?.parse().ok()?,
        active_at: EpochMs(fields.get("activeAt")?.parse().ok()?),
        seats: read_seats(fields)?,
        access: match fields.get("access") {
            None => None,
            Some(access) => Some(Access::parse(access)?),
        },
    })
}

/// A seat without a field of its own was taken when there was only `connected`.
fn read_seats(fields: &BTreeMap<String, String>) -> Option<Vec<SeatDigest>> {
    let connected: Vec<SeatDigest> = serde_json::from_str(fields.get("connected")?).ok()?;
    let mut seats = vec![];
    loop {
        let seat = match fields.get(&seat_field(seats.len() + 1)) {
            Some(raw) => SeatDigest::parse(raw)?,
            None => match connected.get(seats.len()) {
                Some(seat) => seat.clone(),
                None => return Some(seats),
            },
        };
        seats.push(seat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{message, meta};

    fn keys() -> Keys {
        Keys::of(&RoomId::parse("rrrrrrrrrrrrrrrrrrrrr").unwrap())
    }

    fn reply(status: u16, body: &str) -> RestReply {
        RestReply { status, body: body.into(), sync_token: None }
    }

    #[test]
    fn every_message_after_the_first_is_one_plain_command() {
        let command = keys().append(1, &[message("b"), message("c")], None);

        let words: Vec<String> = serde_json::from_str(&command.body).unwrap();
        assert_eq!((command.path, words.len()), ("/", 4));
        assert_eq!(words[..2], ["RPUSHX", "messages:rrrrrrrrrrrrrrrrrrrrr"]);
    }

    #[test]
    fn the_first_message_makes_its_key_with_an_end() {
        let command = keys().append(0, &[message("a")], Some(7_000));

        let commands: Vec<Vec<String>> = serde_json::from_str(&command.body).unwrap();
        assert_eq!(command.path, "/multi-exec");
        assert_eq!(commands[0][0], "RPUSH");
        assert_eq!(commands[1], ["PEXPIRE", "messages:rrrrrrrrrrrrrrrrrrrrr", "7000"]);
        assert_eq!(commands[2], ["PEXPIRE", "meta:rrrrrrrrrrrrrrrrrrrrr", "7000"]);
    }

    #[test]
    fn a_room_is_made_in_one_step_with_its_end() {
        let command = keys().create(&meta(), 9_000);

        let commands: Vec<Vec<String>> = serde_json::from_str(&command.body).unwrap();
        assert_eq!(command.path, "/multi-exec");
        assert_eq!(commands[1], ["PEXPIRE", "meta:rrrrrrrrrrrrrrrrrrrrr", "9000"]);
    }

    #[test]
    fn what_is_not_a_documented_answer_says_nothing_about_the_outcome() {
        for (status, body) in
            [(200, "<html>"), (200, ""), (200, "{}"), (200, "[]"), (429, "{}"), (500, "{}"), (502, "<html>")]
        {
            assert_eq!(read_length(&reply(status, body)), Err(Fault::Unknown), "{status} {body}");
        }
    }

    #[test]
    fn a_refused_command_is_known_not_to_have_run() {
        for (status, body) in [
            (400, r#"{"error":"ERR max daily request limit exceeded"}"#),
            (401, r#"{"error":"WRONGPASS"}"#),
            (200, r#"[{"error":"WRONGTYPE"},{"result":1}]"#),
        ] {
            assert!(matches!(read_length(&reply(status, body)), Err(Fault::Refused(_))), "{status} {body}");
        }
    }

    #[test]
    fn a_push_into_a_room_whose_meta_is_gone_finds_the_room_gone() {
        assert_eq!(read_length(&reply(200, r#"[{"result":1},{"result":1},{"result":0}]"#)), Ok(0));
        assert_eq!(read_length(&reply(200, r#"[{"result":1},{"result":1},{"result":1}]"#)), Ok(1));
        assert_eq!(read_length(&reply(200, r#"{"result":0}"#)), Ok(0));
    }

    #[test]
    fn a_length_that_no_list_has_is_not_counted_from() {
        let endless = r#"{"result":18446744073709551615}"#;

        assert_eq!(read_length(&reply(200, endless)), Err(Fault::Unknown));
    }

    /// Word for word what version 1 left in Redis. Never changed: such rooms may be open while a newer version is deployed.
    const STORED_BY_VERSION_1: &str = r#"[
        {"result":["v","1","createdAt","1795460000000","ttlSeconds","600","activeAt","1795460001000",
            "connected","[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]"]},
        {"result":1},
        {"result":["{\"id\":\"mmmmmmmmmmmmmmmmmmmmm\",\"participantId\":\"aaaaaaaaaaaaaaaa\",\"sender\":\"Ann\",\"text\":\"hi\",\"timestamp\":1795460002000}"]},
        {"result":599000}
    ]"#;

    #[test]
    fn a_room_that_version_1_stored_is_opened() {
        let found = read_found(&reply(200, STORED_BY_VERSION_1)).unwrap();
        let Found::Room(loaded) = found else { panic!("{found:?}") };

        assert_eq!((loaded.meta.ttl_seconds, loaded.meta.seats.len(), loaded.last_seq), (600, 1, 1));
        assert_eq!((loaded.tail[0].text.as_str(), loaded.kept_for_ms), ("hi", 599_000));
    }

    #[test]
    fn messages_are_numbered_by_their_place_and_unknown_keys_are_ignored() {
        let element = format!(
            r#"{{"id":"{}","participantId":"pppppppppppppppp","sender":"","text":"hi","timestamp":5,"new":1}}"#,
            "a".repeat(21)
        );
        let body = serde_json::json!({ "result": [element] }).to_string();

        let messages = read_history(&reply(200, &body), 41).unwrap();

        assert_eq!((messages[0].seq, messages[0].text.as_str()), (42, "hi"));
    }
}
