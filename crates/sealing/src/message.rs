//! Encrypting and decrypting a message's `text`. Source: `docs/sealing.md`, "Messages".

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};

use crate::bytes::{ParticipantId, RoomId, Secret32, decode_base64url, to_base64url};
use crate::handshake::KeyId;

/// The longest plaintext, including padding: a longer one would not fit into the 16,384 bytes of a text.
pub const MAX_PLAINTEXT_BYTES: usize = 12_160;
/// Plaintexts are padded with spaces to a multiple of this.
pub const BLOCK_BYTES: usize = 128;

const PREFIX: &str = "duet2.";
const TAG_BYTES: usize = 16;

/// What an encrypted text is bound to, in addition to its key.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The room.
    pub room: &'a RoomId,
    /// The message's id, or `seen` for a mark.
    pub id: &'a str,
    /// Whose message it is.
    pub sender: &'a ParticipantId,
}

impl Envelope<'_> {
    fn additional_data(&self, key_id: KeyId) -> String {
        let (room, sender) = (self.room.as_str(), self.sender.as_str());
        format!("duet/2|{room}|{}|{sender}|{}", self.id, to_base64url(&key_id))
    }
}

/// A text of the right form, not decrypted yet.
#[derive(Clone, Debug)]
pub struct EncryptedText {
    /// Which key it names.
    pub key_id: KeyId,
    nonce: [u8; 12],
    ciphertext: Vec<u8>,
}

impl EncryptedText {
    /// `None` for a text that no honest client sends: another version, an encoding that is not canonical, a wrong
    /// length.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = decode_base64url(text.strip_prefix(PREFIX)?)?;
        let (key_id, rest) = bytes.split_first_chunk()?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        let plaintext_bytes = ciphertext.len().checked_sub(TAG_BYTES)?;
        let is_padded = plaintext_bytes.is_multiple_of(BLOCK_BYTES);
        let is_allowed = is_padded && (BLOCK_BYTES..=MAX_PLAINTEXT_BYTES).contains(&plaintext_bytes);
        is_allowed.then(|| Self { key_id: *key_id, nonce: *nonce, ciphertext: ciphertext.to_vec() })
    }

    /// The plaintext with its padding. `None` if the text was encrypted with another key or envelope.
    pub fn decrypt(&self, envelope: &Envelope, key: &Secret32) -> Option<Vec<u8>> {
        let additional_data = envelope.additional_data(self.key_id);
        decrypt(key, &self.nonce, additional_data.as_bytes(), &self.ciphertext)
    }
}

/// The text that contains `json`; `None` if `json` is too long. `nonce` is random and new for each call.
pub fn encrypt_text(
    envelope: &Envelope,
    key_id: KeyId,
    key: &Secret32,
    nonce: [u8; 12],
    json: &str,
) -> Option<String> {
    let plaintext = padded(json);
    if plaintext.len() > MAX_PLAINTEXT_BYTES {
        return None;
    }
    let ciphertext = encrypt(key, &nonce, envelope.additional_data(key_id).as_bytes(), &plaintext)?;
    Some(format!("{PREFIX}{}", to_base64url(&[&key_id[..], &nonce, &ciphertext].concat())))
}

/// JSON with spaces at the end, which do not change its meaning and hide its exact length.
pub(crate) fn padded(json: &str) -> Vec<u8> {
    let mut bytes = json.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), b' ');
    bytes
}

/// Ciphertext and tag.
pub(crate) fn encrypt(key: &Secret32, nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    cipher(key).encrypt(&Nonce::from(*nonce), Payload { msg: plaintext, aad }).ok()
}

/// The plaintext, if the tag is right.
pub(crate) fn decrypt(key: &Secret32, nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    cipher(key).decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad }).ok()
}

fn cipher(key: &Secret32) -> Aes256Gcm {
    Aes256Gcm::new(key.expose().into())
}
