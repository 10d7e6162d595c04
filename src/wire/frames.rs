//! Socket frames in both directions. `public/app/net` is the counterpart in the pages.

use serde::{Serialize, Serializer};

use super::{
    ApiError, Draft,
    fields::{Fields, Value},
};
use crate::domain::{EpochMs, Hello, MessageId, ParticipantId, Seq, StoredMessage};

/// A frame from a client.
#[derive(Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// `{type:"message", id, sender?, text}`
    Message(Draft),
    /// A `{type:"message"}` or `{type:"seen"}` that breaks a rule. The room answers with an `error` frame, which has
    /// the id if the id is valid.
    #[allow(missing_docs, reason = "the docstring describes the fields")]
    BadMessage { id: Option<MessageId>, error: ApiError },
    /// `{type:"typing"}`
    Typing,
    /// `{type:"seen", text}`: up to where the participant has read, in a form that only clients understand.
    Seen(SeenMark),
    /// `{type:"keep"}`
    Keep,
    /// A type that this version does not know. Ignored.
    Unknown,
}

impl ClientFrame {
    /// Fails with `BadRequest` if `raw` is not a frame at all, which closes the socket.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        let mut fields = Fields::parse(raw)?;
        let is_missing = ApiError::BadRequest { field: "type", problem: "is missing" };
        match fields.text("type")?.ok_or(is_missing)?.as_str() {
            "message" => Ok(Self::message(fields)),
            "typing" => Ok(Self::Typing),
            "seen" => Ok(SeenMark::from_fields(fields)
                .map_or_else(|error| Self::BadMessage { id: None, error }, Self::Seen)),
            "keep" => Ok(Self::Keep),
            _ => Ok(Self::Unknown),
        }
    }

    fn message(fields: Fields) -> Self {
        let id = match fields.get("id") {
            Some(Value::Text(raw)) => MessageId::parse(raw),
            _ => None,
        };
        match Draft::from_fields(fields) {
            Ok(draft) if draft.id.is_some() => Self::Message(draft),
            Ok(_) => {
                Self::BadMessage { id, error: ApiError::BadRequest { field: "id", problem: "is missing" } }
            }
            Err(error) => Self::BadMessage { id, error },
        }
    }
}

/// The `text` of a `seen` frame: 1 to 512 characters of printable ASCII.
#[derive(Debug, PartialEq, Eq)]
pub struct SeenMark(pub String);

impl SeenMark {
    /// A client needs 220 characters for an encrypted mark.
    const MAX_LENGTH: usize = 512;

    fn from_fields(mut fields: Fields) -> Result<Self, ApiError> {
        let bad = |problem| ApiError::BadRequest { field: "text", problem };
        let text = fields.text("text")?.ok_or_else(|| bad("is missing"))?;
        let is_mark =
            (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_mark { Ok(Self(text)) } else { Err(bad("must be 1 to 512 characters of printable ASCII")) }
    }
}

/// Each participant's `hello` in an encrypted room. `None` in a plain room.
pub type Hellos = Option<HelloMap>;

/// Participants and their `hello`, written as a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloMap(pub Vec<(ParticipantId, Hello)>);

impl Serialize for HelloMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(participant, hello)| (participant, hello)))
    }
}

/// A frame to a client: an object with a `type`. `docs/protocol.md` describes its fields. [`message_frame`] makes the
/// `message` frame.
#[allow(missing_docs, reason = "docs/protocol.md describes the fields")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerFrame<'a> {
    /// Always the first frame: the participant's id, who is online, and the newest sequence number.
    Ready {
        participant_id: &'a ParticipantId,
        participants: Vec<ParticipantId>,
        online: Vec<ParticipantId>,
        last_seq: Seq,
        expires_at: EpochMs,
        now: EpochMs,
        ttl_seconds: u64,
        /// The room lives no longer than this, whatever happens.
        ends_by: EpochMs,
        #[serde(skip_serializing_if = "Option::is_none")]
        hellos: Hellos,
    },
    /// A participant took a seat, came online or went offline.
    Presence {
        participants: Vec<ParticipantId>,
        online: Vec<ParticipantId>,
        last_seq: Seq,
        expires_at: EpochMs,
        #[serde(skip_serializing_if = "Option::is_none")]
        hellos: Hellos,
    },
    /// The room's end moved without a message.
    Expiry { expires_at: EpochMs },
    /// The other participant is typing.
    Typing { participant_id: &'a ParticipantId },
    /// Up to where the other participant has read.
    Seen { participant_id: &'a ParticipantId, text: &'a str },
    /// A participant destroyed the room.
    Destroy,
    /// The room expired.
    Expire,
    /// One of the client's frames was refused. The socket stays open.
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a MessageId>,
        error: &'static str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
}

impl<'a> ServerFrame<'a> {
    /// The refusal of a frame. `id` is the id of the message, if it is valid.
    pub fn error(id: Option<&'a MessageId>, error: &ApiError) -> Self {
        let retry_after_seconds = match error {
            ApiError::TooManyRequests { retry_after_seconds } => Some(*retry_after_seconds),
            _ => None,
        };
        Self::Error { id, error: error.code(), message: error.message(), retry_after_seconds }
    }

    /// The frame as JSON text. Serialising strings and numbers cannot fail.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// `{type:"message", message, expiresAt}`: a stored message. It is the confirmation for its sender.
pub fn message_frame(message: &StoredMessage, expires_at: EpochMs) -> String {
    let mut text = String::with_capacity(message.json.len() + 96);
    text.push_str("{\"type\":\"message\",\"message\":");
    message.write_to(&mut text);
    text.push_str(",\"expiresAt\":");
    text.push_str(&expires_at.0.to_string());
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "aaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn a_frame_of_an_unknown_type_is_ignored() {
        assert_eq!(ClientFrame::parse(r#"{"type":"wave","at":1}"#), Ok(ClientFrame::Unknown));
    }

    #[test]
    fn an_unreadable_frame_is_distinguished_from_a_bad_message() {
        for raw in ["", "hello", "[]", "{}", r#"{"type":7}"#, "\"ping\""] {
            assert!(ClientFrame::parse(raw).is_err(), "{raw}");
        }
        let frame = ClientFrame::parse(&format!(r#"{{"type":"message","id":"{ID}","text":""}}"#)).unwrap();
        assert!(matches!(frame, ClientFrame::BadMessage { id: Some(_), .. }));
        let frame = ClientFrame::parse(r#"{"type":"message","text":"no id"}"#).unwrap();
        assert!(matches!(frame, ClientFrame::BadMessage { id: None, .. }));
    }

    #[test]
    fn frames_are_written_as_the_protocol_has_them() {
        let participant_id = ParticipantId::parse("pppppppppppppppp").unwrap();
        let message = StoredMessage { seq: 3, json: r#"{"id":"a"}"#.into() };

        assert_eq!(ServerFrame::Expire.to_text(), r#"{"type":"expire"}"#);
        assert_eq!(
            ServerFrame::Typing { participant_id: &participant_id }.to_text(),
            r#"{"type":"typing","participantId":"pppppppppppppppp"}"#
        );
        assert_eq!(
            ServerFrame::Expiry { expires_at: EpochMs(5) }.to_text(),
            r#"{"type":"expiry","expiresAt":5}"#
        );
        assert_eq!(
            message_frame(&message, EpochMs(9)),
            r#"{"type":"message","message":{"seq":3,"id":"a"},"expiresAt":9}"#
        );
    }
}
