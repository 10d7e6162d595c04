//! What things cost: Upstash bills commands, and every request is a way across the network.

use std::time::Duration;

use duet_test_support::{
    Participant, now_ms,
    upstash::{Fault, FaultKind, LoggedRequest, Mark},
};
use serde_json::json;

use crate::world::{Talk, World, pong};

cases![
    creating_is_one_request,
    joining_is_one_request,
    the_first_message_is_one_request_that_also_keeps_both_keys,
    every_later_message_is_one_command,
    messages_that_wait_go_out_together,
    typing_pinging_and_connecting_cost_nothing,
    a_repeated_message_writes_nothing,
    destroying_is_one_command,
    no_script_is_ever_run,
    a_rooms_requests_carry_the_sync_token_of_the_answer_before,
];

/// A room that hears nothing for ten seconds may sleep, and is loaded again when it wakes.
const AWAKE_MS: u64 = 9_000;
const LOAD: [&str; 4] = ["HGETALL", "LLEN", "LRANGE", "PTTL"];

/// Counts requests, but not those by which a room wakes on a machine that is too slow to keep it awake.
struct Meter<'a> {
    world: &'a World,
    begun_ms: u64,
    mark: Mark,
}

impl<'a> Meter<'a> {
    fn new(world: &'a World) -> Self {
        Self { world, begun_ms: now_ms(), mark: world.main().upstash().mark() }
    }

    fn reset(&mut self) {
        self.mark = self.world.main().upstash().mark();
    }

    fn requests(&self, room: &str) -> Vec<LoggedRequest> {
        let mut requests = self.world.main().upstash().requests_since(self.mark, room);
        if now_ms() > self.begun_ms + AWAKE_MS {
            requests.retain(|request| request.verbs() != LOAD);
        }
        requests
    }
}

/// Checks that there was one request, of these commands.
#[track_caller]
fn assert_one(requests: &[LoggedRequest], path: &str, verbs: &[&str]) {
    let [request] = requests else { panic!("not one request: {requests:?}") };
    assert_eq!((request.path.as_str(), request.verbs()), (path, verbs.to_vec()));
}

fn creating_is_one_request(world: &World) {
    let meter = Meter::new(world);

    let room = world.room();

    assert_one(&meter.requests(&room), "/multi-exec", &["HSET", "PEXPIRE"]);
}

fn joining_is_one_request(world: &World) {
    let mut meter = Meter::new(world);
    let room = world.room();
    meter.reset();

    Participant::join(world.main().base_url(), &room);

    assert_one(&meter.requests(&room), "/multi-exec", &["HSETNX", "HSET", "PEXPIRE", "PEXPIRE"]);
}

fn the_first_message_is_one_request_that_also_keeps_both_keys(world: &World) {
    let mut meter = Meter::new(world);
    let (ann, _) = world.pair();
    meter.reset();

    ann.post(&json!({ "text": "first" }));

    let requests = meter.requests(&ann.room);
    assert_one(&requests, "/multi-exec", &["RPUSH", "PEXPIRE", "PEXPIRE"]);
    let mut kept: Vec<&String> = requests[0].commands[1..].iter().flat_map(|command| &command.keys).collect();
    kept.sort_unstable();
    assert_eq!(kept, [&format!("messages:{}", ann.room), &format!("meta:{}", ann.room)]);
}

fn every_later_message_is_one_command(world: &World) {
    let mut meter = Meter::new(world);
    let Talk { ann, bob, mut at_ann, at_bob: _at_bob, .. } = world.talk();
    at_ann.say("first");
    at_ann.expect("message");

    for _ in 0..5 {
        meter.reset();
        at_ann.say("by frame");
        at_ann.expect("message");
        assert_one(&meter.requests(&ann.room), "/", &["RPUSHX"]);

        meter.reset();
        bob.post(&json!({ "text": "by post" }));
        at_ann.expect("message");
        assert_one(&meter.requests(&ann.room), "/", &["RPUSHX"]);
    }
}

fn messages_that_wait_go_out_together(world: &World) {
    const WAITING: usize = 20;
    let mut meter = Meter::new(world);
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    at_ann.say("first");
    at_ann.expect("message");
    let slow = Fault::new(FaultKind::AnswerLate(Duration::from_millis(1500)));
    world.main().upstash().inject(slow.for_room(&ann.room).for_verb("RPUSHX").times(1));
    meter.reset();

    for number in 0..=WAITING {
        at_ann.say(&number.to_string());
    }
    for number in 0..=WAITING {
        assert_eq!(at_ann.expect_message()["text"], number.to_string());
    }

    let requests = meter.requests(&ann.room);
    assert_eq!(requests.len(), 2, "one that was slow, one for all that waited: {requests:?}");
    assert_one(&requests[1..], "/", &["RPUSHX"]);
    at_bob.skip_to("message");
}

fn typing_pinging_and_connecting_cost_nothing(world: &World) {
    let mut meter = Meter::new(world);
    let Talk { ann, bob, mut at_ann, mut at_bob } = world.talk();
    meter.reset();

    at_ann.send(&json!({ "type": "typing" }));
    at_bob.expect("typing");
    pong(&mut at_ann);
    bob.connect().leave();
    at_bob.leave();
    at_ann.expect("presence");

    assert_eq!(meter.requests(&ann.room), []);
}

fn a_repeated_message_writes_nothing(world: &World) {
    let mut meter = Meter::new(world);
    let (ann, _) = world.pair();
    let message = json!({ "id": duet_test_support::message_id(), "text": "once" });
    ann.post(&message);
    meter.reset();

    assert_eq!(ann.post(&message).status, 200);

    let requests = meter.requests(&ann.room);
    assert!(requests.iter().all(|request| request.verbs() == ["LRANGE"]), "{requests:?}");
}

fn destroying_is_one_command(world: &World) {
    let mut meter = Meter::new(world);
    let (ann, _) = world.pair();
    meter.reset();

    ann.destroy();

    let requests = meter.requests(&ann.room);
    assert_one(&requests, "/", &["DEL"]);
    assert_eq!(requests[0].commands[0].keys.len(), 2);
}

fn no_script_is_ever_run(world: &World) {
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));
    ann.history();

    let known = ["DEL", "HGETALL", "HSET", "HSETNX", "LLEN", "LRANGE", "PEXPIRE", "PTTL", "RPUSH", "RPUSHX"];
    for request in world.main().upstash().all_requests_since(Mark::default()) {
        assert!(request.verbs().iter().all(|verb| known.contains(verb)), "{request:?}");
    }
}

fn a_rooms_requests_carry_the_sync_token_of_the_answer_before(world: &World) {
    let meter = Meter::new(world);
    let (ann, bob) = world.pair();
    ann.post(&json!({ "text": "one" }));
    bob.post(&json!({ "text": "two" }));
    bob.history();

    let requests = meter.requests(&ann.room);

    assert!(requests.len() >= 5, "{requests:?}");
    for pair in requests.windows(2) {
        assert_eq!(pair[1].sync_token.as_ref(), Some(&pair[0].answered_sync_token), "{pair:?}");
    }
}
