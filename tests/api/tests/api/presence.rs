//! Presence: seats, open sockets and typing notices.

use duet_test_support::Participant;
use serde_json::{Value, json};

use crate::world::{Conversation, World, assert_keys, pong};

cases![
    ready_is_the_first_frame_and_describes_the_room,
    ready_counts_the_messages,
    a_new_seat_is_broadcast,
    coming_and_leaving_is_broadcast,
    presence_carries_the_last_sequence_number,
    a_broken_connection_is_broadcast_as_leaving,
    a_second_tab_is_the_same_participant,
    typing_is_sent_to_the_other_participant_only,
    typing_notices_are_rate_limited,
    a_seen_mark_is_sent_to_the_other_participant_only,
    a_seen_mark_is_not_stored,
    a_seen_mark_that_breaks_a_rule_is_refused_and_the_socket_stays_open,
];

fn ready_is_the_first_frame_and_describes_the_room(world: &World) {
    let (ann, bob) = world.pair();
    let expires_at = ann.browser.get(&ann.path("room/ttl")).number("expiresAt");

    let ready = ann.open().frame();

    let keys = [
        "type",
        "participantId",
        "participants",
        "online",
        "lastSeq",
        "expiresAt",
        "now",
        "ttlSeconds",
        "endsBy",
    ];
    assert_keys(&ready, &keys);
    assert_eq!((&ready["type"], &ready["participantId"]), (&json!("ready"), &json!(ann.id)));
    assert_eq!(ready["participants"], json!([ann.id, bob.id]));
    assert_eq!((&ready["online"], &ready["lastSeq"]), (&json!([ann.id]), &json!(0)));
    assert_eq!(ready["expiresAt"].as_u64(), Some(expires_at));
    assert_eq!(ready["ttlSeconds"], 600);
    let ms_left = expires_at - ready["now"].as_u64().expect("a time");
    assert!((1..=600_000).contains(&ms_left), "{ready}");
}

fn ready_counts_the_messages(world: &World) {
    let (ann, bob) = world.pair();
    ann.post(&json!({ "text": "one" }));
    ann.post(&json!({ "text": "two" }));

    assert_eq!(bob.open().expect("ready")["lastSeq"], 2);
}

fn assert_presence(frame: &Value, participants: &[&str], online: &[&str]) {
    assert_eq!((&frame["participants"], &frame["online"]), (&json!(participants), &json!(online)), "{frame}");
}

fn a_new_seat_is_broadcast(world: &World) {
    let ann = Participant::join(world.main().base_url(), &world.room());
    let mut ann_socket = ann.connect();

    let bob = Participant::join(world.main().base_url(), &ann.room);

    assert_presence(&ann_socket.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn coming_and_leaving_is_broadcast(world: &World) {
    let (ann, bob) = world.pair();
    let mut ann_socket = ann.connect();

    let bob_socket = bob.connect();
    assert_presence(&ann_socket.expect("presence"), &[&ann.id, &bob.id], &[&ann.id, &bob.id]);
    bob_socket.leave();
    assert_presence(&ann_socket.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn presence_carries_the_last_sequence_number(world: &World) {
    let Conversation { ann, bob, mut ann_socket, bob_socket } = world.conversation();
    ann.post(&json!({ "text": "one" }));
    ann.post(&json!({ "text": "two" }));
    ann_socket.expect("message");
    ann_socket.expect("message");

    bob_socket.leave();
    let left = ann_socket.expect("presence");
    let _bob_socket = bob.connect();
    let came = ann_socket.expect("presence");

    for presence in [left, came] {
        assert_keys(&presence, &["type", "participants", "online", "lastSeq", "expiresAt"]);
        assert_eq!(presence["lastSeq"], 2);
    }
}

fn a_broken_connection_is_broadcast_as_leaving(world: &World) {
    let Conversation { ann, bob, mut ann_socket, bob_socket } = world.conversation();

    drop(bob_socket);

    assert_presence(&ann_socket.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn a_second_tab_is_the_same_participant(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();

    let mut second_tab = bob.open();
    let ready = second_tab.expect("ready");
    assert_presence(&ready, &[&ann.id, &bob.id], &[&ann.id, &bob.id]);
    ann_socket.send_message("to both tabs");
    for socket in [&mut ann_socket, &mut bob_socket, &mut second_tab] {
        assert_eq!(socket.expect_message()["text"], "to both tabs");
    }

    second_tab.leave();
    bob_socket.send_message("one tab is left");
    assert_eq!(ann_socket.expect_message()["text"], "one tab is left");
    bob_socket.leave();
    assert_presence(&ann_socket.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn typing_is_sent_to_the_other_participant_only(world: &World) {
    let Conversation { bob, mut ann_socket, mut bob_socket, ann } = world.conversation();
    let mut second_tab = ann.connect();

    ann_socket.send(&json!({ "type": "typing" }));

    let typing = bob_socket.expect("typing");
    assert_keys(&typing, &["type", "participantId"]);
    assert_eq!(typing["participantId"], ann.id);
    assert_eq!(bob.post(&json!({ "text": "fence" })).status, 201);
    for socket in [&mut ann_socket, &mut second_tab] {
        socket.expect("message");
    }
}

fn a_seen_mark_is_sent_to_the_other_participant_only(world: &World) {
    let Conversation { bob, mut ann_socket, mut bob_socket, ann } = world.conversation();
    let mut second_tab = ann.connect();

    ann_socket.send(&json!({ "type": "seen", "text": "17" }));

    let seen = bob_socket.expect("seen");
    assert_keys(&seen, &["type", "participantId", "text"]);
    assert_eq!((&seen["participantId"], &seen["text"]), (&json!(ann.id), &json!("17")));
    assert_eq!(bob.post(&json!({ "text": "fence" })).status, 201);
    for socket in [&mut ann_socket, &mut second_tab] {
        socket.expect("message");
    }
}

fn a_seen_mark_is_not_stored(world: &World) {
    let Conversation { bob, mut ann_socket, mut bob_socket, ann } = world.conversation();
    ann_socket.send(&json!({ "type": "seen", "text": "17" }));
    bob_socket.expect("seen");

    let mut second_tab = bob.connect();
    assert_eq!(ann.post(&json!({ "text": "fence" })).status, 201);

    assert_eq!(second_tab.expect("message")["message"]["seq"], 1);
}

fn a_seen_mark_that_breaks_a_rule_is_refused_and_the_socket_stays_open(world: &World) {
    let Conversation { mut ann_socket, bob_socket: _bob_socket, .. } = world.conversation();
    let bad = [json!({}), json!({ "text": 17 }), json!({ "text": "" }), json!({ "text": "a b" })];

    for mut frame in bad.into_iter().chain([json!({ "text": "é" }), json!({ "text": "x".repeat(513) })]) {
        frame["type"] = json!("seen");
        ann_socket.send(&frame);
        let error = ann_socket.expect("error");
        assert_eq!(error["error"], "bad-request", "{frame}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains("`text`")), "{error}");
    }
    assert_eq!(pong(&mut ann_socket), "pong");
}

fn typing_notices_are_rate_limited(world: &World) {
    const NOTICES: usize = 200;
    let Conversation { mut ann_socket, mut bob_socket, .. } = world.conversation();

    for _ in 0..NOTICES {
        ann_socket.send(&json!({ "type": "typing" }));
    }
    ann_socket.send_message("fence");

    let mut received = 0;
    while bob_socket.frame()["type"] == "typing" {
        received += 1;
    }
    assert!((1..NOTICES).contains(&received), "{received} were passed on");
    ann_socket.expect("message");
    assert_eq!(pong(&mut ann_socket), "pong");
}
