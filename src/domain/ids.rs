//! Identifiers and digests.

use serde::{Deserialize, Serialize};

use super::RandomBytes;

/// Defines a checked identifier of a fixed number of characters from `A-Za-z0-9_-`.
macro_rules! url_safe_id {
    ($(#[$doc:meta])* $name:ident, $chars:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub struct $name(pub(super) String);

        impl $name {
            /// Characters in every value.
            pub const CHARS: usize = $chars;

            /// Returns `None` unless `raw` has exactly [`Self::CHARS`] characters from `A-Za-z0-9_-`.
            pub fn parse(raw: &str) -> Option<Self> {
                let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
                (raw.len() == Self::CHARS && raw.bytes().all(is_url_safe)).then(|| Self(raw.to_owned()))
            }

            /// The characters, as they appear on the wire.
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
    /// Identifies a room: a nanoid with 126 random bits.
    RoomId,
    21
);
url_safe_id!(
    /// Identifies a message within its room: a nanoid. The sender's client draws it, so that a repeated send is
    /// recognised.
    MessageId,
    21
);
url_safe_id!(
    /// Identifies a participant within one room: the first characters of the [`SeatDigest`].
    ParticipantId,
    16
);
url_safe_id!(
    /// What a room stores to recognise a participant: base64url(SHA-256(room id ‖ token)). It grants no access.
    SeatDigest,
    43
);
url_safe_id!(
    /// What a room stores to check its access proof: base64url(SHA-256(proof)).
    ProofHash,
    43
);

/// Makes a nanoid from random bytes. Each byte gives one character; all 64 characters are equally likely.
fn nanoid_from(random: RandomBytes) -> String {
    let draw = |bytes: usize| random.iter().copied().cycle().take(bytes).collect();
    nanoid::format(draw, &nanoid::alphabet::SAFE, RoomId::CHARS)
}

impl RoomId {
    /// A new id from random bytes.
    pub fn from_random(random: RandomBytes) -> Self {
        Self(nanoid_from(random))
    }
}

impl MessageId {
    /// A new id from random bytes, for a message that arrived without one.
    pub fn from_random(random: RandomBytes) -> Self {
        Self(nanoid_from(random))
    }
}

impl ParticipantId {
    /// The participant whose seat has this digest.
    pub fn of(digest: &SeatDigest) -> Self {
        Self(digest.0.chars().take(Self::CHARS).collect())
    }
}

/// Identifies an open socket within its room. It is stored in the socket's attachment, so it survives hibernation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_make_valid_ids_that_differ() {
        let (one, two) = (RoomId::from_random([1; 32]), RoomId::from_random([2; 32]));

        assert_eq!(RoomId::parse(one.as_str()), Some(one.clone()));
        assert_ne!(one, two);
    }

    #[test]
    fn every_character_of_an_id_depends_on_a_different_byte() {
        let mut random = [7; 32];
        let before = RoomId::from_random(random);
        random[0] = 8;
        let after = RoomId::from_random(random);

        let changed = before.as_str().bytes().zip(after.as_str().bytes()).filter(|(a, b)| a != b).count();
        assert_eq!(changed, 1);
    }

    #[test]
    fn an_id_of_another_length_or_alphabet_is_refused() {
        for raw in ["", "short", "aaaaaaaaaaaaaaaaaaaa!", "aaaaaaaaaaaaaaaaaaaaaa", "ääääääääääa"] {
            assert_eq!(RoomId::parse(raw), None, "{raw}");
        }
    }
}
