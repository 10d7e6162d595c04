//! The sealed format a second time, written from `docs/sealing.md` on RustCrypto, so that the document, the page's
//! module and its vectors hold each other to account.

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PREFIX: &str = "duet1.";
const BLOCK_BYTES: usize = 128;

/// Who says what, under which id.
pub struct Envelope<'a> {
    /// The message's id.
    pub id: &'a str,
    /// The participant who sends it.
    pub participant_id: &'a str,
}

/// A room's secret, and all that follows from it.
pub struct RoomSecret<'a> {
    hkdf_input: Vec<u8>,
    room_id: &'a str,
}

impl<'a> RoomSecret<'a> {
    /// From the part of the link behind the `#`; `None` unless that is 32 bytes of base64url.
    pub fn parse(secret: &str, room_id: &'a str) -> Option<Self> {
        let hkdf_input = URL_SAFE_NO_PAD.decode(secret).ok()?;
        (hkdf_input.len() == 32).then_some(Self { hkdf_input, room_id })
    }

    fn derive<const BYTES: usize>(&self, salt: &[u8], info: &str) -> Option<[u8; BYTES]> {
        let mut output = [0; BYTES];
        Hkdf::<Sha256>::new(Some(salt), &self.hkdf_input).expand(info.as_bytes(), &mut output).ok()?;
        Some(output)
    }

    /// What `join` sends, and what `create` sends of it: `(proof, access)`.
    pub fn access(&self) -> Option<(String, String)> {
        let proof = self.derive::<32>(&[], "duet/1 access")?;
        Some((URL_SAFE_NO_PAD.encode(proof), URL_SAFE_NO_PAD.encode(Sha256::digest(proof))))
    }

    /// The places, in the published list of words, of the four words of the safety code.
    pub fn safety_code(&self, participant_ids: &[&str]) -> Option<[u8; 4]> {
        let mut sorted = participant_ids.to_vec();
        sorted.sort_unstable();
        self.derive(self.room_id.as_bytes(), &format!("duet/1 safety|{}", sorted.join("|")))
    }

    fn cipher(&self) -> Option<Aes256Gcm> {
        Aes256Gcm::new_from_slice(&self.derive::<32>(self.room_id.as_bytes(), "duet/1 messages")?).ok()
    }

    fn additional_data(&self, envelope: &Envelope) -> String {
        format!("duet/1|{}|{}|{}", self.room_id, envelope.id, envelope.participant_id)
    }

    /// Seals a name and a text under `nonce`.
    pub fn seal(&self, envelope: &Envelope, sender: &str, text: &str, nonce: [u8; 12]) -> Option<String> {
        let mut plaintext = json!({ "sender": sender, "text": text }).to_string().into_bytes();
        plaintext.resize(plaintext.len().div_ceil(BLOCK_BYTES) * BLOCK_BYTES, b' ');
        let additional_data = self.additional_data(envelope);
        let payload = Payload { msg: &plaintext, aad: additional_data.as_bytes() };
        let sealed = self.cipher()?.encrypt(&Nonce::from(nonce), payload).ok()?;
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// Opens a text: `(sender, text)`; `None` for what was not sealed in this room, under this id, by this participant.
    pub fn open(&self, envelope: &Envelope, text: &str) -> Option<(String, String)> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
        let additional_data = self.additional_data(envelope);
        let payload = Payload { msg: sealed, aad: additional_data.as_bytes() };
        let plaintext = self.cipher()?.decrypt(&Nonce::from(*nonce), payload).ok()?;
        let opened: Value = serde_json::from_slice(&plaintext).ok()?;
        Some((opened.get("sender")?.as_str()?.to_owned(), opened.get("text")?.as_str()?.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../docs/sealing-vectors.json")).unwrap()
    }

    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value[key].as_str().unwrap()
    }

    #[test]
    fn the_published_vectors_are_what_the_document_says() {
        for room in vectors()["rooms"].as_array().unwrap() {
            let secret = RoomSecret::parse(text(room, "secret"), text(room, "roomId")).unwrap();
            let (proof, access) = secret.access().unwrap();
            assert_eq!((proof.as_str(), access.as_str()), (text(room, "proof"), text(room, "access")));
            for message in room["messages"].as_array().unwrap() {
                let envelope =
                    Envelope { id: text(message, "id"), participant_id: text(message, "participantId") };
                let (sender, said) = (text(message, "sender"), text(message, "text"));
                let nonce = URL_SAFE_NO_PAD.decode(text(message, "nonce")).unwrap().try_into().unwrap();

                let opened = secret.open(&envelope, text(message, "sealed"));
                let sealed = secret.seal(&envelope, sender, said, nonce);

                assert_eq!(opened, Some((sender.to_owned(), said.to_owned())));
                assert_eq!(sealed.as_deref(), Some(text(message, "sealed")));
            }
        }
    }

    #[test]
    fn the_published_safety_codes_are_what_the_document_says() {
        let vectors = vectors();
        let words: Vec<&str> =
            vectors["words"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(words.len(), 256);
        for room in vectors["rooms"].as_array().unwrap() {
            let secret = RoomSecret::parse(text(room, "secret"), text(room, "roomId")).unwrap();
            let ids: Vec<&str> =
                room["participantIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();

            let code = secret.safety_code(&ids).unwrap().map(|place| words[usize::from(place)]);

            assert_eq!(code.join(" "), text(room, "safetyCode"));
        }
    }

    #[test]
    fn a_message_opens_under_no_other_id_room_participant_or_bit() {
        let room_id = "rrrrrrrrrrrrrrrrrrrrr";
        let secret = RoomSecret::parse(&"A".repeat(43), room_id).unwrap();
        let other_room = RoomSecret::parse(&"A".repeat(43), "sssssssssssssssssssss").unwrap();
        let envelope = |id, participant_id| Envelope { id, participant_id };
        let sealed = secret.seal(&envelope("m1", "p1"), "Ann", "hi", [7; 12]).unwrap();

        assert!(secret.open(&envelope("m1", "p1"), &sealed).is_some());
        assert!(secret.open(&envelope("m2", "p1"), &sealed).is_none());
        assert!(secret.open(&envelope("m1", "p2"), &sealed).is_none());
        assert!(other_room.open(&envelope("m1", "p1"), &sealed).is_none());
        assert!(secret.open(&envelope("m1", "p1"), &sealed.replacen(PREFIX, "duet1.A", 1)).is_none());
        assert!(secret.open(&envelope("m1", "p1"), "hi").is_none());
    }
}
