//! Wrong settings: every call names the variable, and no answer or log line contains its value.

use std::fs;

use duet_test_support::{Answer, Socket, root};
use serde_json::json;

use crate::world::{World, assert_refused, unknown_room};

// src/config.rs tests the individual mistakes.
cases![a_url_without_a_token_is_reported_to_every_call, query_strings_stay_out_of_the_platforms_log];

fn a_url_without_a_token_is_reported_to_every_call(world: &World) {
    let vars = [("UPSTASH_REDIS_REST_URL", "https://canary-name.example")];
    assert_is_named(world, &vars, "UPSTASH_REDIS_REST_TOKEN", "canary-name");
}

/// Checks that every call is answered with the variable's name, that the log contains it, and that neither has its
/// value.
fn assert_is_named(world: &World, vars: &[(&str, &str)], name: &str, value: &str) {
    let stack = world.own(vars);
    let visitor = duet_test_support::Browser::new(stack.base_url());
    let room = unknown_room();

    let answers: [Answer; 4] = [
        visitor.get("/api/health"),
        visitor.post("/api/room/create", &json!({})),
        visitor.get(&format!("/api/room?roomId={room}")),
        visitor.post(&format!("/api/room/join?roomId={room}"), &json!({})),
    ];
    let mut socket =
        Socket::open(&visitor, &format!("/api/realtime?roomId={room}"), &[]).expect("it is accepted");

    for answer in answers {
        assert_refused(&answer, 500, "misconfigured");
        assert!(answer.text("message").contains(name), "{answer:?}");
        assert!(!answer.body.contains(value), "{answer:?}");
    }
    assert_eq!(socket.closed(), 1011);
    let names_it = |line: &str| line.contains(name) && line.contains("setting");
    stack.worker().wait_for_log(names_it).unwrap_or_else(|log| panic!("{name} is not in the log:\n{log}"));
    for line in stack.worker().log() {
        assert!(!line.contains(value), "{line}");
    }
    assert_eq!(visitor.get("/").status, 200, "pages are served all the same");
}

/// The platform adds the URL of the request to every line that a Worker logs. A query string contains a room id and
/// perhaps a token, and the pages promise that no log contains them. `wrangler dev` adds no URL, so this is all that
/// can be tested without a deployment.
fn query_strings_stay_out_of_the_platforms_log(_world: &World) {
    let settings = fs::read_to_string(root().join("wrangler.toml")).expect("it is there");

    let (_, after) = settings.split_once("[observability]\n").expect("it has this table");
    let table = after.split("\n[").next().unwrap_or_default();
    assert!(table.lines().any(|line| line.trim() == "redact_query_string = true"), "{table}");
}
