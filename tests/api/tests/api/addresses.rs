//! The rate limits per address, as wrangler.toml sets them.

use std::iter;

use duet_test_support::{Answer, Browser, Participant, RequestBuilder, Socket, Stack, now_ms};
use serde_json::json;

use crate::world::{World, assert_refused};

cases![an_address_over_its_limit_has_to_wait, addresses_are_not_limited_if_the_limits_are_off];

const CREATES_PER_MINUTE: usize = 10;
const JOINS_PER_MINUTE: usize = 120;
const STATUS_CALLS_PER_MINUTE: usize = 300;
/// Limit of all calls that name a room, including joins and status calls.
const CALLS_PER_MINUTE: usize = 600;
/// The header with the client's address. `wrangler dev` accepts it from the client.
const ADDRESS: &str = "cf-connecting-ip";

/// A visitor with an address of their own.
struct Visitor {
    browser: Browser,
    ann: Participant,
    address: String,
}

impl Visitor {
    fn from(stack: &Stack, address: String) -> Self {
        let browser = Browser::new(stack.base_url());
        let ann = Participant::join(stack.base_url(), &browser.create_room(&json!({})));
        Self { browser, ann, address }
    }

    fn create(&self) -> Answer {
        self.browser.request("POST", "/api/room/create").header(ADDRESS, &self.address).send()
    }

    /// A call by a participant from this address.
    fn request(&self, method: &str, path: &str) -> RequestBuilder<'_> {
        self.ann.browser.request(method, &self.ann.path(path)).header(ADDRESS, &self.address)
    }

    /// Calls until every limit is reached. Returns how often each call was allowed.
    fn use_up(&self) -> [usize; 4] {
        [
            allowed(|| self.create()),
            allowed(|| self.request("POST", "room/join").send()),
            allowed(|| self.request("GET", "room").send()),
            allowed(|| self.request("GET", "room/ttl").send()),
        ]
    }
}

/// Repeats a call until it is refused. Returns how often it was allowed.
fn allowed(call: impl Fn() -> Answer) -> usize {
    let refused = |answer: &Answer| answer.status == 429;
    iter::repeat_with(call).take(2 * CALLS_PER_MINUTE).take_while(|answer| !refused(answer)).count()
}

/// The results of a visitor's calls.
struct LimitResults {
    allowed: [usize; 4],
    refused: Vec<Answer>,
    from_a_neighbour: Answer,
    socket_closed_with: u16,
}

fn reach_every_limit(visitor: &Visitor, neighbour: &str) -> LimitResults {
    let Visitor { ann, address, .. } = visitor;
    let opened = |address: &str| Socket::open(&ann.browser, &ann.path("realtime"), &[(ADDRESS, address)]);
    LimitResults {
        allowed: visitor.use_up(),
        refused: vec![
            visitor.create(),
            visitor.request("POST", "room/join").send(),
            visitor.request("GET", "room").send(),
            visitor.request("GET", "messages").send(),
            visitor.request("POST", "messages").json(&json!({ "text": "hi" })),
            visitor.request("POST", "room/keep").send(),
            visitor.request("DELETE", "room").send(),
        ],
        from_a_neighbour: ann.browser.request("GET", &ann.path("room")).header(ADDRESS, neighbour).send(),
        socket_closed_with: opened(address).expect("it is accepted").closed(),
    }
}

fn an_address_over_its_limit_has_to_wait(world: &World) {
    let stack = world.own(&[("ADDRESS_LIMITS", "on")]);
    let minute = || now_ms() / 60_000;
    // The counts reset with each minute of the clock. A visitor who hits a reset retries from another address.
    let attempt = |network: u32| {
        let visitor = Visitor::from(&stack, format!("2001:db8:0:{network}::1"));
        let started = minute();
        let results = reach_every_limit(&visitor, &format!("2001:db8:0:{network}:ffff::1"));
        (minute() == started).then_some((visitor, results))
    };
    let (visitor, results) = (1..4).find_map(attempt).expect("a minute is long enough");

    let others = CALLS_PER_MINUTE - JOINS_PER_MINUTE - STATUS_CALLS_PER_MINUTE;
    assert_eq!(results.allowed, [CREATES_PER_MINUTE, JOINS_PER_MINUTE, STATUS_CALLS_PER_MINUTE, others]);
    for refused in results.refused.iter().chain([&results.from_a_neighbour]) {
        assert_refused(refused, 429, "too-many-requests");
        assert_eq!(refused.header("retry-after"), "60");
    }
    assert_eq!(results.socket_closed_with, 4429, "a page cannot read the status of a handshake");
    let from_other_address =
        |path: &str| visitor.browser.request("GET", path).header(ADDRESS, "192.0.2.1").send();
    assert_eq!(
        from_other_address(&visitor.ann.path("room")).status,
        200,
        "another address has not asked yet"
    );
    let from_same_address =
        |path: &str| visitor.browser.request("GET", path).header(ADDRESS, &visitor.address).send();
    assert_eq!(
        (from_same_address("/api/health").status, from_same_address("/").status),
        (200, 200),
        "they name no room"
    );
}

fn addresses_are_not_limited_if_the_limits_are_off(world: &World) {
    let visitor = world.browser();

    for _ in 0..2 * CREATES_PER_MINUTE {
        visitor.create_room(&json!({}));
    }
}
