use serde_json::json;

use super::world::*;
use crate::{
    domain::EpochMs,
    room::{Event, Frame},
    wire::{Answer, ApiError, Request},
};

fn texts(answer: &Answer) -> Vec<String> {
    let Answer::History { messages, .. } = answer else { panic!("{answer:?}") };
    messages.iter().map(|message| message.read().unwrap().text.as_str().to_owned()).collect()
}

#[test]
fn a_message_is_broadcast_to_both_people_once() {
    let (mut room, ann, ben) = TestRoom::with_two_people();

    room.frame(ann, &message("m1", "hello"));
    room.frame(ann, &message("m1", "hello"));

    let to_ben = room.frames_to(ben, "message");
    assert_eq!(to_ben.len(), 1);
    assert_eq!((&to_ben[0]["message"]["seq"], &to_ben[0]["message"]["text"]), (&json!(1), &json!("hello")));
    assert_eq!(room.frames_to(ann, "message").len(), 2, "the repetition is confirmed to its sender");
}

#[test]
fn a_repeated_message_is_recognised_after_the_memory_is_lost() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.frame(ann, &message("m1", "hello"));
    room.lose_memory(&[(ann, ANN), (ben, BEN)]);
    room.frames.clear();

    room.frame(ann, &message("m1", "hello"));
    room.frame(ann, &message("m2", "again"));

    assert_eq!(room.frames_to(ann, "message")[0]["message"]["seq"], json!(1));
    assert_eq!(room.frames_to(ben, "message").len(), 1);
    assert_eq!(room.frames_to(ben, "message")[0]["message"]["seq"], json!(2));
}

#[test]
fn an_id_that_the_other_participant_used_is_refused() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.frame(ann, &message("m1", "hers"));

    room.frame(ben, &message("m1", "his"));

    let refused = room.frames_to(ben, "error");
    assert_eq!((&refused[0]["error"], &refused[0]["id"]), (&json!("bad-request"), &json!(id("m1"))));
    let history = room.call(BEN, Request::History { after: 0, limit: 10 }).unwrap();
    assert_eq!(texts(&history), ["hers"]);
}

#[test]
fn the_status_of_a_post_shows_whether_the_message_is_new() {
    let (mut room, _, ben) = TestRoom::with_two_people();

    let first = room.call(ANN, post("m1", "hello")).unwrap();
    let again = room.call(ANN, post("m1", "hello")).unwrap();

    assert_eq!((first.status(), again.status()), (201, 200));
    assert_eq!(room.frames_to(ben, "message").len(), 1);
}

#[test]
fn a_page_starts_after_the_given_number_and_has_no_gaps() {
    let (mut room, ann, _) = TestRoom::with_two_people();
    for number in 1..=70 {
        room.frame(ann, &message(&format!("m{number}"), &number.to_string()));
    }

    let page = room.call(BEN, Request::History { after: 10, limit: 50 }).unwrap();

    let expected: Vec<String> = (11..=60).map(|number| number.to_string()).collect();
    assert_eq!(texts(&page), expected);
    assert!(matches!(page, Answer::History { last_seq: 70, .. }));
}

#[test]
fn a_page_ends_after_about_a_mebibyte() {
    let (mut room, ann, _) = TestRoom::with_two_people();
    let long = "x".repeat(16_000);
    for number in 1..=100 {
        room.frame(ann, &message(&format!("m{number}"), &long));
    }

    let page = room.call(BEN, Request::History { after: 0, limit: 500 }).unwrap();

    let Answer::History { messages, .. } = page else { panic!() };
    let bytes: usize = messages.iter().map(|message| message.json.len()).sum();
    assert!((1_048_576..1_048_576 + 17_000).contains(&bytes), "{bytes}");
}

#[test]
fn each_message_moves_the_end_and_carries_the_new_one() {
    let (mut room, ann, ben) = TestRoom::with_two_people();

    room.after_ms(60_000).frame(ann, &message("m1", "hello"));

    let expires_at = &room.frames_to(ben, "message")[0]["expiresAt"];
    assert_eq!(*expires_at, json!(START.0 + 60_000 + TTL_MS));
}

#[test]
fn a_bad_message_is_answered_and_an_unreadable_frame_closes_the_socket() {
    let (mut room, ann, ben) = TestRoom::with_two_people();

    room.frame(ann, &json!({ "type": "message", "id": id("m1"), "text": "" }));
    room.handle(Event::Frame { socket: ann, frame: Frame::Text("no json") });
    room.handle(Event::Frame { socket: ben, frame: Frame::TooLarge });

    assert_eq!(room.frames_to(ann, "error")[0]["error"], json!("bad-request"));
    let codes: Vec<_> = room.closed.iter().map(|(socket, close)| (*socket, close.code)).collect();
    assert_eq!(codes, [(ann, 4400), (ben, 1009)]);
}

#[test]
fn a_seen_mark_goes_to_the_other_participant_only_and_is_limited() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    let ann_too = room.connect(ANN);

    for seq in 1..=9 {
        room.frame(ann, &json!({ "type": "seen", "text": seq.to_string() }));
    }

    let marks = room.frames_to(ben, "seen");
    assert_eq!((marks.len(), &marks[3]["text"]), (4, &json!("4")));
    assert_eq!(marks[0]["participantId"], json!(participant(ANN)));
    assert!(room.frames_to(ann, "seen").is_empty() && room.frames_to(ann_too, "seen").is_empty());
}

#[test]
fn typing_goes_to_the_other_participant_only() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    let ann_too = room.connect(ANN);

    room.frame(ann, &json!({ "type": "typing" }));

    assert_eq!(room.frames_to(ben, "typing")[0]["participantId"], json!(participant(ANN)));
    assert!(room.frames_to(ann, "typing").is_empty() && room.frames_to(ann_too, "typing").is_empty());
}

#[test]
fn keep_moves_the_end_for_both_and_is_limited() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.after_ms(100_000);

    room.frame(ann, &json!({ "type": "keep" }));
    room.frame(ann, &json!({ "type": "keep" }));
    let by_call = room.call(BEN, Request::Keep).unwrap();

    let end = START.0 + 100_000 + TTL_MS;
    for socket in [ann, ben] {
        assert_eq!(room.frames_to(socket, "expiry")[0]["expiresAt"], json!(end));
    }
    assert_eq!(room.frames_to(ann, "error")[0]["error"], json!("too-many-requests"));
    assert_eq!(by_call, Answer::Ttl { ttl: 600, expires_at: EpochMs(end) });
}

#[test]
fn a_caller_without_a_seat_can_neither_read_nor_send() {
    let (mut room, ..) = TestRoom::with_two_people();

    for request in [post("m1", "x"), Request::History { after: 0, limit: 1 }, Request::Ttl, Request::Keep] {
        assert_eq!(room.call(CAT, request), Err(ApiError::NotAParticipant));
    }
}

#[test]
fn a_message_repeated_after_a_crash_makes_the_other_client_request_it() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.frame(ann, &message("m1", "hello"));
    // None of the room's frames was delivered.
    room.frames.clear();
    room.lose_memory(&[(ann, ANN), (ben, BEN)]);

    room.frame(ann, &message("m1", "hello"));
    room.frame(ann, &message("m1", "hello"));

    assert_eq!(room.frames_to(ann, "message").len(), 2);
    assert!(room.frames_to(ben, "message").is_empty());
    assert_eq!(room.frames_to(ben, "presence").len(), 1, "once is enough");
    assert_eq!(room.frames_to(ben, "presence")[0]["lastSeq"], 1);
}
