//! Every kind of fault, again and again, while two people talk, lose their connections and come back: each of their
//! sockets hears everything once and in order, Redis holds everything afterwards, and the next room feels nothing.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use duet_test_support::{
    Event, LIMIT, Participant, Redis, Socket, Stack, message_id,
    upstash::{Fault, FaultKind},
    wait_until,
};
use serde_json::{Value, json};

use crate::{
    faults::EVERY_FAULT,
    in_step::{ms_left, wait_until_in_step},
    world::{Talk, World, assert_refused, pair, rounds, seqs, talk},
};

cases![
    whatever_fails_each_socket_hears_everything_once_and_redis_holds_it,
    a_database_and_a_worker_that_die_and_come_back_have_everything_once,
];

/// How often in one room the fault comes and goes.
const SPELLS: usize = 3;
/// Sockets that each person opens at least, one after the other.
const GENERATIONS: usize = 4;
const SAID_IN_A_GENERATION: usize = 4;
/// Between two messages of one person, so that many rooms fit on one machine.
const PACE: Duration = Duration::from_millis(100);
/// Redis keeps a room for twice its life at the most.
const KEPT_MS: u64 = 1_200_000;

fn whatever_fails_each_socket_hears_everything_once_and_redis_holds_it(world: &World) {
    let is_over = AtomicBool::new(false);
    let pairs = EVERY_FAULT.map(|kind| (kind, pair(world.main())));
    let rooms: Vec<&str> = pairs.iter().map(|(_, (ann, _))| ann.room.as_str()).collect();
    thread::scope(|scope| {
        let calm = scope.spawn(|| talk_calmly(world, &is_over));
        let ends = scope.spawn(|| watch_ends(world.main().redis(), &rooms, &is_over));
        let storms: Vec<_> = pairs
            .iter()
            .map(|(kind, (ann, bob))| (kind, scope.spawn(move || weather(world.main(), *kind, ann, bob))))
            .collect();
        let ended: Vec<_> = storms.into_iter().map(|(kind, storm)| (kind, storm.join())).collect();
        is_over.store(true, Ordering::Relaxed);
        for (kind, end) in ended {
            end.unwrap_or_else(|_| panic!("not weathered: {kind:?}"));
        }
        calm.join().expect("the room next to the broken ones feels nothing");
        ends.join().expect("every key has an end all the time");
    });
}

fn talk_calmly(world: &World, is_over: &AtomicBool) {
    let (ann, _) = world.pair();
    while !is_over.load(Ordering::Relaxed) {
        assert_eq!(ann.post(&json!({ "text": "calm" })).status, 201);
        thread::sleep(PACE);
    }
    wait_until_in_step(world.main(), &ann);
}

fn watch_ends(redis: &Redis, rooms: &[&str], is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        for key in rooms.iter().flat_map(|room| [format!("meta:{room}"), format!("messages:{room}")]) {
            assert!(ms_left(redis, &key).is_none_or(|ms| ms <= KEPT_MS), "{key}");
        }
        thread::sleep(PACE);
    }
}

/// One room, in which one kind of fault comes and goes while two people talk.
fn weather(stack: &Stack, kind: FaultKind, ann: &Participant, bob: &Participant) {
    let is_over = AtomicBool::new(false);
    let mut lives = thread::scope(|scope| {
        let lives = [ann, bob].map(|who| scope.spawn(|| live(who, &is_over)));
        (0..SPELLS * rounds()).for_each(|spell| let_fail(stack, &ann.room, kind, spell as u32));
        is_over.store(true, Ordering::Relaxed);
        lives.map(|life| life.join().unwrap())
    });

    let fence = message_id();
    assert_eq!(ann.post(&json!({ "id": fence, "text": fence })).status, 201);
    lives.iter_mut().for_each(|life| life.hear_until(&fence));
    let history = ann.history();
    assert_history_is_what_was_said(&history, &lives, &fence);
    lives
        .iter()
        .flat_map(|life| &life.generations)
        .for_each(|generation| generation.assert_heard_all(&history));
    wait_until_in_step(stack, ann);
}

/// Lets requests of the room fail until one was hit.
fn let_fail(stack: &Stack, room: &str, kind: FaultKind, spell: u32) {
    let upstash = stack.upstash();
    let mark = upstash.mark();
    upstash.inject(Fault::new(kind).for_room(room).times(1 + spell));
    wait_until("a request is hit", LIMIT, || (!upstash.requests_since(mark, room).is_empty()).then_some(()));
    thread::sleep(PACE);
    upstash.clear_faults(Some(room));
}

/// What one person did and heard.
struct Life {
    said: Vec<String>,
    generations: Vec<Generation>,
}

/// One socket from its opening to its end.
struct Generation {
    socket: Option<Socket>,
    /// What was there when it opened, as it was told.
    before: u64,
    told: Vec<Value>,
}

/// Talks, loses the connection, comes back, and sends again what was not confirmed, under its id.
fn live(who: &Participant, is_over: &AtomicBool) -> Life {
    let mut life = Life { said: vec![], generations: vec![] };
    loop {
        let mut now = Generation::open(who);
        for number in 0..SAID_IN_A_GENERATION {
            let id = message_id();
            if number == 0 {
                assert_eq!(who.post(&json!({ "id": id, "text": id })).status, 201);
            } else {
                now.socket().say_as(&id, &id);
            }
            now.hear_until(&id);
            life.said.push(id);
            thread::sleep(PACE);
        }
        let is_last = is_over.load(Ordering::Relaxed) && life.generations.len() >= GENERATIONS;
        if !is_last {
            life.said.push(now.break_off(who));
        }
        life.generations.push(now);
        if is_last {
            return life;
        }
    }
}

