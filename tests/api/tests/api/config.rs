//! Settings that are wrong: every call says which, and nobody says what was in it.

use std::fs;

use duet_test_support::{Answer, Socket, root};
use serde_json::json;

use crate::world::{World, assert_refused, unknown_room};

// What all the mistakes are is a matter of src/config.rs and its tests.
cases![a_url_without_a_token_is_a_mistake, query_strings_do_not_reach_the_platforms_log];

fn a_url_without_a_token_is_a_mistake(world: &World) {
    let vars = [("UPSTASH_REDIS_REST_URL", "https://canary-name.example")];
    assert_is_named(world, &vars, "UPSTASH_REDIS_REST_TOKEN", "canary-name");
}

/// Every call is answered with the variable's name, the log has it too, and neither has its value.
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
    let is_said = |line: &str| line.contains(name) && line.contains("setting");
    stack.worker().wait_for_log(is_said).unwrap_or_else(|log| panic!("{name} is not in the log:\n{log}"));
    for line in stack.worker().log() {
        assert!(!line.contains(value), "{line}");
    }
    assert_eq!(visitor.get("/").status, 200, "pages are served all the same");
}

/// The platform adds the address of the request to every line that a Worker logs, and query strings hold room ids and
/// perhaps a token. The pages promise that no log holds them. `wrangler dev` adds no address, so this is all that can be
/// shown without deploying.
fn query_strings_do_not_reach_the_platforms_log(_world: &World) {
    let settings = fs::read_to_string(root().join("wrangler.toml")).expect("it is there");

    let (_, after) = settings.split_once("[observability]\n").expect("it has this table");
    let table = after.split("\n[").next().unwrap_or_default();
    assert!(table.lines().any(|line| line.trim() == "redact_query_string = true"), "{table}");
}
