//! The rate limits per address, as wrangler.toml sets them.

use std::iter;

use duet_test_support::{Answer, Ask, Browser, Participant, Socket, Stack, now_ms};
use serde_json::json;

use crate::world::{World, assert_refused};

cases![an_address_over_its_limit_has_to_wait, addresses_are_not_limited_if_the_limits_are_off];

const CREATES_A_MINUTE: usize = 10;
const JOINS_A_MINUTE: usize = 120;
const LOOKS_A_MINUTE: usize = 300;
/// Limit of all calls that name a room, including joins and status calls.
const CALLS_A_MINUTE: usize = 600;
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
        self.browser.ask("POST", "/api/room/create").header(ADDRESS, &self.address).send()
    }

    /// A call by a participant from this address.
    fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        self.ann.browser.ask(method, &self.ann.path(path)).header(ADDRESS, &self.address)
    }

    /// Calls until every limit is reached. Returns how often each call was allowed.
    fn use_up(&self) -> [usize; 4] {
        [
            allowed(|| self.create()),
            allowed(|| self.ask("POST", "room/join").send()),
            allowed(|| self.ask("GET", "room").send()),
            allowed(|| self.ask("GET", "room/ttl").send()),
        ]
    }
}

/// Repeats a call until it is refused. Returns how often it was allowed.
fn allowed(ask: impl Fn() -> Answer) -> usize {
    let refused = |answer: &Answer| answer.status == 429;
    iter::repeat_with(ask).take(2 * CALLS_A_MINUTE).take_while(|answer| !refused(answer)).count()
}

/// The results of a visitor's calls.
struct Met {
    allowed: [usize; 4],
    refused: Vec<Answer>,
    from_a_neighbour: Answer,
    socket_closed_with: u16,
}

fn meet_every_limit(visitor: &Visitor, neighbour: &str) -> Met {
    let Visitor { ann, address, .. } = visitor;
    let opened = |address: &str| Socket::open(&ann.browser, &ann.path("realtime"), &[(ADDRESS, address)]);
    Met {
        allowed: visitor.use_up(),
        refused: vec![
            visitor.create(),
            visitor.ask("POST", "room/join").send(),
            visitor.ask("GET", "room").send(),
            visitor.ask("GET", "messages").send(),
            visitor.ask("POST", "messages").json(&json!({ "text": "hi" })),
            visitor.ask("POST", "room/keep").send(),
            visitor.ask("DELETE", "room").send(),
        ],
        from_a_neighbour: ann.browser.ask("GET", &ann.path("room")).header(ADDRESS, neighbour).send(),
        socket_closed_with: opened(address).expect("it is accepted").closed(),
    }
}

fn an_address_over_its_limit_has_to_wait(world: &World) {
    let stack = world.own(&[("ADDRESS_LIMITS", "on")]);
    let minute = || now_ms() / 60_000;
    // The counts reset with each minute of the clock. A visitor who hits a reset retries from another address.
    let attempt = |network: u32| {
        let visitor = Visitor::from(&stack, format!("2001:db8:0:{network}::1"));
        let begun = minute();
        let met = meet_every_limit(&visitor, &format!("2001:db8:0:{network}:ffff::1"));
        (minute() == begun).then_some((visitor, met))
    };
    let (visitor, met) = (1..4).find_map(attempt).expect("a minute is long enough");

    let others = CALLS_A_MINUTE - JOINS_A_MINUTE - LOOKS_A_MINUTE;
    assert_eq!(met.allowed, [CREATES_A_MINUTE, JOINS_A_MINUTE, LOOKS_A_MINUTE, others]);
    for refused in met.refused.iter().chain([&met.from_a_neighbour]) {
        assert_refused(refused, 429, "too-many-requests");
        assert_eq!(refused.header("retry-after"), "60");
    }
    assert_eq!(met.socket_closed_with, 4429, "a page cannot read the status of a handshake");
    let elsewhere = |path: &str| visitor.browser.ask("GET", path).header(ADDRESS, "192.0.2.1").send();
    assert_eq!(elsewhere(&visitor.ann.path("room")).status, 200, "another address has not asked yet");
    let same = |path: &str| visitor.browser.ask("GET", path).header(ADDRESS, &visitor.address).send();
    assert_eq!((same("/api/health").status, same("/").status), (200, 200), "they name no room");
}

fn addresses_are_not_limited_if_the_limits_are_off(world: &World) {
    let visitor = world.browser();

    for _ in 0..2 * CREATES_A_MINUTE {
        visitor.create_room(&json!({}));
    }
}
