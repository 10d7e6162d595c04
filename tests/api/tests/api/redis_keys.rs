//! The content and the time to live of the keys in Redis.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use duet_test_support::{LIMIT, Participant, Redis, wait_until};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    in_sync::{keys_of, ms_left, wait_until_in_sync},
    world::{Conversation, World, assert_keys, pair, texts, unknown_room},
};

cases![
    a_room_is_two_keys,
    seats_are_digests_and_no_token_is_stored,
    a_message_is_one_element_of_the_list,
    a_long_history_is_written_in_several_requests,
    every_key_always_has_a_time_to_live,
    redis_keeps_a_room_for_twice_its_lifetime_within_its_maximum,
    a_destroyed_room_has_no_key,
    an_expired_room_is_deleted_without_a_call,
    calls_for_an_unknown_room_send_redis_no_request,
];

fn field(redis: &Redis, room: &str, name: &str) -> String {
    redis.run(&["HGET", &format!("meta:{room}"), name]).text()
}

fn a_room_is_two_keys(world: &World) {
    let redis = world.main().redis();
    let access = URL_SAFE_NO_PAD.encode([7; 32]);
    let created = world.browser().post("/api/room/create", &json!({ "ttlSeconds": 700, "access": access }));
    let encrypted = created.text("roomId");
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));
    wait_until_in_sync(world.main(), &ann);

    assert_eq!(keys_of(redis, &encrypted), [format!("meta:{encrypted}")]);
    assert_eq!(keys_of(redis, &ann.room), [format!("messages:{}", ann.room), format!("meta:{}", ann.room)]);
    assert_eq!(
        (field(redis, &encrypted, "v"), field(redis, &encrypted, "ttlSeconds")),
        ("1".into(), "700".into())
    );
    assert_eq!(
        (field(redis, &encrypted, "connected"), field(redis, &encrypted, "access")),
        ("[]".into(), access)
    );
    let created_at: u64 = field(redis, &encrypted, "createdAt").parse().expect("a time");
    assert_eq!(created_at + 700_000, created.number("expiresAt"));
    assert_eq!(field(redis, &encrypted, "activeAt"), field(redis, &encrypted, "createdAt"));
    assert_eq!(redis.run(&["HLEN", &format!("meta:{}", ann.room)]).integer(), 5, "and no access");
}

fn seats_are_digests_and_no_token_is_stored(world: &World) {
    let redis = world.main().redis();
    let (ann, bob) = world.pair();
    ann.post(&json!({ "text": "hi" }));
    wait_until_in_sync(world.main(), &ann);

    let digest = |participant: &Participant| {
        let token = participant.browser.token().expect("a cookie");
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{}{token}", ann.room)))
    };
    let connected: Value = serde_json::from_str(&field(redis, &ann.room, "connected")).expect("JSON");
    assert_eq!(connected, json!([digest(&ann), digest(&bob)]));
    assert!(digest(&ann).starts_with(&ann.id));
    let hash = redis.run(&["HGETALL", &format!("meta:{}", ann.room)]).texts().join(" ");
    let list = redis.run(&["LRANGE", &format!("messages:{}", ann.room), "0", "-1"]).texts().join(" ");
    for participant in [ann, bob] {
        let token = participant.browser.token().expect("a cookie");
        assert!(!hash.contains(&token) && !list.contains(&token));
    }
}

fn a_message_is_one_element_of_the_list(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    ann_socket.send_message("one");
    bob_socket.expect("message");
    ann.post(&json!({ "sender": "Ann", "text": "two" }));
    wait_until_in_sync(world.main(), &ann);

    let list = world.main().redis().run(&["LRANGE", &format!("messages:{}", ann.room), "0", "-1"]).texts();

    let stored: Vec<Value> =
        list.iter().map(|element| serde_json::from_str(element).expect("JSON")).collect();
    assert_eq!(texts(&stored), ["one", "two"]);
    // Its position in the list is its sequence number.
    stored.iter().for_each(|element| {
        assert_keys(element, &["id", "participantId", "sender", "text", "timestamp"]);
    });
}

