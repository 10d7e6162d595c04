//! What stands in Redis, and for how long.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use duet_test_support::{LIMIT, Participant, Redis, wait_until};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{Talk, World, assert_keys, assert_refused, pair, talk, unknown_room};

cases![
    a_room_is_two_keys,
    seats_are_digests_and_no_token_is_stored,
    a_message_is_one_element_of_the_list,
    no_key_is_ever_without_an_end,
    the_store_keeps_a_room_a_little_longer_than_it_lives,
    a_destroyed_room_has_no_key,
    an_expired_room_is_deleted_though_nobody_asks,
    asking_for_a_room_that_never_was_writes_nothing,
    a_room_that_the_store_forgot_is_over,
];

/// The keys of a room.
pub fn keys_of(redis: &Redis, room: &str) -> Vec<String> {
    let mut keys = redis.run(&["KEYS", &format!("*{room}*")]).texts();
    keys.sort_unstable();
    keys
}

fn field(redis: &Redis, room: &str, name: &str) -> String {
    redis.run(&["HGET", &format!("meta:{room}"), name]).text()
}

fn a_room_is_two_keys(world: &World) {
    let redis = world.main().redis();
    let access = URL_SAFE_NO_PAD.encode([7; 32]);
    let created = world.browser().post("/api/room/create", &json!({ "ttlSeconds": 700, "access": access }));
    let closed = created.text("roomId");
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));

    assert_eq!(keys_of(redis, &closed), [format!("meta:{closed}")]);
    assert_eq!(keys_of(redis, &ann.room), [format!("messages:{}", ann.room), format!("meta:{}", ann.room)]);
    assert_eq!((field(redis, &closed, "v"), field(redis, &closed, "ttlSeconds")), ("1".into(), "700".into()));
    assert_eq!((field(redis, &closed, "connected"), field(redis, &closed, "access")), ("[]".into(), access));
    let created_at: u64 = field(redis, &closed, "createdAt").parse().expect("a time");
    assert_eq!(created_at + 700_000, created.number("expiresAt"));
}

fn seats_are_digests_and_no_token_is_stored(world: &World) {
    let redis = world.main().redis();
    let (ann, bob) = world.pair();
    ann.post(&json!({ "text": "hi" }));

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
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    at_ann.say("one");
    at_bob.expect("message");
    ann.post(&json!({ "sender": "Ann", "text": "two" }));

    let list = world.main().redis().run(&["LRANGE", &format!("messages:{}", ann.room), "0", "-1"]).texts();
    let stored: Vec<Value> =
        list.iter().map(|element| serde_json::from_str(element).expect("JSON")).collect();

    stored.iter().for_each(|element| {
        assert_keys(element, &["id", "participantId", "sender", "text", "timestamp"]);
    });
    for (element, told) in stored.iter().zip(ann.history()) {
        for key in ["id", "participantId", "sender", "text", "timestamp"] {
            assert_eq!(element[key], told[key]);
        }
    }
}

/// Milliseconds until a key is forgotten; `None` where it is already.
fn ms_left(redis: &Redis, key: &str) -> Option<i64> {
    let ms = redis.run(&["PTTL", key]).integer();
    assert_ne!(ms, -1, "{key} is for ever");
    (ms >= 0).then_some(ms)
}

fn no_key_is_ever_without_an_end(world: &World) {
    let redis = world.main().redis();
    let check = || {
        for key in redis.run(&["KEYS", "*"]).texts() {
            assert!(key.starts_with("meta:") || key.starts_with("messages:"), "{key}");
            ms_left(redis, &key);
        }
    };

    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    check();
    for number in 0..50 {
        at_ann.say(&number.to_string());
        at_bob.expect("message");
        check();
    }
    ann.destroy();
    check();
}

fn the_store_keeps_a_room_a_little_longer_than_it_lives(world: &World) {
    let redis = world.main().redis();
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));

    for key in keys_of(redis, &ann.room) {
        let ms_left = ms_left(redis, &key).expect("it is there");
        // 600 s, and a twentieth of that; less what passed since.
        assert!((600_000..=630_000).contains(&ms_left), "{key}: {ms_left}");
    }
}

fn a_destroyed_room_has_no_key(world: &World) {
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));

    ann.destroy();

    assert_eq!(keys_of(world.main().redis(), &ann.room), [""; 0]);
}

fn an_expired_room_is_deleted_though_nobody_asks(world: &World) {
    let stack = world.brief();
    let (ann, _) = pair(stack);
    let mark = stack.upstash().mark();
    ann.post(&json!({ "text": "hi" }));

    wait_until("the room is deleted", LIMIT, || {
        let requests = stack.upstash().requests_since(mark, &ann.room);
        requests.iter().any(|request| request.verbs() == ["DEL"]).then_some(())
    });

    wait_until("no key is left", LIMIT, || keys_of(stack.redis(), &ann.room).is_empty().then_some(()));
}

fn asking_for_a_room_that_never_was_writes_nothing(world: &World) {
    let (upstash, redis) = (world.main().upstash(), world.main().redis());
    let room = unknown_room();
    let mark = upstash.mark();

    crate::rooms::assert_all_not_found(&world.browser(), &room);

    let verbs: Vec<String> = upstash
        .requests_since(mark, &room)
        .iter()
        .flat_map(|request| request.verbs().into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let reads = ["HGETALL", "LLEN", "LRANGE", "PTTL"];
    assert!(!verbs.is_empty() && verbs.iter().all(|verb| reads.contains(&verb.as_str())), "{verbs:?}");
    assert_eq!(keys_of(redis, &room), [""; 0]);
}

fn a_room_that_the_store_forgot_is_over(world: &World) {
    let Talk { ann, bob, mut at_ann, mut at_bob } = talk(world.main());
    at_ann.say("before");
    at_ann.expect("message");
    at_bob.expect("message");
    let redis = world.main().redis();
    redis.run(&["DEL", &format!("meta:{}", ann.room), &format!("messages:{}", ann.room)]);

    let sent = ann.post(&json!({ "text": "after" }));

    assert_refused(&sent, 404, "room-not-found");
    for socket in [&mut at_ann, &mut at_bob] {
        assert_eq!(socket.frame(), json!({ "type": "expire" }));
        assert_eq!(socket.closed(), 4411);
    }
    assert_eq!(keys_of(redis, &bob.room), [""; 0]);
}
