//! Keeping a room open without sending a message.

use duet_test_support::Participant;
use serde_json::json;

use crate::world::{Talk, World, assert_keys, assert_refused};

cases![
    keeping_the_room_open_by_post_is_broadcast,
    keeping_the_room_open_by_frame_is_broadcast,
    keeping_the_room_open_is_allowed_once_in_ten_seconds,
    only_participants_can_keep_the_room_open,
];

fn end_of_room(participant: &Participant) -> u64 {
    participant.browser.get(&participant.path("room/ttl")).number("expiresAt")
}

fn keeping_the_room_open_by_post_is_broadcast(world: &World) {
    let Talk { ann, bob, mut at_ann, mut at_bob } = world.talk();
    let mut second_tab = bob.connect();
    let before = end_of_room(&ann);

    let kept = ann.browser.post(&ann.path("room/keep"), &json!({}));

    assert_eq!((kept.status, kept.number("ttl")), (200, 600));
    assert_keys(&kept.json(), &["ttl", "expiresAt"]);
    assert!(kept.number("expiresAt") > before, "{kept:?}");
    for socket in [&mut at_ann, &mut at_bob, &mut second_tab] {
        assert_eq!(socket.frame(), json!({ "type": "expiry", "expiresAt": kept.number("expiresAt") }));
    }
    assert_eq!(end_of_room(&bob), kept.number("expiresAt"));
}

fn keeping_the_room_open_by_frame_is_broadcast(world: &World) {
    let Talk { ann, bob, mut at_ann, mut at_bob } = world.talk();
    let before = end_of_room(&ann);

    at_bob.send(&json!({ "type": "keep" }));

    let expiry = at_bob.expect("expiry");
    assert_keys(&expiry, &["type", "expiresAt"]);
    assert_eq!(at_ann.frame(), expiry);
    let kept_until = expiry["expiresAt"].as_u64().expect("a time");
    assert!(kept_until > before, "{expiry}");
    assert_eq!(end_of_room(&bob), kept_until);
}

fn keeping_the_room_open_is_allowed_once_in_ten_seconds(world: &World) {
    let Talk { ann, bob, mut at_ann, mut at_bob } = world.talk();
    let keep = |who: &Participant| who.browser.post(&who.path("room/keep"), &json!({}));
    assert_eq!(keep(&ann).status, 200);
    let end = at_ann.expect("expiry")["expiresAt"].clone();
    at_bob.expect("expiry");

    let refused = keep(&ann);
    at_ann.send(&json!({ "type": "keep" }));

    assert_refused(&refused, 429, "too-many-requests");
    let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
    assert!((1..=10).contains(&seconds), "{refused:?}");
    let error = at_ann.expect("error");
    assert_keys(&error, &["type", "error", "message", "retryAfterSeconds"]);
    assert_eq!(error["error"], "too-many-requests");
    assert_eq!(json!(end_of_room(&ann)), end, "nothing moved");
    assert_eq!(keep(&bob).status, 200, "each participant has a limit of their own");
    assert_eq!(at_bob.expect("expiry"), at_ann.expect("expiry"));
}

fn only_participants_can_keep_the_room_open(world: &World) {
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();

    for other in [world.browser(), world.stranger()] {
        assert_refused(&other.post(&ann.path("room/keep"), &json!({})), 401, "not-a-participant");
    }

    at_ann.send_message("fence");
    for socket in [&mut at_ann, &mut at_bob] {
        socket.expect("message");
    }
}
