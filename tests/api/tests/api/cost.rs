//! The number of requests and commands per action. Upstash bills commands, and every request crosses the network.

use std::time::Duration;

use duet_test_support::{
    LIMIT, Participant, message_id,
    upstash::{Fault, FaultKind, LogPosition, LoggedRequest},
    wait_until,
};
use serde_json::json;

use crate::{
    in_sync::wait_until_in_sync,
    world::{BRIEF_TTL_MS, Conversation, World, conversation, pong},
};

cases![
    creating_is_one_request,
    joining_is_one_request,
    the_first_message_is_one_request_that_also_renews_both_keys,
    a_later_message_is_one_command,
    waiting_messages_are_sent_together,
    a_busy_room_takes_at_most_one_command_per_message,
    both_keys_are_renewed_together_with_a_message,
    calls_that_write_nothing_send_redis_no_request,
    destroying_is_one_command,
    only_six_commands_and_no_scripts_are_used,
    a_room_has_at_most_one_request_in_flight,
];

/// Counts the requests of one room.
struct Meter<'a> {
    world: &'a World,
    start: LogPosition,
}

impl<'a> Meter<'a> {
    /// Starts when Redis has everything so far.
    fn new(world: &'a World, who: &Participant) -> Self {
        wait_until_in_sync(world.main(), who);
        Self { world, start: world.main().upstash().log_position() }
    }

    /// The requests since the last call, once Redis is up to date again.
    fn read(&mut self, who: &Participant) -> Vec<LoggedRequest> {
        wait_until_in_sync(self.world.main(), who);
        let requests = self.so_far(&who.room);
        self.start = self.world.main().upstash().log_position();
        requests
    }

    fn so_far(&self, room: &str) -> Vec<LoggedRequest> {
        self.world.main().upstash().requests_since(self.start, room)
    }
}

/// Checks that there was exactly one request, with these commands.
#[track_caller]
fn assert_one(requests: &[LoggedRequest], path: &str, verbs: &[&str]) {
    let [request] = requests else { panic!("not one request: {requests:?}") };
    assert_eq!((request.path.as_str(), request.verbs()), (path, verbs.to_vec()));
}

fn creating_is_one_request(world: &World) {
    let upstash = world.main().upstash();
    let start = upstash.log_position();

    let room = world.room();

    // The call waits for Redis, so nothing can follow.
    assert_one(&upstash.requests_since(start, &room), "/multi-exec", &["HSET", "PEXPIRE"]);
}

fn joining_is_one_request(world: &World) {
    let room = world.room();
    let start = world.main().upstash().log_position();

    let ann = Participant::join(world.main().base_url(), &room);

    wait_until_in_sync(world.main(), &ann);
    let requests = world.main().upstash().requests_since(start, &room);
    assert_one(&requests, "/multi-exec", &["HSET", "PEXPIRE"]);
}

fn the_first_message_is_one_request_that_also_renews_both_keys(world: &World) {
    let (ann, _) = world.pair();
    let mut meter = Meter::new(world, &ann);

    ann.post(&json!({ "text": "first" }));

    let requests = meter.read(&ann);
    assert_one(&requests, "/multi-exec", &["RPUSH", "PEXPIRE", "PEXPIRE"]);
    let mut kept: Vec<&String> = requests[0].commands[1..].iter().flat_map(|command| &command.keys).collect();
    kept.sort_unstable();
    assert_eq!(kept, [&format!("messages:{}", ann.room), &format!("meta:{}", ann.room)]);
}

fn a_later_message_is_one_command(world: &World) {
    let Conversation { ann, bob, mut ann_socket, bob_socket: _bob_socket } = world.conversation();
    ann_socket.send_message("first");
    ann_socket.expect("message");
    let mut meter = Meter::new(world, &ann);

    for _ in 0..3 {
        ann_socket.send_message("by frame");
        ann_socket.expect("message");
        assert_one(&meter.read(&ann), "/", &["RPUSHX"]);

        bob.post(&json!({ "text": "by post" }));
        ann_socket.expect("message");
        assert_one(&meter.read(&ann), "/", &["RPUSHX"]);
    }
}

fn waiting_messages_are_sent_together(world: &World) {
    const WAITING: usize = 20;
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    ann_socket.send_message("first");
    ann_socket.expect("message");
    let mut meter = Meter::new(world, &ann);
    let slow = Fault::new(FaultKind::AnswerLate(Duration::from_millis(700)));
    world.main().upstash().inject(slow.for_room(&ann.room).for_verb("RPUSHX").times(1));

    ann_socket.send_message("on its way");
    wait_until("it is on its way", LIMIT, || (!meter.so_far(&ann.room).is_empty()).then_some(()));
    for number in 0..WAITING {
        ann_socket.send_message(&number.to_string());
    }
    (0..=WAITING).for_each(|_| drop(ann_socket.expect_message()));

    let requests = meter.read(&ann);
    assert_eq!(requests.len(), 2, "the slow one, and one for all that waited: {requests:?}");
    requests.iter().for_each(|request| assert_eq!(request.verbs(), ["RPUSHX"]));
    bob_socket.skip_to("message");
}

