//! Invalid requests, and properties that all answers share.

use std::io::{Read, repeat};

use duet_test_support::{Answer, Participant};
use serde_json::json;

use crate::world::{World, assert_bad_field, assert_refused};

cases![
    no_answer_may_be_cached,
    an_unknown_path_is_not_found,
    a_wrong_method_is_answered_with_the_allowed_ones,
    a_body_over_64_kib_is_too_large,
    a_body_over_64_kib_is_too_large_even_without_a_declared_length,
    a_body_of_64_kib_is_read,
    a_body_must_be_declared_as_json,
    a_body_must_be_a_json_object,
    a_deeply_nested_value_does_no_harm,
];

fn no_answer_may_be_cached(world: &World) {
    let visitor = world.browser();
    let created = visitor.post("/api/room/create", &json!({}));
    let ann = Participant::join_as(visitor, &created.text("roomId"));

    let answers = [
        created,
        ann.browser.get("/api/health"),
        ann.browser.get(&ann.path("room")),
        ann.browser.post(&ann.path("room/join"), &json!({})),
        ann.post(&json!({ "text": "hi" })),
        ann.browser.get(&ann.path("messages")),
        ann.browser.get(&ann.path("room/ttl")),
        ann.browser.get("/api/nothing-here"),
        ann.browser.get(&ann.path("realtime")),
        ann.destroy(),
    ];

    for answer in answers {
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    }
}

fn an_unknown_path_is_not_found(world: &World) {
    for path in
        ["/api", "/api/", "/api/rooms", "/api/room/", "/api/room/create/", "/api/messages/1", "/API/health"]
    {
        let answer = world.browser().get(path);

        if path.starts_with("/api/") {
            assert_refused(&answer, 404, "not-found");
        } else {
            assert_eq!(answer.status, 404, "{answer:?}");
        }
    }
}

fn a_wrong_method_is_answered_with_the_allowed_ones(world: &World) {
    for (method, path, allow) in [
        ("GET", "room/create", "POST"),
        ("PUT", "room", "GET, DELETE"),
        ("POST", "room", "GET, DELETE"),
        ("GET", "room/join", "POST"),
        ("POST", "room/ttl", "GET"),
        ("DELETE", "messages", "GET, POST"),
        ("PATCH", "messages", "GET, POST"),
        ("POST", "realtime", "GET"),
        ("POST", "health", "GET"),
        ("OPTIONS", "messages", "GET, POST"),
    ] {
        let refused = world.browser().request(method, &format!("/api/{path}")).send();

        assert_refused(&refused, 405, "method-not-allowed");
        assert_eq!(refused.header("allow"), allow, "{method} {path}");
    }
}

const MAX_BODY_BYTES: usize = 64 * 1024;

/// A message whose JSON has exactly `bytes` bytes.
fn body_of(bytes: usize) -> Vec<u8> {
    let body = |padding: &str| json!({ "text": "padded", "padding": padding }).to_string();
    body(&"x".repeat(bytes - body("").len())).into_bytes()
}

fn a_body_over_64_kib_is_too_large(world: &World) {
    let (ann, _) = world.pair();
    for path in ["messages", "room/join", "room/create"] {
        for bytes in [MAX_BODY_BYTES + 1, 10 * MAX_BODY_BYTES] {
            let ask = ann.browser.request("POST", &ann.path(path)).header("content-type", "application/json");

            assert_refused(&ask.raw(&body_of(bytes)), 413, "too-large");
        }
    }
}

fn a_body_over_64_kib_is_too_large_even_without_a_declared_length(world: &World) {
    let (ann, _) = world.pair();
    for bytes in [MAX_BODY_BYTES as u64 + 1, 10 * MAX_BODY_BYTES as u64] {
        let answer = past_wranglers_proxy(|| {
            let ask = ann.browser.request("POST", &ann.path("messages"));
            ask.header("content-type", "application/json").chunked(repeat(b' ').take(bytes))
        });

        assert_refused(&answer, 413, "too-large");
    }
}

/// Repeats a request if `wrangler dev` answered in the Worker's place or not at all: its proxy sometimes loses a
/// connection when the Worker answers before the body is complete. A deployed Worker has no such proxy.
fn past_wranglers_proxy(ask: impl Fn() -> Option<Answer>) -> Answer {
    let answers = std::iter::repeat_with(ask).take(5).flatten();
    let is_ours = |answer: &Answer| !answer.body.starts_with("Error: Network connection lost");
    answers.into_iter().find(is_ours).expect("an answer of the Worker")
}

fn a_body_of_64_kib_is_read(world: &World) {
    let (ann, _) = world.pair();
    let ask =
        || ann.browser.request("POST", &ann.path("messages")).header("content-type", "application/json");

    assert_eq!(ask().raw(&body_of(MAX_BODY_BYTES)).status, 201);
    assert_eq!(ask().chunked(&body_of(MAX_BODY_BYTES)[..]).map(|answer| answer.status), Some(201));
}

fn a_body_must_be_declared_as_json(world: &World) {
    let (ann, _) = world.pair();
    let post = |content_type: &str| -> Answer {
        let ask = ann.browser.request("POST", &ann.path("messages")).header("content-type", content_type);
        ask.raw(br#"{"text":"hi"}"#)
    };

    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", ""]
    {
        assert_refused(&post(content_type), 415, "not-json");
    }
    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(post(content_type).status, 201, "{content_type}");
    }
}

fn a_body_must_be_a_json_object(world: &World) {
    let (ann, _) = world.pair();
    for path in ["messages", "room/join", "room/create"] {
        for body in [&b"{"[..], b"hello", b"[]", b"null", b"{\"text\":\"\xff\"}", b"{\"text\":\"\\ud800\"}"] {
            let ask = ann.browser.request("POST", &ann.path(path)).header("content-type", "application/json");

            assert_bad_field(&ask.raw(body), "body");
        }
    }
}

fn a_deeply_nested_value_does_no_harm(world: &World) {
    let (ann, _) = world.pair();
    let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let post = |body: String| {
        let ask = ann.browser.request("POST", &ann.path("messages"));
        ask.header("content-type", "application/json").raw(body.as_bytes())
    };

    let unknown_key = post(format!(r#"{{"text":"hi","x":{nested}}}"#));
    let known_key = post(format!(r#"{{"text":{nested}}}"#));
    let no_object = post(nested.clone());

    assert_eq!(unknown_key.status, 201, "unknown keys are ignored");
    assert_bad_field(&known_key, "text");
    assert_bad_field(&no_object, "body");
    assert_eq!(ann.post(&json!({ "text": "still here" })).status, 201);
}
