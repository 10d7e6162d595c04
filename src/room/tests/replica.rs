use serde_json::{Value, json};

use super::world::*;
use crate::{
    domain::{EpochMs, SocketId},
    journal::sql::Sql,
    room::Event,
    wire::{Answer, ApiError, CreateBody, JoinBody, Request},
};

const DONE: &str = r#"[{"result":6},{"result":1}]"#;

fn commands(body: &str) -> Vec<Vec<String>> {
    match serde_json::from_str(body).unwrap() {
        Value::Array(words) if words[0].is_string() => vec![serde_json::from_str(body).unwrap()],
        commands => serde_json::from_value(commands).unwrap(),
    }
}

/// The commands of the request in flight.
fn sent(room: &TestRoom) -> Vec<Vec<String>> {
    commands(&room.fetches.first().expect("a request is in flight").1.body)
}

fn verbs(room: &TestRoom) -> Vec<String> {
    sent(room).into_iter().map(|command| command[0].clone()).collect()
}

/// Answers the request in flight as a healthy database would. The list has `length` messages afterwards.
fn succeed(room: &mut TestRoom, length: usize) {
    let results: Vec<Value> = sent(room)
        .iter()
        .map(|command| match command[0].as_str() {
            "RPUSH" | "RPUSHX" | "LLEN" => json!({ "result": length }),
            _ => json!({ "result": 1 }),
        })
        .collect();
    let body = if results.len() == 1 { results[0].to_string() } else { json!(results).to_string() };
    room.reply(200, &body);
}

/// Two people in a room whose copy in Redis is up to date.
fn in_sync() -> (TestRoom, SocketId, SocketId) {
    let mut room = TestRoom::empty(true);
    room.begin_call(ANN, Request::Create(CreateBody::default()));
    succeed(&mut room, 0);
    for person in [ANN, BEN] {
        room.join(person);
        room.run_timer();
        succeed(&mut room, 0);
    }
    let (ann, ben) = (room.connect(ANN), room.connect(BEN));
    (room, ann, ben)
}

/// Runs timers, and alarms where there is no timer, until a request is in flight.
fn wait_for_request(room: &mut TestRoom) {
    while room.fetches.is_empty() {
        if room.timer.is_some() { room.run_timer() } else { room.run_alarm() }
    }
}

fn send_messages(room: &mut TestRoom, socket: SocketId, numbers: std::ops::RangeInclusive<usize>) {
    for number in numbers {
        room.frame(socket, &message(&format!("m{number}"), "hello"));
    }
}

#[test]
fn create_waits_for_the_database() {
    let mut room = TestRoom::empty(true);

    let call = room.begin_call(ANN, Request::Create(CreateBody::default()));
    assert_eq!((room.answer(call), verbs(&room)), (None, vec!["HSET".into(), "PEXPIRE".into()]));
    room.reply(200, DONE);

    assert!(matches!(room.answer(call), Some(Ok(Answer::Created { .. }))));
}

#[test]
fn create_fails_and_leaves_nothing_if_the_database_refuses_the_token() {
    let mut room = TestRoom::empty(true);

    let call = room.begin_call(ANN, Request::Create(CreateBody::default()));
    room.reply(401, "{}");

    assert!(matches!(room.answer(call), Some(Err(ApiError::StoreUnavailable(_)))));
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

#[test]
fn create_fails_after_five_seconds_without_an_answer_and_the_keys_are_deleted_until_confirmed() {
    let mut room = TestRoom::empty(true);
    let call = room.begin_call(ANN, Request::Create(CreateBody::default()));

    while room.answer(call).is_none() {
        room.run_timer();
    }

    assert_eq!(room.now.0, START.0 + 5_000);
    assert_eq!(room.sql.tables(), ["tombstone"]);
    assert!(room.alarm.is_some());
    assert_eq!(room.call(ANN, Request::Join(JoinBody::default())), Err(ApiError::RoomNotFound));
}

#[test]
fn a_room_that_is_given_up_is_not_written_to_the_database_again() {
    let mut room = TestRoom::empty(true);
    let call = room.begin_call(ANN, Request::Create(CreateBody::default()));
    room.after_ms(4_900).reply(500, "");

    room.after_ms(10_000).handle(Event::Timer);

    assert!(matches!(room.answer(call), Some(Err(ApiError::StoreUnavailable(_)))));
    assert_eq!(verbs(&room), ["DEL"]);
}

#[test]
fn create_is_answered_even_if_the_storage_fails_when_the_room_is_given_up() {
    let mut room = TestRoom::empty(true);
    let call = room.begin_call(ANN, Request::Create(CreateBody::default()));
    room.sql.run("CREATE TABLE tombstone (wrong)", &[]).unwrap();

    while room.now.0 < START.0 + 5_000 {
        room.run_timer();
    }

    assert!(matches!(room.answer(call), Some(Err(ApiError::StoreUnavailable(_)))));
}

#[test]
fn messages_do_not_wait_for_a_silent_database() {
    let (mut room, ann, ben) = in_sync();
    room.frames.clear();

    send_messages(&mut room, ann, 1..=3);
    room.run_timer();
    send_messages(&mut room, ann, 4..=6);

    assert_eq!(room.frames_to(ben, "message").len(), 6);
    assert_eq!(room.fetches.len(), 1, "one request at a time");
}

#[test]
fn the_first_message_creates_its_key_with_a_time_to_live_and_later_ones_are_one_command() {
    let (mut room, ann, _) = in_sync();

    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    assert_eq!(verbs(&room), ["RPUSH", "PEXPIRE", "PEXPIRE"]);
    succeed(&mut room, 1);
    send_messages(&mut room, ann, 2..=4);
    room.run_timer();

    assert_eq!((verbs(&room), sent(&room)[0].len()), (vec!["RPUSHX".to_owned()], 2 + 3));
}

#[test]
fn messages_that_arrive_during_a_request_are_sent_together_in_the_next_one() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    send_messages(&mut room, ann, 2..=5);

    room.after_ms(60);
    succeed(&mut room, 1);

    assert_eq!((verbs(&room), sent(&room)[0].len()), (vec!["RPUSHX".to_owned()], 2 + 4));
}

