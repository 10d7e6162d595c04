//! The headers of every answer, of the API and of the pages.

use duet_test_support::Answer;
use serde_json::json;

use crate::world::World;

cases![every_answer_of_the_api_has_the_security_headers, every_page_has_the_security_headers];

/// Sent with every answer. Browsers ignore HSTS on http.
const EVERYWHERE: [(&str, &str); 7] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-robots-tag", "noindex, nofollow"),
];

#[track_caller]
fn assert_locked_down(answer: &Answer) {
    for (name, value) in EVERYWHERE {
        assert_eq!(answer.header(name), value, "{name} of {answer:?}");
    }
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{answer:?}"
    );
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
}

fn every_answer_of_the_api_has_the_security_headers(world: &World) {
    let (ann, _bob) = world.pair();
    let browser = &ann.browser;
    let answers = [
        browser.post("/api/room/create", &json!({})),
        browser.post("/api/room/create", &json!({ "ttlSeconds": 1 })),
        browser.get(&ann.path("room")),
        browser.post(&ann.path("room/join"), &json!({})),
        browser.get(&ann.path("room/ttl")),
        browser.post(&ann.path("room/keep"), &json!({})),
        browser.post(&ann.path("room/keep"), &json!({})),
        ann.post(&json!({ "text": "hi" })),
        browser.get(&ann.path("messages")),
        browser.get(&ann.path("realtime")),
        world.browser().get(&ann.path("messages")),
        world.browser().post(&ann.path("room/join"), &json!({})),
        browser.request("POST", "/api/room/create").header("origin", "https://elsewhere.example").send(),
        browser.request("PUT", "/api/room").send(),
        browser.get("/api/nothing-here"),
        browser.get("/api/health"),
        ann.destroy(),
        browser.get(&ann.path("room")),
    ];

    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(
        statuses,
        [201, 400, 200, 200, 200, 200, 429, 201, 200, 426, 401, 409, 403, 405, 404, 200, 204, 404]
    );
    for answer in &answers {
        assert_locked_down(answer);
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        // The object's notes to the Worker are not for the caller.
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("duet-")), "{answer:?}");
    }
}

fn every_page_has_the_security_headers(world: &World) {
    let room = format!("/room/{}", world.room());
    for path in
        ["/", room.as_str(), "/promises", "/nothing-here", "/app/room.js", "/style.css", "/openapi.json"]
    {
        let answer = world.browser().get(path);

        assert_locked_down(&answer);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("require-trusted-types-for 'script'"), "{policy}");
        assert_eq!(answer.header("set-cookie"), "", "{answer:?}");
    }
}
