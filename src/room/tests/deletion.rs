//! The end of a room whose copy is in Redis: its keys are deleted, and stay deleted.

use super::{replica::*, world::*};
use crate::{
    domain::EpochMs,
    journal::sql::Sql,
    room::CallId,
    wire::{Answer, ApiError, CreateBody, Request},
};

/// A room that is destroyed while a message is on its way to Redis, and the call that destroys it.
fn destroyed_during_a_request() -> (TestRoom, CallId) {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    let call = room.begin_call(ANN, Request::Destroy);
    (room, call)
}

#[test]
fn destroy_ends_the_room_at_once_and_answers_when_the_database_confirms() {
    let (mut room, ann, ben) = in_sync();

    let call = room.begin_call(ANN, Request::Destroy);
    assert_eq!((room.answer(call), verbs(&room)), (None, vec!["DEL".to_owned()]));
    assert_eq!((room.frames_to(ann, "destroy").len(), room.frames_to(ben, "destroy").len()), (1, 1));
    assert_eq!(room.call(BEN, Request::Ttl), Err(ApiError::RoomNotFound));
    succeed(&mut room, 0);

    assert_eq!(room.answer(call), Some(Ok(Answer::Destroyed)));
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

#[test]
fn destroy_answers_202_if_the_database_is_silent_and_continues_after_a_crash() {
    let (mut room, ..) = in_sync();
    let call = room.begin_call(ANN, Request::Destroy);

    while room.answer(call).is_none() {
        room.run_timer();
    }
    assert_eq!(room.answer(call), Some(Ok(Answer::Deleting)));
    room.lose_memory(&[]);
    room.run_alarm();
    assert_eq!(verbs(&room), ["DEL"]);
    succeed(&mut room, 0);

    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

#[test]
fn a_room_that_expires_while_its_creation_waits_is_deleted_in_the_database_all_the_same() {
    let mut room = TestRoom::empty(true);
    let brief = CreateBody { ttl_seconds: Some(3), ..CreateBody::default() };
    let call = room.begin_call(ANN, Request::Create(brief));

    room.run_alarm();

    assert!(matches!(room.answer(call), Some(Err(ApiError::StoreUnavailable(_)))));
    room.fetches.clear();
    wait_for_request(&mut room);
    assert_eq!(verbs(&room), ["DEL"]);
}

#[test]
fn a_request_that_the_memory_was_lost_with_cannot_leave_its_keys() {
    let (mut room, _) = destroyed_during_a_request();
    assert_eq!(verbs(&room), ["RPUSH", "PEXPIRE", "PEXPIRE"]);
    let timeout_at = room.now.plus_seconds(5);
    room.lose_memory(&[]);

    wait_for_request(&mut room);
    assert_eq!(verbs(&room), ["DEL"]);
    succeed(&mut room, 0);

    // The crash was noticed when the first repetition was due.
    expect_repeated_deletion(&mut room, timeout_at, &[15, 60]);
}

#[test]
fn deletion_waits_for_the_request_in_flight_and_is_repeated() {
    let (mut room, call) = destroyed_during_a_request();
    assert_eq!(verbs(&room), ["RPUSH", "PEXPIRE", "PEXPIRE"], "no second request at the same time");

    room.reply(500, "");
    let failed_at = room.now;
    assert_eq!(verbs(&room), ["DEL"]);
    succeed(&mut room, 0);
    assert_eq!(room.answer(call), Some(Ok(Answer::Destroyed)));

    expect_repeated_deletion(&mut room, failed_at, &[5, 15, 60]);
}

#[test]
fn a_failed_deletion_is_repeated_after_a_pause_and_with_another_number() {
    let (mut room, ..) = in_sync();
    room.begin_call(ANN, Request::Destroy);
    let (failed, failed_at) = (room.fetches[0].0, room.now);

    room.reply(500, "");
    assert!(room.fetches.is_empty(), "not at once");
    wait_for_request(&mut room);

    assert!(room.now > failed_at && room.fetches[0].0 > failed);
}

#[test]
fn after_a_failed_statement_a_deletion_goes_on_with_another_number() {
    let (mut room, _) = destroyed_during_a_request();
    room.reply(500, "");
    let earlier = room.fetches[0].0;

    room.sql.run("ALTER TABLE tombstone RENAME TO hidden", &[]).unwrap();
    room.reply(200, r#"{"result":1}"#);
    room.sql.run("ALTER TABLE hidden RENAME TO tombstone", &[]).unwrap();
    wait_for_request(&mut room);

    assert_eq!(verbs(&room), ["DEL"]);
    assert!(room.fetches[0].0 > earlier);
}

#[test]
fn a_confirmed_deletion_is_still_confirmed_after_the_memory_is_lost() {
    let (mut room, _) = destroyed_during_a_request();
    room.reply(500, "");
    let failed_at = room.now;
    succeed(&mut room, 0);

    room.lose_memory(&[]);
    let status = room.call(ANN, Request::Status { identified: true });

    assert_eq!(status, Err(ApiError::RoomNotFound));
    assert!(room.fetches.is_empty(), "the next deletion is not due yet");
    expect_repeated_deletion(&mut room, failed_at, &[5, 15, 60]);
}

/// After a request that may still run, the keys are deleted again after so many seconds. Then nothing is left.
fn expect_repeated_deletion(room: &mut TestRoom, failed_at: EpochMs, seconds: &[u64]) {
    for seconds in seconds {
        wait_for_request(room);
        assert!(room.now >= failed_at.plus_seconds(*seconds));
        assert_eq!(verbs(room), ["DEL"]);
        succeed(room, 0);
    }
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}
