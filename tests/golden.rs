//! The shapes on the wire, shared with the pages' tests: see tests/golden/README.md.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here is a test"
)]

use std::fs;

use duet::{
    domain::{EpochMs, Message, MessageId, MessageText, ParticipantId, RoomId, SenderName, StoredMessage},
    wire::{
        Answer, ApiError, ClientFrame, Draft, JoinedBody, Query, Request, RoomStatus, Route, SeenMark,
        ServerFrame, message_frame,
    },
};
use serde_json::Value;

const FIRST_END: EpochMs = EpochMs(1_795_462_353_981);

fn golden(name: &str) -> Vec<Value> {
    let raw = fs::read_to_string(format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    serde_json::from_str(&raw).unwrap()
}

fn room() -> RoomId {
    RoomId::parse("V1StGXR8_Z5jdHi6B-myT").unwrap()
}

fn ann() -> ParticipantId {
    ParticipantId::parse("vgcWUZHUzHaHT7OI").unwrap()
}

fn bob() -> ParticipantId {
    ParticipantId::parse("QZPDiwYIDAZPbrj6").unwrap()
}

fn message_id() -> MessageId {
    MessageId::parse("3vGc2nKd8sQ0ZpX1yLw7R").unwrap()
}

fn hello_of_bob() -> StoredMessage {
    let message = Message {
        id: message_id(),
        participant_id: bob(),
        sender: SenderName::parse("Bob".to_owned()).unwrap(),
        text: MessageText::parse("hello".to_owned()).unwrap(),
        timestamp: EpochMs(1_795_461_755_183),
    };
    StoredMessage { seq: 1, json: message.to_json() }
}

fn server_frame(name: &str) -> String {
    let (ann, bob, id) = (ann(), bob(), message_id());
    let participants = vec![ann.clone(), bob.clone()];
    let empty_text = ApiError::BadRequest { field: "text", problem: "must not be empty" };
    let frame = match name {
        "ready" => ServerFrame::Ready {
            participant_id: &ann,
            participants,
            online: vec![ann.clone()],
            last_seq: 0,
            expires_at: FIRST_END,
            now: EpochMs(1_795_461_754_129),
            ttl_seconds: 600,
            ends_by: EpochMs(1_795_548_153_981),
            hellos: None,
        },
        "message" => return message_frame(&hello_of_bob(), EpochMs(1_795_462_355_183)),
        "presence" => ServerFrame::Presence {
            online: participants.clone(),
            participants,
            last_seq: 1,
            expires_at: FIRST_END,
            hellos: None,
        },
        "expiry" => ServerFrame::Expiry { expires_at: EpochMs(1_795_462_360_000) },
        "typing" => ServerFrame::Typing { participant_id: &bob },
        "seen" => ServerFrame::Seen { participant_id: &bob, text: "17" },
        "error" => ServerFrame::error(Some(&id), &empty_text),
        "destroy" => ServerFrame::Destroy,
        "expire" => ServerFrame::Expire,
        _ => panic!("no frame is called {name}"),
    };
    frame.to_text()
}

#[test]
fn every_frame_of_the_room_has_the_shape_that_the_pages_read() {
    let frames = golden("server-frames");

    assert_eq!(frames.len(), 9);
    for entry in frames {
        let name = entry["name"].as_str().unwrap();
        let written: Value = serde_json::from_str(&server_frame(name)).unwrap();
        assert_eq!(written, entry["frame"], "{name}");
    }
}

#[test]
fn every_frame_of_a_page_is_read_as_its_type() {
    for entry in golden("client-frames") {
        let frame = ClientFrame::parse(&entry["frame"].to_string()).unwrap();
        let expected = match entry["name"].as_str().unwrap() {
            "message" => ClientFrame::Message(Draft {
                id: Some(message_id()),
                sender: SenderName::parse("Ann".to_owned()).unwrap(),
                text: MessageText::parse("hello".to_owned()).unwrap(),
            }),
            "typing" => ClientFrame::Typing,
            "seen" => ClientFrame::Seen(SeenMark("17".into())),
            "keep" => ClientFrame::Keep,
            name => panic!("no frame is called {name}"),
        };
        assert_eq!(frame, expected);
    }
}

fn answer(name: &str) -> Result<Answer, ApiError> {
    Ok(match name {
        "create" => Answer::Created { room_id: room(), ttl: 600, expires_at: FIRST_END },
        "status" => Answer::Status {
            room_id: room(),
            status: RoomStatus::Open,
            is_encrypted: false,
            identified: true,
        },
        "join" => Answer::Joined(Box::new(JoinedBody {
            room_id: room(),
            participant_id: ann(),
            participants: vec![ann()],
            ttl: 600,
            expires_at: FIRST_END,
            last_seq: 0,
            hellos: None,
            shelf: None,
        })),
        "messages" => Answer::History { messages: vec![hello_of_bob()], last_seq: 1 },
        "destroy" => Answer::Destroyed,
        "destroy, not confirmed by the database yet" => Answer::Deleting,
        "a refused join" => return Err(ApiError::RoomFull),
        _ => panic!("no call is called {name}"),
    })
}

#[test]
fn every_call_of_a_page_is_read_and_answered_in_the_shape_that_pages_read() {
    for call in golden("calls") {
        let [name, method, path] = ["name", "method", "path"].map(|key| call[key].as_str().unwrap());
        let (pathname, query) = path.split_once('?').unwrap_or((path, ""));
        let route = Route::parse(method, pathname).unwrap();
        let body = if call["request"].is_null() { "{}".to_owned() } else { call["request"].to_string() };
        assert!(Request::parse(route, &Query::new(query), &body, true, [0; 32]).is_ok(), "{name}");

        let (status, body) = match answer(name) {
            Ok(answer) => (answer.status(), answer.body()),
            Err(error) => (error.status(), Some(error.to_json())),
        };
        let body = body.map_or(Value::Null, |body| serde_json::from_str(&body).unwrap());
        assert_eq!((Value::from(status), body), (call["status"].clone(), call["response"].clone()), "{name}");
    }
}
