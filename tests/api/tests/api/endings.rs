//! However a room ends, nothing of it is left: no key in Redis, no row and no table in the object's storage.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use duet_test_support::{Browser, LIMIT, Participant, Stack, StoreKind, now_ms, wait_until};
use serde_json::json;

use crate::{
    embedded_files::{A_TABLE, files_with},
    in_step::wait_until_in_step,
    rooms::assert_all_not_found,
    world::{Talk, World, assert_refused, stranger, talk, unknown_room},
};

cases![every_way_to_end_leaves_nothing_even_if_the_worker_crashes_before];

/// After a crash a request may still run for a minute, so the keys are swept that long, and only then the object forgets.
const SWEPT: Duration = Duration::from_secs(100);

/// Rooms on their way to their ends, and what of them could be found.
struct Rooms {
    ids: Vec<String>,
    canaries: Vec<String>,
    /// Of somebody who had a seat in the last of them.
    token: String,
    last_end_ms: u64,
}

fn every_way_to_end_leaves_nothing_even_if_the_worker_crashes_before(world: &World) {
    let mut stack = world.own(&[("ROOM_TTL_SECONDS", "5")]);
    let destroyed = destroyed(&stack);
    let rooms = abandoned(&stack);
    assert_all_not_found(&stranger(&stack), &destroyed);
    assert_all_have_an_end(&stack);

    stack.kill_worker();
    wait_until("their time is over", LIMIT, || (now_ms() > rooms.last_end_ms).then_some(()));
    if stack.store() == StoreKind::Upstash {
        // Without any Worker: the keys' own time is the backstop.
        wait_until("Redis has forgotten", LIMIT, || (keys(&stack).is_empty()).then_some(()));
    }
    stack.start_worker().unwrap_or_else(|said| panic!("{said}"));

    // The objects' alarms: nobody asks for these rooms.
    for text in rooms.canaries.iter().map(String::as_str).chain([A_TABLE]) {
        wait_until("no file holds anything", SWEPT, || (files_with(&stack, text) == 0).then_some(()));
    }
    let visitor = Browser::with_cookie(stack.base_url(), &rooms.token);
    rooms.ids.iter().for_each(|room| assert_all_not_found(&visitor, room));
    if stack.store() == StoreKind::Upstash {
        assert_eq!(keys(&stack), [""; 0]);
    }
}

/// A room with messages that a participant destroys.
fn destroyed(stack: &Stack) -> String {
    let Talk { ann, mut at_ann, at_bob: _at_bob, .. } = talk(stack);
    for text in ["one", "two"] {
        at_ann.say(text);
        at_ann.expect("message");
    }
    assert_eq!(ann.destroy().status, 204);
    ann.room
}

/// Rooms that end by themselves: two talked, nobody joined, a join failed, nobody said anything.
fn abandoned(stack: &Stack) -> Rooms {
    let visitor = Browser::new(stack.base_url());
    let access = || URL_SAFE_NO_PAD.encode(&unknown_room().repeat(2)[..32]);
    let text = unknown_room();

    let Talk { ann, .. } = talk(stack);
    assert_eq!(ann.post(&json!({ "text": text })).status, 201);
    wait_until_in_step(stack, &ann);
    let (unjoined, refused) = (access(), access());
    let nobody_joined = visitor.create_room(&json!({ "access": unjoined }));
    let join_failed = visitor.create_room(&json!({ "access": refused }));
    let join = format!("/api/room/join?roomId={join_failed}");
    assert_refused(&visitor.post(&join, &json!({ "proof": access() })), 403, "bad-proof");
    let silent = visitor.create_room(&json!({}));
    let joined = Participant::join(stack.base_url(), &silent);
    wait_until_in_step(stack, &joined);

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
        assert_ne!(files_with(stack, A_TABLE), 0, "what is looked for can be found");
    }
}
