//! Bodies and frames: refused with the name of the field, or read as they were written. Unknown keys are ignored.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{almost_json, any_json, any_key, any_text, message, newer_keys, seeded};
use crate::{
    domain::{EpochMs, Message, StoredMessage},
    wire::{ApiError, ClientFrame, CreateBody, Draft, JoinBody, message_frame},
};

/// A message as a client writes it.
fn body(message: &Message, newer: Map<String, Value>) -> Value {
    let Message { id, sender, text, .. } = message;
    let mut body = Value::Object(newer);
    (body["id"], body["sender"], body["text"]) = (json!(id), json!(sender), json!(text));
    body
}

fn draft(message: &Message) -> Draft {
    let Message { id, sender, text, .. } = message.clone();
    Draft { id: Some(id), sender, text }
}

/// The errors of all parsers for `raw`.
fn refusals(raw: &str) -> impl Iterator<Item = ApiError> {
    let refusals = [
        CreateBody::parse(raw).err(),
        JoinBody::parse(raw).err(),
        Draft::parse(raw).err(),
        ClientFrame::parse(raw).err(),
    ];
    refusals.into_iter().flatten()
}

fn optional_seconds() -> impl Strategy<Value = Value> {
    let whole = (0_i64..90_000).prop_map(Value::from);
    prop_oneof![whole, (0.0..90_000.0).prop_map(Value::from), any_json()]
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn no_text_makes_a_body_or_a_frame_panic(raw in almost_json()) {
        for error in refusals(&raw) {
            let is_bad_request = matches!(error, ApiError::BadRequest { .. });
            prop_assert!(is_bad_request, "{:?}", error);
        }
    }

    #[test]
    fn depth_alone_makes_nothing_panic(depth in 1_usize..30_000, key in any_key()) {
        let key = json!(key);
        let deep = format!("{{{key}:{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let half = format!("{{{key}:{}", r#"{"a":"#.repeat(depth));

        // A parser without a limit would overflow the stack.
        let _ = refusals(&deep).count();
        prop_assert_eq!(refusals(&half).count(), 4);
    }

    #[test]
    fn a_message_is_read_as_it_was_written_whatever_a_newer_client_adds(
        message in message(),
        newer in newer_keys(),
    ) {
        let mut frame = body(&message, newer);
        let posted = Draft::parse(&frame.to_string());
        frame["type"] = json!("message");
        let framed = ClientFrame::parse(&frame.to_string());

        prop_assert_eq!(posted, Ok(draft(&message)));
        prop_assert_eq!(framed, Ok(ClientFrame::Message(draft(&message))));
    }

    #[test]
    fn a_frame_of_a_newer_type_is_ignored(kind in any_text(), newer in newer_keys()) {
        prop_assume!(!["message", "typing", "seen", "keep"].contains(&kind.as_str()));
        let mut frame = Value::Object(newer);
        frame["type"] = json!(kind);

        prop_assert_eq!(ClientFrame::parse(&frame.to_string()), Ok(ClientFrame::Unknown));
    }

    #[test]
    fn a_frame_is_what_has_a_type(json in any_json()) {
        let has_type = json.get("type").is_some_and(Value::is_string);

        prop_assert_eq!(ClientFrame::parse(&json.to_string()).is_ok(), has_type);
    }

    #[test]
    fn a_message_is_broadcast_as_one_complete_frame(
        message in message(),
        seq in any::<u32>(),
        expires_at in any::<u32>(),
    ) {
        let stored = StoredMessage { seq: seq.into(), json: message.to_json() };

        let text = message_frame(&stored, EpochMs(expires_at.into()));

        prop_assert!(!text.contains('\n'));
        let mut frame: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!((&frame["type"], &frame["expiresAt"]), (&json!("message"), &json!(expires_at)));
        prop_assert_eq!(&frame["message"]["seq"], &json!(seq));
        prop_assert_eq!(serde_json::from_value::<Message>(frame["message"].take()).unwrap(), message);
    }

    #[test]
    fn a_ttl_is_accepted_if_and_only_if_it_is_whole_and_in_range(seconds in optional_seconds()) {
        let number = seconds.as_f64().filter(|n| n.fract() == 0.0 && (60.0..=86_400.0).contains(n));

        let body = CreateBody::parse(&json!({ "ttlSeconds": seconds }).to_string());

        let taken = body.as_ref().ok().and_then(|body| body.ttl_seconds).map(|seconds| seconds as f64);
        prop_assert_eq!(taken, number);
        prop_assert_eq!(body.is_ok(), number.is_some() || seconds.is_null());
    }
}
