//! Sockets: invalid frames, refused sockets and close codes.

use duet_test_support::{Browser, Event, Socket, message_id};
use serde_json::{Value, json};

use crate::world::{Conversation, World, assert_keys, assert_refused, pong, unknown_room};

cases![
    a_close_is_answered_with_a_close,
    ping_is_answered_pong,
    an_unreadable_frame_closes_with_4400,
    a_binary_frame_closes_with_4400,
    a_frame_over_32_kib_closes_with_1009,
    a_frame_of_32_kib_passes,
    a_frame_of_a_newer_client_is_ignored,
    unknown_keys_of_a_frame_are_ignored,
    a_bad_message_is_answered_with_an_error_frame_and_the_socket_stays_open,
    a_stranger_is_closed_with_4401,
    an_unknown_room_closes_with_4404,
    an_invalid_room_id_closes_with_4400,
    a_ninth_socket_replaces_the_oldest,
    without_an_upgrade_there_is_no_socket,
    destroying_is_broadcast_to_every_socket,
    a_destroyed_room_sends_nothing,
];

fn a_close_is_answered_with_a_close(world: &World) {
    let Conversation { ann_socket, mut bob_socket, ann, .. } = world.conversation();

    assert_eq!(ann_socket.leave(), 1000, "not cut off after some seconds");

    assert_ne!(bob_socket.expect("presence")["online"], json!([ann.id]));
    assert_eq!(bob_socket.leave(), 1000);
}

fn ping_is_answered_pong(world: &World) {
    let Conversation { mut ann_socket, bob_socket: _bob_socket, .. } = world.conversation();

    assert_eq!(pong(&mut ann_socket), "pong");
}

/// Closes one socket by sending something invalid, and checks that the others only see it leave.
fn assert_closes(world: &World, code: u16, send: impl FnOnce(&mut Socket)) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();

    send(&mut ann_socket);

    assert_eq!(ann_socket.closed(), code);
    assert_eq!(bob_socket.expect("presence")["online"].as_array().map(Vec::len), Some(1));
    bob_socket.send_message("still here");
    bob_socket.expect("message");
    assert_eq!(ann.history().len(), 1);
}

