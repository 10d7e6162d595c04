//! The content of encrypted messages. Source: `docs/sealing.md`, "What a message holds".
//!
//! Parsing is strict, so that two implementations never read different content from the same bytes.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::bytes::{Secret32, from_base64url, to_base64url};
use crate::head::ShortHead;

/// The latest time that a JavaScript date can represent, in milliseconds since the Unix epoch.
pub const MAX_AT_MS: u64 = 8_640_000_000_000_000;
/// Larger integers are not exact in JavaScript.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// An ordinary message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageContent {
    /// The name that the sender chose.
    pub sender: String,
    /// The text that the sender wrote.
    pub text: String,
    /// When it was written, by the sender's clock, in milliseconds since the Unix epoch. It never determines the order.
    pub at_ms: u64,
    /// The messages that the sender had received before.
    pub seen: Seen,
}

/// Up to which message a sender had received the conversation without gaps when it encrypted, and a digest of that
/// part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The sequence number; 0 for none.
    pub seq: u64,
    /// The first half of the sender's head at that number.
    pub head: ShortHead,
}

/// A seen mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Up to which message its sender has read.
    pub seen: Seen,
}

/// What a keys message reveals.
#[derive(Clone, Debug)]
pub struct RevealedKeys {
    /// `r`.
    pub nonce: Secret32,
    /// `w`.
    pub early: Secret32,
}

impl Seen {
    fn to_json(self) -> String {
        format!(r#"[{},"{}"]"#, self.seq, to_base64url(&self.head))
    }

    fn from_json(json: Json) -> Option<Self> {
        let [seq, head] = <[Json; 2]>::try_from(json.list()?).ok()?;
        Some(Self { seq: seq.integer()?, head: from_base64url(&head.text()?)? })
    }
}

impl Mark {
    /// The JSON to encrypt.
    pub fn to_json(&self) -> String {
        format!(r#"{{"seen":{}}}"#, self.seen.to_json())
    }

    /// Parses a decrypted plaintext. `None` unless it obeys every rule.
    pub fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let mut object = Json::object(plaintext)?;
        Some(Self { seen: Seen::from_json(object.remove("seen")?)? })
    }
}

impl MessageContent {
    /// The JSON to encrypt.
    pub fn to_json(&self) -> String {
        let [sender, text] = [&self.sender, &self.text].map(|text| serde_json::Value::from(text.as_str()));
        let (at, seen) = (self.at_ms, self.seen.to_json());
        format!(r#"{{"sender":{sender},"text":{text},"at":{at},"seen":{seen}}}"#)
    }

    /// Parses a decrypted plaintext. `None` unless it obeys every rule.
    pub fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let mut object = Json::object(plaintext)?;
        let mut take = |key| object.remove(key);
        let (sender, text) = (take("sender")?.text()?, take("text")?.text()?);
        let at_ms = take("at")?.integer().filter(|at| *at <= MAX_AT_MS)?;
        let seen = Seen::from_json(take("seen")?)?;
        Some(Self { sender, text, at_ms, seen })
    }
}

impl RevealedKeys {
    /// The JSON to encrypt.
    pub fn to_json(&self) -> String {
        let (nonce, early) = (self.nonce.to_base64url(), self.early.to_base64url());
        format!(r#"{{"keys":{{"nonce":"{nonce}","early":"{early}"}}}}"#)
    }

    /// Parses a decrypted plaintext. `None` unless it obeys every rule.
    pub fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let Json::Object(mut keys) = Json::object(plaintext)?.remove("keys")? else { return None };
        let mut take = |key| Secret32::from_base64url(&keys.remove(key)?.text()?);
        Some(Self { nonce: take("nonce")?, early: take("early")? })
    }
}

/// Strictly parsed JSON: no key occurs twice, no string has a lone surrogate, and only numbers that are written in
/// digits count as integers.
pub(crate) enum Json {
    /// null, true, false, and every number that is not written in digits only.
    Other,
    Integer(u64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Parses an object; spaces may follow it.
    pub(crate) fn object(plaintext: &[u8]) -> Option<BTreeMap<String, Self>> {
        match serde_json::from_slice(plaintext).ok()? {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn integer(&self) -> Option<u64> {
        if let Self::Integer(integer) = self { Some(*integer) } else { None }
    }

    fn list(self) -> Option<Vec<Self>> {
        if let Self::List(list) = self { Some(list) } else { None }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON without a repeated key")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    // serde_json calls this only for numbers in digits: `1.0`, `1e3` and `-0` arrive as floats.
    fn visit_u64<E: Error>(self, integer: u64) -> Result<Json, E> {
        Ok(if integer <= MAX_INTEGER { Json::Integer(integer) } else { Json::Other })
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = access.next_element()? {
            list.push(element);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((key, value)) = access.next_entry::<String, Json>()? {
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str = r#""seen":[0,"AAAAAAAAAAAAAAAAAAAAAA"]"#;

    fn is_read(json: &str) -> bool {
        MessageContent::from_plaintext(json.as_bytes()).is_some()
    }

    #[test]
    fn integers_are_read_from_digits_only() {
        let with_at = |at: &str| is_read(&format!(r#"{{"sender":"","text":"","at":{at},{SEEN}}}"#));

        assert!(with_at("0") && with_at("1000") && with_at("8640000000000000"));
        for at in ["1.0", "1e3", "-0", "1E0", "-1", "01", "18446744073709551616", "true", "null"] {
            assert!(!with_at(at), "{at}");
        }
    }

    #[test]
    fn a_key_twice_is_refused_at_every_depth() {
        let with = |more: &str| is_read(&format!(r#"{{"sender":"","text":"","at":1,{SEEN}{more}}}"#));

        assert!(with("") && with(r#","more":{"a":1.5,"b":{"a":[null,true,-1]}}"#));
        assert!(!with(r#","text":"""#) && !with(r#","\u0074ext":"""#) && !with(r#","more":{"a":1,"a":1}"#));
    }

    #[test]
    fn what_is_not_well_formed_text_is_refused() {
        let with_text = |text: &str| is_read(&format!(r#"{{"sender":"","text":"{text}","at":1,{SEEN}}}"#));

        assert!(with_text(r"\ud83d\ude00") && with_text("\u{2028}"));
        assert!(!with_text(r"\ud83d") && !with_text(r"\ude00\ud83d") && !with_text("\n"));
    }
}
