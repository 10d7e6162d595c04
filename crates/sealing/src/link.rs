//! The link, and what is derived from its secret alone. Source: `docs/sealing.md`, "Link and proof".

use crate::bytes::{RoomId, Secret32, derive_secret, sha256, to_base64url};

/// The character after the `#`: the version of the format.
const VERSION: &str = "2";

/// `S`: the 32 random bytes that whoever has the link knows.
#[derive(Clone, Debug)]
pub struct LinkSecret(Secret32);

impl LinkSecret {
    /// A new link secret of 32 fresh random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Secret32::new(random))
    }

    /// Parses the part of a link after the `#`. `None` unless it is complete and has this version.
    pub fn from_fragment(fragment: &str) -> Option<Self> {
        Secret32::from_base64url(fragment.strip_prefix(VERSION)?).map(Self)
    }

    /// The part of the link after the `#`: 44 characters.
    pub fn to_fragment(&self) -> String {
        format!("{VERSION}{}", self.0.to_base64url())
    }

    /// The link without scheme and host.
    pub fn path(&self, room: &RoomId) -> String {
        format!("/room/{}#{}", room.as_str(), self.to_fragment())
    }

    /// The 32 bytes.
    pub fn secret(&self) -> &Secret32 {
        &self.0
    }

    /// What `join` sends to prove that its sender has the link. It does not depend on the room id.
    pub fn proof(&self) -> Secret32 {
        derive_secret(self.0.expose(), b"", &[b"duet/2 access"])
    }

    /// What `create` sends: base64url of SHA-256(proof), against which the room checks proofs.
    pub fn access(&self) -> String {
        to_base64url(&sha256(&[self.proof().expose()]))
    }

    /// `kHello`: the key under which hellos are authenticated.
    pub fn hello_key(&self, room: &RoomId) -> Secret32 {
        derive_secret(self.0.expose(), room.as_bytes(), &[b"duet/2 hello"])
    }

    /// `psk`: the part of the room's keys that comes from the link.
    pub fn psk(&self, room: &RoomId) -> Secret32 {
        derive_secret(self.0.expose(), room.as_bytes(), &[b"duet/2 psk"])
    }
}
