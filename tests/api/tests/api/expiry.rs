//! Expiry: when a room ends by itself.

use std::time::Duration;

use duet_test_support::{Browser, Participant, now_ms, wait_until};
use serde_json::json;

use crate::{
    rooms::assert_all_not_found,
    world::{BRIEF_MAX_MS, BRIEF_TTL_MS, Conversation, World, conversation},
};

cases![
    a_room_expires_and_notifies_its_sockets,
    each_message_prolongs_a_room,
    a_room_never_outlives_its_maximum_lifetime,
    taking_a_seat_and_sending_prolong_a_room,
    reading_typing_and_pinging_do_not_prolong_a_room,
    both_sides_see_the_same_end,
];

fn a_room_expires_and_notifies_its_sockets(world: &World) {
    let Conversation { ann, ann_socket, bob_socket, .. } = conversation(world.brief());
    let expires_at = ann.browser.get(&ann.path("room/ttl")).number("expiresAt");

    for mut socket in [ann_socket, bob_socket] {
        assert_eq!(socket.frame(), json!({ "type": "expire" }));
        assert!(now_ms() >= expires_at, "not early");
        assert_eq!(socket.closed(), 4411);
    }

    assert_all_not_found(&ann.browser, &ann.room);
}

fn each_message_prolongs_a_room(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = conversation(world.brief());
    let first_end = ann.browser.get(&ann.path("room/ttl")).number("expiresAt");
    assert!(first_end <= now_ms() + BRIEF_TTL_MS);

    // Each message is an activity, so the room ends only if this machine stalls for the room's whole lifetime.
    wait_until("the first end is over", Duration::from_secs(30), || {
        ann_socket.send_message("still here");
        bob_socket.expect("message");
        (now_ms() > first_end).then_some(())
    });

    assert_eq!(ann.browser.get(&ann.path("room/ttl")).status, 200);
}

fn a_room_never_outlives_its_maximum_lifetime(world: &World) {
    let visitor = Browser::new(world.brief().base_url());

    let before = now_ms();
    let created = visitor.post("/api/room/create", &json!({ "ttlSeconds": 86_400 }));
    let after = now_ms();
    let end = created.number("expiresAt");
    let ann = Participant::join_as(visitor, &created.text("roomId"));
    let mut ann_socket = ann.open();

    assert!((before + BRIEF_MAX_MS..=after + BRIEF_MAX_MS).contains(&end), "{created:?}");
    assert!(created.number("ttl") <= BRIEF_MAX_MS / 1000);
    assert_eq!(ann_socket.expect("ready")["expiresAt"], end);
    ann_socket.send_message("on and on");
    assert_eq!(ann_socket.expect("message")["expiresAt"], end);
    assert_eq!(ann_socket.frame(), json!({ "type": "expire" }));
    assert!(now_ms() >= end);
    assert_eq!(ann_socket.closed(), 4411);
}

/// Waits until the clock shows the next millisecond, so that later events have a later time.
fn tick() {
    let now = now_ms();
    wait_until("a millisecond passes", Duration::from_secs(1), || (now_ms() > now).then_some(()));
}

fn taking_a_seat_and_sending_prolong_a_room(world: &World) {
    let created = world.browser().post("/api/room/create", &json!({ "ttlSeconds": 60 }));
    let mut ends = vec![created.number("expiresAt")];
    let room = created.text("roomId");

    tick();
    let ann = Participant::join(world.main().base_url(), &room);
    let end = |ann: &Participant| ann.browser.get(&ann.path("room/ttl")).number("expiresAt");
    ends.push(end(&ann));
    tick();
    Participant::join(world.main().base_url(), &room);
    ends.push(end(&ann));
    tick();
    let posted = ann.post(&json!({ "text": "by post" }));
    ends.push(end(&ann));
    tick();
    let mut ann_socket = ann.connect();
    ann_socket.send_message("by frame");
    let frame = ann_socket.expect("message");
    ends.push(end(&ann));

    assert!(ends.is_sorted_by(|one, next| one < next), "{ends:?}");
    assert_eq!(ends[3], posted.number("timestamp") + 60_000);
    assert_eq!(frame["expiresAt"].as_u64(), Some(ends[4]));
}

fn reading_typing_and_pinging_do_not_prolong_a_room(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
    let id = ann_socket.send_message("the last activity");
    let end = ann_socket.expect("message")["expiresAt"].clone();
    bob_socket.expect("message");

    tick();
    ann_socket.send(&json!({ "type": "typing" }));
    bob_socket.expect("typing");
    ann_socket.send_text("ping");
    ann_socket.frame();
    ann_socket.send_message_as(&id, "the last activity");
    assert_eq!(ann_socket.expect("message")["expiresAt"], end);
    bob.history();
    bob.browser.get(&bob.path("room"));
    Participant::join_as(bob.browser, &ann.room);
    let mut second_tab = ann.open();

    assert_eq!(second_tab.expect("ready")["expiresAt"], end);
    assert_eq!(ann.browser.get(&ann.path("room/ttl")).json()["expiresAt"], end);
}

fn both_sides_see_the_same_end(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();

    ann_socket.send_message("one clock");

    let end = ann_socket.expect("message")["expiresAt"].clone();
    assert_eq!(bob_socket.expect("message")["expiresAt"], end);
    for participant in [ann, bob] {
        assert_eq!(participant.browser.get(&participant.path("room/ttl")).json()["expiresAt"], end);
    }
}
