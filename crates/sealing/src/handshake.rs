//! From two hellos to the keys of a room. Source: `docs/sealing.md`, "From two hellos to keys".

use crate::WORDS;
use crate::bytes::{
    MessageId, ParticipantId, RoomId, Secret32, derive_secret, first_bytes, hkdf, message_id_of, sha256,
};
use crate::hello::{Hello, HelloError};
use crate::link::LinkSecret;

/// The first four bytes of an encrypted text, which name its key.
pub type KeyId = [u8; 4];

/// A seat, and the hello with which it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Whose seat it is.
    pub id: ParticipantId,
    /// That person's hello.
    pub hello: Hello,
}

/// `th`: the digest of both seats, in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transcript([u8; 32]);

impl Transcript {
    /// The transcript of two seats, in either order.
    pub fn of(room: &RoomId, one: &Seat, two: &Seat) -> Self {
        let (first, second) = if one.id < two.id { (one, two) } else { (two, one) };
        Self(sha256(&[
            b"duet/2 transcript",
            room.as_bytes(),
            first.id.as_bytes(),
            first.hello.as_bytes(),
            second.id.as_bytes(),
            second.hello.as_bytes(),
        ]))
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key id of all texts that are encrypted under a key of this pair.
    pub fn key_id(&self) -> KeyId {
        first_bytes(&sha256(&[b"duet/2 kid", &self.0]))
    }

    /// The id of the keys message of `sender`.
    pub fn keys_message_id(&self, sender: &ParticipantId) -> MessageId {
        message_id_of(&sha256(&[b"duet/2 keys", &self.0, sender.as_bytes()]))
    }
}

/// The secret that two people share once each has accepted the other's hello. All message keys are derived from it.
#[derive(Clone, Debug)]
pub struct Root(Secret32);

impl Root {
    /// Computes the root from a person's own exchange secret, which the caller erases afterwards, and the other's
    /// hello.
    pub fn agree(
        room: &RoomId,
        link: &LinkSecret,
        exchange: &Secret32,
        other: &Hello,
        transcript: &Transcript,
    ) -> Result<Self, HelloError> {
        let shared = other.exchange(exchange)?;
        let psk = link.psk(room);
        Ok(Self(derive_secret(shared.expose(), psk.expose(), &[b"duet/2 root", transcript.as_bytes()])))
    }

    /// A root that was stored.
    pub fn from_secret(secret: Secret32) -> Self {
        Self(secret)
    }

    /// The 32 bytes, for storing.
    pub fn secret(&self) -> &Secret32 {
        &self.0
    }

    /// `K(P)`: the key for messages from `sender`.
    pub fn message_key(&self, sender: &ParticipantId) -> Secret32 {
        derive_secret(self.0.expose(), b"", &[b"duet/2 messages|", sender.as_bytes()])
    }

    /// The four words that two people compare by voice. `nonces` are `r1` and `r2`, in the order of the seats' ids.
    pub fn safety_words(&self, transcript: &Transcript, nonces: [&Secret32; 2]) -> [&'static str; 4] {
        let salt = nonces.map(|nonce| *nonce.expose()).concat();
        let places: [u8; 4] = hkdf(self.0.expose(), &salt, &[b"duet/2 safety", transcript.as_bytes()]);
        // The list has 256 words, so every byte has one.
        places.map(|place| WORDS.get(usize::from(place)).copied().unwrap_or_default())
    }
}

/// `K0(P)`: the key for messages that a person writes while alone, derived from `w`.
pub fn early_key(early: &Secret32, seat: &Seat) -> Secret32 {
    let salt = sha256(&[seat.hello.as_bytes()]);
    derive_secret(early.expose(), &salt, &[b"duet/2 early|", seat.id.as_bytes()])
}

/// `kid0(P)`: the key id of texts that are encrypted under the early key of the person whose hello is `hello`.
pub fn early_key_id(hello: &Hello) -> KeyId {
    first_bytes(&sha256(&[b"duet/2 early kid", hello.as_bytes()]))
}
