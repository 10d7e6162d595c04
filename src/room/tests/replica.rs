use serde_json::{Value, json};

use super::world::*;
use crate::{
    domain::SocketId,
    journal::sql::Sql,
    room::{Event, LogEntry},
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

pub fn verbs(room: &TestRoom) -> Vec<String> {
    sent(room).into_iter().map(|command| command[0].clone()).collect()
}

/// Answers the request in flight as a healthy database would. The list has `length` messages afterwards.
pub fn succeed(room: &mut TestRoom, length: usize) {
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
pub fn in_sync() -> (TestRoom, SocketId, SocketId) {
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
pub fn wait_for_request(room: &mut TestRoom) {
    while room.fetches.is_empty() {
        if room.timer.is_some() { room.run_timer() } else { room.run_alarm() }
    }
}

pub fn send_messages(room: &mut TestRoom, socket: SocketId, numbers: std::ops::RangeInclusive<usize>) {
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

/// Lets 100 s pass and answers every request. Returns the seconds after which the list was counted.
fn seconds_of_counts(room: &mut TestRoom, length: usize) -> Vec<u64> {
    let start = room.now;
    let mut counted = vec![];
    while let Some(at) = room.timer.or(room.alarm).filter(|at| *at <= start.plus_seconds(100)) {
        if room.timer == Some(at) {
            room.run_timer()
        } else {
            room.run_alarm()
        }
        if !room.fetches.is_empty() {
            counted
                .extend(verbs(room).contains(&"LLEN".to_owned()).then_some(room.now.ms_since(start) / 1000));
            succeed(room, length);
        }
    }
    counted
}

#[test]
fn after_a_crash_the_list_is_counted_as_long_as_an_earlier_request_may_still_run() {
    // The message was 50 ms before the request.
    for (idle_ms, counted_after_seconds) in [(59_949, vec![5, 20, 60]), (59_950, vec![])] {
        let (mut room, ann, _) = in_sync();
        send_messages(&mut room, ann, 1..=1);
        room.run_timer();
        succeed(&mut room, 1);
        room.after_ms(idle_ms).lose_memory(&[]);

        room.handle(Event::Alarm);

        assert_eq!(verbs(&room), ["LLEN"]);
        succeed(&mut room, 1);
        assert_eq!(seconds_of_counts(&mut room, 1), counted_after_seconds);
    }
}

#[test]
fn the_last_count_after_an_unknown_outcome_runs_however_late() {
    let (mut room, ann, ben) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    wait_for_request(&mut room);
    room.reply(500, "");
    wait_for_request(&mut room);
    succeed(&mut room, 1);

    room.after_ms(120_000).lose_memory(&[(ann, ANN), (ben, BEN)]);
    room.handle(Event::Alarm);

    assert!(verbs(&room).contains(&"LLEN".to_owned()));
    succeed(&mut room, 1);
    assert_eq!(seconds_of_counts(&mut room, 1), [0; 0]);
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
fn keys_that_live_as_long_as_the_room_can_are_not_renewed() {
    let mut room = TestRoom::empty(true);
    let longest = CreateBody { ttl_seconds: Some(86_400), ..CreateBody::default() };
    room.begin_call(ANN, Request::Create(longest));
    succeed(&mut room, 0);
    room.join(ANN);
    room.run_timer();
    succeed(&mut room, 0);
    let ann = room.connect(ANN);
    send_messages(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);

    send_messages(&mut room, ann, 2..=2);
    room.run_timer();

    assert_eq!(verbs(&room), ["RPUSHX"]);
}

#[test]
fn a_failed_statement_cuts_off_the_request_in_flight_and_the_next_one_has_another_number() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);
    wait_for_request(&mut room);
    let (earlier, _) = room.fetches.remove(0);

    room.sql.run("ALTER TABLE message RENAME TO hidden", &[]).unwrap();
    send_messages(&mut room, ann, 2..=2);
    room.sql.run("ALTER TABLE hidden RENAME TO message", &[]).unwrap();
    wait_for_request(&mut room);

    assert_eq!(room.aborted, [earlier]);
    assert!(room.fetches[0].0 > earlier);
}

#[test]
fn a_failing_database_is_logged_when_it_begins_to_fail_and_when_it_is_in_sync_again() {
    let (mut room, ann, _) = in_sync();
    send_messages(&mut room, ann, 1..=1);

    for _ in 0..3 {
        wait_for_request(&mut room);
        room.reply(500, "");
    }
    wait_for_request(&mut room);
    succeed(&mut room, 1);

    let cause = "the database answered with an error";
    assert_eq!(room.log, [LogEntry::ReplicaOutOfSync { cause }, LogEntry::ReplicaInSync]);
}
