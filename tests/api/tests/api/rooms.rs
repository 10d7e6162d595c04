//! Rooms: created, looked at, destroyed.

use duet_test_support::{Answer, Participant, now_ms};
use serde_json::{Value, json};

use crate::world::{World, assert_bad_field, assert_keys, assert_refused, unknown_room};

cases![
    create_answers_with_the_room_and_its_end,
    create_takes_no_seat,
    a_visitor_without_a_token_gets_one_by_creating_or_opening_a_room,
    a_room_can_be_created_without_a_body,
    the_creator_chooses_the_rooms_ttl,
    a_ttl_outside_the_range_is_refused,
    room_ids_are_nanoids_and_differ,
    opening_a_link_repeatedly_takes_no_seat,
    a_visitor_learns_whether_a_seat_is_free,
    only_participants_learn_the_time_left,
    only_participants_can_destroy,
    a_destroyed_room_is_not_found_by_anyone,
    an_unknown_room_is_not_found,
    a_room_id_is_required_and_must_be_valid,
    health_names_the_store,
];

/// Checks that `ttl` counts the seconds from the answer on. With Upstash, `create` has waited for the database.
#[track_caller]
fn assert_ttl(created: &Answer, ttl_seconds: u64) {
    let left = created.number("expiresAt").saturating_sub(now_ms()).div_ceil(1_000);
    assert!((left..=ttl_seconds).contains(&created.number("ttl")), "{created:?}");
}

fn create_answers_with_the_room_and_its_end(world: &World) {
    let before = now_ms();
    let created = world.browser().post("/api/room/create", &json!({}));
    let after = now_ms();

    assert_eq!(created.status, 201);
    assert_keys(&created.json(), &["roomId", "ttl", "expiresAt"]);
    assert_eq!(created.header("location"), format!("/room/{}", created.text("roomId")));
    assert_eq!(created.header("content-type"), "application/json");
    assert_ttl(&created, 600);
    assert!((before + 600_000..=after + 600_000).contains(&created.number("expiresAt")));
}

fn create_takes_no_seat(world: &World) {
    let creator = world.browser();

    let room = creator.post("/api/room/create", &json!({})).text("roomId");

    let status = creator.get(&format!("/api/room?roomId={room}"));
    assert_eq!(status.text("status"), "open", "not even its creator has a seat");
    Participant::join(creator.base_url(), &room);
    Participant::join(creator.base_url(), &room);
}

fn a_visitor_without_a_token_gets_one_by_creating_or_opening_a_room(world: &World) {
    let (creator, visitor) = (world.browser(), world.browser());

    let room = creator.create_room(&json!({}));
    let look = |browser: &duet_test_support::Browser| browser.get(&format!("/api/room?roomId={room}"));
    let first = look(&visitor);

    let tokens = [creator.token().expect("a cookie"), visitor.token().expect("a cookie")];
    assert!(tokens.iter().all(|token| token.len() == 43) && tokens[0] != tokens[1], "{tokens:?}");
    assert_eq!((first.json()["identified"].clone(), first.text("status")), (json!(false), "open".into()));
    for known in [&creator, &visitor] {
        let again = look(known);
        assert_eq!((again.json()["identified"].clone(), again.header("set-cookie")), (json!(true), ""));
        assert_eq!(known.post("/api/room/create", &json!({})).header("set-cookie"), "");
    }
    assert_eq!([creator.token(), visitor.token()], tokens.map(Some), "it is kept");
}

fn a_room_can_be_created_without_a_body(world: &World) {
    assert_eq!(world.browser().request("POST", "/api/room/create").send().status, 201);
}

fn the_creator_chooses_the_rooms_ttl(world: &World) {
    for ttl_seconds in [60, 86_400] {
        let created = world.browser().post("/api/room/create", &json!({ "ttlSeconds": ttl_seconds }));

        assert_eq!(created.status, 201);
        assert_ttl(&created, ttl_seconds);
    }
}

fn a_ttl_outside_the_range_is_refused(world: &World) {
    for ttl_seconds in [json!(59), json!(86_401), json!(0), json!(-60), json!(60.5), json!("60"), json!([60])]
    {
        let refused = world.browser().post("/api/room/create", &json!({ "ttlSeconds": ttl_seconds }));

        assert_bad_field(&refused, "ttlSeconds");
    }
}

fn room_ids_are_nanoids_and_differ(world: &World) {
    let (one, two) = (world.room(), world.room());

    let is_url_safe = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    assert!(one.len() == 21 && one.chars().all(is_url_safe), "{one}");
    assert_ne!(one, two);
}

fn opening_a_link_repeatedly_takes_no_seat(world: &World) {
    let room = world.room();

    for _ in 0..5 {
        let scanner = world.browser();
        for path in ["room", "room/ttl", "messages", "realtime"] {
            scanner.get(&format!("/api/{path}?roomId={room}"));
        }
        let page = scanner.get(&format!("/room/{room}"));
        assert_eq!((page.status, page.header("set-cookie")), (200, ""));
    }

    let status = world.browser().get(&format!("/api/room?roomId={room}"));
    assert_eq!(status.text("status"), "open");
    Participant::join(world.main().base_url(), &room);
    Participant::join(world.main().base_url(), &room);
}

