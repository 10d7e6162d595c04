//! Writes that run late: after they were abandoned, after an error, or a second time.

use std::time::Duration;

use duet_test_support::{
    LIMIT, Participant, Stack,
    upstash::{Fault, FaultKind, LogPosition},
    wait_until,
};
use serde_json::json;

use crate::{
    faults::TOO_LONG,
    in_sync::{keys_of, ms_left, wait_until_in_sync},
    world::{Conversation, World},
};

cases![
    a_message_that_is_written_late_is_stored_once_without_a_further_message,
    a_first_message_that_is_written_late_is_stored_once_without_a_further_message,
    a_seat_that_is_written_late_does_not_replace_another,
    keys_that_a_late_write_brings_back_are_deleted,
];

/// Faults that make a write run late: after it was abandoned, after an error answer, or a second time.
const LATE_WRITE_FAULTS: [FaultKind; 3] = [
    FaultKind::RunLate(TOO_LONG),
    FaultKind::StatusBefore(500, Duration::from_secs(3)),
    FaultKind::RunTwice(Duration::from_secs(3)),
];

/// Delays the next request with this command.
fn delay(stack: &Stack, room: &str, verb: &str, kind: FaultKind) -> LogPosition {
    let upstash = stack.upstash();
    upstash.inject(Fault::new(kind).for_room(room).for_verb(verb).times(1));
    upstash.log_position()
}

/// Waits until the first request since `since` has run as often as it will, and the room's keys hold its late write.
fn wait_until_late_write_ran(stack: &Stack, room: &str, since: LogPosition, kind: FaultKind) {
    let runs = if matches!(kind, FaultKind::RunTwice(_)) { 2 } else { 1 };
    wait_until("the late write has run", LIMIT, || {
        let requests = stack.upstash().requests_since(since, room);
        requests.first().is_some_and(|request| request.runs == runs).then_some(())
    });
}

fn assert_stored_once(world: &World, sent_before: usize, verb: &str) {
    let stack = world.main();
    let rooms = LATE_WRITE_FAULTS.map(|kind| {
        let (ann, bob) = world.pair();
        for _ in 0..sent_before {
            ann.post(&json!({ "text": "before" }));
        }
        wait_until_in_sync(stack, &ann);
        let start = delay(stack, &ann.room, verb, kind);
        assert_eq!(bob.post(&json!({ "text": "late" })).status, 201);
        (kind, start, ann)
    });

    for (kind, start, ann) in rooms {
        wait_until_late_write_ran(stack, &ann.room, start, kind);
        wait_until_in_sync(stack, &ann);
        assert_eq!(ann.history().len(), sent_before + 1);
    }
}

fn a_message_that_is_written_late_is_stored_once_without_a_further_message(world: &World) {
    assert_stored_once(world, 1, "RPUSHX");
}

fn a_first_message_that_is_written_late_is_stored_once_without_a_further_message(world: &World) {
    assert_stored_once(world, 0, "RPUSH");
}

fn a_seat_that_is_written_late_does_not_replace_another(world: &World) {
    let stack = world.main();
    let seats = LATE_WRITE_FAULTS.map(|kind| {
        let room = world.room();
        let start = delay(stack, &room, "HSET", kind);
        let join = || Participant::join(stack.base_url(), &room);
        let ann = join();
        wait_until("her seat is on its way", LIMIT, || {
            (!stack.upstash().requests_since(start, &room).is_empty()).then_some(())
        });
        (kind, start, ann, join())
    });

    for (kind, start, ann, bob) in seats {
        wait_until_late_write_ran(stack, &ann.room, start, kind);
        wait_until_in_sync(stack, &bob);
    }
}

fn keys_that_a_late_write_brings_back_are_deleted(world: &World) {
    let (stack, redis) = (world.main(), world.main().redis());
    let rooms = LATE_WRITE_FAULTS.map(|kind| {
        let Conversation { ann, .. } = world.conversation();
        wait_until_in_sync(stack, &ann);
        let start = delay(stack, &ann.room, "RPUSH", kind);
        assert_eq!(ann.post(&json!({ "text": "the first" })).status, 201);
        wait_until("it is on its way", LIMIT, || {
            (!stack.upstash().requests_since(start, &ann.room).is_empty()).then_some(())
        });
        assert!([202, 204].contains(&ann.destroy().status));
        (kind, start, ann)
    });

    for (kind, start, ann) in rooms {
        wait_until_late_write_ran(stack, &ann.room, start, kind);
        // The late write brings keys back. They have a time to live and are deleted long before it is over.
        for key in keys_of(redis, &ann.room) {
            ms_left(redis, &key);
        }
        wait_until("nothing remains", 2 * LIMIT, || keys_of(redis, &ann.room).is_empty().then_some(()));
    }
}
