//! The Worker's log contains routes and outcomes, but no address, room or text.

use std::{io::Write, net::TcpStream};

use duet_test_support::{Browser, LIMIT, Socket, Worker, wait_until};
use serde_json::{Value, json};

use crate::world::{Conversation, World, unknown_room};

cases![
    a_line_states_route_status_duration_store_and_outcome,
    logs_contain_routes_and_outcomes_but_nothing_of_a_room,
    a_client_that_hangs_up_is_not_logged_as_an_internal_error
];

/// The prefix of wrangler's own log of requests, which a deployed Worker does not have.
const WRANGLERS_OWN: &str = "[wrangler:";

/// The lines that the Worker itself has logged so far.
pub fn own_lines(worker: &Worker) -> Vec<String> {
    worker.log().into_iter().filter(|line| !line.contains(WRANGLERS_OWN)).collect()
}

fn a_line_states_route_status_duration_store_and_outcome(world: &World) {
    let worker = world.main().worker();
    let is_awaited = |line: &str| line.contains("GET /api/room/ttl") && line.contains("\"status\":404");

    world.stranger().get(&format!("/api/room/ttl?roomId={}", unknown_room()));

    worker.wait_for_log(is_awaited).unwrap_or_else(|log| panic!("no line for the request:\n{log}"));
    let line = own_lines(worker).into_iter().find(|line| is_awaited(line)).expect("it was awaited");
    let mut logged: Value = serde_json::from_str(&line).expect("a line is JSON");
    let ms = logged["ms"].take().as_u64().expect("a duration");
    assert!(ms < 60_000, "{line}");
    let expected = json!({
        "route": "GET /api/room/ttl",
        "status": 404,
        "ms": null,
        "store": world.store.name(),
        "outcome": "room-not-found",
    });
    assert_eq!(logged, expected);
}

fn logs_contain_routes_and_outcomes_but_nothing_of_a_room(world: &World) {
    let Conversation { ann, mut ann_socket, bob_socket: _bob_socket, .. } = world.conversation();
    let canary = unknown_room();

    ann.post(&json!({ "text": canary, "sender": canary }));
    ann_socket.send_message(&canary);
    ann.post(&json!({ "text": "", "sender": canary }));
    ann.browser.get(&format!("/api/room?roomId={canary}"));
    ann.browser.get(&format!("/api/{canary}"));
    ann.browser.post("/api/room/create", &json!({ "access": canary, "ttlSeconds": canary }));
    ann.browser.post(&ann.path("room/join"), &json!({ "proof": canary }));
    ann.browser.get(&ann.path("room/ttl"));
    ann.browser.get(&format!("{}&after={canary}&token={canary}", ann.path("messages")));
    ann.browser
        .request("POST", &ann.path("messages"))
        .header("origin", &format!("https://{canary}.example"))
        .send();
    ann.browser.request("POST", &ann.path("messages")).raw(canary.as_bytes());
    ann_socket.send_text(&format!(r#"{{"type":"message","id":"{canary}","text":7,"sender":"{canary}"}}"#));
    ann_socket.send_text(&format!(r#"{{"type":"{canary}"}}"#));
    let stranger = Socket::open(&world.browser(), &ann.path("realtime"), &[]);
    stranger.expect("it is accepted").closed();
    ann.destroy();

    let worker = world.main().worker();
    let is_awaited = |line: &str| line.contains("DELETE /api/room") && line.contains("204");
    worker.wait_for_log(is_awaited).unwrap_or_else(|log| panic!("no line for the last request:\n{log}"));
    let token = ann.browser.token().expect("a cookie");
    for line in own_lines(worker) {
        for secret in [&ann.room, &ann.id, &canary, &token] {
            assert!(!line.contains(secret.as_str()), "{line}");
        }
    }
}

fn a_client_that_hangs_up_is_not_logged_as_an_internal_error(world: &World) {
    const HANG_UPS: usize = 5;
    let stack = world.own(&[]);
    let half_sent: Vec<TcpStream> = (0..HANG_UPS).map(|_| send_half(stack.base_url())).collect();

    // Its answer shows that the requests before it have arrived.
    Browser::new(stack.base_url()).create_room(&json!({}));
    drop(half_sent);

    let is_about_it = |line: &String| line.contains("POST /api/room/create");
    wait_until("all are in the log", LIMIT, || {
        let lines: Vec<String> = own_lines(stack.worker()).into_iter().filter(is_about_it).collect();
        (lines.len() > HANG_UPS).then_some(())
    });
    assert!(own_lines(stack.worker()).iter().all(|line| !line.contains("internal")));
}

/// Starts a request whose body never becomes complete.
fn send_half(base_url: &str) -> TcpStream {
    let host = base_url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).expect("it listens");
    let head =
        format!("POST /api/room/create HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n");
    write!(connection, "{head}transfer-encoding: chunked\r\n\r\n5\r\n{{\"ttl\r\n").expect("it listens");
    connection
}
