//! A Worker that ends and starts again: its memory is only a cache.

use std::{thread, time::Duration};

use duet_test_support::{
    Browser, Participant, Stack, StoreKind, message_id,
    upstash::{LogPosition, LoggedRequest},
};
use serde_json::{Value, json};

use crate::{
    in_sync::wait_until_in_sync,
    world::{Conversation, World, assert_refused, conversation, seqs},
};

cases![a_hibernated_room_wakes_with_its_sockets, a_room_is_unchanged_after_a_restart_and_after_a_crash,];

/// The platform hibernates an object, which drops its memory, after ten seconds without an event on its sockets.
const UNTIL_HIBERNATED: Duration = Duration::from_secs(12);

fn a_hibernated_room_wakes_with_its_sockets(world: &World) {
    let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();
    let id = ann_socket.send_message("before");
    let before = ann_socket.expect("message");
    bob_socket.expect("message");
    wait_until_in_sync(world.main(), &ann);
    let start = (world.store == StoreKind::Upstash).then(|| world.main().upstash().log_position());

    thread::sleep(UNTIL_HIBERNATED);
    ann_socket.send_message_as(&id, "before");
    assert_eq!(ann_socket.expect("message"), before, "it is recognised, and the end is the same");
    assert_eq!(ann.history().len(), 1);
    bob_socket.send_message("after");
    for socket in [&mut ann_socket, &mut bob_socket] {
        // A room that hibernated cannot know what it broadcast before, so it may broadcast its last sequence number
        // first.
        let after = socket.skip_to("message")["message"].take();
        assert_eq!((&after["seq"], &after["participantId"]), (&json!(2), &json!(bob.id)));
    }
    bob_socket.send(&json!({ "type": "typing" }));
    assert_eq!(ann_socket.expect("typing")["participantId"], bob.id);
    bob_socket.leave();
    assert_eq!(ann_socket.expect("presence")["online"], json!([ann.id]));
    if let Some(start) = start {
        // While sockets are open, a room hibernates only when Redis is up to date, so it need not count.
        wait_until_in_sync(world.main(), &ann);
        assert_eq!(verbs_since(world.main(), start, &ann.room), ["RPUSHX"]);
    }
}

/// The commands of the room since `start`.
fn verbs_since(stack: &Stack, start: LogPosition, room: &str) -> Vec<String> {
    let requests = stack.upstash().requests_since(start, room);
    requests.iter().flat_map(LoggedRequest::verbs).map(str::to_owned).collect()
}

/// The same person with a client of the Worker that runs now.
fn rejoin(stack: &Stack, participant: &Participant) -> Participant {
    let token = participant.browser.token().expect("a cookie");
    Participant::join_as(Browser::with_cookie(stack.base_url(), &token), &participant.room)
}

fn a_room_is_unchanged_after_a_restart_and_after_a_crash(world: &World) {
    let mut stack = world.own(&[]);
    let Conversation { ann, bob, .. } = conversation(&stack);
    ann.post(&json!({ "text": "before" }));
    let before = Snapshot::of(&ann);
    wait_until_in_sync(&stack, &ann);
    let start = (world.store == StoreKind::Upstash).then(|| stack.upstash().log_position());
    stack.start_worker().unwrap_or_else(|error| panic!("{error}"));
    let before = before.with_message(send_first(&stack, &bob));
    let (ann, bob) = (rejoin(&stack, &ann), rejoin(&stack, &bob));
    if let Some(start) = start {
        wait_until_in_sync(&stack, &ann);
        assert_eq!(verbs_since(&stack, start, &ann.room), ["LLEN", "RPUSHX"], "after a crash it counts once");
    }
    assert_room_works_as_before(&stack, &before, &ann, &bob);

    crash_in_the_middle_of_a_conversation(&mut stack);
}

/// Sends the message that wakes the room.
fn send_first(stack: &Stack, participant: &Participant) -> Value {
    let token = participant.browser.token().expect("a cookie");
    let browser = Browser::with_cookie(stack.base_url(), &token);
    let answer = browser.post(&participant.path("messages"), &json!({ "text": "good morning" }));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

/// Checks that no confirmed message is lost and that a repeated one is stored once.
fn crash_in_the_middle_of_a_conversation(stack: &mut Stack) {
    const SENT: usize = 60;
    let Conversation { ann, bob, mut ann_socket, bob_socket: _bob_socket } = conversation(stack);
    let sent: Vec<String> = (0..SENT).map(|_| message_id()).collect();

    sent.iter().for_each(|id| ann_socket.send_message_as(id, id));
    let confirmed: Vec<Value> = (0..SENT / 6).map(|_| ann_socket.expect_message()).collect();
    stack.kill_worker();
    stack.start_worker().unwrap_or_else(|error| panic!("{error}"));
    let (before, ann, bob) = (ann.id.clone(), rejoin(stack, &ann), rejoin(stack, &bob));
    let Snapshot { messages: survived, expires_at, participant_id } = Snapshot::of(&ann);
    let newest = survived.last().expect("what was confirmed");
    assert_eq!((participant_id, Some(expires_at - 600_000)), (before, newest["timestamp"].as_u64()));
    sent.iter().for_each(|id| drop(ann.post(&json!({ "id": id, "text": id }))));

    assert_eq!(survived[..confirmed.len()], confirmed, "confirmed messages keep their sequence numbers");
    let history = ann.history();
    assert_eq!(history[..survived.len()], survived);
    assert_eq!(seqs(&history), (1..=SENT as u64).collect::<Vec<_>>(), "each once");
    assert!(history.iter().map(|message| message["id"].as_str()).eq(sent.iter().map(|id| Some(id.as_str()))));
    assert_room_works_as_before(stack, &Snapshot::of(&ann), &ann, &bob);
    wait_until_in_sync(stack, &ann);
}

/// What a participant can read of a room.
#[derive(Debug, PartialEq)]
struct Snapshot {
    messages: Vec<Value>,
    expires_at: u64,
    participant_id: String,
}

impl Snapshot {
    fn of(participant: &Participant) -> Self {
        Self {
            messages: participant.history(),
            expires_at: participant.browser.get(&participant.path("room/ttl")).number("expiresAt"),
            participant_id: participant.id.clone(),
        }
    }

    /// The same snapshot with another message.
    fn with_message(self, message: Value) -> Self {
        let expires_at = message["timestamp"].as_u64().expect("a time") + 600_000;
        Self { messages: [self.messages, vec![message]].concat(), expires_at, ..self }
    }
}

/// Checks that everything is as before: no third seat, no duplicate, and the conversation continues.
fn assert_room_works_as_before(stack: &Stack, before: &Snapshot, ann: &Participant, bob: &Participant) {
    assert_eq!(Snapshot::of(ann), *before);
    let third = Browser::new(stack.base_url()).post(&ann.path("room/join"), &json!({}));
    assert_refused(&third, 409, "room-full");
    let mut bob_socket = bob.open();
    assert_eq!(bob_socket.expect("ready")["lastSeq"], before.messages.len());

    let is_from_ann = |message: &&Value| message["participantId"] == ann.id;
    let newest = before.messages.iter().rfind(is_from_ann).expect("she sent a message");
    let repeated = ann.post(&json!({ "id": newest["id"], "text": newest["text"] }));
    assert_eq!((repeated.status, &repeated.json()), (200, newest));
    let next = ann.post(&json!({ "text": "after" }));
    assert_eq!(next.number("seq"), before.messages.len() as u64 + 1);
    assert_eq!(bob_socket.skip_to("message")["message"], next.json());
}
