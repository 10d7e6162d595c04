//! The values a room is made of. Each constructor is the only validation there is of its value:
//! holding one proves that it was checked.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EpochMs(pub u64);

impl EpochMs {
    /// This moment, `seconds` later.
    pub fn plus_seconds(self, seconds: u64) -> Self {
        self.plus_ms(seconds.saturating_mul(1000))
    }

    /// This moment, `ms` milliseconds later.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; 0 when it is not later.
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds from `now` to this moment, rounded up, so that a room that still lives never shows 0.
    pub fn seconds_left(self, now: Self) -> u64 {
        self.ms_since(now).div_ceil(1000)
    }
}

/// The place of a message in its room: 1 for the first, then without holes. 0 means "before all".
pub type Seq = u64;

/// Defines a checked identifier of a fixed number of characters from `A-Za-z0-9_-`.
macro_rules! url_safe_id {
    ($(#[$doc:meta])* $name:ident, $chars:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        pub struct $name(String);

        impl $name {
            /// Characters in every value.
            pub const CHARS: usize = $chars;

            /// Returns `None` unless `raw` has exactly [`Self::CHARS`] characters of `A-Za-z0-9_-`.
            pub fn parse(raw: &str) -> Option<Self> {
                let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
                (raw.len() == Self::CHARS && raw.bytes().all(is_url_safe)).then(|| Self(raw.to_owned()))
            }

            /// The value as it is written on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = String::deserialize(deserializer)?;
                Self::parse(&raw).ok_or_else(|| serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }
    };
}

url_safe_id!(
    /// Names a room: a nanoid, 126 random bits.
    RoomId,
    21
);
url_safe_id!(
    /// Names a message within its room: a nanoid, made by the sender's client so that a repeated send is known.
    MessageId,
    21
);
url_safe_id!(
    /// Names a participant within one room; the start of its [`SeatDigest`].
    ParticipantId,
    16
);
url_safe_id!(
    /// What a room stores of a participant: base64url(SHA-256(room id ‖ token)). It opens nothing.
    SeatDigest,
    43
);
url_safe_id!(
    /// What a room stores of its access proof: base64url(SHA-256(proof)).
    Access,
    43
);

/// Draws a nanoid. Fails where the platform has no randomness to give.
fn random_nanoid() -> Result<String, getrandom::Error> {
    // 21 characters of 64 take 33 bytes in one draw (nanoid's step); drawn here, since `format` cannot fail.
    let mut entropy = [0; 64];
    getrandom::fill(&mut entropy)?;
    let draw = |bytes: usize| entropy.iter().copied().cycle().take(bytes).collect();
    Ok(nanoid::format(draw, &nanoid::alphabet::SAFE, RoomId::CHARS))
}

impl RoomId {
    /// A new id that no room has. Fails where the platform has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        random_nanoid().map(Self)
    }
}

impl MessageId {
    /// A new id, for a message that came without one. Fails where the platform has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        random_nanoid().map(Self)
    }
}

impl ParticipantId {
    /// The participant behind a stored digest.
    pub fn of(digest: &SeatDigest) -> Self {
        Self(digest.0.chars().take(Self::CHARS).collect())
    }
}

/// 32 secret bytes, kept as 43 characters of base64url. `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
struct Secret(String);

