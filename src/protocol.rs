//! What crosses the wire as JSON: bodies of requests and answers, and socket frames in both directions.
//!
//! Unknown keys and unknown frame types are ignored, so that either side may be the newer one.
//! `docs/protocol.md` is the contract; `public/app/protocol.js` is the mirror of this file.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    domain::{
        Access, EpochMs, Message, MessageId, MessageText, ParticipantId, Proof, RoomId, SenderName, Seq,
    },
    error::ApiError,
};

/// Bytes of a request's body; more is refused without being read.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Bytes of a socket frame; a larger one closes the socket with 1009.
pub const MAX_FRAME_BYTES: usize = 32 * 1024;
/// Messages a room holds at the most.
pub const MAX_MESSAGES: Seq = 5_000;
/// Sockets that one participant may have open: tabs and devices.
pub const MAX_SOCKETS_PER_PARTICIPANT: usize = 8;
/// What `create` takes for `ttlSeconds`.
const TTL_SECONDS: std::ops::RangeInclusive<u64> = 60..=86_400;

/// A JSON object whose keys are checked one by one, so that a refusal can name the field.
struct Fields(Map<String, Value>);

impl Fields {
    fn parse(raw: &str) -> Result<Self, ApiError> {
        let not_an_object = ApiError::BadRequest { field: "body", problem: "must be a JSON object" };
        match serde_json::from_str(raw) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(not_an_object),
        }
    }

    /// Takes a text out; `None` where it is absent or null.
    fn text(&mut self, field: &'static str) -> Result<Option<String>, ApiError> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::BadRequest { field, problem: "must be a string" }),
        }
    }

    /// Takes a text out and checks it.
    fn parsed<T>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        problem: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let text = self.text(field)?;
        text.map(|raw| parse(&raw).ok_or(ApiError::BadRequest { field, problem })).transpose()
    }
}

/// JSON does not tell 60 from 60.0.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0).map(|number| number as u64)
    })
}

const NOT_43_CHARS: &str = "must be 32 bytes as 43 characters of base64url";

/// The body of `POST /api/room/create`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CreateBody {
    /// Chosen life after the last activity; the operator's default otherwise.
    pub ttl_seconds: Option<u64>,
    /// What the proof of every joiner must hash to; anyone may join otherwise.
    pub access: Option<Access>,
}

impl CreateBody {
    /// Fails with `BadRequest` that names the field.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        let mut fields = Fields::parse(raw)?;
        let problem = "must be a whole number from 60 to 86400";
        let ttl_seconds = match fields.0.remove("ttlSeconds") {
            None | Some(Value::Null) => None,
            Some(value) => Some(
                whole(&value)
                    .filter(|seconds| TTL_SECONDS.contains(seconds))
                    .ok_or(ApiError::BadRequest { field: "ttlSeconds", problem })?,
            ),
        };
        Ok(Self { ttl_seconds, access: fields.parsed("access", Access::parse, NOT_43_CHARS)? })
    }
}

/// The body of `POST /api/room/join`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JoinBody {
    /// What opens a room that was made with `access`.
    pub proof: Option<Proof>,
}

impl JoinBody {
    /// Fails with `BadRequest` that names the field.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        Ok(Self { proof: Fields::parse(raw)?.parsed("proof", Proof::parse, NOT_43_CHARS)? })
    }
}

/// What a participant sends, by frame or by `POST /api/messages`.
#[derive(Debug, PartialEq, Eq)]
pub struct Draft {
    /// Made by the sender's client; by the room where it is absent.
    pub id: Option<MessageId>,
    /// Empty where it is absent.
    pub sender: SenderName,
    /// What is said.
    pub text: MessageText,
}

