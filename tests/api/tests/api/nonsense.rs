//! Random input from a seed: messages with one fault or with nothing valid in them.

use std::{env, thread};

use fastrand::Rng;

const KEYS: [&str; 8] = ["type", "id", "sender", "text", "ttlSeconds", "access", "proof", "participantId"];
/// A little below the limit of a body and above the limit of a frame.
const BIG_BYTES: usize = 60_000;

/// A source of random input. The same seed gives the same input: `DUET_SEED`, a number, 1 by default. A failing case
/// shows its seed.
pub struct Nonsense {
    seed: u64,
    rng: Rng,
    canary: String,
}

/// Something to send over a socket.
pub enum Frame {
    /// A text frame, whose bytes need not be UTF-8.
    Text(Vec<u8>),
    /// A binary frame.
    Binary(Vec<u8>),
    /// Raw bytes on the connection, after which it cannot be used any more.
    Bytes(Vec<u8>),
}

impl Drop for Nonsense {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("this was DUET_SEED={}", self.seed);
        }
    }
}

impl Nonsense {
    /// A source whose texts all contain `canary`.
    pub fn with(canary: &str) -> Self {
        let seed = env::var("DUET_SEED").map_or(1, |raw| raw.parse().expect("DUET_SEED is a number"));
        Self { seed, rng: Rng::with_seed(seed), canary: canary.to_owned() }
    }

    /// Input for a socket.
    pub fn frame(&mut self) -> Frame {
        let bytes = self.body();
        match self.rng.u8(0..20) {
            0 => Frame::Binary(bytes),
            1 => Frame::Bytes(bytes),
            _ => Frame::Text(bytes),
        }
    }

    /// Input for a body.
    pub fn body(&mut self) -> Vec<u8> {
        match self.rng.u8(0..16) {
            0..4 => self.with_a_wrong_value(),
            4..6 => self.with_a_key_twice(),
            6..8 => self.of_another_type(),
            8 => self.with_many_keys(),
            9 => self.deep(),
            10 => self.huge(),
            11..14 => self.mutilated(),
            14 => self.bytes(200),
            _ => self.message().into_bytes(),
        }
    }

    /// Input for a query string.
    pub fn query(&mut self, room: &str) -> String {
        let values =
            ["", room, "-1", "1.5", "99999999999999999999999", "0x10", "%00", "%ff", "%F0%9F%A6%8A", "null"];
        let keys = ["roomId", "roomId[]", "after", "limit", "token", "proof", "%72oomId"];
        let pairs = (0..self.rng.u8(0..6)).map(|_| {
            let (key, value) =
                (self.rng.choice(keys).unwrap_or_default(), self.rng.choice(values).unwrap_or_default());
            format!("{key}={value}")
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    fn id(&mut self) -> String {
        (0..21).map(|_| self.rng.alphanumeric()).collect()
    }

    /// A valid message.
    fn message(&mut self) -> String {
        let id = self.id();
        format!(r#"{{"type":"message","id":"{id}","sender":"Eve","text":"{}"}}"#, self.canary)
    }

    /// The message with `more` inserted before its last brace.
    fn with_more(&mut self, more: &str) -> Vec<u8> {
        let message = self.message();
        format!("{},{more}}}", message.trim_end_matches('}')).into_bytes()
    }

    fn key(&mut self) -> &'static str {
        self.rng.choice(KEYS).unwrap_or_default()
    }

    fn value(&mut self) -> String {
        let canary = &self.canary;
        let values = [
            "null".to_owned(),
            "true".into(),
            "-0".into(),
            "1e999999".into(),
            "-1E-400".into(),
            "9".repeat(5_000),
            format!("0.{}", "1".repeat(5_000)),
            format!("[\"{canary}\"]"),
            format!("{{\"{canary}\":{{}}}}"),
            r#""""#.into(),
            format!(r#""\u0000{canary}""#),
            format!(r#""\ud800{canary}""#),
            format!(r#""\u202e\ufeff{canary}""#),
            format!(r#""{}""#, "🦊".repeat(5_000)),
        ];
        self.rng.choice(values).unwrap_or_default()
    }

    fn with_a_wrong_value(&mut self) -> Vec<u8> {
        let (key, value) = (self.key(), self.value());
        let id = self.id();
        let mut fields = vec![
            (r#""type":"message""#.to_owned(), "type"),
            (format!(r#""id":"{id}""#), "id"),
            (format!(r#""text":"{}""#, self.canary), "text"),
        ];
        fields.retain(|(_, name)| *name != key);
        fields.push((format!(r#""{key}":{value}"#), key));
        let fields: Vec<String> = fields.into_iter().map(|(field, _)| field).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    }

    fn with_a_key_twice(&mut self) -> Vec<u8> {
        let more = format!(r#""{}":{}"#, self.key(), self.value());
        self.with_more(&more)
    }

    fn of_another_type(&mut self) -> Vec<u8> {
        let kinds =
            ["typing", "ready", "destroy", "expire", "presence", "error", "ping", "", "Message", "__proto__"];
        let kind = self.rng.choice(kinds).unwrap_or_default();
        format!(r#"{{"type":"{kind}","message":{{"text":"{}"}},"code":4410}}"#, self.canary).into_bytes()
    }

    fn with_many_keys(&mut self) -> Vec<u8> {
        let keys: Vec<String> =
            (0..self.rng.u32(1..1_000)).map(|number| format!(r#""new{number}":{number}"#)).collect();
        self.with_more(&keys.join(","))
    }

    fn deep(&mut self) -> Vec<u8> {
        let depth = self.rng.usize(1..BIG_BYTES / 2);
        match self.rng.u8(0..3) {
            0 => "[".repeat(depth).into_bytes(),
            1 => self.with_more(&format!(r#""deep":{}{}"#, "[".repeat(depth), "]".repeat(depth))),
            _ => self.with_more(&format!(r#""deep":{}"#, r#"{"a":"#.repeat(depth / 5))),
        }
    }

    fn huge(&mut self) -> Vec<u8> {
        let size = self.rng.usize(1..4 * BIG_BYTES);
        let (key, long) = (self.key(), "x".repeat(size));
        match self.rng.bool() {
            true => self.with_more(&format!(r#""{key}":"{long}""#)),
            false => self.with_more(&format!(r#""{long}":1"#)),
        }
    }

    /// A message in which some bytes are changed, removed or doubled.
    fn mutilated(&mut self) -> Vec<u8> {
        let mut bytes = self.message().into_bytes();
        for _ in 0..self.rng.u8(1..4) {
            let at = self.rng.usize(0..bytes.len());
            match self.rng.u8(0..4) {
                0 => bytes[at] = self.rng.u8(..),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, self.rng.u8(..)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.rng.usize(1..most);
        (0..length).map(|_| self.rng.u8(..)).collect()
    }
}
