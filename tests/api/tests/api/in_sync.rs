//! Whether Redis holds the same as a room.

use std::time::Duration;

use duet_test_support::{Participant, Redis, Reply, Stack, StoreKind, wait_until};
use serde_json::{Value, json};

/// How long Redis may take to catch up with the room. A request that was abandoned after 5 s may still run later; the
/// room counts the list 5 and 20 s after that.
const REPAIR_LIMIT: Duration = Duration::from_secs(60);

/// The content of a room that Redis must hold.
#[derive(Debug, PartialEq)]
struct Content {
    messages: Vec<Value>,
    participants: Value,
}

/// Waits until Redis holds the room of `who`, and each key has a time to live. No message may be sent meanwhile.
#[track_caller]
pub fn wait_until_in_sync(stack: &Stack, who: &Participant) {
    if stack.store() == StoreKind::Embedded {
        return;
    }
    let expected = content_of_room(who);
    wait_until("Redis holds what the room holds", REPAIR_LIMIT, || {
        (content_in_redis(stack.redis(), &who.room).as_ref() == Some(&expected)).then_some(())
    });
}

fn content_of_room(who: &Participant) -> Content {
    // A repeated join changes nothing.
    let joined = who.browser.post(&who.path("room/join"), &json!({}));
    assert_eq!(joined.status, 200, "{joined:?}");
    let without_seq = |mut message: Value| {
        message.as_object_mut().expect("an object").remove("seq").expect("a sequence number");
        message
    };
    let messages = who.history().into_iter().map(without_seq).collect();
    Content { messages, participants: joined.json()["participants"].clone() }
}

/// `None`: something is missing, unreadable or without a time to live.
fn content_in_redis(redis: &Redis, room: &str) -> Option<Content> {
    let (meta, list) = (format!("meta:{room}"), format!("messages:{room}"));
    let Reply::Array(elements) = redis.try_run(&["LRANGE", &list, "0", "-1"]) else { return None };
    let Reply::Bulk(connected) = redis.try_run(&["HGET", &meta, "connected"]) else { return None };
    let messages = elements.iter().map(|element| serde_json::from_str(&element.text()).ok());
    let messages: Vec<Value> = messages.collect::<Option<_>>()?;
    let digests: Vec<String> = serde_json::from_slice(&connected).ok()?;
    let participants = digests.iter().map(|digest| digest.get(..16)).collect::<Option<Vec<&str>>>()?;

    let has_end = |key: &str| redis.run(&["PTTL", key]).integer() > 0;
    let all_have_ends = has_end(&meta) && (messages.is_empty() || has_end(&list));
    all_have_ends.then(|| Content { participants: json!(participants), messages })
}

/// The keys of a room.
pub fn keys_of(redis: &Redis, room: &str) -> Vec<String> {
    let mut keys = redis.run(&["KEYS", &format!("*{room}*")]).texts();
    keys.sort_unstable();
    keys
}

/// Milliseconds until a key expires. `None`: it does not exist. Panics if it has no time to live.
#[track_caller]
pub fn ms_left(redis: &Redis, key: &str) -> Option<u64> {
    let ms = redis.run(&["PTTL", key]).integer();
    assert_ne!(ms, -1, "{key} has no end");
    u64::try_from(ms).ok()
}
