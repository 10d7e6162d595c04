//! Honest people, whose messages must not suffer from the attack.

use std::{
    thread,
    time::{Duration, Instant},
};

use duet_test_support::{Browser, Participant, Socket, Stack};
use serde_json::json;

use crate::attack::random_address_header;

/// Enough rooms that no participant exceeds the rate limit.
const ROOMS: usize = 8;
const PAUSE: Duration = Duration::from_millis(10);

/// Rooms in which two people talk.
pub struct HonestRooms(Vec<[Socket; 2]>);

impl HonestRooms {
    /// Creates rooms, each with two connected people.
    pub fn open(stack: &Stack) -> Self {
        Self((0..ROOMS).map(|_| open_room(stack)).collect())
    }

    /// Sends one message after the other, in one room after the other. Returns how long each took to reach the other
    /// person. Panics if a message is lost or out of order.
    #[allow(clippy::disallowed_methods, reason = "this runs on the host, where the clock works")]
    pub fn probe(&mut self, max: usize, is_over: impl Fn() -> bool) -> Vec<Duration> {
        let mut latencies = vec![];
        while latencies.len() < max && !is_over() {
            let turn = latencies.len();
            let [from, to] = &mut self.0[turn % ROOMS];
            let (from, to) = if (turn / ROOMS).is_multiple_of(2) { (from, to) } else { (to, from) };
            let (id, sent) = (from.send_message("probe"), Instant::now());
            for socket in [to, from] {
                assert_eq!(socket.skip_to("message")["message"]["id"], id, "no honest message is lost");
                latencies.extend((latencies.len() == turn).then(|| sent.elapsed()));
            }
            thread::sleep(PAUSE);
        }
        latencies
    }
}

fn open_room(stack: &Stack) -> [Socket; 2] {
    let creator = Browser::new(stack.base_url());
    let created = creator
        .request("POST", "/api/room/create")
        .header(random_address_header().0, &random_address_header().1)
        .json(&json!({}));
    let room = created.text("roomId");
    [(); 2].map(|()| Participant::join(stack.base_url(), &room).connect())
}
