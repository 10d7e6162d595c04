//! Properties that hold for any input: no parser panics, and accepted values obey the protocol.
//!
//! Every run uses the same cases. `DUET_SEED` (a number, 1 by default) chooses others; `PROPTEST_CASES` sets how many.

mod requests;
mod settings;
mod values;
mod wire;

use std::env;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{
    collection::{hash_map, vec},
    prelude::*,
    sample::Index,
    test_runner::RngSeed,
};
use serde_json::{Map, Value};

use crate::domain::{EpochMs, Message, MessageId, MessageText, ParticipantId, SenderName, Token};

/// Cases per property in an ordinary run. `npm run abuse` runs more.
const CASES: u32 = 64;

fn seeded() -> ProptestConfig {
    let number = |name: &str| env::var(name).ok().map(|raw| raw.parse::<u64>().expect("a whole number"));
    let seed = number("DUET_SEED").unwrap_or(1);
    // Shown if a property fails.
    println!("DUET_SEED={seed}");
    ProptestConfig {
        cases: number("PROPTEST_CASES").map_or(CASES, |cases| cases as u32),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

const ID: &str = "[A-Za-z0-9_-]{21}";

/// Any text, often short, with control characters.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "\\PC{0,40}", "[ -~]{0,60}"]
}

/// A text that a message may contain.
fn message_text() -> impl Strategy<Value = String> {
    prop_oneof!["[\\PC\\n\\t]{1,60}", (1..=MessageText::MAX_BYTES).prop_map(|bytes| "x".repeat(bytes))]
}

/// Any JSON of small depth. Many of its keys are keys of the protocol.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
        ID.prop_map(Value::from),
        "message|typing|seen|ping".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let fields = vec((any_key(), inner.clone()), 0..6);
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect()))
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop_oneof!["type|id|sender|text|ttlSeconds|access|proof|result|error", "\\PC{0,8}"]
}

/// JSON as text: intact, or with a piece removed or replaced.
fn almost_json() -> impl Strategy<Value = String> {
    let pieces = (any_json(), any::<Index>(), 0_usize..4, "\\PC{0,3}");
    let mangled = pieces.prop_map(|(json, at, length, instead)| {
        let json: Vec<char> = json.to_string().chars().collect();
        let at = at.index(json.len() + 1);
        let (before, after) = (json.iter().take(at), json.iter().skip(at + length));
        before.copied().chain(instead.chars()).chain(after.copied()).collect()
    });
    prop_oneof![any_json().prop_map(|json| json.to_string()), mangled, any_text()]
}

/// Keys that the protocol does not have and that must be ignored.
fn newer_keys() -> impl Strategy<Value = Map<String, Value>> {
    let keys = hash_map("new[A-Za-z]{0,8}", any_json(), 0..4);
    keys.prop_map(|keys| keys.into_iter().collect())
}

fn token() -> impl Strategy<Value = Token> {
    any::<[u8; 32]>().prop_map(|bytes| Token::parse(&URL_SAFE_NO_PAD.encode(bytes)).unwrap())
}

fn message() -> impl Strategy<Value = Message> {
    let parts = (ID, "[A-Za-z0-9_-]{16}", "[\\PC\\n\\t]{0,100}", message_text(), any::<u32>());
    parts.prop_map(|(id, participant_id, sender, text, timestamp)| Message {
        id: MessageId::parse(&id).unwrap(),
        participant_id: ParticipantId::parse(&participant_id).unwrap(),
        sender: SenderName::parse(sender).unwrap(),
        text: MessageText::parse(text).unwrap(),
        timestamp: EpochMs(timestamp.into()),
    })
}
