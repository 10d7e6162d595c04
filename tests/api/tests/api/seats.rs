//! Seats: taken by joining, held by a token, two at most.

use std::{collections::BTreeSet, io::Write, net::TcpStream, thread};

use duet_test_support::{Answer, Browser, LIMIT, Participant, Socket, wait_until};
use serde_json::json;

use crate::world::{World, assert_keys, assert_refused, pong, token};

cases![
    joining_returns_the_participants,
    joining_sets_a_cookie_for_the_api_only,
    over_https_the_cookie_is_secure,
    no_answer_contains_the_token,
    joining_again_with_the_same_cookie_changes_nothing,
    a_third_person_finds_the_room_full,
    a_hundred_joins_at_once_admit_exactly_two,
    joins_whose_answers_are_lost_take_one_seat_that_its_owner_can_use,
    one_browser_that_joins_many_times_at_once_takes_one_seat,
    one_browser_has_one_cookie_and_unrelated_ids_in_two_rooms,
    a_malformed_cookie_counts_as_none,
    a_client_without_cookies_sends_its_token_in_a_header,
    a_token_in_the_url_only_reads_messages,
];

fn join(browser: &Browser, room: &str) -> Answer {
    browser.post(&format!("/api/room/join?roomId={room}"), &json!({}))
}

fn joining_returns_the_participants(world: &World) {
    let room = world.room();

    let ann = join(&world.browser(), &room);
    let bob = join(&world.browser(), &room);

    for joined in [&ann, &bob] {
        assert_eq!(joined.status, 200);
        let keys = ["roomId", "participantId", "participants", "ttl", "expiresAt", "lastSeq"];
        assert_keys(&joined.json(), &keys);
        assert_eq!((joined.text("roomId"), joined.number("lastSeq")), (room.clone(), 0));
        assert_eq!((joined.number("ttl"), joined.text("participantId").len()), (600, 16));
    }
    let (ann_id, bob_id) = (ann.text("participantId"), bob.text("participantId"));
    assert_ne!(ann_id, bob_id);
    assert_eq!(ann.json()["participants"], json!([ann_id]));
    assert_eq!(bob.json()["participants"], json!([ann_id, bob_id]));
}

fn joining_sets_a_cookie_for_the_api_only(world: &World) {
    let (browser, room) = (world.browser(), world.room());

    let joined = join(&browser, &room);

    let cookie = joined.header("set-cookie");
    let mut parts = cookie.split("; ");
    let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("name and value");
    assert_eq!((name, value.len()), ("x-auth-token", 43), "{cookie}");
    assert!(value.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter)), "{cookie}");
    let attributes: BTreeSet<&str> = parts.collect();
    assert_eq!(attributes, BTreeSet::from(["HttpOnly", "SameSite=Lax", "Path=/api", "Max-Age=86400"]));
    let again = join(&browser, &room);
    assert_eq!(again.header("set-cookie"), cookie, "it is prolonged, since it must outlast the room");
}

fn over_https_the_cookie_is_secure(world: &World) {
    let ask = |protocol: &str| {
        let path = format!("/api/room?roomId={}", world.room());
        // workerd takes the protocol from this header, as a proxy in front of it sets it.
        let answer = world.browser().request("GET", &path).header("x-forwarded-proto", protocol).send();
        answer.header("set-cookie").contains("; Secure")
    };

    assert_eq!((ask("https"), ask("http")), (true, false));
}

fn no_answer_contains_the_token(world: &World) {
    let browser = world.browser();
    let room = world.room();

    let joined = join(&browser, &room);
    let ann = Participant::join_as(browser, &room);
    let mut ann_socket = ann.open();
    let ready = ann_socket.expect("ready").to_string();
    let sent = ann.post(&json!({ "text": "hi" }));

    let token = ann.browser.token().expect("a cookie was set");
    for body in [&joined.body, &ready, &sent.body, &ann.browser.get(&ann.path("messages")).body] {
        assert!(!body.contains(&token), "{body}");
    }
}

