//! However a room ends, nothing remains of it: no key in Redis, and no row and no table in the object's storage.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use duet_test_support::{Browser, LIMIT, Participant, Stack, StoreKind, now_ms, wait_until};
use serde_json::json;

use crate::{
    embedded_files::{A_TABLE, files_with},
    in_sync::wait_until_in_sync,
    rooms::assert_all_not_found,
    world::{Conversation, World, assert_refused, conversation, stranger, unknown_room},
};

cases![every_kind_of_end_leaves_nothing_even_after_a_crash];

/// After a crash, a request may still run for a minute. The object deletes the keys repeatedly during that time and
/// erases its storage only then.
const SWEPT: Duration = Duration::from_secs(100);

/// Rooms that are about to end, and the texts that would reveal them.
struct Rooms {
    ids: Vec<String>,
    canaries: Vec<String>,
    /// The token of a participant in the last of them.
    token: String,
    last_end_ms: u64,
}

fn every_kind_of_end_leaves_nothing_even_after_a_crash(world: &World) {
    let mut stack = world.own(&[("ROOM_TTL_SECONDS", "5")]);
    let destroyed = destroyed(&stack);
    let rooms = abandoned(&stack);
    assert_all_not_found(&stranger(&stack), &destroyed);
    assert_all_have_an_end(&stack);

    stack.kill_worker();
    wait_until("their time is over", LIMIT, || (now_ms() > rooms.last_end_ms).then_some(()));
    if stack.store() == StoreKind::Upstash {
        // No Worker runs: the keys expire by their own time to live.
        wait_until("Redis has forgotten", LIMIT, || (keys(&stack).is_empty()).then_some(()));
    }
    stack.start_worker().unwrap_or_else(|error| panic!("{error}"));

    // No call wakes these rooms: their alarms do.
    for text in rooms.canaries.iter().map(String::as_str).chain([A_TABLE]) {
        wait_until("no file holds anything", SWEPT, || (files_with(&stack, text) == 0).then_some(()));
    }
    let visitor = Browser::with_cookie(stack.base_url(), &rooms.token);
    rooms.ids.iter().for_each(|room| assert_all_not_found(&visitor, room));
    if stack.store() == StoreKind::Upstash {
        assert_eq!(keys(&stack), [""; 0]);
    }
}

/// Creates a room with messages and destroys it.
fn destroyed(stack: &Stack) -> String {
    let Conversation { ann, mut ann_socket, bob_socket: _bob_socket, .. } = conversation(stack);
    for text in ["one", "two"] {
        ann_socket.send_message(text);
        ann_socket.expect("message");
    }
    assert_eq!(ann.destroy().status, 204);
    ann.room
}

/// Creates rooms that expire: one with a conversation, one without a join, one with a failed join, one without
/// messages.
fn abandoned(stack: &Stack) -> Rooms {
    let visitor = Browser::new(stack.base_url());
    let access = || URL_SAFE_NO_PAD.encode(&unknown_room().repeat(2)[..32]);
    let text = unknown_room();

    let Conversation { ann, .. } = conversation(stack);
    assert_eq!(ann.post(&json!({ "text": text })).status, 201);
    wait_until_in_sync(stack, &ann);
    let (unjoined, refused) = (access(), access());
    let nobody_joined = visitor.create_room(&json!({ "access": unjoined }));
    let join_failed = visitor.create_room(&json!({ "access": refused }));
    let join = format!("/api/room/join?roomId={join_failed}");
    assert_refused(&visitor.post(&join, &json!({ "proof": access() })), 403, "bad-proof");
    let silent = visitor.create_room(&json!({}));
    let joined = Participant::join(stack.base_url(), &silent);
    wait_until_in_sync(stack, &joined);

    Rooms {
        token: joined.browser.token().expect("a cookie"),
        last_end_ms: joined.browser.get(&joined.path("room/ttl")).number("expiresAt"),
        ids: vec![ann.room, nobody_joined, join_failed, silent],
        canaries: vec![text, ann.id, unjoined, refused, joined.id],
    }
}

fn keys(stack: &Stack) -> Vec<String> {
    stack.redis().run(&["KEYS", "*"]).texts()
}

fn assert_all_have_an_end(stack: &Stack) {
    if stack.store() == StoreKind::Upstash {
        let keys = keys(stack);
        assert_eq!(keys.len(), 5, "four rooms, one of them with a message: {keys:?}");
        for key in keys {
            assert!(stack.redis().run(&["PTTL", &key]).integer() > 0, "{key}");
        }
    } else {
        assert_ne!(files_with(stack, A_TABLE), 0, "the search finds what exists");
    }
}
