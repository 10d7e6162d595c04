//! Every kind of fault, again and again, while two people talk: what was acknowledged is there, nothing is there
//! twice, and the next room feels nothing.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use duet_test_support::{
    Participant, Socket, message_id, now_ms,
    upstash::{Fault, FaultKind},
};
use serde_json::{Value, json};

use crate::world::{Talk, World, assert_refused, seqs, talk};

cases![
    whatever_fails_nothing_acknowledged_is_lost_and_nothing_told_twice,
    a_store_that_dies_and_comes_back_has_everything_once,
];

/// Longer than the Worker waits for an answer.
const TOO_LONG: Duration = Duration::from_millis(3_500);

const FAULTS: [FaultKind; 13] = [
    FaultKind::RunLate(TOO_LONG),
    FaultKind::AnswerLate(TOO_LONG),
    FaultKind::AnswerLate(Duration::from_millis(400)),
    FaultKind::CutBefore,
    FaultKind::CutAfter,
    FaultKind::Status(429),
    FaultKind::Status(500),
    FaultKind::StatusAfter(502),
    FaultKind::StatusAfter(500),
    FaultKind::Garbage,
    FaultKind::Drip,
    FaultKind::Unauthorized,
    FaultKind::QuotaExceeded,
];
/// How often in one room the fault comes and goes.
const SPELLS: u32 = 5;
const SAID_IN_A_SPELL: usize = 4;
/// By when a caller has an answer, even if the store never gives one: docs/protocol.md.
const PROMISED_MS: u64 = 15_000;

/// What became of all that was said in one room.
#[derive(Debug, Default)]
struct Tally {
    sent: usize,
    refused: usize,
    longest_ms: u64,
}

fn whatever_fails_nothing_acknowledged_is_lost_and_nothing_told_twice(world: &World) {
    let is_over = AtomicBool::new(false);
    let calm_posts = AtomicUsize::new(0);
    thread::scope(|scope| {
        let calm = scope.spawn(|| talk_calmly(world, &is_over, &calm_posts));
        let storms: Vec<_> =
            FAULTS.map(|kind| (kind, scope.spawn(move || weather(world, kind)))).into_iter().collect();
        for (kind, storm) in storms {
            let tally = storm.join().unwrap_or_else(|_| panic!("not weathered: {kind:?}"));
            println!("{kind:?}: {tally:?}");
        }
        is_over.store(true, Ordering::Relaxed);
        calm.join().expect("the room next to the broken ones feels nothing");
    });
    println!("{} messages in the room next to them", calm_posts.into_inner());
}

fn talk_calmly(world: &World, is_over: &AtomicBool, posts: &AtomicUsize) {
    let (ann, _) = world.pair();
    while !is_over.load(Ordering::Relaxed) {
        assert_eq!(ann.post(&json!({ "text": "calm" })).status, 201);
        posts.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(50));
    }
}

/// One room, in which one kind of fault comes and goes while Ann posts and Bob sends frames.
fn weather(world: &World, kind: FaultKind) -> Tally {
    let Talk { ann, bob, mut at_ann, mut at_bob } = talk(world.main());
    let mut tally = Tally::default();
    let mut said: Vec<String> = vec![];
    for spell in 0..SPELLS {
        world.main().upstash().inject(Fault::new(kind).for_room(&ann.room).times(1 + spell));
        let ids: Vec<String> = (0..SAID_IN_A_SPELL).map(|_| message_id()).collect();
        let (by_post, by_frame) = ids.split_at(SAID_IN_A_SPELL / 2);
        let mut doubtful = post_all(&ann, by_post, &mut tally);
        doubtful.extend(say_all(&mut at_bob, by_frame));
        world.main().upstash().clear_faults(Some(&ann.room));

        tally.refused += doubtful.len();
        for id in &doubtful {
            let sender = if by_post.contains(id) { &ann } else { &bob };
            let again = sender.post(&json!({ "id": id, "text": id }));
            assert!([200, 201].contains(&again.status), "the fault is over: {again:?}");
        }
        said.extend(ids);
    }
    tally.sent = said.len();
    assert_each_once(&ann, &said, &mut [&mut at_ann, &mut at_bob]);
    tally
}

