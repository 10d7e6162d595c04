//! Limits of how fast a participant may be.

use duet_test_support::{Answer, Browser, message_id};
use serde_json::json;

use crate::world::{STRICT_RATE, Talk, World, assert_refused, pong, talk};

cases![
    who_posts_too_fast_is_told_when_to_try_again,
    who_sends_too_fast_is_told_by_frame_and_stays,
    a_flood_of_frames_is_closed_with_4429,
    an_address_that_asks_too_often_has_to_wait,
    addresses_are_not_counted_where_that_is_switched_off,
];

/// More than any bucket holds.
const FLOOD: usize = 100 * STRICT_RATE;

fn who_posts_too_fast_is_told_when_to_try_again(world: &World) {
    let Talk { ann, bob, .. } = talk(world.strict());

    let refused = (0..FLOOD).map(|_| ann.post(&json!({ "text": "quick" }))).find(|sent| sent.status != 201);

    let refused = refused.expect("a limit");
    assert_refused(&refused, 429, "too-many-requests");
    let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
    assert!((1..=2).contains(&seconds), "{refused:?}");
    assert_eq!(bob.post(&json!({ "text": "I was not" })).status, 201);
}

fn who_sends_too_fast_is_told_by_frame_and_stays(world: &World) {
    let Talk { mut at_ann, mut at_bob, bob, .. } = talk(world.strict());
    let ids: Vec<String> = (0..2 * STRICT_RATE + 3).map(|_| at_ann.say("quick")).collect();

    let answers: Vec<_> = ids.iter().map(|_| at_ann.frame()).collect();

    let refused: Vec<_> = answers.iter().filter(|frame| frame["type"] == "error").collect();
    assert!(!refused.is_empty(), "{answers:?}");
    for error in &refused {
        assert_eq!(error["error"], "too-many-requests");
        assert!(ids.iter().any(|id| error["id"] == *id), "{error}");
    }
    assert_eq!(pong(&mut at_ann), "pong");
    at_bob.say("I was not");
    let told = ids.len() - refused.len() + 1;
    let heard: Vec<_> = (0..told).map(|_| at_bob.expect_message()).collect();
    assert_eq!(bob.history(), heard);
}

fn a_flood_of_frames_is_closed_with_4429(world: &World) {
    let Talk { mut at_ann, mut at_bob, .. } = talk(world.strict());

    for _ in 0..FLOOD {
        if !at_ann.try_send_text(r#"{"type":"typing"}"#) {
            break;
        }
    }

    assert_eq!(at_ann.closed(), 4429);
    at_bob.skip_to("presence");
    at_bob.say_as(&message_id(), "still here");
    at_bob.expect("message");
}

/// More than an address may do in a minute, whatever it is, within the two minutes it can fall into.
const ADDRESS_FLOOD: usize = 601;

fn an_address_that_asks_too_often_has_to_wait(world: &World) {
    let stack = world.own(&[("ADDRESS_LIMITS", "on")]);
    let visitor = Browser::new(stack.base_url());
    let room = visitor.create_room(&json!({}));
    let (status, join) = (format!("/api/room?roomId={room}"), format!("/api/room/join?roomId={room}"));
    let calls: [&dyn Fn() -> Answer; 3] =
        [&|| visitor.post("/api/room/create", &json!({})), &|| visitor.post(&join, &json!({})), &|| {
            visitor.get(&status)
        }];

    for call in calls {
        let refused = (0..ADDRESS_FLOOD).map(|_| call()).find(|answer| answer.status == 429);

        let refused = refused.expect("a limit");
        assert_refused(&refused, 429, "too-many-requests");
        let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
        assert!((1..=60).contains(&seconds), "{refused:?}");
    }
    assert_eq!(visitor.get("/api/health").status, 200);
    assert_eq!(visitor.post(&format!("/api/messages?roomId={room}"), &json!({ "text": "hi" })).status, 201);
}

fn addresses_are_not_counted_where_that_is_switched_off(world: &World) {
    let visitor = world.browser();

    for _ in 0..150 {
        visitor.create_room(&json!({}));
    }
}
