//! The running digest of a conversation. Source: `docs/sealing.md`, "Order".

use crate::bytes::{MessageId, ParticipantId, RoomId, sha256};

/// The part of a head that a message contains.
pub type ShortHead = [u8; 16];

/// The digest of all messages up to one sequence number, as received from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head([u8; 32]);

impl Head {
    /// The head of a room without messages.
    pub fn empty(room: &RoomId) -> Self {
        Self(sha256(&[b"duet/2 head", room.as_bytes()]))
    }

    /// The head after one more message, whether or not it opens.
    pub fn after(&self, seq: u32, id: &MessageId, sender: &ParticipantId, text: &str) -> Self {
        let text_hash = sha256(&[text.as_bytes()]);
        Self(sha256(&[&self.0, &seq.to_be_bytes(), id.as_bytes(), sender.as_bytes(), &text_hash]))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 16 bytes that a message contains.
    pub fn short(&self) -> ShortHead {
        crate::bytes::first_bytes(&self.0)
    }
}