/// The smallest plan of Upstash accepts 1 MiB in one request.
fn a_long_history_is_written_in_several_requests(world: &World) {
    const MIB: usize = 1024 * 1024;
    // In JSON within JSON, each of them takes four characters.
    let text = "\"".repeat(16_384);
    let Conversation { ann, ann_socket: _ann_socket, bob_socket: _bob_socket, .. } = world.conversation();
    let (upstash, redis) = (world.main().upstash(), world.main().redis());
    for _ in 0..50 {
        assert_eq!(ann.post(&json!({ "text": text })).status, 201);
    }
    wait_until_in_sync(world.main(), &ann);
    let start = upstash.log_position();

    redis.run(&["RPUSH", &format!("messages:{}", ann.room), "not ours"]);
    assert_eq!(ann.post(&json!({ "text": "so all of it is written again" })).status, 201);
    wait_until_in_sync(world.main(), &ann);

    let requests = upstash.requests_since(start, &ann.room);
    let written: usize = requests.iter().map(|request| request.body_bytes).sum();
    assert!(written > 3 * MIB, "{written} bytes");
    for request in requests {
        assert!(request.body_bytes <= MIB + 2 * 4 * text.len(), "{} bytes", request.body_bytes);
    }
}

fn every_key_always_has_a_time_to_live(world: &World) {
    let redis = world.main().redis();
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let check = || {
        for key in keys_of(redis, &ann.room) {
            assert!(key.starts_with("meta:") || key.starts_with("messages:"), "{key}");
            assert!(ms_left(redis, &key).is_none_or(|ms| ms <= 1_200_000), "{key}");
        }
    };

    check();
    for number in 0..50 {
        ann_socket.send_message(&number.to_string());
        bob_socket.expect("message");
        check();
    }
    assert_eq!(ann.destroy().status, 204);
    check();
}

fn redis_keeps_a_room_for_twice_its_lifetime_within_its_maximum(world: &World) {
    let redis = world.main().redis();
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));
    wait_until_in_sync(world.main(), &ann);
    for key in keys_of(redis, &ann.room) {
        // At most 600 s are left of the room's own lifetime.
        let ms = ms_left(redis, &key).expect("it is there");
        assert!((600_000..=1_200_000).contains(&ms), "{key}: {ms}");
    }

    let a_day = world.browser().create_room(&json!({ "ttlSeconds": 86_400 }));
    let ms = ms_left(redis, &format!("meta:{a_day}")).expect("it is there");
    assert!((86_400_000..=86_460_000).contains(&ms), "its maximum lifetime and a minute: {ms}");
}

fn a_destroyed_room_has_no_key(world: &World) {
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));
    wait_until_in_sync(world.main(), &ann);

    ann.destroy();

    assert_eq!(keys_of(world.main().redis(), &ann.room), [""; 0]);
}

fn an_expired_room_is_deleted_without_a_call(world: &World) {
    let stack = world.brief();
    let (ann, _) = pair(stack);
    let start = stack.upstash().log_position();
    ann.post(&json!({ "text": "hi" }));

    wait_until("the room is deleted", LIMIT, || {
        let requests = stack.upstash().requests_since(start, &ann.room);
        requests.iter().any(|request| request.verbs() == ["DEL"]).then_some(())
    });

    wait_until("no key is left", LIMIT, || keys_of(stack.redis(), &ann.room).is_empty().then_some(()));
}

fn calls_for_an_unknown_room_send_redis_no_request(world: &World) {
    let upstash = world.main().upstash();
    let room = unknown_room();
    let start = upstash.log_position();

    crate::rooms::assert_all_not_found(&world.stranger(), &room);

    // The answers depend on it, so any command would have been sent before them.
    assert_eq!(upstash.requests_since(start, &room), []);
    assert_eq!(keys_of(world.main().redis(), &room), [""; 0]);
}
