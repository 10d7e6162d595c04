//! Pages of other sites must not act in a visitor's name.

use duet_test_support::Socket;
use serde_json::json;

use crate::world::{World, assert_refused, pong};

cases![
    a_page_of_another_site_can_change_nothing,
    a_page_of_another_site_can_open_no_socket,
    a_page_of_the_same_origin_can_do_everything,
    reading_is_open_but_not_shared_with_other_sites,
];

/// Foreign origins. A sandboxed frame or a file sends the last one. An origin with only a different scheme cannot be
/// tested here, because `wrangler dev` replaces it with the Worker's own; `src/wire/origin.rs` tests it.
fn foreign(world: &World) -> [String; 6] {
    let own = world.main().base_url();
    let (_, authority) = own.split_once("://").expect("a scheme");
    let (host, port) = authority.split_once(':').expect("a port");
    [
        "https://evil.example".into(),
        format!("https://{host}"),
        format!("http://{host}.evil.example:{port}"),
        format!("http://{host}:1"),
        format!("http://{host}"),
        "null".into(),
    ]
}

fn a_page_of_another_site_can_change_nothing(world: &World) {
    let (ann, _) = world.pair();
    let empty_room = world.room();
    for origin in foreign(world) {
        let ask = |method: &str, path: &str| ann.browser.request(method, path).header("origin", &origin);

        let refused = [
            ask("POST", "/api/room/create").json(&json!({})),
            ask("POST", &format!("/api/room/join?roomId={empty_room}")).json(&json!({})),
            ask("POST", &ann.path("room/keep")).send(),
            ask("POST", &ann.path("messages")).json(&json!({ "text": "forged" })),
            ask("DELETE", &ann.path("room")).send(),
        ];

        for answer in refused {
            assert_refused(&answer, 403, "bad-origin");
        }
    }
    assert!(ann.history().is_empty());
    assert_eq!(ann.browser.get(&format!("/api/room?roomId={empty_room}")).text("status"), "open");
}

fn a_page_of_another_site_can_open_no_socket(world: &World) {
    let (ann, _) = world.pair();

    for origin in foreign(world) {
        let opened = Socket::open(&ann.browser, &ann.path("realtime"), &[("origin", &origin)]);

        assert_eq!(opened.err(), Some(403), "{origin}");
    }
}

fn a_page_of_the_same_origin_can_do_everything(world: &World) {
    let (ann, _) = world.pair();
    let own = world.main().base_url();
    let ask = |method: &str, path: &str| ann.browser.request(method, path).header("origin", own);

    let mut ann_socket =
        Socket::open(&ann.browser, &ann.path("realtime"), &[("origin", own)]).expect("it is ours");
    ann_socket.expect("ready");
    assert_eq!(pong(&mut ann_socket), "pong");
    assert_eq!(ask("POST", "/api/room/create").json(&json!({})).status, 201);
    assert_eq!(ask("POST", &ann.path("room/join")).json(&json!({})).status, 200);
    assert_eq!(ask("POST", &ann.path("messages")).json(&json!({ "text": "hi" })).status, 201);
    assert_eq!(ask("DELETE", &ann.path("room")).send().status, 204);
}

fn reading_is_open_but_not_shared_with_other_sites(world: &World) {
    let (ann, _) = world.pair();

    for path in ["room", "room/ttl", "messages"] {
        let answer =
            ann.browser.request("GET", &ann.path(path)).header("origin", "https://evil.example").send();

        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, ""), "{path}");
    }
}
