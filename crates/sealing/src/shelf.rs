//! The encrypted entries in which a browser stores a room's keys. Source: `docs/sealing.md`, "Where keys live in a
//! browser".
//!
//! A command-line client that keeps its keys in memory does not need this module. It exists so that the two
//! implementations can be compared, and for tools that examine a browser's disk.

use crate::body::Json;
use crate::bytes::{ParticipantId, RoomId, Secret32, decode_base64url, derive_secret, sha256, to_base64url};
use crate::handshake::{Root, Seat};
use crate::hello::{Hello, SeatSecrets};
use crate::link::LinkSecret;
use crate::message::{BLOCK_BYTES, decrypt, encrypt, padded};

/// Encrypts and decrypts the entries of one seat. Each has a name: `keys`, `draft`, `outbox` or `marks`.
#[derive(Clone, Debug)]
pub struct Shelf<'a> {
    room: &'a RoomId,
    secret: Secret32,
}

impl<'a> Shelf<'a> {
    /// The shelf with the 32 bytes that the server stores with the seat.
    pub fn new(room: &'a RoomId, secret: Secret32) -> Self {
        Self { room, secret }
    }

    /// `c`: distinguishes the entries of different shelves without revealing the secret.
    pub fn check(&self) -> String {
        let digest = sha256(&[b"duet/2 shelf check", self.secret.expose()]);
        to_base64url(&digest).chars().take(22).collect()
    }

    /// The key of an entry in `localStorage`.
    pub fn item(&self, name: &str) -> String {
        format!("duet:{}:{}:{name}", self.room.as_str(), self.check())
    }

    /// Encrypts an entry. `nonce` is random and new for each call.
    pub fn encrypt(&self, name: &str, nonce: [u8; 12], json: &str) -> Option<String> {
        let ciphertext = encrypt(&self.key(), &nonce, self.additional_data(name).as_bytes(), &padded(json))?;
        Some(to_base64url(&[&nonce[..], &ciphertext].concat()))
    }

    /// Decrypts an entry. The result includes the padding.
    pub fn decrypt(&self, name: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = decode_base64url(text)?;
        let (nonce, ciphertext) = bytes.split_first_chunk()?;
        let plaintext = decrypt(&self.key(), nonce, self.additional_data(name).as_bytes(), ciphertext)?;
        (!plaintext.is_empty() && plaintext.len().is_multiple_of(BLOCK_BYTES)).then_some(plaintext)
    }

    fn key(&self) -> Secret32 {
        derive_secret(self.secret.expose(), self.room.as_bytes(), &[b"duet/2 shelf"])
    }

    fn additional_data(&self, name: &str) -> String {
        format!("duet/2 shelf|{}|{name}", self.room.as_str())
    }
}

/// The entry `keys`.
#[derive(Clone, Debug)]
pub struct StoredKeys {
    /// `S`.
    pub link: LinkSecret,
    /// `r`.
    pub nonce: Secret32,
    /// `w`.
    pub early: Secret32,
    /// The person's own hello.
    pub hello: Hello,
    /// The stage of the key exchange, with its secret.
    pub stage: Stage,
}

/// The stage of the key exchange.
#[derive(Clone, Debug)]
pub enum Stage {
    /// The other person's hello is not known. Holds `e`.
    Alone(Secret32),
    /// The other person's hello is pinned, and `e` is erased.
    Pinned {
        /// The person's own id.
        own_id: ParticipantId,
        /// The shared secret.
        root: Root,
        /// The other person's seat.
        other: Seat,
    },
}

impl StoredKeys {
    /// What is stored before `join` is sent.
    pub fn before_join(room: &RoomId, link: &LinkSecret, secrets: &SeatSecrets) -> Self {
        Self {
            link: link.clone(),
            nonce: secrets.nonce.clone(),
            early: secrets.early.clone(),
            hello: secrets.hello(room, link),
            stage: Stage::Alone(secrets.exchange.clone()),
        }
    }

    /// The JSON to encrypt.
    pub fn to_json(&self) -> String {
        let [link, nonce, early] = [self.link.secret(), &self.nonce, &self.early].map(Secret32::to_base64url);
        let hello = self.hello.to_base64url();
        let stage = match &self.stage {
            Stage::Alone(exchange) => format!(r#""e":"{}""#, exchange.to_base64url()),
            Stage::Pinned { own_id, root, other } => format!(
                r#""P":"{}","root":"{}","other":"{}","otherHello":"{}""#,
                own_id.as_str(),
                root.secret().to_base64url(),
                other.id.as_str(),
                other.hello.to_base64url()
            ),
        };
        format!(r#"{{"S":"{link}","r":"{nonce}","w":"{early}","hello":"{hello}",{stage}}}"#)
    }

    /// Parses a decrypted entry.
    pub fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let mut object = Json::object(plaintext)?;
        let mut take = |key| object.remove(key)?.text();
        let link = LinkSecret::new(*Secret32::from_base64url(&take("S")?)?.expose());
        let nonce = Secret32::from_base64url(&take("r")?)?;
        let early = Secret32::from_base64url(&take("w")?)?;
        let hello = Hello::parse(&take("hello")?).ok()?;
        let stage = match take("root") {
            None => Stage::Alone(Secret32::from_base64url(&take("e")?)?),
            Some(root) => Stage::Pinned {
                own_id: ParticipantId::parse(&take("P")?)?,
                root: Root::from_secret(Secret32::from_base64url(&root)?),
                other: Seat {
                    id: ParticipantId::parse(&take("other")?)?,
                    hello: Hello::parse(&take("otherHello")?).ok()?,
                },
            },
        };
        Some(Self { link, nonce, early, hello, stage })
    }
}
