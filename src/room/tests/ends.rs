use serde_json::json;

use super::world::*;
use crate::{
    journal::sql::Sql,
    wire::{Answer, ApiError, Request},
};

#[test]
fn a_room_expires_on_the_millisecond_and_leaves_nothing() {
    let (mut room, ann, ben) = TestRoom::with_two_people();

    room.after_ms(TTL_MS - 1);
    assert!(room.call(ANN, Request::Ttl).is_ok());
    room.after_ms(1);
    assert_eq!(room.call(ANN, Request::Ttl), Err(ApiError::RoomNotFound));

    for socket in [ann, ben] {
        assert_eq!(room.frames_to(socket, "expire"), [json!({ "type": "expire" })]);
    }
    assert!(room.closed.iter().all(|(_, close)| close.code == 4411));
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

#[test]
fn the_alarm_ends_a_room_that_nobody_visits() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.after_ms(60_000).frame(ann, &message("m1", "hello"));
    room.lose_memory(&[(ann, ANN), (ben, BEN)]);

    room.run_alarm();
    assert!(room.frames_to(ben, "expire").is_empty(), "it rang before the end that the message moved");
    room.run_alarm();

    assert_eq!(room.frames_to(ben, "expire").len(), 1);
    assert_eq!(room.now.0, START.0 + 60_000 + TTL_MS);
    assert!(room.sql.tables().is_empty());
}

#[test]
fn a_failure_of_the_storage_does_not_make_a_room_end_late() {
    let (mut room, ..) = TestRoom::with_two_people();
    room.after_ms(TTL_MS - 60_000);
    room.sql.run("ALTER TABLE room RENAME TO broken", &[]).unwrap();
    assert!(room.call(ANN, Request::Keep).is_err());
    room.sql.run("ALTER TABLE broken RENAME TO room", &[]).unwrap();
    room.lose_memory(&[]);
    assert!(room.call(ANN, Request::Ttl).is_ok());

    room.run_alarm();

    assert_eq!(room.now.0, START.0 + TTL_MS);
    assert!(room.sql.tables().is_empty());
}

#[test]
fn messages_set_no_alarm_of_their_own() {
    let (mut room, ann, _) = TestRoom::with_two_people();
    let before = room.alarms_set;

    for number in 1..=20 {
        room.after_ms(1_000).frame(ann, &message(&format!("m{number}"), "hello"));
    }

    assert_eq!(room.alarms_set, before);
}

#[test]
fn destroy_tells_both_and_leaves_nothing() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.frame(ann, &message("m1", "hello"));

    assert_eq!(room.call(BEN, Request::Destroy), Ok(Answer::Destroyed));

    for socket in [ann, ben] {
        assert_eq!(room.frames_to(socket, "destroy").len(), 1);
    }
    assert!(room.closed.iter().all(|(_, close)| close.code == 4410));
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
    assert_eq!(room.call(ANN, Request::Ttl), Err(ApiError::RoomNotFound));
}

#[test]
fn a_stranger_cannot_destroy_a_room() {
    let (mut room, ..) = TestRoom::with_two_people();

    assert_eq!(room.call(CAT, Request::Destroy), Err(ApiError::NotAParticipant));
    assert!(room.call(ANN, Request::Ttl).is_ok());
}

#[test]
fn a_clock_that_steps_back_ends_nothing_early() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.after_ms(60_000).frame(ann, &message("m1", "hello"));

    room.now = START;
    room.frame(ann, &message("m2", "hello"));

    let frames = room.frames_to(ben, "message");
    assert_eq!(frames[1]["expiresAt"], frames[0]["expiresAt"]);
}