fn joining_again_with_the_same_cookie_changes_nothing(world: &World) {
    let (browser, room) = (world.browser(), world.room());

    let first = join(&browser, &room);
    let token = browser.token();
    let again = join(&browser, &room);

    assert_eq!((again.status, browser.token()), (200, token));
    for key in ["participantId", "participants", "expiresAt"] {
        assert_eq!(again.json()[key], first.json()[key], "{key}");
    }
}

fn a_third_person_finds_the_room_full(world: &World) {
    let (ann, _) = world.pair();
    let third = world.browser();

    let refused = join(&third, &ann.room);

    assert_refused(&refused, 409, "room-full");
    assert_eq!((refused.header("set-cookie"), third.token()), ("", None));
    assert_refused(&third.get(&ann.path("messages")), 401, "not-a-participant");
}

fn a_hundred_joins_at_once_admit_exactly_two(world: &World) {
    let room = world.room();
    let base_url = world.main().base_url();

    let statuses: Vec<u16> = thread::scope(|scope| {
        let joins: Vec<_> =
            (0..100).map(|_| scope.spawn(|| join(&Browser::new(base_url), &room).status)).collect();
        joins.into_iter().map(|join| join.join().unwrap()).collect()
    });

    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(409)), (2, 98), "{statuses:?}");
}

/// The page first calls `GET /api/room`, which sets the token. A join can therefore be repeated until its answer
/// arrives.
fn joins_whose_answers_are_lost_take_one_seat_that_its_owner_can_use(world: &World) {
    const LOST: usize = 50;
    let room = world.room();
    let people = [world.browser(), world.browser()];
    for person in &people {
        person.get(&format!("/api/room?roomId={room}"));
    }

    for person in &people {
        (0..LOST).for_each(|_| join_without_reading_the_answer(person, &room));
        wait_until("one of them took the seat", LIMIT, || {
            let status = person.get(&format!("/api/room?roomId={room}")).text("status");
            (status == "joined").then_some(())
        });
    }

    let [ann, bob] = people.map(|person| Participant::join_as(person, &room));
    assert_refused(&join(&world.browser(), &room), 409, "room-full");
    let mut bob_socket = bob.connect();
    assert_eq!(ann.post(&json!({ "text": "it is us" })).status, 201);
    assert_eq!(bob_socket.expect_message()["participantId"], ann.id);
}

/// Sends the complete request and hangs up.
fn join_without_reading_the_answer(browser: &Browser, room: &str) {
    let host = browser.base_url().trim_start_matches("http://");
    let token = browser.token().expect("a cookie");
    let mut connection = TcpStream::connect(host).expect("it listens");
    let head = format!("POST /api/room/join?roomId={room} HTTP/1.1\r\nhost: {host}\r\n");
    let identity = format!("cookie: x-auth-token={token}\r\n");
    let body = "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    write!(connection, "{head}{identity}{body}").expect("it listens");
}

fn one_browser_that_joins_many_times_at_once_takes_one_seat(world: &World) {
    let (room, token) = (world.room(), token());
    let base_url = world.main().base_url();

    let joined: Vec<Answer> = thread::scope(|scope| {
        let joins: Vec<_> =
            (0..10).map(|_| scope.spawn(|| join(&Browser::with_cookie(base_url, &token), &room))).collect();
        joins.into_iter().map(|join| join.join().unwrap()).collect()
    });

    for answer in &joined {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["participants"], json!([joined[0].text("participantId")]));
    }
    assert_eq!(join(&Browser::new(base_url), &room).status, 200, "there is a seat left");
}

fn one_browser_has_one_cookie_and_unrelated_ids_in_two_rooms(world: &World) {
    let browser = world.browser();

    let one = join(&browser, &world.room());
    let token = browser.token();
    let two = join(&browser, &world.room());

    assert_eq!(browser.token(), token);
    assert_ne!(one.text("participantId"), two.text("participantId"));
}

fn a_malformed_cookie_counts_as_none(world: &World) {
    let browser = Browser::with_cookie(world.main().base_url(), "not-a-token");

    let joined = join(&browser, &world.room());

    assert_eq!((joined.status, browser.token().map(|token| token.len())), (200, Some(43)));
}

