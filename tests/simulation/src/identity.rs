//! Who somebody is: a token, and what follows from it and the room.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::auditor::Known;

/// A person's secrets for one room.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name, of three letters.
    pub name: &'static str,
    /// 32 bytes as base64url.
    pub token: String,
    /// What the room stores of the token.
    pub digest: String,
    /// What opens an encrypted room, if the person has the whole link.
    pub proof: Option<String>,
    /// Whether the room is encrypted.
    pub is_sealed: bool,
}

impl Identity {
    /// Somebody in the room with this id. `has_link` is the whole link, of which the room may ask a proof.
    pub fn new(name: &'static str, room: &str, is_sealed: bool, has_link: bool) -> Self {
        let token = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("token of {name}")));
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{room}{token}")));
        let proof = if has_link { "the link" } else { "a guess" };
        let proof = is_sealed.then(|| URL_SAFE_NO_PAD.encode(Sha256::digest(proof)));
        Self { name, token, digest, proof, is_sealed }
    }

    /// The participant id.
    pub fn participant(&self) -> &str {
        self.digest.get(..16).unwrap_or_default()
    }

    /// What an encrypted room stores of the proof.
    pub fn access() -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(Sha256::digest("the link")))
    }

    /// The body of the join with this number. Each has other keys, and the room keeps those that took the seat.
    pub fn join_body(&self, number: usize) -> String {
        let Some(proof) = &self.proof else { return "{}".to_owned() };
        let letter = self.name.get(..1).unwrap_or_default();
        let digit = char::from(b'0' + (number % 10) as u8);
        let hello = format!("{}{digit}A", letter.repeat(128));
        json!({"proof": proof, "hello": hello, "shelf": format!("{}{digit}A", letter.repeat(41))}).to_string()
    }

    /// The body of a join that lacks the keys of an encrypted room.
    pub fn join_body_without_keys(&self) -> String {
        self.proof.as_ref().map_or_else(|| "{}".to_owned(), |proof| json!({"proof": proof}).to_string())
    }

    /// The id of the person's message with this number.
    pub fn message_id(&self, number: usize) -> String {
        format!("{}-{number:0>17}", self.name)
    }

    /// For the auditor.
    pub fn known(&self, is_invited: bool) -> Known {
        Known { token: self.token.clone(), digest: self.digest.clone(), is_invited }
    }
}