impl Secret {
    fn parse(raw: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(raw).ok()?;
        (bytes.len() == 32).then(|| Self(raw.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

/// What a browser proves itself with, in all its rooms: 32 random bytes, base64url. Never stored, never logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Secret);

impl Token {
    /// Returns `None` unless `raw` is the base64url of exactly 32 bytes, without padding.
    pub fn parse(raw: &str) -> Option<Self> {
        Secret::parse(raw).map(Self)
    }

    /// A new token. Fails where the platform has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(Secret(URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The token itself, for the one cookie that carries it.
    pub fn expose(&self) -> &str {
        &self.0.0
    }

    /// What `room` stores of this token. Another room stores something unrelated.
    pub fn seat_in(&self, room: &RoomId) -> SeatDigest {
        let digest = Sha256::new().chain_update(room.as_str()).chain_update(self.expose()).finalize();
        SeatDigest(URL_SAFE_NO_PAD.encode(digest))
    }
}

/// What opens a room that has an [`Access`]: 32 bytes derived from the secret in its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof(Secret);

impl Proof {
    /// Returns `None` unless `raw` is the base64url of exactly 32 bytes, without padding.
    pub fn parse(raw: &str) -> Option<Self> {
        Secret::parse(raw).map(Self)
    }
}

impl Access {
    /// Whether `proof` opens the room. Takes the same time for every wrong proof.
    pub fn is_opened_by(&self, proof: &Proof) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(&proof.0.0).unwrap_or_default();
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        self.0.as_bytes().ct_eq(digest.as_bytes()).into()
    }
}

/// Whether a text may hold `character`: anything but control characters, of which newline and tab are welcome.
fn is_plain(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

/// The text of a message: 1 to [`MessageText::MAX_BYTES`] bytes of UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageText(String);

impl MessageText {
    /// Bytes of UTF-8, not characters.
    pub const MAX_BYTES: usize = 16_384;

    /// Fails with what is wrong, as the end of a sentence that begins with the field's name.
    pub fn parse(raw: String) -> Result<Self, &'static str> {
        match raw.len() {
            0 => Err("must not be empty"),
            bytes if bytes > Self::MAX_BYTES => Err("must be at most 16384 bytes of UTF-8"),
            _ if !raw.chars().all(is_plain) => {
                Err("must not hold control characters other than newline and tab")
            }
            _ => Ok(Self(raw)),
        }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that a sender gives, 0 to [`SenderName::MAX_CHARS`] characters. It proves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderName(String);

impl SenderName {
    /// Unicode scalar values, not bytes.
    pub const MAX_CHARS: usize = 100;

    /// Fails with what is wrong, as the end of a sentence that begins with the field's name.
    pub fn parse(raw: String) -> Result<Self, &'static str> {
        if raw.chars().nth(Self::MAX_CHARS).is_some() {
            Err("must be at most 100 characters")
        } else if !raw.chars().all(is_plain) {
            Err("must not hold control characters other than newline and tab")
        } else {
            Ok(Self(raw))
        }
    }

    /// The name itself; empty when none was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A message on its way in: checked, but without a place yet.
///
/// As JSON it is what both stores keep of a message, whose place is where it lies: `{id, participantId, sender, text, timestamp}`.
/// Another form would be another version of what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMessage {
    /// Made by the sender's client, or by the room when it came without.
    pub id: MessageId,
    /// Who sends it, settled by the seat and not by the message.
    pub participant_id: ParticipantId,
    /// The name that the sender gives.
    pub sender: SenderName,
    /// What is said.
    pub text: MessageText,
    /// When the room took it.
    pub timestamp: EpochMs,
}

impl NewMessage {
    /// The message, at its place.
    pub fn at(self, seq: Seq) -> Message {
        let Self { id, participant_id, sender, text, timestamp } = self;
        Message { id, seq, participant_id, sender, text, timestamp }
    }
}

/// A message as it is stored and told: `{id, seq, participantId, sender, text, timestamp}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// As the sender's client named it.
    pub id: MessageId,
    /// Its place in the room; the only order that counts.
    pub seq: Seq,
    /// Who sent it.
    pub participant_id: ParticipantId,
    /// The name that the sender gave.
    pub sender: SenderName,
    /// What was said.
    pub text: MessageText,
    /// When the room took it.
    pub timestamp: EpochMs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_are_nanoids_and_differ() {
        let (one, two) = (RoomId::random().unwrap(), RoomId::random().unwrap());

        assert_eq!(RoomId::parse(one.as_str()), Some(one.clone()));
        assert_ne!(one, two);
    }

    #[test]
    fn an_id_of_another_length_or_alphabet_is_refused() {
        for raw in ["", "short", "aaaaaaaaaaaaaaaaaaaa!", "aaaaaaaaaaaaaaaaaaaaaa", "ääääääääääa"] {
            assert_eq!(RoomId::parse(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_token_is_32_bytes_of_base64url_and_nothing_else() {
        let token = Token::random().unwrap();

        assert_eq!(token.expose().len(), 43);
        assert_eq!(Token::parse(token.expose()), Some(token));
        assert_eq!(Token::parse(&"A".repeat(42)), None);
        assert_eq!(Token::parse(&"A".repeat(44)), None);
        assert_eq!(Token::parse(&format!("{}B", "A".repeat(42))), None, "not canonical");
        assert_eq!(Token::parse(&format!("{}=", "A".repeat(43))), None, "padded");
    }

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let token = Token::random().unwrap();

        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn one_token_has_unrelated_seats_in_two_rooms() {
        let token = Token::parse(&"A".repeat(43)).unwrap();
        let (one, two) = (RoomId::parse(&"r".repeat(21)).unwrap(), RoomId::parse(&"s".repeat(21)).unwrap());

        assert_eq!(token.seat_in(&one), token.seat_in(&one));
        assert_ne!(token.seat_in(&one), token.seat_in(&two));
        assert!(token.seat_in(&one).as_str().starts_with(ParticipantId::of(&token.seat_in(&one)).as_str()));
    }

    #[test]
    fn only_the_right_proof_opens_a_room() {
        let proof = Proof::parse(&"A".repeat(43)).unwrap();
        // SHA-256 of 32 zero bytes.
        let access = Access::parse("Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU").unwrap();

        assert!(access.is_opened_by(&proof));
        assert!(!access.is_opened_by(&Proof::parse(&format!("{}E", "A".repeat(42))).unwrap()));
    }

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
    fn seconds_left_round_up_and_never_go_below_zero() {
        assert_eq!(EpochMs(1_001).seconds_left(EpochMs(0)), 2);
        assert_eq!(EpochMs(1_000).seconds_left(EpochMs(0)), 1);
        assert_eq!(EpochMs(0).seconds_left(EpochMs(5)), 0);
    }
}
