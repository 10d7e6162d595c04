use serde_json::{Value, json};

use super::world::*;
use crate::{
    domain::{Hello, Proof, ProofHash, Shelf},
    journal::sql::Sql,
    room::{CallId, Event, Frame},
    wire::{Answer, ApiError, CreateBody, JoinBody, Request, RoomStatus},
};

fn status(room: &mut TestRoom, person: Person) -> RoomStatus {
    match room.call(person, Request::Status { identified: true }).unwrap() {
        Answer::Status { status, .. } => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_people_get_a_seat_and_a_third_is_refused() {
    let mut room = TestRoom::created();
    room.join(ANN);
    room.join(BEN);

    assert_eq!(room.call(CAT, Request::Join(JoinBody::default())), Err(ApiError::RoomFull));
    assert_eq!((status(&mut room, ANN), status(&mut room, CAT)), (RoomStatus::Joined, RoomStatus::Full));
}

#[test]
fn a_repeated_join_changes_nothing_and_does_not_prolong_the_room() {
    let mut room = TestRoom::created();
    room.join(ANN);
    let first = room.call(ANN, Request::Ttl).unwrap();

    room.after_ms(1_000);
    for _ in 0..50 {
        room.join(ANN);
        room.lose_memory(&[]);
    }

    let Answer::Ttl { expires_at, .. } = room.call(ANN, Request::Ttl).unwrap() else { panic!() };
    assert!(matches!(first, Answer::Ttl { expires_at: at, .. } if at == expires_at));
    assert_eq!(status(&mut room, BEN), RoomStatus::Open);
}

#[test]
fn looking_at_a_room_changes_nothing() {
    let mut room = TestRoom::empty(false);

    assert_eq!(room.call(ANN, Request::Status { identified: false }), Err(ApiError::RoomNotFound));

    assert!(room.sql.tables().is_empty() && room.alarm.is_none());
}

/// The right proof for the room that `room_with_access` makes.
fn proof() -> Option<Proof> {
    Proof::parse(&"A".repeat(43))
}

fn hello() -> Option<Hello> {
    Hello::parse(&"A".repeat(130))
}

fn shelf() -> Option<Shelf> {
    Shelf::parse(&"A".repeat(43))
}

fn room_with_access() -> TestRoom {
    let access = ProofHash::parse("Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU").unwrap();
    let mut room = TestRoom::empty(false);
    room.call(ANN, Request::Create(CreateBody { ttl_seconds: None, access: Some(access) })).unwrap();
    room
}

fn missing_field(refused: Result<Answer, ApiError>) -> &'static str {
    match refused {
        Err(ApiError::BadRequest { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_room_with_access_takes_only_the_right_proof() {
    let mut room = room_with_access();
    let with = |proof| Request::Join(JoinBody { proof, hello: hello(), shelf: shelf() });
    let wrong = Proof::parse(&format!("{}E", "A".repeat(42)));

    assert_eq!(room.call(ANN, with(wrong.clone())), Err(ApiError::BadProof));
    assert!(room.call(ANN, with(proof())).is_ok());
    assert_eq!(room.call(ANN, with(wrong)), Err(ApiError::BadProof), "a damaged link is reported");
}

#[test]
fn a_new_seat_in_a_room_with_access_needs_proof_hello_and_shelf() {
    let mut room = room_with_access();
    let with = |proof, hello, shelf| Request::Join(JoinBody { proof, hello, shelf });

    assert_eq!(missing_field(room.call(ANN, with(None, hello(), shelf()))), "proof");
    assert_eq!(missing_field(room.call(ANN, with(proof(), None, shelf()))), "hello");
    assert_eq!(missing_field(room.call(ANN, with(proof(), hello(), None))), "shelf");
    assert_eq!(status(&mut room, ANN), RoomStatus::Open);

    assert!(room.call(ANN, with(proof(), hello(), shelf())).is_ok());
    assert!(room.call(ANN, with(None, None, None)).is_ok(), "a participant needs none of them");
}

#[test]
fn both_halves_of_the_key_exchange_reach_both_participants() {
    let mut room = room_with_access();
    let join = || Request::Join(JoinBody { proof: proof(), hello: hello(), shelf: shelf() });
    assert!(room.call(ANN, join()).is_ok());
    let ann = room.connect(ANN);

    let answer = room.call(BEN, join()).unwrap();

    let half = json!("A".repeat(130));
    let hellos = json!({ participant(ANN).as_str(): half, participant(BEN).as_str(): half });
    let body: Value = serde_json::from_str(&answer.body().unwrap()).unwrap();
    assert_eq!(body["hellos"], hellos);
    assert_eq!(room.frames_to(ann, "presence")[0]["hellos"], hellos);
}

#[test]
fn a_new_seat_is_broadcast_with_the_new_end_and_the_last_sequence_number() {
    let mut room = TestRoom::created();
    room.join(ANN);
    let ann = room.connect(ANN);
    room.frame(ann, &message("m1", "hello"));

    room.after_ms(5_000).join(BEN);

    let presence = &room.frames_to(ann, "presence")[0];
    assert_eq!(presence["participants"], json!([participant(ANN), participant(BEN)]));
    assert_eq!((&presence["lastSeq"], &presence["online"]), (&json!(1), &json!([participant(ANN)])));
    assert_eq!(presence["expiresAt"], json!(START.0 + 5_000 + TTL_MS));
}

#[test]
fn ready_is_the_first_frame_and_only_a_participants_first_socket_is_announced() {
    let mut room = TestRoom::created();
    room.join(ANN);
    room.join(BEN);
    let ann = room.connect(ANN);

    let ben = room.connect(BEN);
    room.connect(BEN);

    let first = room.frames.iter().find(|(socket, _)| *socket == ben).unwrap();
    assert_eq!(first.1["type"], json!("ready"));
    assert_eq!(room.frames_to(ann, "presence").len(), 1);
}

#[test]
fn a_participant_is_announced_offline_when_the_last_socket_closes() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    let ben_too = room.connect(BEN);

    room.handle(Event::SocketClosed { socket: ben });
    assert!(room.frames_to(ann, "presence").is_empty());
    for _ in 0..2 {
        room.handle(Event::SocketClosed { socket: ben_too });
    }

    assert_eq!(room.frames_to(ann, "presence").len(), 1);
    assert_eq!(room.frames_to(ann, "presence")[0]["online"], json!([participant(ANN)]));
}

#[test]
fn a_close_that_wakes_the_room_is_announced() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.lose_memory(&[(ann, ANN)]);

    room.handle(Event::SocketClosed { socket: ben });

    assert_eq!(room.frames_to(ann, "presence")[0]["online"], json!([participant(ANN)]));
}

#[test]
fn a_socket_that_the_room_closes_is_announced_like_one_that_its_owner_closes() {
    let (mut room, ann, ben) = TestRoom::with_two_people();

    room.handle(Event::Frame { socket: ben, frame: Frame::Binary });
    room.handle(Event::SocketClosed { socket: ben });

    assert_eq!(room.frames_to(ann, "presence").len(), 1);
    assert_eq!(room.frames_to(ann, "presence")[0]["online"], json!([participant(ANN)]));
}

#[test]
fn a_socket_that_the_room_closes_is_closed_even_if_the_storage_fails_in_the_same_event() {
    let (mut room, ann, ben) = TestRoom::with_two_people();
    room.lose_memory(&[(ann, ANN), (ben, BEN)]);
    room.sql.run("ALTER TABLE message RENAME TO broken", &[]).unwrap();

    room.handle(Event::Frame { socket: ben, frame: Frame::Binary });

    let closed: Vec<_> = room.closed.iter().map(|(socket, close)| (*socket, close.code)).collect();
    assert_eq!(closed, [(ben, 1013), (ann, 1013)]);
}

#[test]
fn a_ninth_socket_closes_the_oldest_one() {
    let (mut room, ann, _) = TestRoom::with_two_people();

    for _ in 0..8 {
        room.connect(ANN);
    }

    let closed: Vec<_> = room.closed.iter().map(|(socket, close)| (*socket, close.code)).collect();
    assert_eq!(closed, [(ann, 4408)]);
}

#[test]
fn a_socket_without_a_seat_is_refused_and_not_accepted() {
    let (mut room, ..) = TestRoom::with_two_people();

    room.handle(Event::SocketRequested { call: CallId(99), seat: Some(seat(CAT)) });

    assert_eq!(room.answer(CallId(99)), Some(Err(ApiError::NotAParticipant)));
}
