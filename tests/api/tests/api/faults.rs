//! A database that fails: nobody waits for it, nobody is refused because of it, and it holds everything afterwards.

use std::{thread, time::Duration};

use duet_test_support::{
    Answer, Participant, Socket, now_ms,
    upstash::{Fault, FaultKind},
};
use serde_json::json;

use crate::{
    in_step::{keys_of, wait_until_in_step},
    world::{Talk, World, assert_refused, texts},
};

cases![
    whatever_the_database_does_nobody_waits_and_nobody_is_refused,
    no_call_waits_until_a_request_has_run,
    what_is_said_in_a_row_keeps_its_order_while_the_database_is_out,
    one_request_that_fails_delays_nothing,
    no_words_of_the_database_reach_an_answer_or_the_log,
];

/// Longer than the room waits for an answer, which is 5 s.
pub const TOO_LONG: Duration = Duration::from_secs(6);
/// No call may take so long. It is less than the room waits for an answer, and plenty for a busy machine.
const PROMPT_MS: u64 = 4_000;

/// Every way to fail, again and again until it is taken back.
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
    FaultKind::Drip,
    FaultKind::Unauthorized,
    FaultKind::QuotaExceeded,
];

/// Everything that touches the room fails until [`heal`].
pub fn break_down(world: &World, room: &str, kind: FaultKind) {
    world.main().upstash().inject(Fault::new(kind).for_room(room));
}

pub fn heal(world: &World, room: &str) {
    world.main().upstash().clear_faults(Some(room));
}

#[track_caller]
fn promptly<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let begun_ms = now_ms();
    let done = act();
    let took_ms = now_ms() - begun_ms;
    assert!(took_ms < PROMPT_MS, "{what} took {took_ms} ms");
    done
}

#[track_caller]
fn prompt_ok(what: &str, ask: impl FnOnce() -> Answer) -> Answer {
    let answer = promptly(what, ask);
    assert!([200, 201].contains(&answer.status), "{what}: {answer:?}");
    answer
}

/// Two people meet in a room whose database fails, and do everything that a room is for, except to end it.
fn live_in(world: &World, room: &str) -> (Participant, Participant) {
    let join = || Participant::join(world.main().base_url(), room);
    let (ann, bob) = (promptly("a join", join), promptly("a join", join));
    let (mut at_ann, mut at_bob) =
        (promptly("a socket", || ann.connect()), promptly("a socket", || bob.connect()));
    at_ann.expect("presence");

    prompt_ok("a message by post", || ann.post(&json!({ "text": "by post" })));
    for socket in [&mut at_ann, &mut at_bob] {
        assert_eq!(promptly("a message by post", || socket.expect_message())["text"], "by post");
    }
    at_bob.say("by frame");
    for socket in [&mut at_ann, &mut at_bob] {
        assert_eq!(promptly("a message by frame", || socket.expect_message())["text"], "by frame");
    }
    prompt_ok("to keep the room open", || ann.browser.post(&ann.path("room/keep"), &json!({})));
    reload(&bob);
    assert_refused(&world.stranger().post(&ann.path("room/join"), &json!({})), 409, "room-full");
    (ann, bob)
}

/// All that a page asks for when it is loaded.
fn reload(who: &Participant) {
    let get = |path: &str| prompt_ok(path, || who.browser.get(&who.path(path)));
    assert_eq!(get("room").text("status"), "joined");
    prompt_ok("to join again", || who.browser.post(&who.path("room/join"), &json!({})));
    assert_eq!(promptly("ready", || who.open().expect("ready"))["lastSeq"], 2);
    assert_eq!(get("messages").json()["messages"].as_array().map(Vec::len), Some(2));
    get("room/ttl");
}

fn whatever_the_database_does_nobody_waits_and_nobody_is_refused(world: &World) {
    thread::scope(|scope| {
        let rooms = EVERY_FAULT.map(|kind| {
            let live = move || {
                let room = world.room();
                break_down(world, &room, kind);
                let (ann, _) = live_in(world, &room);
                heal(world, &room);
                wait_until_in_step(world.main(), &ann);
            };
            (kind, scope.spawn(live))
        });
        for (kind, room) in rooms {
            room.join().unwrap_or_else(|_| panic!("under {kind:?}"));
        }
    });
}

/// Shown without a clock: no request of the room has run when all its calls are answered.
fn no_call_waits_until_a_request_has_run(world: &World) {
    let room = world.room();
    let upstash = world.main().upstash();
    let mark = upstash.mark();
    break_down(world, &room, FaultKind::CutBefore);

    let (ann, _) = live_in(world, &room);

    let requests = upstash.requests_since(mark, &room);
    assert!(!requests.is_empty() && requests.iter().all(|request| request.runs == 0), "{requests:?}");
    assert_eq!(keys_of(world.main().redis(), &room), [format!("meta:{room}")], "as it was made");
    heal(world, &room);
    wait_until_in_step(world.main(), &ann);
}

fn what_is_said_in_a_row_keeps_its_order_while_the_database_is_out(world: &World) {
    const EACH: usize = 50;
    let Talk { ann, bob, mut at_ann, mut at_bob } = world.talk();
    break_down(world, &ann.room, FaultKind::Status(500));

    let say_in_a_row =
        |socket: &mut Socket| -> Vec<String> { (0..EACH).map(|_| socket.say("next")).collect() };
    let (by_ann, by_bob) = thread::scope(|scope| {
        let by_bob = scope.spawn(|| say_in_a_row(&mut at_bob));
        (say_in_a_row(&mut at_ann), by_bob.join().unwrap())
    });
    let told: Vec<_> = (0..2 * EACH).map(|_| at_ann.expect_message()).collect();
    heal(world, &ann.room);

    for (who, said) in [(&ann, by_ann), (&bob, by_bob)] {
        let own = told.iter().filter(|message| message["participantId"] == who.id);
        assert!(own.map(|message| message["id"].as_str().unwrap()).eq(said));
    }
    assert_eq!(bob.history(), told);
    wait_until_in_step(world.main(), &ann);
}

fn one_request_that_fails_delays_nothing(world: &World) {
    for kind in EVERY_FAULT {
        let Talk { ann, mut at_ann, mut at_bob, .. } = world.talk();
        world.main().upstash().inject(Fault::new(kind).for_room(&ann.room).times(1));

        for text in ["one", "two", "three"] {
            at_ann.say(text);
            for socket in [&mut at_ann, &mut at_bob] {
                assert_eq!(promptly("a message", || socket.expect_message())["text"], text, "{kind:?}");
            }
        }

        assert_eq!(texts(&ann.history()), ["one", "two", "three"], "{kind:?}");
    }
}

fn no_words_of_the_database_reach_an_answer_or_the_log(world: &World) {
    let (ann, _) = world.pair();
    break_down(world, &ann.room, FaultKind::QuotaExceeded);

    let sent = ann.post(&json!({ "text": "hi" }));
    let deleting = ann.destroy();
    heal(world, &ann.room);

    assert_eq!((sent.status, deleting.status), (201, 202));
    let cause = "the database refused the command (400)";
    let worker = world.main().worker();
    worker.wait_for_log(|line| line.contains(cause)).unwrap_or_else(|log| panic!("no cause:\n{log}"));
    for said in worker.log().iter().chain([&sent.body, &deleting.body]) {
        assert!(!said.contains("daily request limit"), "{said}");
    }
}
