//! Values that only their owners may see. Their `Debug` hides them.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::{ProofHash, RandomBytes, RoomId, SeatDigest};

/// A fixed number of bytes, stored as canonical base64url without padding.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Secret<const BYTES: usize>(String);

impl<const BYTES: usize> Secret<BYTES> {
    fn parse(raw: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(raw).ok()?;
        (bytes.len() == BYTES).then(|| Self(raw.to_owned()))
    }
}

impl<const BYTES: usize> fmt::Debug for Secret<BYTES> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

/// Defines a secret of a fixed number of bytes.
macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name(Secret<$bytes>);

        impl $name {
            /// Returns `None` unless `raw` is canonical base64url without padding and decodes to the right number of
            /// bytes.
            pub fn parse(raw: &str) -> Option<Self> {
                Secret::parse(raw).map(Self)
            }

            /// The secret as base64url. Call it only where the secret has to be transmitted.
            pub fn expose(&self) -> &str {
                &self.0.0
            }
        }
    };
}

secret!(
    /// Authenticates a browser in all its rooms: 32 random bytes. Never stored, never logged.
    Token,
    32
);
secret!(
    /// Proves that the caller has the room's link: 32 bytes derived from the secret in the link. See [`ProofHash`].
    Proof,
    32
);
secret!(
    /// The public half of a participant's key exchange: 97 bytes. The room sends it to both participants.
    Hello,
    97
);
secret!(
    /// The key that decrypts what a participant's browser stores, for example its keys: 32 bytes. The room sends it to
    /// its owner only.
    Shelf,
    32
);

impl Token {
    /// A new token from random bytes.
    pub fn from_random(random: RandomBytes) -> Self {
        Self(Secret(URL_SAFE_NO_PAD.encode(random)))
    }

    /// What `room` stores to recognise this token. The digests of one token in two rooms cannot be linked.
    pub fn seat_in(&self, room: &RoomId) -> SeatDigest {
        let digest = Sha256::new().chain_update(room.as_str()).chain_update(self.expose()).finalize();
        SeatDigest(URL_SAFE_NO_PAD.encode(digest))
    }
}

impl ProofHash {
    /// Whether `proof` is the right one. The comparison takes constant time.
    pub fn matches(&self, proof: &Proof) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(proof.expose()).unwrap_or_default();
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        self.0.as_bytes().ct_eq(digest.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ParticipantId;

    #[test]
    fn a_token_is_32_bytes_of_base64url_and_nothing_else() {
        let token = Token::from_random([7; 32]);

        assert_eq!(token.expose().len(), 43);
        assert_eq!(Token::parse(token.expose()), Some(token));
        assert_eq!(Token::parse(&"A".repeat(42)), None);
        assert_eq!(Token::parse(&"A".repeat(44)), None);
        assert_eq!(Token::parse(&format!("{}B", "A".repeat(42))), None, "not canonical");
        assert_eq!(Token::parse(&format!("{}=", "A".repeat(43))), None, "padded");
    }

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let token = Token::from_random([7; 32]);

        assert!(format!("{token:?}").ends_with("(…)"), "{token:?}");
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
        let hash = ProofHash::parse("Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU").unwrap();

        assert!(hash.matches(&proof));
        assert!(!hash.matches(&Proof::parse(&format!("{}E", "A".repeat(42))).unwrap()));
    }
}
