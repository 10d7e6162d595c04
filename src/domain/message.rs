//! Messages, and the rules for texts and names.

use serde::{Deserialize, Serialize};

use super::{EpochMs, MessageId, ParticipantId};

/// The sequence number of a message in its room: 1, 2, 3, … without gaps. 0 means "before the first message".
pub type Seq = u64;

/// Whether a text may contain `character`: anything except control characters other than newline and tab.
fn is_allowed(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

const CONTROL_CHARACTER: &str = "must not hold control characters other than newline and tab";

/// The text of a message: 1 to [`MessageText::MAX_BYTES`] bytes of UTF-8.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageText(String);

impl MessageText {
    /// Counted in bytes of UTF-8, not in characters.
    pub const MAX_BYTES: usize = 16_384;

    /// Fails with the end of a sentence that begins with the field's name, for example "must not be empty".
    pub fn parse(raw: String) -> Result<Self, &'static str> {
        match raw.len() {
            0 => Err("must not be empty"),
            bytes if bytes > Self::MAX_BYTES => Err("must be at most 16384 bytes of UTF-8"),
            _ if !raw.chars().all(is_allowed) => Err(CONTROL_CHARACTER),
            _ => Ok(Self(raw)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for MessageText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "MessageText({} bytes)", self.0.len())
    }
}

/// The sender's chosen name: 0 to [`SenderName::MAX_CHARS`] characters. It does not identify anybody.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderName(String);

impl SenderName {
    /// Counted in Unicode scalar values, not in bytes.
    pub const MAX_CHARS: usize = 100;

    /// Fails with the end of a sentence that begins with the field's name.
    pub fn parse(raw: String) -> Result<Self, &'static str> {
        if raw.chars().nth(Self::MAX_CHARS).is_some() {
            Err("must be at most 100 characters")
        } else if !raw.chars().all(is_allowed) {
            Err(CONTROL_CHARACTER)
        } else {
            Ok(Self(raw))
        }
    }

    /// The name; empty if the sender gave none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SenderName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SenderName({} bytes)", self.0.len())
    }
}

/// A message that a room accepted. The journal and Redis store its JSON form. The sequence number is not part of it:
/// the journal stores it in a column of its own, and in Redis it is the position in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Drawn by the sender's client, or by the server if the message arrived without one.
    pub id: MessageId,
    /// The sender. Decided by the seat, not by the message's content.
    pub participant_id: ParticipantId,
    /// The name that the sender chose.
    pub sender: SenderName,
    /// The text; in an encrypted room, the ciphertext.
    pub text: MessageText,
    /// When the room accepted it, in milliseconds since the Unix epoch.
    pub timestamp: EpochMs,
}

impl Message {
    /// The JSON form that is stored.
    pub fn to_json(&self) -> String {
        // Serialising strings and numbers cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A stored message: its sequence number and the JSON of its [`Message`].
#[derive(Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its sequence number.
    pub seq: Seq,
    /// The JSON of its [`Message`].
    pub json: String,
}

impl StoredMessage {
    /// Parses the JSON. Returns `None` if it is not a [`Message`].
    pub fn read(&self) -> Option<Message> {
        serde_json::from_str(&self.json).ok()
    }

    /// Appends the wire form: the stored object plus `seq`. It does not parse the JSON, because it runs for every
    /// message that is broadcast or read.
    pub fn write_to(&self, out: &mut String) {
        out.push_str("{\"seq\":");
        out.push_str(&self.seq.to_string());
        out.push(',');
        out.push_str(self.json.get(1..).unwrap_or("}"));
    }

    /// The wire form of this one message.
    pub fn to_wire(&self) -> String {
        let mut out = String::with_capacity(self.json.len() + 16);
        self.write_to(&mut out);
        out
    }
}

impl std::fmt::Debug for StoredMessage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "StoredMessage({}, {} bytes)", self.seq, self.json.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_1_to_16384_bytes_and_no_control_characters() {
        assert!(MessageText::parse("a\n\tb 🦊".into()).is_ok());
        assert!(MessageText::parse("é".repeat(8192)).is_ok());
        assert!(MessageText::parse("é".repeat(8193)).is_err());
        for raw in ["", "\0", "a\r\nb", "\u{7f}", "\u{85}", "\u{1b}[31m"] {
            assert!(MessageText::parse(raw.into()).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn a_name_has_at_most_100_characters() {
        assert!(SenderName::parse(String::new()).is_ok());
        assert!(SenderName::parse("🦊".repeat(100)).is_ok());
        assert!(SenderName::parse("a".repeat(101)).is_err());
        assert!(SenderName::parse("a\u{0}".into()).is_err());
    }

    #[test]
    fn a_stored_message_is_sent_with_its_sequence_number() {
        let message = Message {
            id: MessageId::from_random([1; 32]),
            participant_id: ParticipantId::parse("pppppppppppppppp").unwrap(),
            sender: SenderName::default(),
            text: MessageText::parse("a \"quoted\" word".into()).unwrap(),
            timestamp: EpochMs(5),
        };
        let stored = StoredMessage { seq: 7, json: message.to_json() };

        let wire: serde_json::Value = serde_json::from_str(&stored.to_wire()).unwrap();

        assert_eq!((wire["seq"].as_u64(), wire["text"].as_str()), (Some(7), Some("a \"quoted\" word")));
        assert_eq!(stored.read(), Some(message));
    }

    #[test]
    fn debug_output_never_shows_texts() {
        let text = MessageText::parse("secret words".into()).unwrap();
        let name = SenderName::parse("secret".into()).unwrap();
        let stored = StoredMessage { seq: 7, json: "secret".into() };

        let shown = format!("{text:?} {name:?} {stored:?}");

        assert_eq!(shown, "MessageText(12 bytes) SenderName(6 bytes) StoredMessage(7, 6 bytes)");
    }
}