fn a_client_without_cookies_sends_its_token_in_a_header(world: &World) {
    let room = world.room();
    let robot = Browser::with_bearer(world.main().base_url(), &token());

    let robot = Participant::join_as(robot, &room);

    assert_eq!(robot.post(&json!({ "text": "beep" })).status, 201);
    assert_eq!(robot.history().len(), 1);
    assert_eq!(pong(&mut robot.connect()), json!("pong"));
    assert_eq!(robot.browser.get(&robot.path("room")).text("status"), "joined");
}

fn a_token_in_the_url_only_reads_messages(world: &World) {
    let (ann, _) = world.pair();
    let stranger = world.browser();
    let with_token = |path: &str| format!("{}&token={}", ann.path(path), ann.browser.token().unwrap());

    assert_eq!(stranger.get(&with_token("messages")).status, 200);

    assert_refused(&stranger.get(&with_token("room/ttl")), 401, "not-a-participant");
    let sent = stranger.post(&with_token("messages"), &json!({ "text": "me?" }));
    assert_refused(&sent, 401, "not-a-participant");
    assert_refused(&stranger.delete(&with_token("room")), 401, "not-a-participant");
    assert_eq!(stranger.get(&with_token("room")).text("status"), "full");
    assert_eq!(Socket::open(&stranger, &with_token("realtime"), &[]).unwrap().closed(), 4401);
}

/// Rooms that require a proof.
pub mod proof {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use duet_test_support::{Answer, Browser, Participant, StoreKind};
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    use crate::{
        in_sync::{keys_of, wait_until_in_sync},
        logs::own_lines,
        world::{World, assert_bad_field, assert_refused},
    };

    cases![
        a_room_with_access_opens_with_its_proof_only,
        a_new_seat_needs_its_half_of_the_key_exchange,
        a_participant_can_join_again_without_proof_or_keys,
        hellos_are_sent_to_both_and_a_shelf_only_to_its_owner,
        a_proof_for_a_room_without_access_is_ignored,
        access_and_proof_must_be_32_bytes_of_base64url,
    ];

    const PROOF: [u8; 32] = [7; 32];

    fn room_with_access(world: &World) -> String {
        let access = URL_SAFE_NO_PAD.encode(Sha256::digest(PROOF));
        world.browser().create_room(&json!({ "access": access }))
    }

    fn join(browser: &Browser, room: &str, body: &Value) -> Answer {
        browser.post(&format!("/api/room/join?roomId={room}"), body)
    }

    fn with_proof(proof: [u8; 32]) -> Value {
        let [proof, shelf] = [proof, [9; 32]].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        json!({ "proof": proof, "hello": URL_SAFE_NO_PAD.encode([2; 97]), "shelf": shelf })
    }

    fn right() -> Value {
        with_proof(PROOF)
    }

    fn a_room_with_access_opens_with_its_proof_only(world: &World) {
        let room = room_with_access(world);
        let visitor = world.browser();

        assert_refused(&join(&visitor, &room, &with_proof([8; 32])), 403, "bad-proof");

        let status = visitor.get(&format!("/api/room?roomId={room}")).json();
        assert_eq!((&status["status"], &status["sealed"]), (&json!("open"), &json!(true)));
        assert_eq!(join(&visitor, &room, &right()).status, 200);
    }

    fn a_new_seat_needs_its_half_of_the_key_exchange(world: &World) {
        let (room, visitor) = (room_with_access(world), world.browser());

        for field in ["proof", "hello", "shelf"] {
            let mut body = right();
            body[field] = Value::Null;
            assert_bad_field(&join(&visitor, &room, &body), field);
        }

        let status = visitor.get(&format!("/api/room?roomId={room}")).json();
        assert_eq!(status["status"], "open");
    }

    fn a_participant_can_join_again_without_proof_or_keys(world: &World) {
        let (room, ann) = (room_with_access(world), world.browser());

        let first = join(&ann, &room, &right());
        let again = join(&ann, &room, &json!({}));

        assert_eq!((again.status, again.text("participantId")), (200, first.text("participantId")));
        let wrong = json!({ "proof": URL_SAFE_NO_PAD.encode([8; 32]) });
        assert_refused(&join(&ann, &room, &wrong), 403, "bad-proof");
    }

