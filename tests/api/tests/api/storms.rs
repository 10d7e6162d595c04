//! Every kind of fault comes and goes while two people talk, lose their connections and reconnect. Each of their
//! sockets receives every message once and in order, Redis has everything in the end, and the next room is unaffected.

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
    in_sync::{ms_left, wait_until_in_sync},
    world::{Conversation, World, assert_refused, conversation, pair, rounds, seqs},
};

cases![
    under_every_fault_each_socket_receives_everything_once_and_redis_stores_it,
    after_a_crash_of_database_and_worker_everything_is_stored_once,
];

/// How often the fault comes and goes in one room.
const FAULT_PERIODS: usize = 3;
/// Sockets that each person opens at least, one after the other.
const MIN_SESSIONS: usize = 4;
const MESSAGES_PER_SOCKET: usize = 4;
/// The pause between two messages of one person, so that many rooms fit on one machine.
const SEND_INTERVAL: Duration = Duration::from_millis(100);
/// Redis keeps a room for at most twice its lifetime.
const MAX_TTL_MS: u64 = 1_200_000;

fn under_every_fault_each_socket_receives_everything_once_and_redis_stores_it(world: &World) {
    let is_over = AtomicBool::new(false);
    let pairs = EVERY_FAULT.map(|kind| (kind, pair(world.main())));
    let rooms: Vec<&str> = pairs.iter().map(|(_, (ann, _))| ann.room.as_str()).collect();
    thread::scope(|scope| {
        let without_faults = scope.spawn(|| send_without_faults(world, &is_over));
        let ends = scope.spawn(|| watch_ends(world.main().redis(), &rooms, &is_over));
        let storms: Vec<_> = pairs
            .iter()
            .map(|(kind, (ann, bob))| {
                (kind, scope.spawn(move || run_room_with_faults(world.main(), *kind, ann, bob)))
            })
            .collect();
        let ended: Vec<_> = storms.into_iter().map(|(kind, storm)| (kind, storm.join())).collect();
        is_over.store(true, Ordering::Relaxed);
        for (kind, end) in ended {
            end.unwrap_or_else(|_| panic!("failed under {kind:?}"));
        }
        without_faults.join().expect("the room next to the broken ones is unaffected");
        ends.join().expect("every key always has a time to live");
    });
}

fn send_without_faults(world: &World, is_over: &AtomicBool) {
    let (ann, _) = world.pair();
    while !is_over.load(Ordering::Relaxed) {
        assert_eq!(ann.post(&json!({ "text": "no faults" })).status, 201);
        thread::sleep(SEND_INTERVAL);
    }
    wait_until_in_sync(world.main(), &ann);
}

fn watch_ends(redis: &Redis, rooms: &[&str], is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        for key in rooms.iter().flat_map(|room| [format!("meta:{room}"), format!("messages:{room}")]) {
            assert!(ms_left(redis, &key).is_none_or(|ms| ms <= MAX_TTL_MS), "{key}");
        }
        thread::sleep(SEND_INTERVAL);
    }
}

/// One room in which one kind of fault comes and goes while two people talk.
fn run_room_with_faults(stack: &Stack, kind: FaultKind, ann: &Participant, bob: &Participant) {
    let is_over = AtomicBool::new(false);
    let mut clients = thread::scope(|scope| {
        let clients = [ann, bob].map(|who| scope.spawn(|| run_client(who, &is_over)));
        (0..FAULT_PERIODS * rounds())
            .for_each(|period| inject_fault_until_hit(stack, &ann.room, kind, period as u32));
        is_over.store(true, Ordering::Relaxed);
        clients.map(|client| client.join().unwrap())
    });

    let fence = message_id();
    assert_eq!(ann.post(&json!({ "id": fence, "text": fence })).status, 201);
    clients.iter_mut().for_each(|client| client.receive_until(&fence));
    let history = ann.history();
    assert_history_is_what_was_sent(&history, &clients, &fence);
    clients
        .iter()
        .flat_map(|client| &client.sessions)
        .for_each(|session| session.assert_received_all(&history));
    wait_until_in_sync(stack, ann);
}

/// Lets requests of the room fail until at least one did.
fn inject_fault_until_hit(stack: &Stack, room: &str, kind: FaultKind, period: u32) {
    let upstash = stack.upstash();
    let start = upstash.log_position();
    upstash.inject(Fault::new(kind).for_room(room).times(1 + period));
    wait_until("a request is hit", LIMIT, || (!upstash.requests_since(start, room).is_empty()).then_some(()));
    thread::sleep(SEND_INTERVAL);
    upstash.clear_faults(Some(room));
}

/// What one person sent and received.
struct ClientLog {
    sent: Vec<String>,
    sessions: Vec<Session>,
}

/// One socket from its opening to its close.
struct Session {
    socket: Option<Socket>,
    /// The last sequence number in its `ready`.
    before: u64,
    received: Vec<Value>,
}

/// Sends messages, loses the connection, reconnects, and repeats unconfirmed messages with the same id.
fn run_client(who: &Participant, is_over: &AtomicBool) -> ClientLog {
    let mut client = ClientLog { sent: vec![], sessions: vec![] };
    loop {
        let mut session = Session::open(who);
        for number in 0..MESSAGES_PER_SOCKET {
            let id = message_id();
            if number == 0 {
                assert_eq!(who.post(&json!({ "id": id, "text": id })).status, 201);
            } else {
                session.socket().send_message_as(&id, &id);
            }
            session.receive_until(&id);
            client.sent.push(id);
            thread::sleep(SEND_INTERVAL);
        }
        let is_last = is_over.load(Ordering::Relaxed) && client.sessions.len() >= MIN_SESSIONS;
        if !is_last {
            client.sent.push(session.send_and_disconnect(who));
        }
        client.sessions.push(session);
        if is_last {
            return client;
        }
    }
}

