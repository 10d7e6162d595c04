//! A store that fails: nothing is lost, nothing is told twice, and the sender knows.

use std::{thread, time::Duration};

use duet_test_support::{
    Browser, LIMIT, Participant,
    upstash::{Fault, FaultKind},
    wait_until,
};
use serde_json::json;

use crate::world::{Talk, World, assert_refused, texts};

cases![
    an_answer_that_is_lost_tells_the_message_once,
    a_request_that_is_lost_is_repeated,
    a_first_message_whose_answer_is_lost_is_told_once,
    a_write_that_comes_late_is_told_once,
    an_answer_that_never_ends_is_given_up_and_looked_up,
    a_store_that_is_down_refuses_sends_and_takes_them_again_later,
    a_used_up_quota_refuses_and_is_not_told_to_the_log,
    a_slow_store_admits_two_at_the_most,
    a_join_that_fails_admits_nobody,
    a_room_that_cannot_be_destroyed_now_stays,
    history_that_cannot_be_read_now_is_refused,
];

fn inject(world: &World, room: &str, verb: &str, times: u32, kind: FaultKind) {
    world.main().upstash().inject(Fault::new(kind).for_room(room).for_verb(verb).times(times));
}

/// Everything that touches the room fails until [`heal`].
fn break_down(world: &World, room: &str, kind: FaultKind) {
    world.main().upstash().inject(Fault::new(kind).for_room(room));
}

fn heal(world: &World, room: &str) {
    world.main().upstash().clear_faults(Some(room));
}

/// Sends one message under a fault, by frame; both sides hear it once, and it is stored once.
fn assert_told_once(world: &World, verb: &str, kind: FaultKind) {
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    let said = if verb == "RPUSH" {
        ["in doubt", "after"].to_vec()
    } else {
        ["before", "in doubt", "after"].to_vec()
    };
    inject(world, &ann.room, verb, 1, kind);

    for (seq, text) in (1..).zip(&said) {
        at_ann.say(text);
        for socket in [&mut at_ann, &mut at_bob] {
            let heard = socket.expect_message();
            assert_eq!((&heard["text"], &heard["seq"]), (&json!(text), &json!(seq)), "{kind:?}");
        }
    }

    assert_eq!(texts(&ann.history()), said, "{kind:?}");
}

fn an_answer_that_is_lost_tells_the_message_once(world: &World) {
    for kind in [FaultKind::CutAfter, FaultKind::StatusAfter(502), FaultKind::Garbage] {
        assert_told_once(world, "RPUSHX", kind);
    }
}

fn a_request_that_is_lost_is_repeated(world: &World) {
    for kind in [FaultKind::CutBefore, FaultKind::Status(429), FaultKind::Status(500), FaultKind::Status(502)]
    {
        assert_told_once(world, "RPUSHX", kind);
    }
}

fn a_first_message_whose_answer_is_lost_is_told_once(world: &World) {
    for kind in [FaultKind::CutAfter, FaultKind::CutBefore, FaultKind::Garbage] {
        assert_told_once(world, "RPUSH", kind);
    }
}

/// Longer than the Worker waits for an answer.
const TOO_LONG: Duration = Duration::from_millis(3_500);

fn a_write_that_comes_late_is_told_once(world: &World) {
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    let start = world.main().upstash().mark();
    at_ann.say("before");
    inject(world, &ann.room, "RPUSHX", 1, FaultKind::RunLate(TOO_LONG));

    at_ann.say("late");
    at_ann.say("after");

    // The write that is late may come before it is repeated or after: whichever, it is told once and in one order.
    for socket in [&mut at_ann, &mut at_bob] {
        let heard: Vec<_> = (0..3).map(|_| socket.expect_message()).collect();
        assert_eq!(texts(&heard), ["before", "late", "after"]);
    }
    wait_until("the late write has run", LIMIT, || {
        let requests = world.main().upstash().requests_since(start, &ann.room);
        requests.iter().all(|request| request.has_run).then_some(())
    });
    at_ann.say("fence");
    let fences = [at_ann.expect_message(), at_bob.expect_message()];
    assert_eq!([&fences[0]["text"], &fences[1]["text"]], ["fence", "fence"]);
    assert_eq!(texts(&ann.history()), ["before", "late", "after", "fence"]);
}

