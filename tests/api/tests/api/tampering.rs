//! Others change the room's keys in Redis: the room ignores the changes and undoes them with its next message.

use duet_test_support::Redis;
use serde_json::json;

use crate::{
    in_sync::wait_until_in_sync,
    world::{Conversation, World, texts},
};

cases![
    changes_by_others_are_undone_with_the_next_message,
    changes_of_a_seat_by_others_are_undone_with_the_next_seat
];

/// A change, applied to the keys `meta` and `messages`.
type Tampering = (&'static str, fn(&Redis, &str, &str));

const TAMPERINGS: [Tampering; 8] = [
    ("both keys are deleted", |redis, meta, messages| drop(redis.run(&["DEL", meta, messages]))),
    ("the list is deleted", |redis, _, messages| drop(redis.run(&["DEL", messages]))),
    ("an element is added", |redis, _, messages| drop(redis.run(&["RPUSH", messages, "{}"]))),
    ("an element is added in front", |redis, _, messages| drop(redis.run(&["LPUSH", messages, "not JSON"]))),
    ("an element is removed", |redis, _, messages| drop(redis.run(&["LPOP", messages]))),
    ("the list is a text", |redis, _, messages| drop(redis.run(&["SET", messages, "text", "KEEPTTL"]))),
    ("the list is another's, and long", |redis, _, messages| {
        (0..200).for_each(|_| drop(redis.run(&["RPUSH", messages, "{}"])));
    }),
    ("the messages are a text and the rest is gone", |redis, meta, messages| {
        redis.run(&["DEL", meta]);
        redis.run(&["SET", messages, "text", "KEEPTTL"]);
    }),
];

fn tamper(world: &World, room: &str, change: fn(&Redis, &str, &str)) {
    change(world.main().redis(), &format!("meta:{room}"), &format!("messages:{room}"));
}

fn changes_by_others_are_undone_with_the_next_message(world: &World) {
    for (what, change) in TAMPERINGS {
        let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
        for text in ["one", "two"] {
            ann_socket.send_message(text);
            ann_socket.expect("message");
            bob_socket.expect("message");
        }
        wait_until_in_sync(world.main(), &ann);

        tamper(world, &ann.room, change);
        assert_eq!(texts(&bob.history()), ["one", "two"], "{what}");
        bob_socket.send_message("three");

        for socket in [&mut ann_socket, &mut bob_socket] {
            assert_eq!(socket.expect_message()["seq"], 3, "{what}");
        }
        wait_until_in_sync(world.main(), &ann);
        assert_eq!(texts(&ann.history()), ["one", "two", "three"], "{what}");
    }
}

fn changes_of_a_seat_by_others_are_undone_with_the_next_seat(world: &World) {
    let changes: [fn(&Redis, &str, &str); 2] = [
        |redis, meta, _| drop(redis.run(&["SET", meta, "text", "KEEPTTL"])),
        |redis, meta, _| drop(redis.run(&["HSET", meta, "connected", "[]"])),
    ];
    for change in changes {
        let room = world.room();
        let join = || duet_test_support::Participant::join(world.main().base_url(), &room);
        let ann = join();
        ann.post(&json!({ "text": "hi" }));
        wait_until_in_sync(world.main(), &ann);

        tamper(world, &room, change);
        let bob = join();

        wait_until_in_sync(world.main(), &bob);
    }
}
