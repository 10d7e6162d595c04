//! Who is here: seats, open sockets, and who is writing.

use duet_test_support::Participant;
use serde_json::{Value, json};

use crate::world::{Talk, World, assert_keys, pong};

cases![
    ready_comes_first_and_says_it_all,
    ready_counts_the_messages,
    a_seat_that_is_taken_is_told_to_those_who_are_here,
    who_comes_and_who_leaves_is_told,
    presence_says_how_far_the_room_is,
    who_vanishes_without_a_word_is_told_too,
    a_second_tab_is_the_same_participant,
    typing_is_told_to_the_other_only,
    typing_is_passed_on_now_and_then_only,
];

fn ready_comes_first_and_says_it_all(world: &World) {
    let (ann, bob) = world.pair();
    let expires_at = ann.browser.get(&ann.path("room/ttl")).number("expiresAt");

    let ready = ann.open().frame();

    let keys =
        ["type", "participantId", "participants", "online", "lastSeq", "expiresAt", "now", "ttlSeconds"];
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

fn a_seat_that_is_taken_is_told_to_those_who_are_here(world: &World) {
    let ann = Participant::join(world.main().base_url(), &world.room());
    let mut at_ann = ann.connect();

    let bob = Participant::join(world.main().base_url(), &ann.room);

    assert_presence(&at_ann.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn who_comes_and_who_leaves_is_told(world: &World) {
    let (ann, bob) = world.pair();
    let mut at_ann = ann.connect();

    let at_bob = bob.connect();
    assert_presence(&at_ann.expect("presence"), &[&ann.id, &bob.id], &[&ann.id, &bob.id]);
    at_bob.leave();
    assert_presence(&at_ann.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn presence_says_how_far_the_room_is(world: &World) {
    let Talk { ann, bob, mut at_ann, at_bob } = world.talk();
    ann.post(&json!({ "text": "one" }));
    ann.post(&json!({ "text": "two" }));
    at_ann.expect("message");
    at_ann.expect("message");

    at_bob.leave();
    let left = at_ann.expect("presence");
    let _at_bob = bob.connect();
    let came = at_ann.expect("presence");

    for presence in [left, came] {
        assert_keys(&presence, &["type", "participants", "online", "lastSeq", "expiresAt"]);
        assert_eq!(presence["lastSeq"], 2);
    }
}

fn who_vanishes_without_a_word_is_told_too(world: &World) {
    let Talk { ann, bob, mut at_ann, at_bob } = world.talk();

    drop(at_bob);

    assert_presence(&at_ann.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn a_second_tab_is_the_same_participant(world: &World) {
    let Talk { ann, bob, mut at_ann, mut at_bob } = world.talk();

    let mut second_tab = bob.open();
    let ready = second_tab.expect("ready");
    assert_presence(&ready, &[&ann.id, &bob.id], &[&ann.id, &bob.id]);
    at_ann.say("to both tabs");
    for socket in [&mut at_ann, &mut at_bob, &mut second_tab] {
        assert_eq!(socket.expect_message()["text"], "to both tabs");
    }

    second_tab.leave();
    at_bob.say("one tab is left");
    assert_eq!(at_ann.expect_message()["text"], "one tab is left");
    at_bob.leave();
    assert_presence(&at_ann.expect("presence"), &[&ann.id, &bob.id], &[&ann.id]);
}

fn typing_is_told_to_the_other_only(world: &World) {
    let Talk { bob, mut at_ann, mut at_bob, ann } = world.talk();
    let mut second_tab = ann.connect();

    at_ann.send(&json!({ "type": "typing" }));

    let typing = at_bob.expect("typing");
    assert_keys(&typing, &["type", "participantId"]);
    assert_eq!(typing["participantId"], ann.id);
    assert_eq!(bob.post(&json!({ "text": "fence" })).status, 201);
    for socket in [&mut at_ann, &mut second_tab] {
        socket.expect("message");
    }
}

fn typing_is_passed_on_now_and_then_only(world: &World) {
    const NOTICES: usize = 200;
    let Talk { mut at_ann, mut at_bob, .. } = world.talk();

    for _ in 0..NOTICES {
        at_ann.send(&json!({ "type": "typing" }));
    }
    at_ann.say("fence");

    let mut heard = 0;
    while at_bob.frame()["type"] == "typing" {
        heard += 1;
    }
    assert!((1..NOTICES).contains(&heard), "{heard} were passed on");
    at_ann.expect("message");
    assert_eq!(pong(&mut at_ann), "pong");
}