impl Life {
    fn hear_until(&mut self, id: &str) {
        self.generations.last_mut().expect("one is open").hear_until(id);
    }
}

impl Generation {
    fn open(who: &Participant) -> Self {
        let mut socket = who.open();
        let before = socket.expect("ready")["lastSeq"].as_u64().expect("a number");
        Self { socket: Some(socket), before, told: vec![] }
    }

    fn socket(&mut self) -> &mut Socket {
        self.socket.as_mut().expect("it is open")
    }

    fn hear_until(&mut self, id: &str) {
        while self.told.last().is_none_or(|message| message["id"] != id) {
            let message = self.socket().skip_to("message")["message"].take();
            self.told.push(message);
        }
    }

    /// Says something and is gone before it can be confirmed, so that it is sent again. Returns its id.
    fn break_off(&mut self, who: &Participant) -> String {
        let id = self.socket().say("and then I was gone");
        self.socket = None;
        let again = who.post(&json!({ "id": id, "text": "and then I was gone" }));
        assert!([200, 201].contains(&again.status), "{again:?}");
        id
    }

    /// Everything from its opening on, each once, in order and without holes.
    fn assert_heard_all(&self, history: &[Value]) {
        let heard: Vec<u64> = (self.before + 1..).take(self.told.len()).collect();
        assert_eq!(seqs(&self.told), heard);
        let (from, to) = (self.before as usize, self.before as usize + self.told.len());
        assert_eq!(self.told, history[from..to]);
    }
}

/// Everything that was said is there once, everybody's words in their order, and nothing else is there.
fn assert_history_is_what_was_said(history: &[Value], lives: &[Life; 2], fence: &str) {
    assert_eq!(seqs(history), (1..=history.len() as u64).collect::<Vec<_>>());
    let ids: Vec<&str> = history.iter().map(|message| message["id"].as_str().expect("an id")).collect();
    for life in lives {
        let own: Vec<&str> =
            ids.iter().copied().filter(|id| life.said.iter().any(|said| said == id)).collect();
        assert_eq!(own, life.said);
    }
    let said: usize = lives.iter().map(|life| life.said.len()).sum();
    assert_eq!((ids.len(), ids.last()), (said + 1, Some(&fence)));
}

fn a_database_and_a_worker_that_die_and_come_back_have_everything_once(world: &World) {
    let mut stack = world.own(&[]);
    let mut people = talk(&stack);
    say_and_hear(&mut people, "before");
    wait_until_in_step(&stack, &people.ann);

    stack.redis_mut().kill();
    assert_nobody_notices(&stack, &mut people);
    stack.redis_mut().start_again();
    wait_until_in_step(&stack, &people.ann);
    assert_logged_once_each(&stack);

    stack.redis_mut().kill();
    assert_refused(&people.ann.browser.post("/api/room/create", &json!({})), 503, "store-unavailable");
    say_and_hear(&mut people, "the last words of this Worker");
    let said = people.ann.history().len() as i64;
    wait_until_noticed(&stack, 2);
    stack.kill_worker();
    assert_eq!((people.at_ann.event(), people.at_bob.event()), (Event::Closed(1006), Event::Closed(1006)));
    stack.redis_mut().start_again();
    stack.start_worker().unwrap_or_else(|said| panic!("{said}"));
    // Nobody asks for the room: its alarm does it.
    let list = format!("messages:{}", people.ann.room);
    wait_until("Redis has all of it", 4 * LIMIT, || {
        (stack.redis().run(&["LLEN", &list]).integer() == said).then_some(())
    });
    let token = people.ann.browser.token().expect("a cookie");
    let browser = duet_test_support::Browser::with_cookie(stack.base_url(), &token);
    wait_until_in_step(&stack, &Participant::join_as(browser, &people.ann.room));
}

fn say_and_hear(Talk { at_ann, at_bob, .. }: &mut Talk, text: &str) {
    let id = at_ann.say(text);
    for socket in [at_ann, at_bob] {
        assert_eq!(socket.expect_message()["id"], id);
    }
}

fn assert_nobody_notices(stack: &Stack, people: &mut Talk) {
    for number in 0..20 {
        say_and_hear(people, &number.to_string());
    }
    let Talk { ann, bob, at_ann, at_bob } = people;
    assert_eq!(bob.post(&json!({ "text": "by post" })).status, 201);
    for socket in [at_ann, at_bob] {
        assert_eq!(socket.expect_message()["text"], "by post");
    }
    assert_eq!(bob.history().len(), 22);
    assert_eq!(bob.open().expect("ready")["lastSeq"], 22);
    let health = ann.browser.get("/api/health");
    assert_eq!((health.status, health.text("store")), (200, "upstash".into()));
    wait_until_noticed(stack, 1);
}

fn lines_with(stack: &Stack, word: &str) -> usize {
    stack.worker().log().iter().filter(|line| line.contains(word)).count()
}

fn wait_until_noticed(stack: &Stack, times: usize) {
    wait_until("the log says that Redis is behind", LIMIT, || {
        (lines_with(stack, "database-out-of-step") >= times).then_some(())
    });
}

/// However many requests failed.
fn assert_logged_once_each(stack: &Stack) {
    wait_until("the log says that Redis is in step", LIMIT, || {
        (lines_with(stack, "database-in-step") == 1).then_some(())
    });
    assert_eq!(lines_with(stack, "database-out-of-step"), 1);
}
