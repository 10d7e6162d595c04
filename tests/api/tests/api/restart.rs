//! A Worker that ends and starts again: memory is only a cache.

use std::time::Duration;

use duet_test_support::{Browser, Participant, Stack, now_ms, wait_until};
use serde_json::{Value, json};

use crate::{
    rooms::assert_all_not_found,
    world::{Talk, World, assert_refused, talk},
};

cases![
    a_room_is_as_it_was_after_a_restart,
    a_room_is_as_it_was_after_a_crash,
    a_room_whose_time_ran_out_meanwhile_is_gone,
];

fn a_room_is_as_it_was_after_a_restart(world: &World) {
    assert_survives(world, |stack| stack.start_worker());
}

fn a_room_is_as_it_was_after_a_crash(world: &World) {
    assert_survives(world, |stack| {
        stack.kill_worker();
        stack.start_worker()
    });
}

/// The same person at the Worker that runs now.
fn again(stack: &Stack, participant: &Participant) -> Participant {
    let token = participant.browser.token().expect("a cookie");
    Participant::join_as(Browser::with_cookie(stack.base_url(), &token), &participant.room)
}

fn assert_survives(world: &World, restart: impl FnOnce(&mut Stack) -> Result<(), String>) {
    let mut stack = world.own(&[]);
    let Talk { ann, bob, mut at_ann, mut at_bob } = talk(&stack);
    let ids = ["one", "two", "three"].map(|text| at_ann.say(text));
    let said: Vec<Value> = ids.iter().map(|_| at_bob.expect_message()).collect();
    let end = ann.browser.get(&ann.path("room/ttl")).number("expiresAt");

    restart(&mut stack).unwrap_or_else(|said| panic!("{said}"));

    let (ann, bob) = (again(&stack, &ann), again(&stack, &bob));
    assert_eq!(ann.history(), said);
    assert_eq!(ann.browser.get(&ann.path("room/ttl")).number("expiresAt"), end);
    let third = Browser::new(stack.base_url()).post(&ann.path("room/join"), &json!({}));
    assert_refused(&third, 409, "room-full");
    let mut at_bob = bob.open();
    assert_eq!(at_bob.expect("ready")["lastSeq"], 3);
    let repeated = ann.post(&json!({ "id": ids[1], "text": "two" }));
    assert_eq!((repeated.status, repeated.json()), (200, said[1].clone()));
    assert_eq!(ann.post(&json!({ "text": "four" })).number("seq"), 4);
    assert_eq!(at_bob.expect_message()["text"], "four");
}

fn a_room_whose_time_ran_out_meanwhile_is_gone(world: &World) {
    let mut stack = world.own(&[("ROOM_TTL_SECONDS", "2")]);
    let Talk { ann, .. } = talk(&stack);
    let end = ann.browser.get(&ann.path("room/ttl")).number("expiresAt");

    stack.kill_worker();
    wait_until("the room's time is over", Duration::from_secs(10), || (now_ms() > end).then_some(()));
    stack.start_worker().unwrap_or_else(|said| panic!("{said}"));

    let token = ann.browser.token().expect("a cookie");
    assert_all_not_found(&Browser::with_cookie(stack.base_url(), &token), &ann.room);
}
