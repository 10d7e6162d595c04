//! The hello: what a person publishes when taking a seat. Source: `docs/sealing.md`, "Hello".

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroize;

use crate::bytes::{RoomId, Secret32, from_base64url, sha256, to_base64url};
use crate::link::LinkSecret;

const VERSION: u8 = 2;
const BODY_BYTES: usize = 65;
const HELLO_BYTES: usize = 97;

/// The secrets that are drawn when a person presses Join: four times 32 random bytes. A repeated request sends the
/// same.
#[derive(Clone, Debug)]
pub struct SeatSecrets {
    /// The X25519 secret `e`.
    pub exchange: Secret32,
    /// `r`, committed to now and revealed later.
    pub nonce: Secret32,
    /// `w`, from which the key for messages written while alone is derived.
    pub early: Secret32,
    /// The key to what the browser stores. The server keeps it until the room ends.
    pub shelf: Secret32,
}

impl SeatSecrets {
    /// The hello that belongs to these secrets.
    pub fn hello(&self, room: &RoomId, link: &LinkSecret) -> Hello {
        let public = *PublicKey::from(&StaticSecret::from(*self.exchange.expose())).as_bytes();
        let commit = commit(room, &public, self.nonce.expose());
        let mut bytes = [0; HELLO_BYTES];
        let (body, mac) = bytes.split_at_mut(BODY_BYTES);
        body.copy_from_slice(&[&[VERSION][..], &public, &commit].concat());
        mac.copy_from_slice(&hello_mac(room, link, body).finalize().into_bytes());
        Hello(bytes)
    }
}

/// A hello: 97 bytes of the right form. [`Hello::verify`] checks its MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello([u8; HELLO_BYTES]);

/// Why a hello is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelloError {
    /// Not 97 bytes of canonical base64url that begin with 0x02.
    Form,
    /// Its maker does not have the link.
    Mac,
    /// It contains the person's own X25519 key or commitment.
    Reflected,
    /// The exchange with it gives zero: its key is a point of low order.
    ZeroExchange,
}

impl Hello {
    /// Parses 130 characters of base64url.
    pub fn parse(text: &str) -> Result<Self, HelloError> {
        let bytes: [u8; HELLO_BYTES] = from_base64url(text).ok_or(HelloError::Form)?;
        if bytes.first() == Some(&VERSION) { Ok(Self(bytes)) } else { Err(HelloError::Form) }
    }

    /// The 97 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As 130 characters of base64url.
    pub fn to_base64url(&self) -> String {
        to_base64url(&self.0)
    }

    /// `E`: the X25519 public key.
    pub fn public(&self) -> [u8; 32] {
        self.part(1)
    }

    /// The commitment to `E` and `r`.
    pub fn commit(&self) -> [u8; 32] {
        self.part(33)
    }

    /// Whether `nonce` is the `r` that this hello committed to.
    pub fn commits_to(&self, room: &RoomId, nonce: &[u8; 32]) -> bool {
        // Both sides of the comparison are public by now, so it need not take constant time.
        commit(room, &self.public(), nonce) == self.commit()
    }

    /// Whether the other person, who has the link, made this hello for this room.
    pub fn verify(&self, room: &RoomId, link: &LinkSecret, own: &Hello) -> Result<(), HelloError> {
        let (body, mac) = self.0.split_at(BODY_BYTES);
        hello_mac(room, link, body).verify_slice(mac).map_err(|_| HelloError::Mac)?;
        let is_reflected = self.public() == own.public() || self.commit() == own.commit();
        if is_reflected { Err(HelloError::Reflected) } else { Ok(()) }
    }

    /// X25519 of a person's own secret and this hello's key. Callers should use [`crate::handshake::Root::agree`].
    pub fn exchange(&self, secret: &Secret32) -> Result<Secret32, HelloError> {
        let shared = StaticSecret::from(*secret.expose()).diffie_hellman(&PublicKey::from(self.public()));
        if shared.was_contributory() {
            Ok(Secret32::new(*shared.as_bytes()))
        } else {
            Err(HelloError::ZeroExchange)
        }
    }

    fn part(&self, start: usize) -> [u8; 32] {
        std::array::from_fn(|index| self.0.get(start + index).copied().unwrap_or_default())
    }
}

fn commit(room: &RoomId, public: &[u8; 32], nonce: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"duet/2 commit", room.as_bytes(), public, nonce])
}

fn hello_mac(room: &RoomId, link: &LinkSecret, body: &[u8]) -> Hmac<Sha256> {
    // HMAC itself pads a short key with zeros to a block. With a key of a whole block, the constructor cannot fail.
    let mut key_block = [0; 64];
    key_block.first_chunk_mut::<32>().into_iter().for_each(|start| *start = *link.hello_key(room).expose());
    let mut mac = Hmac::<Sha256>::new(&key_block.into());
    key_block.zeroize();
    mac.update(room.as_bytes());
    mac.update(body);
    mac
}