#[test]
fn a_wrong_length_is_repaired_by_rewriting_both_keys() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);
    send_messages(&mut room, ann, 2..=2);
    room.run_timer();

    room.reply(200, r#"{"result":7}"#);
    wait_for_request(&mut room);

    assert_eq!(verbs(&room), ["DEL", "HSET", "PEXPIRE", "RPUSH", "PEXPIRE"]);
    assert_eq!(sent(&room)[3].len(), 2 + 2);
}

#[test]
fn after_a_lost_request_the_list_is_counted_until_the_request_can_no_longer_run() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    room.reply(500, "");
    let failed_at = room.now;
    wait_for_request(&mut room);
    succeed(&mut room, 1);

    for seconds in [5, 20, 60] {
        wait_for_request(&mut room);
        assert_eq!(verbs(&room), ["HSET", "PEXPIRE", "LLEN"]);
        assert!(
            room.now >= failed_at.plus_seconds(seconds) && room.now <= failed_at.plus_seconds(seconds + 11)
        );
        succeed(&mut room, 1);
    }
    assert!(room.fetches.is_empty());
}

#[test]
fn the_list_is_counted_after_a_crash_but_not_after_hibernation() {
    let (mut room, ann, ben) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);

    room.after_ms(10_000).lose_memory(&[(ann, ANN), (ben, BEN)]);
    send_messages(&mut room, ann, 2..=2);
    room.run_timer();
    assert_eq!(verbs(&room), ["RPUSHX"]);
    succeed(&mut room, 2);

    room.lose_memory(&[]);
    room.call(ANN, Request::Ttl).unwrap();
    assert_eq!(verbs(&room), ["LLEN"]);
}

#[test]
fn a_message_that_wakes_a_room_is_written_after_the_list_is_counted() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);

    room.lose_memory(&[]);
    room.call(ANN, post("2", "good morning")).unwrap();
    assert_eq!(verbs(&room), ["LLEN"]);
    succeed(&mut room, 1);
    room.run_timer();

    assert_eq!((verbs(&room), sent(&room)[0].len()), (vec!["RPUSHX".to_owned()], 2 + 1));
}

#[test]
fn memory_lost_too_early_for_hibernation_counts_as_a_crash_even_with_open_sockets() {
    let (mut room, ann, ben) = in_sync();
    send_messages(&mut room, ann, 1..=1);

    room.after_ms(9_999).lose_memory(&[(ann, ANN), (ben, BEN)]);
    send_messages(&mut room, ann, 2..=2);

    assert_eq!(verbs(&room), ["LLEN"]);
}

#[test]
fn a_seat_that_was_unconfirmed_before_a_crash_is_written_after_it() {
    let (mut room, ..) = in_sync();
    room.lose_memory(&[]);
    room.call(ANN, Request::Ttl).unwrap();
    succeed(&mut room, 0);
    let mut fresh = TestRoom::empty(true);
    fresh.begin_call(ANN, Request::Create(CreateBody::default()));
    succeed(&mut fresh, 0);
    fresh.join(ANN);

    fresh.lose_memory(&[]);
    fresh.call(ANN, Request::Ttl).unwrap();

    assert_eq!(verbs(&fresh), ["DEL", "HSET", "PEXPIRE"]);
}

#[test]
fn a_message_renews_the_keys_when_their_time_to_live_runs_low() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);

    room.after_ms(TTL_MS * 9 / 10);
    send_messages(&mut room, ann, 2..=2);
    wait_for_request(&mut room);

    assert_eq!(verbs(&room), ["RPUSHX", "PEXPIRE", "PEXPIRE"]);
    assert_eq!(sent(&room)[1][2], (2 * TTL_MS).to_string());
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
fn a_request_that_the_memory_was_lost_with_cannot_leave_its_keys() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    room.begin_call(ANN, Request::Destroy);
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
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    let call = room.begin_call(ANN, Request::Destroy);
    assert_eq!(verbs(&room), ["RPUSH", "PEXPIRE", "PEXPIRE"], "no second request at the same time");

    room.reply(500, "");
    let failed_at = room.now;
    assert_eq!(verbs(&room), ["DEL"]);
    succeed(&mut room, 0);
    assert_eq!(room.answer(call), Some(Ok(Answer::Destroyed)));

    expect_repeated_deletion(&mut room, failed_at, &[5, 15, 60]);
}

#[test]
fn a_confirmed_deletion_is_still_confirmed_after_the_memory_is_lost() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    room.begin_call(ANN, Request::Destroy);
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