    /// A person who joins with the keys named by `letter`, and the answer.
    fn seated(world: &World, room: &str, letter: &str) -> (Participant, Value) {
        let browser = world.browser();
        let mut body = right();
        body["hello"] = json!(format!("Ag{}A", letter.repeat(127)));
        body["shelf"] = json!(format!("{}A", letter.repeat(42)));
        let answer = join(&browser, room, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        let id = answer.text("participantId");
        (Participant { browser, room: room.to_owned(), id }, answer.json())
    }

    fn hellos_are_sent_to_both_and_a_shelf_only_to_its_owner(world: &World) {
        let room = room_with_access(world);
        let (ann, of_ann) = seated(world, &room, "x");
        let (bob, of_bob) = seated(world, &room, "y");
        let shelves = [of_ann["shelf"].to_string(), of_bob["shelf"].to_string()];
        let mut ann_socket = ann.open();
        let ready = ann_socket.expect("ready");
        let mut bob_socket = bob.connect();
        let presence = ann_socket.expect("presence");
        bob_socket.send_message("duet2.anything");
        let message = ann_socket.skip_to("message");

        let again = join(&ann.browser, &room, &json!({})).json();
        let listed = ann.browser.get(&ann.path("messages")).json();
        let status = ann.browser.get(&ann.path("room")).json();

        assert_eq!([&again["shelf"], &again["hellos"]], [&of_ann["shelf"], &of_bob["hellos"]]);
        assert_eq!([&ready["hellos"], &presence["hellos"]], [&of_bob["hellos"]; 2]);
        assert_eq!(of_bob["hellos"].as_object().map(|hellos| hellos.len()), Some(2));
        assert!(!of_bob.to_string().contains(&shelves[0]) && !again.to_string().contains(&shelves[1]));
        for public in [ready, presence, message, listed, status] {
            assert!(!public.to_string().contains("shelf"), "{public}");
        }
        assert_stored_and_logged_nowhere_else(world, &ann, &[of_ann, of_bob]);
    }

    fn assert_stored_and_logged_nowhere_else(world: &World, who: &Participant, joined: &[Value]) {
        let texts = |answer: &Value| {
            let hellos: Vec<Value> =
                answer["hellos"].as_object().into_iter().flat_map(|it| it.values().cloned()).collect();
            [vec![answer["shelf"].clone()], hellos].concat()
        };
        let secrets: Vec<String> =
            joined.iter().flat_map(texts).filter_map(|text| text.as_str().map(str::to_owned)).collect();
        let mut elsewhere = own_lines(world.main().worker());
        if world.store == StoreKind::Upstash {
            wait_until_in_sync(world.main(), who);
            let redis = world.main().redis();
            assert_eq!(keys_of(redis, &who.room).len(), 2);
            elsewhere.extend(redis.run(&["HGETALL", &format!("meta:{}", who.room)]).texts());
            elsewhere.extend(redis.run(&["LRANGE", &format!("messages:{}", who.room), "0", "-1"]).texts());
        }
        assert_eq!(secrets.len(), 5);
        for line in elsewhere {
            assert!(!secrets.iter().any(|secret| line.contains(secret.as_str())), "{line}");
        }
    }

    fn a_proof_for_a_room_without_access_is_ignored(world: &World) {
        let room = world.room();

        let status = world.browser().get(&format!("/api/room?roomId={room}")).json();
        assert_eq!(status["sealed"], false);
        assert_eq!(join(&world.browser(), &room, &right()).status, 200);
    }

    fn access_and_proof_must_be_32_bytes_of_base64url(world: &World) {
        let room = room_with_access(world);
        let padded = format!("{}=", "A".repeat(43));
        for wrong in
            [json!("short"), json!(7), json!(padded), json!("A".repeat(44)), json!("A".repeat(42) + "+")]
        {
            let created = world.browser().post("/api/room/create", &json!({ "access": wrong }));
            assert_bad_field(&created, "access");
            assert_bad_field(&join(&world.browser(), &room, &json!({ "proof": wrong })), "proof");
        }
    }
}
