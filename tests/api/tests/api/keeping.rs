//! Keeping a room open without sending a message.

use duet_test_support::Participant;
use serde_json::json;

use crate::world::{Conversation, World, assert_keys, assert_refused};

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
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
    let mut second_tab = bob.connect();
    let before = end_of_room(&ann);

    let kept = ann.browser.post(&ann.path("room/keep"), &json!({}));

    assert_eq!((kept.status, kept.number("ttl")), (200, 600));
    assert_keys(&kept.json(), &["ttl", "expiresAt"]);
    assert!(kept.number("expiresAt") > before, "{kept:?}");
    for socket in [&mut ann_socket, &mut bob_socket, &mut second_tab] {
        assert_eq!(socket.frame(), json!({ "type": "expiry", "expiresAt": kept.number("expiresAt") }));
    }
    assert_eq!(end_of_room(&bob), kept.number("expiresAt"));
}

fn keeping_the_room_open_by_frame_is_broadcast(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
    let before = end_of_room(&ann);

    bob_socket.send(&json!({ "type": "keep" }));

    let expiry = bob_socket.expect("expiry");
    assert_keys(&expiry, &["type", "expiresAt"]);
    assert_eq!(ann_socket.frame(), expiry);
    let kept_until = expiry["expiresAt"].as_u64().expect("a time");
    assert!(kept_until > before, "{expiry}");
    assert_eq!(end_of_room(&bob), kept_until);
}

fn keeping_the_room_open_is_allowed_once_in_ten_seconds(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
    let keep = |who: &Participant| who.browser.post(&who.path("room/keep"), &json!({}));
    assert_eq!(keep(&ann).status, 200);
    let end = ann_socket.expect("expiry")["expiresAt"].clone();
    bob_socket.expect("expiry");

    let refused = keep(&ann);
    ann_socket.send(&json!({ "type": "keep" }));

    assert_refused(&refused, 429, "too-many-requests");
    let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
    assert!((1..=10).contains(&seconds), "{refused:?}");
    let error = ann_socket.expect("error");
    assert_keys(&error, &["type", "error", "message", "retryAfterSeconds"]);
    assert_eq!(error["error"], "too-many-requests");
    assert_eq!(json!(end_of_room(&ann)), end, "nothing moved");
    assert_eq!(keep(&bob).status, 200, "each participant has a limit of their own");
    assert_eq!(bob_socket.expect("expiry"), ann_socket.expect("expiry"));
}

fn only_participants_can_keep_the_room_open(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();

    for other in [world.browser(), world.stranger()] {
        assert_refused(&other.post(&ann.path("room/keep"), &json!({})), 401, "not-a-participant");
    }

    ann_socket.send_message("fence");
    for socket in [&mut ann_socket, &mut bob_socket] {
        socket.expect("message");
    }
}
