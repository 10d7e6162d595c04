//! Request bodies.

use super::{ApiError, fields::Fields};
use crate::domain::{
    EpochMs, Hello, Message, MessageId, MessageText, ParticipantId, Proof, ProofHash, SenderName, Shelf,
};

/// The range that `create` accepts for `ttlSeconds`.
const TTL_SECONDS: std::ops::RangeInclusive<u64> = 60..=86_400;

const NOT_32_BYTES: &str = "must be 32 bytes as 43 characters of base64url";

/// The body of `POST /api/room/create`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CreateBody {
    /// Seconds that the room lives after its last activity. `None`: the operator's default.
    pub ttl_seconds: Option<u64>,
    /// The hash that a joiner's proof must match. `None`: anyone may join.
    pub access: Option<ProofHash>,
}

impl CreateBody {
    /// Fails with `BadRequest`, which names the field.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        let mut fields = Fields::parse(raw)?;
        let problem = "must be a whole number from 60 to 86400";
        Ok(Self {
            ttl_seconds: fields.whole_number(
                "ttlSeconds",
                |seconds| TTL_SECONDS.contains(&seconds),
                problem,
            )?,
            access: fields.parsed("access", ProofHash::parse, NOT_32_BYTES)?,
        })
    }
}

/// The body of `POST /api/room/join`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JoinBody {
    /// Proof that the caller has the link. Required in a room that was created with `access`.
    pub proof: Option<Proof>,
    /// The caller's half of the key exchange. The room sends it to both participants.
    pub hello: Option<Hello>,
    /// The key to the keys in the caller's browser. The room sends it back to the caller only.
    pub shelf: Option<Shelf>,
}

impl JoinBody {
    /// Fails with `BadRequest`, which names the field.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        let mut fields = Fields::parse(raw)?;
        Ok(Self {
            proof: fields.parsed("proof", Proof::parse, NOT_32_BYTES)?,
            hello: fields.parsed("hello", Hello::parse, "must be 97 bytes as 130 characters of base64url")?,
            shelf: fields.parsed("shelf", Shelf::parse, NOT_32_BYTES)?,
        })
    }
}

/// A message as a client sends it, by frame or by `POST /api/messages`.
#[derive(Debug, PartialEq, Eq)]
pub struct Draft {
    /// Drawn by the sender's client. `None`: the server draws one.
    pub id: Option<MessageId>,
    /// Empty if the client sent none.
    pub sender: SenderName,
    /// The text; in an encrypted room, the ciphertext.
    pub text: MessageText,
}

impl Draft {
    /// Fails with `BadRequest`, which names the field.
    pub fn parse(raw: &str) -> Result<Self, ApiError> {
        Self::from_fields(Fields::parse(raw)?)
    }

    pub(super) fn from_fields(mut fields: Fields) -> Result<Self, ApiError> {
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

    /// The message that `participant_id` sends at `timestamp`. `fallback_id` is used if it came without an id.
    pub fn into_message(
        self,
        fallback_id: impl FnOnce() -> MessageId,
        participant_id: ParticipantId,
        timestamp: EpochMs,
    ) -> Message {
        let id = self.id.unwrap_or_else(fallback_id);
        Message { id, participant_id, sender: self.sender, text: self.text, timestamp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(refused_field(JoinBody::parse(r#"{"hello":"short"}"#)), "hello");
        assert_eq!(refused_field(JoinBody::parse(r#"{"shelf":"short"}"#)), "shelf");
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
    fn unknown_keys_are_ignored() {
        let draft = Draft::parse(r#"{"text":"hi","colour":"teal"}"#).unwrap();

        assert_eq!((draft.text.as_str(), draft.sender.as_str(), draft.id), ("hi", "", None));
    }

    #[test]
    fn a_deeply_nested_value_is_skipped_without_recursion() {
        let raw = format!(r#"{{"text":"a","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));

        assert_eq!(Draft::parse(&raw).unwrap().text.as_str(), "a");
    }
}
