//! What an attacker has who recorded a room and copied a disk: messages, public keys of seats, entries of a browser,
//! and every sequence of 32 bytes that may be a key.

use std::{collections::BTreeSet, fs};

use duet_sealing::bytes::{Id, MessageId, ParticipantId, decode_base64url};
use duet_sealing::handshake::Seat;
use duet_sealing::hello::Hello;
use serde_json::Value;

const SECRET_BYTES: usize = 32;
/// 32 bytes in base64url.
const SECRET_CHARACTERS: usize = 43;
const BOX: &[u8] = b"\"box\":\"";

/// Bytes that may be a key.
pub type Candidate = [u8; SECRET_BYTES];

/// A message as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recorded {
    /// Its id.
    pub id: String,
    /// Its sender, as the room reported it.
    pub sender: String,
    /// The text as transmitted.
    pub text: String,
}

impl Recorded {
    /// The ids as types of the library.
    pub fn ids(&self) -> Option<(MessageId, ParticipantId)> {
        Some((Id::parse(&self.id)?, Id::parse(&self.sender)?))
    }
}

/// All evidence.
#[derive(Default)]
pub struct Evidence {
    /// All messages.
    pub messages: BTreeSet<Recorded>,
    /// The seats, with the keys that were published when they were taken.
    pub seats: Vec<Seat>,
    /// The encrypted entries of a browser.
    pub boxes: BTreeSet<String>,
    /// Base64url texts with the length of a key, decoded.
    pub tokens: BTreeSet<Candidate>,
    /// Every sequence of 32 bytes in the files.
    pub windows: BTreeSet<Candidate>,
}

impl Evidence {
    /// Searches recorded texts and files.
    pub fn gather(transcript: &[String], paths: &[String]) -> Self {
        let mut evidence = Self::default();
        for text in transcript {
            evidence.scan_bytes(text.as_bytes());
            evidence.scan_json(&serde_json::from_str(text).unwrap_or_default());
        }
        for path in paths {
            let bytes = fs::read(path).expect("a file that can be read");
            evidence.scan_bytes(&bytes);
            evidence.windows.extend(bytes.windows(SECRET_BYTES).filter_map(candidate));
        }
        evidence
    }

    /// Collects candidates and encrypted entries from any bytes.
    pub fn scan_bytes(&mut self, bytes: &[u8]) {
        for run in bytes.split(|byte| !is_base64url(*byte)) {
            if run.len() == SECRET_CHARACTERS {
                let text = String::from_utf8_lossy(run);
                self.tokens.extend(decode_base64url(&text).and_then(|bytes| candidate(&bytes)));
            }
        }
        for start in 0..bytes.len().saturating_sub(BOX.len()) {
            if bytes[start..].starts_with(BOX) {
                let rest = &bytes[start + BOX.len()..];
                let run = rest.split(|byte| !is_base64url(*byte)).next().unwrap_or_default();
                self.boxes.insert(String::from_utf8_lossy(run).into_owned());
            }
        }
    }

    fn scan_json(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.scan_json(value)),
            Value::Object(object) => {
                let text = |key: &str| object.get(key)?.as_str().map(str::to_owned);
                let parts = (text("id"), text("participantId"), text("text"));
                if let (Some(id), Some(sender), Some(text)) = parts {
                    self.messages.insert(Recorded { id, sender, text });
                }
                self.scan_hellos(&object.get("hellos").cloned().unwrap_or_default());
                object.values().for_each(|value| self.scan_json(value));
            }
            _ => {}
        }
    }

    fn scan_hellos(&mut self, hellos: &Value) {
        for (id, hello) in hellos.as_object().into_iter().flatten() {
            let parsed = (Id::parse(id), hello.as_str().and_then(|hello| Hello::parse(hello).ok()));
            if let (Some(id), Some(hello)) = parsed
                && !self.seats.contains(&Seat { id, hello })
            {
                self.seats.push(Seat { id, hello });
            }
        }
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn candidate(bytes: &[u8]) -> Option<Candidate> {
    bytes.try_into().ok()
}
