use serde_json::{Value, json};

use super::world::*;
use crate::{
    domain::SocketId,
    wire::{Answer, ApiError, CreateBody, JoinBody, Request},
};

const DONE: &str = r#"[{"result":6},{"result":1}]"#;

fn commands(body: &str) -> Vec<Vec<String>> {
    match serde_json::from_str(body).unwrap() {
        Value::Array(words) if words[0].is_string() => vec![serde_json::from_str(body).unwrap()],
        commands => serde_json::from_value(commands).unwrap(),
    }
}

/// The commands of the request that waits for an answer.
fn sent(room: &TestRoom) -> Vec<Vec<String>> {
    commands(&room.fetches.first().expect("a request is under way").1.body)
}

fn verbs(room: &TestRoom) -> Vec<String> {
    sent(room).into_iter().map(|command| command[0].clone()).collect()
}

/// What a healthy database answers to the request under way, if the list has `length` messages afterwards.
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

/// Two people in a room that is in step.
fn in_step() -> (TestRoom, SocketId, SocketId) {
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

/// Lets timers run out, and alarms ring where there is no timer, until a request is under way.
fn wait_for_request(room: &mut TestRoom) {
    while room.fetches.is_empty() {
        if room.timer.is_some() { room.run_timer() } else { room.ring() }
    }
}

fn say(room: &mut TestRoom, socket: SocketId, numbers: std::ops::RangeInclusive<usize>) {
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
fn a_database_that_refuses_the_token_fails_the_first_press_and_leaves_nothing() {
    let mut room = TestRoom::empty(true);

    let call = room.begin_call(ANN, Request::Create(CreateBody::default()));
    room.reply(401, "{}");

    assert!(matches!(room.answer(call), Some(Err(ApiError::StoreUnavailable(_)))));
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

#[test]
fn a_create_that_no_answer_came_for_fails_after_five_seconds_and_is_removed_until_it_is_confirmed() {
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
fn messages_do_not_wait_for_a_database_that_is_silent() {
    let (mut room, ann, ben) = in_step();
    room.frames.clear();

    say(&mut room, ann, 1..=3);
    room.run_timer();
    say(&mut room, ann, 4..=6);

    assert_eq!(room.frames_to(ben, "message").len(), 6);
    assert_eq!(room.fetches.len(), 1, "one request at a time");
}

#[test]
fn the_first_message_makes_its_key_with_a_time_to_live_and_later_ones_are_one_plain_command() {
    let (mut room, ann, _) = in_step();

    say(&mut room, ann, 1..=1);
    room.run_timer();
    assert_eq!(verbs(&room), ["RPUSH", "PEXPIRE", "PEXPIRE"]);
    succeed(&mut room, 1);
    say(&mut room, ann, 2..=4);
    room.run_timer();

    assert_eq!((verbs(&room), sent(&room)[0].len()), (vec!["RPUSHX".to_owned()], 2 + 3));
}

#[test]
fn what_came_meanwhile_goes_out_together_in_the_next_request() {
    let (mut room, ann, _) = in_step();
    say(&mut room, ann, 1..=1);
    room.run_timer();
    say(&mut room, ann, 2..=5);

    room.after_ms(60);
    succeed(&mut room, 1);

    assert_eq!((verbs(&room), sent(&room)[0].len()), (vec!["RPUSHX".to_owned()], 2 + 4));
}

#[test]
fn a_wrong_length_is_cured_by_writing_both_keys_again() {
    let (mut room, ann, _) = in_step();
    say(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);
    say(&mut room, ann, 2..=2);
    room.run_timer();

    room.reply(200, r#"{"result":7}"#);
    wait_for_request(&mut room);

    assert_eq!(verbs(&room), ["DEL", "HSET", "PEXPIRE", "RPUSH", "PEXPIRE"]);
    assert_eq!(sent(&room)[3].len(), 2 + 2);
}

#[test]
fn a_lost_request_is_counted_after_until_it_can_no_longer_run() {
    let (mut room, ann, _) = in_step();
    say(&mut room, ann, 1..=1);
    room.run_timer();
    room.reply(500, "");
    let doubt_at = room.now;
    wait_for_request(&mut room);
    succeed(&mut room, 1);

    for seconds in [5, 20, 60] {
        wait_for_request(&mut room);
        assert_eq!(verbs(&room), ["HSET", "PEXPIRE", "LLEN"]);
        assert!(
            room.now >= doubt_at.plus_seconds(seconds) && room.now <= doubt_at.plus_seconds(seconds + 11)
        );
        succeed(&mut room, 1);
    }
    assert!(room.fetches.is_empty());
}

#[test]
fn after_hibernation_nothing_is_asked_and_after_a_crash_the_list_is_counted() {
    let (mut room, ann, ben) = in_step();
    say(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);

    room.after_ms(10_000).lose_memory(&[(ann, ANN), (ben, BEN)]);
    say(&mut room, ann, 2..=2);
    room.run_timer();
    assert_eq!(verbs(&room), ["RPUSHX"]);
    succeed(&mut room, 2);

    room.lose_memory(&[]);
    room.call(ANN, Request::Ttl).unwrap();
    assert_eq!(verbs(&room), ["LLEN"]);
}

#[test]
fn a_message_that_wakes_a_room_follows_when_the_list_is_counted() {
    let (mut room, ann, _) = in_step();
    say(&mut room, ann, 1..=1);
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
fn a_memory_that_is_lost_too_early_for_hibernation_was_lost_in_a_crash_although_the_sockets_stayed() {
    let (mut room, ann, ben) = in_step();
    say(&mut room, ann, 1..=1);

    room.after_ms(9_999).lose_memory(&[(ann, ANN), (ben, BEN)]);
    say(&mut room, ann, 2..=2);

    assert_eq!(verbs(&room), ["LLEN"]);
}

#[test]
fn a_seat_that_was_not_confirmed_before_a_crash_is_written_after_it() {
    let (mut room, ..) = in_step();
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
fn the_keys_are_renewed_with_a_message_when_their_time_runs_low() {
    let (mut room, ann, _) = in_step();
    say(&mut room, ann, 1..=1);
    room.run_timer();
    succeed(&mut room, 1);

    room.after_ms(TTL_MS * 9 / 10);
    say(&mut room, ann, 2..=2);
    wait_for_request(&mut room);

    assert_eq!(verbs(&room), ["RPUSHX", "PEXPIRE", "PEXPIRE"]);
    assert_eq!(sent(&room)[1][2], (2 * TTL_MS).to_string());
}

#[test]
fn destroy_waits_for_the_database_and_forgets_the_room_at_once() {
    let (mut room, ann, ben) = in_step();

    let call = room.begin_call(ANN, Request::Destroy);
    assert_eq!((room.answer(call), verbs(&room)), (None, vec!["DEL".to_owned()]));
    assert_eq!((room.frames_to(ann, "destroy").len(), room.frames_to(ben, "destroy").len()), (1, 1));
    assert_eq!(room.call(BEN, Request::Ttl), Err(ApiError::RoomNotFound));
    succeed(&mut room, 0);

    assert_eq!(room.answer(call), Some(Ok(Answer::Destroyed)));
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

#[test]
fn destroy_answers_202_when_the_database_is_silent_and_goes_on_after_a_crash() {
    let (mut room, ..) = in_step();
    let call = room.begin_call(ANN, Request::Destroy);

    while room.answer(call).is_none() {
        room.run_timer();
    }
    assert_eq!(room.answer(call), Some(Ok(Answer::Deleting)));
    room.lose_memory(&[]);
    room.ring();
    assert_eq!(verbs(&room), ["DEL"]);
    succeed(&mut room, 0);

    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

#[test]
fn a_request_under_way_at_the_end_is_waited_for_and_the_keys_are_swept() {
    let (mut room, ann, _) = in_step();
    say(&mut room, ann, 1..=1);
    room.run_timer();
    let call = room.begin_call(ANN, Request::Destroy);
    assert_eq!(verbs(&room), ["RPUSH", "PEXPIRE", "PEXPIRE"], "no second request at the same time");

    room.reply(500, "");
    let doubt_at = room.now;
    assert_eq!(verbs(&room), ["DEL"]);
    succeed(&mut room, 0);
    assert_eq!(room.answer(call), Some(Ok(Answer::Destroyed)));

    for seconds in [5, 15, 60] {
        wait_for_request(&mut room);
        assert!(room.now >= doubt_at.plus_seconds(seconds));
        assert_eq!(verbs(&room), ["DEL"]);
        succeed(&mut room, 0);
    }
    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}