fn an_unreadable_frame_closes_with_4400(world: &World) {
    for text in
        ["hello", "", "[]", "7", "\"ping\"", "{}", r#"{"type":7}"#, r#"{"type":null}"#, r#"{"type":"typing""#]
    {
        assert_closes(world, 4400, |socket| socket.send_text(text));
    }
}

fn a_binary_frame_closes_with_4400(world: &World) {
    assert_closes(world, 4400, |socket| socket.send_binary(br#"{"type":"typing"}"#));
}

/// A message whose frame has exactly `bytes` bytes.
fn frame_of(bytes: usize) -> String {
    let frame = |padding: &str| {
        json!({ "type": "message", "id": message_id(), "text": "padded", "padding": padding }).to_string()
    };
    frame(&"x".repeat(bytes - frame("").len()))
}

fn a_frame_over_32_kib_closes_with_1009(world: &World) {
    assert_closes(world, 1009, |socket| socket.send_text(&frame_of(32 * 1024 + 1)));
    // Fewer characters than that, and more bytes.
    assert_closes(world, 1009, |socket| socket.send_text(&frame_of(20 * 1024).replace('x', "é")));
}

fn a_frame_of_32_kib_passes(world: &World) {
    let Conversation { mut ann_socket, mut bob_socket, .. } = world.conversation();

    ann_socket.send_text(&frame_of(32 * 1024));

    assert_eq!(bob_socket.expect_message()["text"], "padded");
}

fn a_frame_of_a_newer_client_is_ignored(world: &World) {
    let Conversation { mut ann_socket, mut bob_socket, .. } = world.conversation();

    ann_socket.send(&json!({ "type": "wave", "at": "you" }));
    ann_socket.send(&json!({ "type": "" }));

    ann_socket.send_message("fence");
    for socket in [&mut ann_socket, &mut bob_socket] {
        socket.expect("message");
    }
}

fn unknown_keys_of_a_frame_are_ignored(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = message_id();
    let frame =
        json!({ "type": "message", "id": id, "text": "hi", "colour": "teal", "participantId": "you" });

    ann_socket.send(&frame);

    let message = bob_socket.expect_message();
    assert_eq!((&message["text"], &message["participantId"]), (&json!("hi"), &json!(ann.id)));
    assert_eq!(message["colour"], Value::Null);
}

fn a_bad_message_is_answered_with_an_error_frame_and_the_socket_stays_open(world: &World) {
    let Conversation { mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = message_id();
    for (field, wrong) in [
        ("text", json!({ "text": "" })),
        ("text", json!({ "text": "a".repeat(16_385) })),
        ("text", json!({})),
        ("sender", json!({ "text": "hi", "sender": 7 })),
    ] {
        let mut frame = json!({ "type": "message", "id": id });
        frame.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());

        ann_socket.send(&frame);

        let error = ann_socket.expect("error");
        assert_keys(&error, &["type", "id", "error", "message"]);
        assert_eq!((&error["id"], &error["error"]), (&json!(id), &json!("bad-request")));
        assert!(error["message"].as_str().unwrap().contains(&format!("`{field}`")), "{error}");
    }
    for frame in
        [json!({ "type": "message", "text": "no id" }), json!({ "type": "message", "id": 7, "text": "hi" })]
    {
        ann_socket.send(&frame);

        let error = ann_socket.expect("error");
        assert_keys(&error, &["type", "error", "message"]);
        assert!(error["message"].as_str().unwrap().contains("`id`"), "{error}");
    }
    ann_socket.send_message("fence");
    assert_eq!(bob_socket.expect_message()["seq"], 1);
}

fn open(browser: &Browser, room: &str) -> Socket {
    Socket::open(browser, &format!("/api/realtime?roomId={room}"), &[]).expect("the handshake succeeds")
}

fn a_stranger_is_closed_with_4401(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let elsewhere = world.pair().0.browser;

    for stranger in [world.browser(), world.stranger(), elsewhere] {
        assert_eq!(open(&stranger, &ann.room).closed(), 4401);
    }

    ann_socket.send_message("fence");
    for socket in [&mut ann_socket, &mut bob_socket] {
        socket.expect("message");
    }
}

fn an_unknown_room_closes_with_4404(world: &World) {
    for known in [world.stranger(), world.pair().0.browser] {
        assert_eq!(open(&known, &unknown_room()).closed(), 4404);
    }
}

fn an_invalid_room_id_closes_with_4400(world: &World) {
    assert_eq!(open(&world.browser(), "short").closed(), 4400);
}

fn a_ninth_socket_replaces_the_oldest(world: &World) {
    let (ann, bob) = world.pair();
    let mut bob_socket = bob.connect();
    let mut tabs: Vec<Socket> = (0..8).map(|_| ann.connect()).collect();
    bob_socket.expect("presence");

    tabs.push(ann.connect());

    assert_eq!(tabs.remove(0).event(), Event::Closed(4408));
    bob_socket.send_message("to all eight");
    for tab in [&mut bob_socket].into_iter().chain(&mut tabs) {
        assert_eq!(tab.expect_message()["text"], "to all eight", "the others stay, and Ann stays online");
    }
}

fn without_an_upgrade_there_is_no_socket(world: &World) {
    let (ann, _) = world.pair();

    assert_refused(&ann.browser.get(&ann.path("realtime")), 426, "upgrade-required");
}

fn destroying_is_broadcast_to_every_socket(world: &World) {
    let Conversation { ann, bob, ann_socket, bob_socket } = world.conversation();
    let second_tab = bob.connect();

    assert_eq!(ann.destroy().status, 204);

    for mut socket in [ann_socket, bob_socket, second_tab] {
        assert_eq!(socket.frame(), json!({ "type": "destroy" }));
        assert_eq!(socket.closed(), 4410);
    }
    assert_eq!(open(&bob.browser, &bob.room).closed(), 4404);
}

fn a_destroyed_room_sends_nothing(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();

    bob.destroy();
    ann_socket
        .try_send_text(&json!({ "type": "message", "id": message_id(), "text": "too late" }).to_string());

    assert_eq!((ann_socket.closed(), bob_socket.closed()), (4410, 4410));
    assert_refused(&ann.browser.get(&ann.path("messages")), 404, "room-not-found");
}
