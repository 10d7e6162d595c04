//! Writes of which nobody knows whether they ran, and which run when nobody expects them any more.

use std::time::Duration;

use duet_test_support::{
    Browser, Event, LIMIT, Participant, Stack,
    upstash::{Fault, FaultKind, Mark},
    wait_until,
};
use serde_json::json;

use crate::{
    redis_keys::keys_of,
    world::{Talk, World, assert_refused, texts},
};

cases![
    a_first_message_in_doubt_is_told_to_the_other_once_it_is_settled,
    a_seat_that_is_written_late_takes_nobody_elses,
    what_a_late_first_message_leaves_of_a_room_is_cleared_away,
    a_destroy_whose_answer_was_lost_is_told_as_one,
];

/// Longer than the Worker waits for an answer.
const TOO_LONG: Duration = Duration::from_secs(5);

/// The next request with this command runs only when the Worker has long repeated it.
fn run_late(stack: &Stack, room: &str, verb: &str) -> Mark {
    let upstash = stack.upstash();
    upstash.inject(Fault::new(FaultKind::RunLate(TOO_LONG)).for_room(room).for_verb(verb).times(1));
    upstash.mark()
}

/// Waits until everything has run that was asked for since then.
fn wait_until_all_ran(stack: &Stack, room: &str, since: Mark) {
    wait_until("the late write has run", LIMIT, || {
        let requests = stack.upstash().requests_since(since, room);
        requests.iter().all(|request| request.has_run).then_some(())
    });
}

fn a_first_message_in_doubt_is_told_to_the_other_once_it_is_settled(world: &World) {
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    let upstash = world.main().upstash();
    upstash.inject(Fault::new(FaultKind::CutAfter).for_room(&ann.room));
    let id = at_ann.say("is anybody there?");
    assert_eq!(at_ann.expect("error")["error"], "store-unavailable");
    upstash.clear_faults(Some(&ann.room));

    at_ann.say_as(&id, "is anybody there?");

    assert_eq!(at_bob.expect_message()["id"], id);
    let mut told = vec![id];
    for text in ["yes", "I am"] {
        told.push(at_bob.say(text));
        assert_eq!(at_bob.expect_message()["text"], text);
    }
    for id in told {
        assert_eq!(at_ann.expect_message()["id"], id, "once");
    }
    assert_eq!(texts(&ann.history()), ["is anybody there?", "yes", "I am"]);
}

fn a_seat_that_is_written_late_takes_nobody_elses(world: &World) {
    let mut stack = world.own(&[]);
    let room = Browser::new(stack.base_url()).create_room(&json!({}));
    let mark = run_late(&stack, &room, "HSET");

    let ann = Participant::join(stack.base_url(), &room);
    let bob = Participant::join(stack.base_url(), &room);
    wait_until_all_ran(&stack, &room, mark);
    // What the object remembers hides what the store has.
    stack.kill_worker();
    stack.start_worker().unwrap_or_else(|said| panic!("{said}"));

    let third = Browser::new(stack.base_url());
    assert_refused(&third.post(&format!("/api/room/join?roomId={room}"), &json!({})), 409, "room-full");
    for participant in [ann, bob] {
        let token = participant.browser.token().expect("a cookie");
        let again = Browser::with_cookie(stack.base_url(), &token);
        assert_eq!(again.get(&participant.path("messages")).status, 200);
    }
}

fn what_a_late_first_message_leaves_of_a_room_is_cleared_away(world: &World) {
    let (ann, _) = world.pair();
    let (stack, redis) = (world.main(), world.main().redis());
    let mark = run_late(stack, &ann.room, "RPUSH");

    assert_eq!(ann.post(&json!({ "text": "the first" })).status, 201);
    assert_eq!(ann.destroy().status, 204);
    assert_eq!(keys_of(redis, &ann.room), [""; 0]);
    wait_until_all_ran(stack, &ann.room, mark);

    wait_until("nothing remains", LIMIT, || keys_of(redis, &ann.room).is_empty().then_some(()));
}

fn a_destroy_whose_answer_was_lost_is_told_as_one(world: &World) {
    let Talk { ann, at_ann: _at_ann, mut at_bob, .. } = world.talk();
    let upstash = world.main().upstash();
    upstash.inject(Fault::new(FaultKind::CutAfter).for_room(&ann.room));
    assert_refused(&ann.destroy(), 503, "store-unavailable");
    upstash.clear_faults(Some(&ann.room));

    assert_refused(&ann.destroy(), 404, "room-not-found");

    assert_eq!(at_bob.frame(), json!({ "type": "destroy" }));
    assert_eq!(at_bob.event(), Event::Closed(4410));
}
