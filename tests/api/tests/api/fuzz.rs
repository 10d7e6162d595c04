//! Random input in frames and bodies: other clients are unaffected, nothing of it is logged, and no answer is a 500.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use duet_test_support::{Answer, Event, LIMIT, Participant, Socket, message_id};
use serde_json::{Map, Value, json};

use crate::{
    logs::own_lines,
    nonsense::{Frame, Nonsense},
    world::{Conversation, World, assert_keys, rounds, unknown_room},
};

cases![
    random_frames_do_not_disturb_other_sockets,
    random_bodies_cause_no_internal_error,
    random_queries_cause_no_internal_error,
    unknown_keys_of_a_newer_client_are_ignored,
    an_endless_body_is_refused_while_it_arrives,
];

const BATCHES: usize = 4;
const FRAMES_OF_A_BATCH: usize = 20;
const BODIES: usize = 20;
const QUERIES: usize = 20;

/// Close codes of the protocol for invalid input, and the platform's for invalid WebSocket data.
const CODES_FOR_NONSENSE: [u16; 5] = [4400, 1009, 1002, 1006, 1007];

fn random_frames_do_not_disturb_other_sockets(world: &World) {
    let canary = unknown_room();
    let mut nonsense = Nonsense::with(&canary);
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();

    for _ in 0..BATCHES * rounds() {
        let mut tab = None;
        for _ in 0..FRAMES_OF_A_BATCH {
            let open = tab.take().unwrap_or_else(|| ann.connect());
            tab = send_nonsense(open, nonsense.frame());
        }
        drop(tab);

        assert_still_delivers(&mut ann_socket, &mut bob_socket);
        assert_still_delivers(&mut bob_socket, &mut ann_socket);
    }

    assert_nothing_is_logged(world, &ann, &canary);
}

/// Sends random input. Returns the socket if it is still open.
fn send_nonsense(mut socket: Socket, frame: Frame) -> Option<Socket> {
    let is_sent = match frame {
        Frame::Text(bytes) => socket.try_send_text_bytes(&bytes),
        Frame::Binary(bytes) => socket.try_send_binary(&bytes),
        Frame::Bytes(bytes) => {
            socket.try_write(&bytes);
            return None;
        }
    };
    let is_ping_sent = is_sent && socket.try_send_text("ping");
    loop {
        match socket.event() {
            Event::Frame(frame) if frame == "pong" => return is_ping_sent.then_some(socket),
            Event::Frame(_) => {}
            Event::Closed(code) => {
                assert!(CODES_FOR_NONSENSE.contains(&code), "closed with {code}");
                return None;
            }
        }
    }
}

/// Checks that a ping is answered and that a message arrives, whatever else arrives.
fn assert_still_delivers(from: &mut Socket, to: &mut Socket) {
    from.send_text("ping");
    while from.frame() != "pong" {}
    let id = from.send_message("fence");
    for socket in [from, to] {
        while socket.skip_to("message")["message"]["id"] != id {}
    }
}

/// Searches everything that the Worker logged until the room ended.
fn assert_nothing_is_logged(world: &World, ann: &Participant, canary: &str) {
    assert_eq!(ann.destroy().status, 204);
    let worker = world.main().worker();
    let is_awaited = |line: &str| line.contains("DELETE /api/room") && line.contains("204");
    worker.wait_for_log(is_awaited).unwrap_or_else(|log| panic!("no line for the last request:\n{log}"));
    for line in own_lines(worker) {
        for trace in [canary, &ann.room, "panicked", "RuntimeError", r#""internal""#] {
            assert!(!line.contains(trace), "{line}");
        }
    }
}

#[track_caller]
fn assert_no_internal_error(answer: &Answer, canary: &str) {
    assert!(answer.status < 500 || answer.status == 503, "{answer:?}");
    if answer.status >= 400 {
        assert_keys(&answer.json(), &["error", "message"]);
        assert!(!answer.body.contains(canary), "{answer:?}");
    }
}

fn random_bodies_cause_no_internal_error(world: &World) {
    let canary = unknown_room();
    let mut nonsense = Nonsense::with(&canary);
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();

    for _ in 0..BODIES * rounds() {
        let body = nonsense.body();
        for path in ["messages", "room/join", "room/create"] {
            let request =
                ann.browser.request("POST", &ann.path(path)).header("content-type", "application/json");
            assert_no_internal_error(&request.raw(&body), &canary);
        }
    }

    assert_still_delivers(&mut ann_socket, &mut bob_socket);
    assert_nothing_is_logged(world, &ann, &canary);
}

fn random_queries_cause_no_internal_error(world: &World) {
    let (ann, _bob) = world.pair();
    let mut nonsense = Nonsense::with("");

    for _ in 0..QUERIES * rounds() {
        let query = nonsense.query(&ann.room);
        for (method, path) in [("GET", "messages"), ("GET", "room"), ("POST", "room/join")] {
            let answer = ann.browser.request(method, &format!("/api/{path}?{query}")).send();
            assert!([200, 400, 401, 404].contains(&answer.status), "{query}: {answer:?}");
        }
    }
}

fn unknown_keys_of_a_newer_client_are_ignored(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let newer: Map<String, Value> = (0..1_000).map(|n| (format!("new{n}"), json!({ "deep": [n] }))).collect();

    for kind in 0..200 {
        ann_socket
            .send(&json!({ "type": format!("new{kind}"), "id": message_id(), "text": "not a message" }));
    }
    let mut frame = Value::Object(newer);
    (frame["type"], frame["id"], frame["text"]) = (json!("message"), json!(message_id()), json!("hi"));
    ann_socket.send(&frame);
    frame["id"] = json!(message_id());
    let posted = ann.post(&frame);

    assert_eq!(posted.status, 201);
    for socket in [&mut ann_socket, &mut bob_socket] {
        for seq in [1, 2] {
            let message = socket.expect_message();
            assert_keys(&message, &["id", "seq", "participantId", "sender", "text", "timestamp"]);
            assert_eq!((&message["seq"], &message["text"]), (&json!(seq), &json!("hi")));
        }
    }
}

/// Chunks of an endless body, together larger than a body may be.
fn endless() -> Vec<u8> {
    [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat().repeat(2)
}

/// Without a declared length only: otherwise `wrangler dev` delays every answer until the body is complete. Its proxy
/// also sometimes answers 500 in the Worker's place, as in `errors.rs`.
fn an_endless_body_is_refused_while_it_arrives(world: &World) {
    let (ann, _bob) = world.pair();

    let mut lines = std::iter::repeat_with(|| answer_to_endless_body(world, &ann)).take(5);
    let line = lines.find(|line| !line.contains(" 500 ")).expect("an answer of the Worker");

    assert!(line.contains(" 413 "), "{line}");
    assert_eq!(ann.post(&json!({ "text": "still here" })).status, 201);
}

/// The first line of the answer that arrives while the body is still being sent.
fn answer_to_endless_body(world: &World, ann: &Participant) -> String {
    let host = world.main().base_url().trim_start_matches("http://");
    let (path, token) = (ann.path("messages"), ann.browser.token().expect("a cookie"));
    let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n");
    let mut stream = TcpStream::connect(host).expect("the Worker listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a socket");

    write!(stream, "{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect("it listens");
    stream.write_all(&endless()).expect("it listens");

    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("an answer comes");
    line
}