/// Posts each; returns those that were not acknowledged.
fn post_all(participant: &Participant, ids: &[String], tally: &mut Tally) -> Vec<String> {
    let mut doubtful = vec![];
    for id in ids {
        let asked_ms = now_ms();
        let answer = participant.post(&json!({ "id": id, "text": id }));
        tally.longest_ms = tally.longest_ms.max(now_ms() - asked_ms);
        match answer.status {
            201 => {}
            503 => doubtful.push(id.clone()),
            _ => panic!("{answer:?}"),
        }
    }
    assert!(tally.longest_ms < PROMISED_MS, "{} ms for an answer", tally.longest_ms);
    doubtful
}

/// Says each by frame; returns those that were not acknowledged.
fn say_all(socket: &mut Socket, ids: &[String]) -> Vec<String> {
    for id in ids {
        socket.say_as(id, id);
    }
    let mut open: HashSet<&String> = ids.iter().collect();
    let mut doubtful = vec![];
    while !open.is_empty() {
        let frame = socket.frame();
        let id = if frame["type"] == "error" { &frame["id"] } else { &frame["message"]["id"] };
        let Some(id) = ids.iter().find(|own| id == own.as_str()) else { continue };
        if open.remove(id) && frame["type"] == "error" {
            assert_eq!(frame["error"], "store-unavailable");
            doubtful.push(id.clone());
        }
    }
    doubtful
}

/// Everything that was said is there once, in one order without holes, and was told in that order.
fn assert_each_once(participant: &Participant, said: &[String], sockets: &mut [&mut Socket]) {
    let fence = message_id();
    assert_eq!(participant.post(&json!({ "id": fence, "text": fence })).status, 201);
    let history = participant.history();
    let ids: Vec<&str> = history.iter().map(|message| message["id"].as_str().expect("an id")).collect();
    let unique: HashSet<&str> = ids.iter().copied().collect();

    assert_eq!(unique.len(), ids.len(), "nothing is there twice");
    assert_eq!(ids.last(), Some(&fence.as_str()));
    for id in said {
        assert!(unique.contains(id.as_str()), "what was said is there");
    }
    assert_eq!(ids.len(), said.len() + 1, "nothing else is there");
    assert!(seqs(&history).is_sorted_by(|one, next| one < next));
    for socket in sockets {
        let told = told_until(socket, &fence);
        assert!(
            told.windows(2).all(|pair| pair[0]["seq"].as_u64() < pair[1]["seq"].as_u64()),
            "in order, once"
        );
        assert!(told.iter().all(|message| history.contains(message)), "as it is stored");
    }
}

fn told_until(socket: &mut Socket, last: &str) -> Vec<Value> {
    let mut told = vec![];
    loop {
        let message = socket.skip_to("message")["message"].take();
        let is_last = message["id"] == last;
        told.push(message);
        if is_last {
            return told;
        }
    }
}

fn a_store_that_dies_and_comes_back_has_everything_once(world: &World) {
    let mut stack = world.own(&[]);
    let Talk { ann, mut at_ann, mut at_bob, .. } = talk(&stack);
    let before = at_ann.say("before");
    assert_eq!(at_ann.expect_message()["id"], before);
    let last: Vec<String> = (0..20).map(|_| message_id()).collect();

    for id in &last {
        at_ann.say_as(id, id);
    }
    stack.redis_mut().kill();
    let refused = ann.post(&json!({ "text": "now?" }));
    assert_eq!((refused.status, refused.error()), (503, "store-unavailable".into()));
    let health = ann.browser.get("/api/health");
    assert_eq!((health.status, health.text("store")), (200, "upstash".into()));
    assert_refused(&ann.browser.post("/api/room/create", &json!({})), 503, "store-unavailable");
    stack.redis_mut().start_again();
    assert_eq!(ann.browser.post("/api/room/create", &json!({})).status, 201);
    for id in &last {
        let again = ann.post(&json!({ "id": id, "text": id }));
        assert!([200, 201].contains(&again.status), "{again:?}");
    }

    let said: Vec<String> = [before].into_iter().chain(last).collect();
    assert_each_once(&ann, &said, &mut [&mut at_bob]);
    for key in ["meta", "messages"] {
        let ms_left = stack.redis().run(&["PTTL", &format!("{key}:{}", ann.room)]).integer();
        assert!(ms_left > 0, "{key} has an end");
    }
}
