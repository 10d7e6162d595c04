//! Byte strings, their encoding as text, and the ids that are hashed. Source: `docs/sealing.md`, "Notation".

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// 32 secret bytes. `Debug` does not print them, and dropping the value erases them.
#[derive(Clone)]
pub struct Secret32([u8; 32]);

impl Secret32 {
    /// A secret of these 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// From 43 characters of canonical base64url.
    pub fn from_base64url(text: &str) -> Option<Self> {
        from_base64url(text).map(Self)
    }

    /// As 43 characters of base64url.
    pub fn to_base64url(&self) -> String {
        to_base64url(&self.0)
    }
}

impl Drop for Secret32 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret32 {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Secret32(..)")
    }
}

/// An id of exactly `LENGTH` characters of `A-Za-z0-9_-`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<const LENGTH: usize>([u8; LENGTH]);

/// Names a room.
pub type RoomId = Id<21>;
/// Names a message.
pub type MessageId = Id<21>;
/// Names a seat of one room. The derived order compares bytes and decides who is first.
pub type ParticipantId = Id<16>;

impl<const LENGTH: usize> Id<LENGTH> {
    /// `None` unless `text` has the right length and alphabet.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
        let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        bytes.iter().all(is_allowed).then_some(Self(bytes))
    }

    /// The id as ASCII bytes, for hashing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // The id is ASCII, so the default is never used.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const LENGTH: usize> fmt::Debug for Id<LENGTH> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// base64url without padding.
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes canonical base64url of exactly `LENGTH` bytes: no padding, no stray bits, no other characters.
pub fn from_base64url<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    decode_base64url(text)?.try_into().ok()
}

/// Decodes canonical base64url of any length.
pub fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    // This engine refuses padding and trailing bits.
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// SHA-256 of all parts joined.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// `HK(ikm, salt, info, LENGTH)`: HKDF-SHA-256 of RFC 5869, with `info` in parts.
pub(crate) fn hkdf<const LENGTH: usize>(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> [u8; LENGTH] {
    const { assert!(LENGTH <= 255 * 32, "RFC 5869 allows no longer output") };
    let mut output = [0; LENGTH];
    // `expand` fails only for longer outputs, which the line above rules out.
    let _ = Hkdf::<Sha256>::new(Some(salt), ikm).expand_multi_info(info, &mut output);
    output
}

/// [`hkdf()`] for a 32-byte secret.
pub(crate) fn derive_secret(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> Secret32 {
    Secret32::new(hkdf(ikm, salt, info))
}

/// The first `LENGTH` bytes of a digest.
pub(crate) fn first_bytes<const LENGTH: usize>(digest: &[u8; 32]) -> [u8; LENGTH] {
    const { assert!(LENGTH <= 32, "a digest has no more bytes") };
    std::array::from_fn(|index| digest.get(index).copied().unwrap_or_default())
}

/// The first 21 characters of a digest's base64url: the form of a message id.
pub(crate) fn message_id_of(digest: &[u8; 32]) -> MessageId {
    let text = to_base64url(digest);
    let characters = text.as_bytes();
    Id(std::array::from_fn(|index| characters.get(index).copied().unwrap_or_default()))
}