fn a_visitor_learns_whether_a_seat_is_free(world: &World) {
    let room = world.room();
    let visitor = world.browser();
    let status = |browser: &duet_test_support::Browser| {
        let answer = browser.get(&format!("/api/room?roomId={room}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_keys(&answer.json(), &["roomId", "status", "sealed", "identified"]);
        assert_eq!(answer.text("roomId"), room);
        answer.text("status")
    };

    assert_eq!(status(&visitor), "open");
    let ann = Participant::join(visitor.base_url(), &room);
    assert_eq!((status(&ann.browser), status(&visitor)), ("joined".into(), "open".into()));
    let bob = Participant::join(visitor.base_url(), &room);
    assert_eq!((status(&bob.browser), status(&visitor)), ("joined".into(), "full".into()));
}

fn only_participants_learn_the_time_left(world: &World) {
    let ann = Participant::join(world.main().base_url(), &world.room());

    let answer = ann.browser.get(&ann.path("room/ttl"));
    for other in [world.browser(), world.stranger()] {
        assert_refused(&other.get(&ann.path("room/ttl")), 401, "not-a-participant");
    }

    assert_eq!(answer.status, 200);
    assert_keys(&answer.json(), &["ttl", "expiresAt"]);
    let ms_left = answer.number("expiresAt").saturating_sub(now_ms());
    assert!((1..=600).contains(&answer.number("ttl")) && ms_left <= 600_000, "{answer:?}");
}

fn only_participants_can_destroy(world: &World) {
    let (ann, _) = world.pair();

    for other in [world.browser(), world.stranger()] {
        assert_refused(&other.delete(&ann.path("room")), 401, "not-a-participant");
    }

    assert_eq!(ann.browser.get(&ann.path("room")).text("status"), "joined");
}

fn a_destroyed_room_is_not_found_by_anyone(world: &World) {
    let (ann, bob) = world.pair();
    ann.post(&json!({ "text": "soon gone" }));

    let destroyed = bob.destroy();

    assert_eq!((destroyed.status, destroyed.body.as_str()), (204, ""));
    assert_eq!(destroyed.header("cache-control"), "no-store");
    for participant in [&ann, &bob] {
        assert_all_not_found(&participant.browser, &ann.room);
    }
}

fn an_unknown_room_is_not_found(world: &World) {
    assert_all_not_found(&world.stranger(), &unknown_room());
}

/// Checks that every endpoint with a room answers `browser`, which has a token, that the room does not exist.
pub fn assert_all_not_found(browser: &duet_test_support::Browser, room: &str) {
    let (hello, nothing) = (json!({ "text": "hello?" }), json!({}));
    let calls: [(&str, &str, Option<&Value>); 7] = [
        ("GET", "room", None),
        ("POST", "room/join", Some(&nothing)),
        ("POST", "room/keep", None),
        ("GET", "room/ttl", None),
        ("DELETE", "room", None),
        ("GET", "messages", None),
        ("POST", "messages", Some(&hello)),
    ];
    for (method, path, body) in calls {
        let ask = browser.request(method, &format!("/api/{path}?roomId={room}"));
        let answer =
            body.map_or_else(|| ask.send(), |body| browser.post(&format!("/api/{path}?roomId={room}"), body));
        assert_refused(&answer, 404, "room-not-found");
        assert_eq!(answer.header("set-cookie"), "", "{method} {path}");
    }
}

fn a_room_id_is_required_and_must_be_valid(world: &World) {
    let visitor = world.browser();
    let long = format!("?roomId={}", "a".repeat(22));
    for query in [
        "",
        "?roomId=",
        "?roomId=short",
        "?roomId=aaaaaaaaaaaaaaaaaaaa!",
        "?room=aaaaaaaaaaaaaaaaaaaaa",
        &long,
    ] {
        for path in ["room", "room/ttl", "messages"] {
            assert_bad_field(&visitor.get(&format!("/api/{path}{query}")), "roomId");
        }
        assert_bad_field(&visitor.post(&format!("/api/room/join{query}"), &json!({})), "roomId");
        assert_bad_field(&visitor.post(&format!("/api/messages{query}"), &json!({ "text": "a" })), "roomId");
        assert_bad_field(&visitor.delete(&format!("/api/room{query}")), "roomId");
    }
}

fn health_names_the_store(world: &World) {
    let health = world.browser().get("/api/health");

    assert_eq!(health.status, 200);
    assert_keys(&health.json(), &["status", "store", "version"]);
    assert_eq!((health.text("status"), health.text("store")), ("ok".into(), world.store.name().into()));
    assert!(!health.text("version").is_empty());
}
