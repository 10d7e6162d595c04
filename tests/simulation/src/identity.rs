//! The identity of a person: a token, and the values derived from it and the room.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::auditor::TokenHolder;

/// A person's secrets for one room.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name, of three letters.
    pub name: &'static str,
    /// 32 bytes as base64url.
    pub token: String,
    /// What the room stores of the token.
    pub digest: String,
    /// The proof for an encrypted room, if the person has the complete link.
    pub proof: Option<String>,
    /// Whether the room is encrypted.
    pub is_encrypted: bool,
}

impl Identity {
    /// A person in the room with this id. `has_link`: they have the complete link, for which the room may require a
    /// proof.
    pub fn new(name: &'static str, room: &str, is_encrypted: bool, has_link: bool) -> Self {
        let token = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("token of {name}")));
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{room}{token}")));
        let proof = if has_link { "the link" } else { "a guess" };
        let proof = is_encrypted.then(|| URL_SAFE_NO_PAD.encode(Sha256::digest(proof)));
        Self { name, token, digest, proof, is_encrypted }
    }

    /// The participant id.
    pub fn participant(&self) -> &str {
        self.digest.get(..16).unwrap_or_default()
    }

    /// The hash of the proof that an encrypted room stores.
    pub fn access() -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(Sha256::digest("the link")))
    }

    /// The body of the join with this number. Each join has different keys, and the room keeps those of the join that
    /// took the seat.
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

    /// The identity as the auditor knows it.
    pub fn token_holder(&self, is_invited: bool) -> TokenHolder {
        TokenHolder { token: self.token.clone(), digest: self.digest.clone(), is_invited }
    }
}