impl ClientLog {
    fn receive_until(&mut self, id: &str) {
        self.sessions.last_mut().expect("one is open").receive_until(id);
    }
}

impl Session {
    fn open(who: &Participant) -> Self {
        let mut socket = who.open();
        let before = socket.expect("ready")["lastSeq"].as_u64().expect("a number");
        Self { socket: Some(socket), before, received: vec![] }
    }

    fn socket(&mut self) -> &mut Socket {
        self.socket.as_mut().expect("it is open")
    }

    fn receive_until(&mut self, id: &str) {
        while self.received.last().is_none_or(|message| message["id"] != id) {
            let message = self.socket().skip_to("message")["message"].take();
            self.received.push(message);
        }
    }

    /// Sends a message and disconnects before it is confirmed, then repeats it. Returns its id.
    fn send_and_disconnect(&mut self, who: &Participant) -> String {
        let id = self.socket().send_message("and then I was gone");
        self.socket = None;
        let again = who.post(&json!({ "id": id, "text": "and then I was gone" }));
        assert!([200, 201].contains(&again.status), "{again:?}");
        id
    }

    /// Checks that the socket received every message since its opening, once, in order and without gaps.
    fn assert_received_all(&self, history: &[Value]) {
        let seqs_expected: Vec<u64> = (self.before + 1..).take(self.received.len()).collect();
        assert_eq!(seqs(&self.received), seqs_expected);
        let (from, to) = (self.before as usize, self.before as usize + self.received.len());
        assert_eq!(self.received, history[from..to]);
    }
}

/// Checks that the history has every message once, each person's in order, and nothing else.
fn assert_history_is_what_was_sent(history: &[Value], clients: &[ClientLog; 2], fence: &str) {
    assert_eq!(seqs(history), (1..=history.len() as u64).collect::<Vec<_>>());
    let ids: Vec<&str> = history.iter().map(|message| message["id"].as_str().expect("an id")).collect();
    for client in clients {
        let own: Vec<&str> =
            ids.iter().copied().filter(|id| client.sent.iter().any(|sent| sent == id)).collect();
        assert_eq!(own, client.sent);
    }
    let sent: usize = clients.iter().map(|client| client.sent.len()).sum();
    assert_eq!((ids.len(), ids.last()), (sent + 1, Some(&fence)));
}

fn after_a_crash_of_database_and_worker_everything_is_stored_once(world: &World) {
    let mut stack = world.own(&[]);
    let mut people = conversation(&stack);
    send_and_receive(&mut people, "before");
    wait_until_in_sync(&stack, &people.ann);

    stack.redis_mut().kill();
    assert_clients_unaffected(&stack, &mut people);
    stack.redis_mut().start_again();
    wait_until_in_sync(&stack, &people.ann);
    assert_logged_once_each(&stack);

    stack.redis_mut().kill();
    assert_refused(&people.ann.browser.post("/api/room/create", &json!({})), 503, "store-unavailable");
    send_and_receive(&mut people, "the last words of this Worker");
    let sent = people.ann.history().len() as i64;
    wait_until_logged_behind(&stack, 2);
    stack.kill_worker();
    assert_eq!(
        (people.ann_socket.event(), people.bob_socket.event()),
        (Event::Closed(1006), Event::Closed(1006))
    );
    stack.redis_mut().start_again();
    stack.start_worker().unwrap_or_else(|error| panic!("{error}"));
    // No call wakes the room: its alarm does.
    let list = format!("messages:{}", people.ann.room);
    wait_until("Redis has all of it", 4 * LIMIT, || {
        (stack.redis().run(&["LLEN", &list]).integer() == sent).then_some(())
    });
    let token = people.ann.browser.token().expect("a cookie");
    let browser = duet_test_support::Browser::with_cookie(stack.base_url(), &token);
    wait_until_in_sync(&stack, &Participant::join_as(browser, &people.ann.room));
}

fn send_and_receive(Conversation { ann_socket, bob_socket, .. }: &mut Conversation, text: &str) {
    let id = ann_socket.send_message(text);
    for socket in [ann_socket, bob_socket] {
        assert_eq!(socket.expect_message()["id"], id);
    }
}

fn assert_clients_unaffected(stack: &Stack, people: &mut Conversation) {
    for number in 0..20 {
        send_and_receive(people, &number.to_string());
    }
    let Conversation { ann, bob, ann_socket, bob_socket } = people;
    assert_eq!(bob.post(&json!({ "text": "by post" })).status, 201);
    for socket in [ann_socket, bob_socket] {
        assert_eq!(socket.expect_message()["text"], "by post");
    }
    assert_eq!(bob.history().len(), 22);
    assert_eq!(bob.open().expect("ready")["lastSeq"], 22);
    let health = ann.browser.get("/api/health");
    assert_eq!((health.status, health.text("store")), (200, "upstash".into()));
    wait_until_logged_behind(stack, 1);
}

fn lines_with(stack: &Stack, word: &str) -> usize {
    stack.worker().log().iter().filter(|line| line.contains(word)).count()
}

fn wait_until_logged_behind(stack: &Stack, times: usize) {
    wait_until("the log says that Redis is behind", LIMIT, || {
        (lines_with(stack, "database-out-of-sync") >= times).then_some(())
    });
}

/// Checks that each state is logged once, however many requests failed.
fn assert_logged_once_each(stack: &Stack) {
    wait_until("the log says that Redis is in sync", LIMIT, || {
        (lines_with(stack, "database-in-sync") == 1).then_some(())
    });
    assert_eq!(lines_with(stack, "database-out-of-sync"), 1);
}