impl Draft {
    /// Fails with `BadRequest` that names the field.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        Self::from_fields(Fields::parse(raw)?)
    }

    fn from_fields(mut fields: Fields) -> Result<Self, ApiError> {
        let bad = |field| move |problem| ApiError::BadRequest { field, problem };
        let id = fields.parsed("id", MessageId::parse, "must be 21 characters of A-Za-z0-9_-")?;
        let sender = fields.text("sender")?.unwrap_or_default();
        let text = fields.text("text")?.ok_or_else(|| bad("text")("is missing"))?;
        Ok(Self {
            id,
            sender: SenderName::parse(sender).map_err(bad("sender"))?,
            text: MessageText::parse(text).map_err(bad("text"))?,
        })
    }
}

/// A frame from a client.
#[derive(Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// `{type:"message", id, sender?, text}`
    Message(Draft),
    /// `{type:"message"}` that breaks a rule: told to the sender, with the id if it had one.
    #[allow(missing_docs, reason = "said above")]
    BadMessage { id: Option<MessageId>, error: ApiError },
    /// `{type:"typing"}`
    Typing,
    /// A type of a newer client: ignored.
    Unknown,
}

impl ClientFrame {
    /// Fails with `BadRequest` for what is not a frame at all, which closes the socket.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        let mut fields = Fields::parse(raw)?;
        let is_missing = ApiError::BadRequest { field: "type", problem: "is missing" };
        match fields.text("type")?.ok_or(is_missing)?.as_str() {
            "message" => Ok(Self::message(fields)),
            "typing" => Ok(Self::Typing),
            _ => Ok(Self::Unknown),
        }
    }

    fn message(fields: Fields) -> Self {
        let id = fields.0.get("id").and_then(Value::as_str).and_then(MessageId::parse);
        match Draft::from_fields(fields) {
            Ok(draft) if draft.id.is_some() => Self::Message(draft),
            Ok(_) => {
                Self::BadMessage { id, error: ApiError::BadRequest { field: "id", problem: "is missing" } }
            }
            Err(error) => Self::BadMessage { id, error },
        }
    }
}

/// A frame to a client: an object with its `type`. What its fields hold is in `docs/protocol.md`.
#[allow(missing_docs, reason = "the fields are the protocol's")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerFrame<'a> {
    /// Always the first: who you are, who is here, how far the room is.
    Ready {
        participant_id: &'a ParticipantId,
        participants: Vec<ParticipantId>,
        online: Vec<ParticipantId>,
        last_seq: Seq,
        expires_at: EpochMs,
        now: EpochMs,
        ttl_seconds: u64,
    },
    /// A message that is stored. To its sender it is the confirmation.
    Message { message: &'a Message, expires_at: EpochMs },
    /// Somebody took a seat, came or left.
    Presence { participants: Vec<ParticipantId>, online: Vec<ParticipantId>, expires_at: EpochMs },
    /// Somebody is writing.
    Typing { participant_id: &'a ParticipantId },
    /// A participant ended the room.
    Destroy,
    /// The room's time is over.
    Expire,
    /// A frame of yours was refused; the socket stays.
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a MessageId>,
        error: &'static str,
        message: String,
    },
}

impl ServerFrame<'_> {
    /// The frame as text. Cannot fail: every key is a string and every value is plain.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// `201` of `create`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Created<'a> {
    /// The new room.
    pub room_id: &'a RoomId,
    /// Whole seconds left.
    pub ttl: u64,
    /// When it ends unless something happens in it.
    pub expires_at: EpochMs,
}

/// What a stranger may know of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomStatus {
    /// There is a seat.
    Open,
    /// There is none.
    Full,
    /// The caller has one already.
    Joined,
}

/// `200` of `GET /api/room`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusBody<'a> {
    /// The room asked for.
    pub room_id: &'a RoomId,
    /// Whether there is a seat.
    pub status: RoomStatus,
    /// Whether joining asks for a proof: what is said here is sealed end to end.
    pub sealed: bool,
}

/// `200` of `join`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedBody<'a> {
    /// The room joined.
    pub room_id: &'a RoomId,
    /// Who the caller is in it.
    pub participant_id: &'a ParticipantId,
    /// Everybody who has a seat.
    pub participants: Vec<ParticipantId>,
    /// Whole seconds left.
    pub ttl: u64,
    /// When it ends unless something happens in it.
    pub expires_at: EpochMs,
    /// The place of the newest message; 0 where there is none.
    pub last_seq: Seq,
}

