//! What a database may answer: no answer panics, and whatever is made of it keeps the order of messages.

use std::{future::ready, time::Duration};

use futures_executor::block_on;
use futures_util::future::LocalBoxFuture;
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

use super::{almost_json, any_json, any_text, new_message, newer_keys, seeded};
use crate::{
    domain::{EpochMs, Message, NewMessage, SeatDigest, Seq},
    store::{
        Appended, Store,
        contract::{ANSWER_BY, fresh_room, meta},
        upstash::{Rest, RestReply, RestRequest, Upstash},
    },
};

/// A database that always answers the same.
struct Answering(u16, String);

impl Rest for Answering {
    fn post(&self, _: RestRequest) -> LocalBoxFuture<'_, Option<RestReply>> {
        let Self(status, body) = self;
        Box::pin(ready(Some(RestReply { status: *status, body: body.clone(), sync_token: None })))
    }

    fn pause(&self, _: Duration) -> LocalBoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    fn now(&self) -> EpochMs {
        EpochMs(0)
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}

fn store(status: u16, body: String) -> Store {
    Store::Upstash(Upstash::new(Answering(status, body), &fresh_room()))
}

/// A message as it stands in the list.
fn element(message: &NewMessage, newer: &Map<String, Value>) -> String {
    let mut element = json!(message.clone().at(0));
    let fields = element.as_object_mut().unwrap();
    fields.remove("seq");
    fields.extend(newer.clone());
    element.to_string()
}

/// A hash as Redis answers it: field, value, field, value; all of them strings.
fn hgetall(fields: Map<String, Value>) -> Vec<String> {
    fields.into_iter().flat_map(|(name, value)| [name, value.to_string()]).collect()
}

/// Often in the form of an answer, with anything in it.
fn any_answer() -> impl Strategy<Value = String> {
    let result = prop_oneof![
        any::<u64>().prop_map(Value::from),
        (0_u64..4).prop_map(Value::from),
        vec(almost_json(), 0..6).prop_map(Value::from),
        vec(new_message().prop_map(|message| element(&message, &Map::new())), 0..4).prop_map(Value::from),
        any_json(),
    ];
    let answer = ("result|result|error", result).prop_map(|(key, value)| json!({ key: value }));
    let answers = vec(answer.clone(), 0..5).prop_map(Value::from);
    prop_oneof![
        answer.prop_map(|answer| answer.to_string()),
        answers.prop_map(|answers| answers.to_string()),
        almost_json()
    ]
}

fn any_status() -> impl Strategy<Value = u16> {
    prop_oneof![8 => Just(200), 1 => 100_u16..600]
}

fn are_in_order(messages: &[Message], after: Seq) -> bool {
    (after + 1..).zip(messages).all(|(seq, message)| message.seq == seq)
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn no_answer_panics_and_messages_are_always_in_order(
        status in any_status(),
        body in any_answer(),
        after in 0_u64..5,
        message in new_message(),
    ) {
        let store = store(status, body);

        let _ = (block_on(store.create(&meta(), 1, ANSWER_BY)), block_on(store.destroy(ANSWER_BY)));
        let _ = block_on(store.admit(&meta(), 1, ANSWER_BY));
        let history = block_on(store.history(after, 10, ANSWER_BY)).unwrap_or_default();
        prop_assert!(are_in_order(&history, after));
        let appended = block_on(store.append(after, vec![message.clone()], None, ANSWER_BY));
        if let Ok(Appended::Stored(stored)) = appended {
            prop_assert!(are_in_order(&stored, after));
            prop_assert!(stored.iter().any(|stored| stored.id == message.id), "it is among what is stored");
        }
    }

    #[test]
    fn no_answer_makes_loading_panic(
        status in any_status(),
        body in any_answer(),
        fields in vec(any_text(), 0..12),
        length in any_json(),
        tail in any_json(),
    ) {
        let _ = block_on(store(status, body).load(ANSWER_BY));
        let hash = [vec!["v".to_owned(), "1".into(), "createdAt".into(), "1".into()], fields].concat();
        let body = json!([{ "result": hash }, { "result": length }, { "result": tail }, { "result": 1 }]);

        let _ = block_on(store(200, body.to_string()).load(ANSWER_BY));
    }

    #[test]
    fn a_room_is_loaded_as_it_was_stored_whatever_a_newer_version_adds(
        seats in vec("[A-Za-z0-9_-]{43}", 0..3),
        [created_at, ttl_seconds, active_at] in any::<[u32; 3]>(),
        before in 0_u64..5_000,
        messages in vec(new_message(), 0..4),
        newer in newer_keys(),
    ) {
        let mut hash = newer.clone();
        let numbers = [("v", 1), ("createdAt", created_at), ("ttlSeconds", ttl_seconds), ("activeAt", active_at)];
        hash.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number))));
        hash.insert("connected".into(), json!(seats));
        let list: Vec<String> = messages.iter().map(|message| element(message, &newer)).collect();
        let last_seq = before + list.len() as Seq;
        let body = json!([
            { "result": hgetall(hash) }, { "result": last_seq }, { "result": list }, { "result": 7 }
        ]);

        let loaded = block_on(store(200, body.to_string()).load(ANSWER_BY)).unwrap().unwrap();

        let seats: Vec<SeatDigest> = seats.iter().filter_map(|seat| SeatDigest::parse(seat)).collect();
        prop_assert_eq!(loaded.meta.seats, seats);
        prop_assert_eq!(loaded.meta.created_at, EpochMs(created_at.into()));
        prop_assert_eq!(loaded.meta.ttl_seconds, u64::from(ttl_seconds));
        prop_assert_eq!(loaded.meta.active_at, EpochMs(active_at.into()));
        let expected: Vec<Message> =
            (before + 1..).zip(messages).map(|(seq, message)| message.at(seq)).collect();
        prop_assert_eq!((loaded.last_seq, loaded.tail, loaded.kept_for_ms), (last_seq, expected, 7));
    }
}