fn an_answer_that_never_ends_is_given_up_and_looked_up(world: &World) {
    assert_told_once(world, "RPUSHX", FaultKind::Drip);
}

fn a_store_that_is_down_refuses_sends_and_takes_them_again_later(world: &World) {
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    at_ann.say("before");
    at_ann.expect("message");
    at_bob.expect("message");
    break_down(world, &ann.room, FaultKind::Status(500));

    let posted = ann.post(&json!({ "text": "by post" }));
    let id = at_ann.say("by frame");
    let error = at_ann.expect("error");
    assert_eq!(ann.open().closed(), 1013, "a page hears by its code that it may come back");
    heal(world, &ann.room);
    at_ann.say_as(&id, "by frame");

    assert_refused(&posted, 503, "store-unavailable");
    assert_eq!((&error["id"], &error["error"]), (&json!(id), &json!("store-unavailable")));
    for socket in [&mut at_ann, &mut at_bob] {
        let heard = socket.expect_message();
        assert_eq!((&heard["id"], &heard["seq"]), (&json!(id), &json!(2)));
    }
    assert_eq!(texts(&ann.history()), ["before", "by frame"]);
}

fn a_used_up_quota_refuses_and_is_not_told_to_the_log(world: &World) {
    let (ann, _) = world.pair();
    break_down(world, &ann.room, FaultKind::QuotaExceeded);

    let refused = ann.post(&json!({ "text": "too much" }));
    heal(world, &ann.room);

    assert_refused(&refused, 503, "store-unavailable");
    assert!(ann.history().is_empty());
    assert!(world.main().worker().log().iter().all(|line| !line.contains("max daily request limit")));
}

fn a_slow_store_admits_two_at_the_most(world: &World) {
    let room = world.room();
    inject(world, &room, "HSET", 10, FaultKind::AnswerLate(Duration::from_millis(300)));
    let base_url = world.main().base_url();
    let join = || Browser::new(base_url).post(&format!("/api/room/join?roomId={room}"), &json!({})).status;

    let statuses: Vec<u16> = thread::scope(|scope| {
        let joins: Vec<_> = (0..10).map(|_| scope.spawn(join)).collect();
        joins.into_iter().map(|join| join.join().unwrap()).collect()
    });

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 2, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 8, "{statuses:?}");
}

fn a_join_that_fails_admits_nobody(world: &World) {
    let room = world.room();
    break_down(world, &room, FaultKind::Status(500));
    let ann = world.browser();

    let refused = ann.post(&format!("/api/room/join?roomId={room}"), &json!({}));
    heal(world, &room);

    assert_refused(&refused, 503, "store-unavailable");
    assert_eq!(refused.header("set-cookie"), "");
    assert_eq!(ann.get(&format!("/api/room?roomId={room}")).text("status"), "open");
    Participant::join(ann.base_url(), &room);
    Participant::join(ann.base_url(), &room);
}

fn a_room_that_cannot_be_destroyed_now_stays(world: &World) {
    let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
    break_down(world, &ann.room, FaultKind::CutBefore);

    let refused = ann.destroy();
    heal(world, &ann.room);

    assert_refused(&refused, 503, "store-unavailable");
    at_ann.say("still here");
    at_bob.expect("message");
    assert_eq!(ann.destroy().status, 204);
    assert_eq!(at_bob.frame(), json!({ "type": "destroy" }));
}

fn history_that_cannot_be_read_now_is_refused(world: &World) {
    let (ann, _) = world.pair();
    ann.post(&json!({ "text": "hi" }));
    break_down(world, &ann.room, FaultKind::Unauthorized);

    let refused = ann.browser.get(&ann.path("messages"));
    heal(world, &ann.room);

    assert_refused(&refused, 503, "store-unavailable");
    assert_eq!(texts(&ann.history()), ["hi"]);
}