fn a_busy_room_takes_at_most_one_command_per_message(world: &World) {
    const TURNS: usize = 30;
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    ann_socket.send_message("first");
    ann_socket.expect("message");
    bob_socket.expect("message");
    let mut meter = Meter::new(world, &ann);

    for _ in 0..TURNS {
        ann_socket.send_message("a word");
        ann_socket.expect("message");
        bob_socket.expect("message");
        bob_socket.send_message("a word back");
        ann_socket.expect("message");
        bob_socket.expect("message");
    }

    let commands: usize = meter.read(&ann).iter().map(|request| request.commands.len()).sum();
    assert!((1..=2 * TURNS).contains(&commands), "{commands} commands for {} messages", 2 * TURNS);
}

fn both_keys_are_renewed_together_with_a_message(world: &World) {
    let stack = world.brief();
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = conversation(stack);
    ann_socket.send_message("first");
    ann_socket.expect("message");
    bob_socket.expect("message");
    wait_until_in_sync(stack, &ann);
    let start = stack.upstash().log_position();
    let renews = |request: &LoggedRequest| request.verbs().contains(&"PEXPIRE");

    // The keys are kept for two lifetimes and renewed when 1.2 are left, which is after 0.8 of a lifetime.
    let mut sent = 0;
    let requests = wait_until("both keys are renewed", Duration::from_millis(2 * BRIEF_TTL_MS), || {
        ann_socket.send_message("still here");
        ann_socket.expect("message");
        bob_socket.expect("message");
        sent += 1;
        let requests = stack.upstash().requests_since(start, &ann.room);
        requests.iter().any(renews).then_some(requests)
    });

    let (renewal, appends) = requests.split_last().expect("one at least");
    assert_eq!(
        (renewal.path.as_str(), renewal.verbs()),
        ("/multi-exec", vec!["RPUSHX", "PEXPIRE", "PEXPIRE"])
    );
    appends.iter().for_each(|append| assert_eq!(append.verbs(), ["RPUSHX"]));
    let commands: usize = requests.iter().map(|request| request.commands.len()).sum();
    assert!(commands <= sent, "{commands} commands for {sent} messages");
}

fn calls_that_write_nothing_send_redis_no_request(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
    let message = json!({ "id": message_id(), "text": "once" });
    ann.post(&message);
    ann_socket.expect("message");
    bob_socket.expect("message");
    let mut meter = Meter::new(world, &ann);

    ann_socket.send(&json!({ "type": "typing" }));
    bob_socket.expect("typing");
    pong(&mut ann_socket);
    bob.connect().leave();
    assert_eq!(ann.post(&message).status, 200, "it is known");
    assert_eq!(bob.history().len(), 1);
    for path in ["room", "room/ttl", "messages"] {
        assert_eq!(bob.browser.get(&bob.path(path)).status, 200);
    }
    assert_eq!(bob.browser.post(&bob.path("room/join"), &json!({})).status, 200);
    assert_eq!(world.browser().post(&bob.path("room/join"), &json!({})).status, 409);
    assert_eq!(bob.browser.post(&bob.path("room/keep"), &json!({})).status, 200);

    // Any earlier command would have been sent before this message or together with it.
    ann.post(&json!({ "text": "fence" }));
    assert_one(&meter.read(&ann), "/", &["RPUSHX"]);
}

fn destroying_is_one_command(world: &World) {
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));
    let meter = Meter::new(world, &ann);

    assert_eq!(ann.destroy().status, 204);

    let requests = meter.so_far(&ann.room);
    assert_one(&requests, "/", &["DEL"]);
    assert_eq!(
        requests[0].commands[0].keys,
        [format!("meta:{}", ann.room), format!("messages:{}", ann.room)]
    );
}

fn only_six_commands_and_no_scripts_are_used(world: &World) {
    let Conversation { ann, .. } = world.conversation();
    ann.post(&json!({ "text": "hi" }));
    wait_until_in_sync(world.main(), &ann);
    assert_eq!(ann.destroy().status, 204);

    let known = ["DEL", "HSET", "LLEN", "PEXPIRE", "RPUSH", "RPUSHX"];
    for request in world.main().upstash().all_requests_since(LogPosition::default()) {
        assert!(request.verbs().iter().all(|verb| known.contains(verb)), "{request:?}");
    }
}

fn a_room_has_at_most_one_request_in_flight(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let slow = Fault::new(FaultKind::AnswerLate(Duration::from_millis(200)));
    world.main().upstash().inject(slow.for_room(&ann.room).times(5));
    for number in 0..100 {
        ann_socket.send_message(&number.to_string());
        bob_socket.expect("message");
    }
    wait_until_in_sync(world.main(), &ann);

    // The requests of all other cases are included, also those with faults and storms.
    for request in world.main().upstash().all_requests_since(LogPosition::default()) {
        // The end of a request that was abandoned after 5 s may be recorded shortly after the next request arrived.
        assert!(request.overlaps_after_ms.is_none_or(|ms| ms > 4_000), "{request:?}");
    }
}
