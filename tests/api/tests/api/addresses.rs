//! Limits of how often one address may ask.

use duet_test_support::{Answer, Browser};
use serde_json::json;

use crate::world::{World, assert_refused};

cases![an_address_that_asks_too_often_has_to_wait, addresses_are_not_counted_where_that_is_switched_off];

/// More than an address may do in a minute, whatever it is, within the two minutes it can fall into.
const ADDRESS_FLOOD: usize = 601;

fn an_address_that_asks_too_often_has_to_wait(world: &World) {
    let stack = world.own(&[("ADDRESS_LIMITS", "on")]);
    let visitor = Browser::new(stack.base_url());
    let room = visitor.create_room(&json!({}));
    let (status, join) = (format!("/api/room?roomId={room}"), format!("/api/room/join?roomId={room}"));
    let calls: [&dyn Fn() -> Answer; 3] =
        [&|| visitor.post("/api/room/create", &json!({})), &|| visitor.post(&join, &json!({})), &|| {
            visitor.get(&status)
        }];

    for call in calls {
        let refused = (0..ADDRESS_FLOOD).map(|_| call()).find(|answer| answer.status == 429);

        let refused = refused.expect("a limit");
        assert_refused(&refused, 429, "too-many-requests");
        let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
        assert!((1..=60).contains(&seconds), "{refused:?}");
    }
    assert_eq!(visitor.get("/api/health").status, 200);
    assert_eq!(visitor.post(&format!("/api/messages?roomId={room}"), &json!({ "text": "hi" })).status, 201);
}

fn addresses_are_not_counted_where_that_is_switched_off(world: &World) {
    let visitor = world.browser();

    for _ in 0..150 {
        visitor.create_room(&json!({}));
    }
}
