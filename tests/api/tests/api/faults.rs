//! A failing database: no call waits for it or is refused because of it, and it has everything in the end.

use std::{thread, time::Duration};

use duet_test_support::{
    Answer, LIMIT, Participant, Socket, now_ms,
    upstash::{Fault, FaultKind},
    wait_until,
};
use serde_json::json;

use crate::{
    in_sync::{keys_of, wait_until_in_sync},
    world::{Conversation, World, assert_refused, texts},
};

cases![
    no_fault_of_the_database_delays_or_refuses_a_call,
    no_call_waits_until_a_request_has_run,
    messages_keep_their_order_while_the_database_is_down,
    one_failed_request_delays_nothing,
    an_abandoned_request_is_cut_off,
    no_text_from_the_database_reaches_an_answer_or_the_log,
];

/// Longer than the 5 s that the room waits for an answer.
pub const TOO_LONG: Duration = Duration::from_secs(6);
/// The limit of every call. It is below the room's 5 s, with a margin for a busy machine.
const PROMPT_MS: u64 = 4_000;

/// Every fault, repeated until it is cleared.
pub const EVERY_FAULT: [FaultKind; 15] = [
    FaultKind::RunLate(TOO_LONG),
    FaultKind::AnswerLate(TOO_LONG),
    FaultKind::AnswerLate(Duration::from_millis(400)),
    FaultKind::StatusBefore(500, Duration::from_secs(3)),
    FaultKind::RunTwice(Duration::from_secs(3)),
    FaultKind::CutBefore,
    FaultKind::CutAfter,
    FaultKind::Status(429),
    FaultKind::Status(500),
    FaultKind::StatusAfter(500),
    FaultKind::StatusAfter(502),
    FaultKind::Garbage,
    FaultKind::EndlessBody,
    FaultKind::Unauthorized,
    FaultKind::QuotaExceeded,
];

/// Makes every request on the room's keys fail until [`clear_faults`].
pub fn inject_fault(world: &World, room: &str, kind: FaultKind) {
    world.main().upstash().inject(Fault::new(kind).for_room(room));
}

pub fn clear_faults(world: &World, room: &str) {
    world.main().upstash().clear_faults(Some(room));
}

#[track_caller]
fn promptly<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let started_ms = now_ms();
    let done = act();
    let took_ms = now_ms() - started_ms;
    assert!(took_ms < PROMPT_MS, "{what} took {took_ms} ms");
    done
}

#[track_caller]
fn prompt_ok(what: &str, ask: impl FnOnce() -> Answer) -> Answer {
    let answer = promptly(what, ask);
    assert!([200, 201].contains(&answer.status), "{what}: {answer:?}");
    answer
}

/// Two people use every function of a room whose database fails, except destroy.
fn use_room(world: &World, room: &str) -> (Participant, Participant) {
    let join = || Participant::join(world.main().base_url(), room);
    let (ann, bob) = (promptly("a join", join), promptly("a join", join));
    let (mut ann_socket, mut bob_socket) =
        (promptly("a socket", || ann.connect()), promptly("a socket", || bob.connect()));
    ann_socket.expect("presence");

    prompt_ok("a message by post", || ann.post(&json!({ "text": "by post" })));
    for socket in [&mut ann_socket, &mut bob_socket] {
        assert_eq!(promptly("a message by post", || socket.expect_message())["text"], "by post");
    }
    bob_socket.send_message("by frame");
    for socket in [&mut ann_socket, &mut bob_socket] {
        assert_eq!(promptly("a message by frame", || socket.expect_message())["text"], "by frame");
    }
    prompt_ok("to keep the room open", || ann.browser.post(&ann.path("room/keep"), &json!({})));
    reload(&bob);
    assert_refused(&world.stranger().post(&ann.path("room/join"), &json!({})), 409, "room-full");
    (ann, bob)
}

/// Makes all the calls that a page makes when it loads.
fn reload(who: &Participant) {
    let get = |path: &str| prompt_ok(path, || who.browser.get(&who.path(path)));
    assert_eq!(get("room").text("status"), "joined");
    prompt_ok("to join again", || who.browser.post(&who.path("room/join"), &json!({})));
    assert_eq!(promptly("ready", || who.open().expect("ready"))["lastSeq"], 2);
    assert_eq!(get("messages").json()["messages"].as_array().map(Vec::len), Some(2));
    get("room/ttl");
}