/// `200` of `GET /api/room/ttl`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TtlBody {
    /// Whole seconds left.
    pub ttl: u64,
    /// When the room ends unless something happens in it.
    pub expires_at: EpochMs,
}

/// `200` of `GET /api/messages`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryBody {
    /// In order of their places.
    pub messages: Vec<Message>,
    /// The place of the newest message of the room, whether or not it is among these.
    pub last_seq: Seq,
}

/// `200` of `GET /api/health`.
#[derive(Debug, Serialize)]
pub struct HealthBody {
    /// Always `ok`.
    pub status: &'static str,
    /// `embedded` or `upstash`.
    pub store: &'static str,
    /// The version of this Worker.
    pub version: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "aaaaaaaaaaaaaaaaaaaaa";

    fn refused_field<T: std::fmt::Debug>(parsed: Result<T, ApiError>) -> &'static str {
        match parsed {
            Err(ApiError::BadRequest { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bad_field_is_named() {
        assert_eq!(refused_field(CreateBody::parse("[]")), "body");
        assert_eq!(refused_field(CreateBody::parse(r#"{"ttlSeconds":59}"#)), "ttlSeconds");
        assert_eq!(refused_field(CreateBody::parse(r#"{"ttlSeconds":60.5}"#)), "ttlSeconds");
        assert_eq!(refused_field(CreateBody::parse(r#"{"ttlSeconds":"60"}"#)), "ttlSeconds");
        assert_eq!(refused_field(CreateBody::parse(r#"{"access":"x"}"#)), "access");
        assert_eq!(refused_field(JoinBody::parse(r#"{"proof":7}"#)), "proof");
        assert_eq!(refused_field(Draft::parse("{}")), "text");
        assert_eq!(refused_field(Draft::parse(r#"{"text":"a","id":"x"}"#)), "id");
        assert_eq!(refused_field(Draft::parse(r#"{"text":"a","sender":"\u0000"}"#)), "sender");
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
        let body = CreateBody::parse(r#"{"ttlSeconds":90.0}"#);

        assert_eq!(body, Ok(CreateBody { ttl_seconds: Some(90), access: None }));
    }

    #[test]
    fn unknown_keys_and_frame_types_are_ignored() {
        let draft = Draft::parse(r#"{"text":"hi","colour":"teal"}"#).unwrap();

        assert_eq!((draft.text.as_str(), draft.sender.as_str(), draft.id), ("hi", "", None));
        assert_eq!(ClientFrame::parse(r#"{"type":"wave","at":1}"#), Ok(ClientFrame::Unknown));
    }

    #[test]
    fn what_is_not_a_frame_is_told_apart_from_a_bad_message() {
        for raw in ["", "hello", "[]", "{}", r#"{"type":7}"#, "\"ping\""] {
            assert!(ClientFrame::parse(raw).is_err(), "{raw}");
        }
        let frame = ClientFrame::parse(&format!(r#"{{"type":"message","id":"{ID}","text":""}}"#)).unwrap();
        assert!(matches!(frame, ClientFrame::BadMessage { id: Some(_), .. }));
        let frame = ClientFrame::parse(r#"{"type":"message","text":"no id"}"#).unwrap();
        assert!(matches!(frame, ClientFrame::BadMessage { id: None, .. }));
    }

    #[test]
    fn a_deeply_nested_body_is_refused() {
        let raw = format!(r#"{{"text":"a","x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));

        assert_eq!(refused_field(Draft::parse(&raw)), "body");
    }

    #[test]
    fn frames_are_written_as_the_protocol_has_them() {
        let participant_id = ParticipantId::parse("pppppppppppppppp").unwrap();

        assert_eq!(ServerFrame::Expire.to_text(), r#"{"type":"expire"}"#);
        assert_eq!(
            ServerFrame::Typing { participant_id: &participant_id }.to_text(),
            r#"{"type":"typing","participantId":"pppppppppppppppp"}"#
        );
    }
}