fn no_fault_of_the_database_delays_or_refuses_a_call(world: &World) {
    thread::scope(|scope| {
        let rooms = EVERY_FAULT.map(|kind| {
            let run = move || {
                let room = world.room();
                inject_fault(world, &room, kind);
                let (ann, _) = use_room(world, &room);
                clear_faults(world, &room);
                wait_until_in_sync(world.main(), &ann);
            };
            (kind, scope.spawn(run))
        });
        for (kind, room) in rooms {
            room.join().unwrap_or_else(|_| panic!("under {kind:?}"));
        }
    });
}

/// Shown without a clock: when all calls are answered, no request of the room has run.
fn no_call_waits_until_a_request_has_run(world: &World) {
    let room = world.room();
    let upstash = world.main().upstash();
    let start = upstash.log_position();
    inject_fault(world, &room, FaultKind::CutBefore);

    let (ann, _) = use_room(world, &room);

    let requests = upstash.requests_since(start, &room);
    assert!(!requests.is_empty() && requests.iter().all(|request| request.runs == 0), "{requests:?}");
    assert_eq!(keys_of(world.main().redis(), &room), [format!("meta:{room}")], "unchanged since create");
    clear_faults(world, &room);
    wait_until_in_sync(world.main(), &ann);
}

fn messages_keep_their_order_while_the_database_is_down(world: &World) {
    const EACH: usize = 50;
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
    inject_fault(world, &ann.room, FaultKind::Status(500));

    let send_in_a_row =
        |socket: &mut Socket| -> Vec<String> { (0..EACH).map(|_| socket.send_message("next")).collect() };
    let (by_ann, by_bob) = thread::scope(|scope| {
        let by_bob = scope.spawn(|| send_in_a_row(&mut bob_socket));
        (send_in_a_row(&mut ann_socket), by_bob.join().unwrap())
    });
    let received: Vec<_> = (0..2 * EACH).map(|_| ann_socket.expect_message()).collect();
    clear_faults(world, &ann.room);

    for (who, sent) in [(&ann, by_ann), (&bob, by_bob)] {
        let own = received.iter().filter(|message| message["participantId"] == who.id);
        assert!(own.map(|message| message["id"].as_str().unwrap()).eq(sent));
    }
    assert_eq!(bob.history(), received);
    wait_until_in_sync(world.main(), &ann);
}

fn one_failed_request_delays_nothing(world: &World) {
    for kind in EVERY_FAULT {
        let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
        world.main().upstash().inject(Fault::new(kind).for_room(&ann.room).times(1));

        for text in ["one", "two", "three"] {
            ann_socket.send_message(text);
            for socket in [&mut ann_socket, &mut bob_socket] {
                assert_eq!(promptly("a message", || socket.expect_message())["text"], text, "{kind:?}");
            }
        }

        assert_eq!(texts(&ann.history()), ["one", "two", "three"], "{kind:?}");
    }
}

fn an_abandoned_request_is_cut_off(world: &World) {
    let (ann, _bob) = world.pair();
    let upstash = world.main().upstash();
    let start = upstash.log_position();
    let silence = FaultKind::AnswerLate(Duration::from_secs(60));
    upstash.inject(Fault::new(silence).for_room(&ann.room).for_verb("RPUSH").times(1));

    assert_eq!(ann.post(&json!({ "text": "unanswered" })).status, 201);

    let next = wait_until("another request follows", LIMIT, || {
        let requests = upstash.requests_since(start, &ann.room).into_iter();
        requests.skip_while(|request| !request.verbs().contains(&"RPUSH")).nth(1)
    });
    assert_eq!(next.overlaps_after_ms, None, "{next:?}");
}

fn no_text_from_the_database_reaches_an_answer_or_the_log(world: &World) {
    let (ann, _) = world.pair();
    inject_fault(world, &ann.room, FaultKind::QuotaExceeded);

    let sent = ann.post(&json!({ "text": "hi" }));
    let deleting = ann.destroy();
    clear_faults(world, &ann.room);

    assert_eq!((sent.status, deleting.status), (201, 202));
    let cause = "the database refused the command (400)";
    let worker = world.main().worker();
    worker.wait_for_log(|line| line.contains(cause)).unwrap_or_else(|log| panic!("no cause:\n{log}"));
    for text in worker.log().iter().chain([&sent.body, &deleting.body]) {
        assert!(!text.contains("daily request limit"), "{text}");
    }
}
