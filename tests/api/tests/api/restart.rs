//! A Worker that ends and starts again: memory is only a cache.

use std::{thread, time::Duration};

use duet_test_support::{
    Browser, Participant, Stack, StoreKind, message_id,
    upstash::{LoggedRequest, Mark},
};
use serde_json::{Value, json};

use crate::{
    in_step::wait_until_in_step,
    world::{Talk, World, assert_refused, seqs, talk},
};

cases![a_room_that_slept_wakes_with_its_sockets, a_room_is_as_it_was_after_a_restart_and_after_a_crash,];

/// An object whose sockets hear nothing for ten seconds is put to sleep, and its memory with it.
const UNTIL_ASLEEP: Duration = Duration::from_secs(12);

fn a_room_that_slept_wakes_with_its_sockets(world: &World) {
    let Talk { ann, bob, mut at_ann, mut at_bob } = world.talk();
    let id = at_ann.say("before");
    let before = at_ann.expect("message");
    at_bob.expect("message");
    wait_until_in_step(world.main(), &ann);
    let mark = (world.store == StoreKind::Upstash).then(|| world.main().upstash().mark());

    thread::sleep(UNTIL_ASLEEP);
    at_ann.say_as(&id, "before");
    assert_eq!(at_ann.expect("message"), before, "it is known, and the end is the same");
    assert_eq!(ann.history().len(), 1);
    at_bob.say("after");
    for socket in [&mut at_ann, &mut at_bob] {
        // A room that slept cannot know who was told before, so it may say first how far it is.
        let after = socket.skip_to("message")["message"].take();
        assert_eq!((&after["seq"], &after["participantId"]), (&json!(2), &json!(bob.id)));
    }
    at_bob.send(&json!({ "type": "typing" }));
    assert_eq!(at_ann.expect("typing")["participantId"], bob.id);
    at_bob.leave();
    assert_eq!(at_ann.expect("presence")["online"], json!([ann.id]));
    if let Some(mark) = mark {
        // While sockets are open, a room sleeps only when Redis is in step: it need not ask.
        wait_until_in_step(world.main(), &ann);
        assert_eq!(verbs_since(world.main(), mark, &ann.room), ["RPUSHX"]);
    }
}

/// Every command of the room since then.
fn verbs_since(stack: &Stack, mark: Mark, room: &str) -> Vec<String> {
    let requests = stack.upstash().requests_since(mark, room);
    requests.iter().flat_map(LoggedRequest::verbs).map(str::to_owned).collect()
}

/// The same person at the Worker that runs now.
fn again(stack: &Stack, participant: &Participant) -> Participant {
    let token = participant.browser.token().expect("a cookie");
    Participant::join_as(Browser::with_cookie(stack.base_url(), &token), &participant.room)
}

fn a_room_is_as_it_was_after_a_restart_and_after_a_crash(world: &World) {
    let mut stack = world.own(&[]);
    let Talk { ann, bob, .. } = talk(&stack);
    ann.post(&json!({ "text": "before" }));
    let before = Snapshot::of(&ann);
    wait_until_in_step(&stack, &ann);
    let mark = (world.store == StoreKind::Upstash).then(|| stack.upstash().mark());
    stack.start_worker().unwrap_or_else(|said| panic!("{said}"));
    let before = before.and_then(say_first(&stack, &bob));
    let (ann, bob) = (again(&stack, &ann), again(&stack, &bob));
    if let Some(mark) = mark {
        wait_until_in_step(&stack, &ann);
        assert_eq!(verbs_since(&stack, mark, &ann.room), ["LLEN", "RPUSHX"], "it cannot know, and asks once");
    }
    assert_goes_on(&stack, &before, &ann, &bob);

    crash_in_the_middle_of_a_conversation(&mut stack);
}

/// A message that wakes the room.
fn say_first(stack: &Stack, participant: &Participant) -> Value {
    let token = participant.browser.token().expect("a cookie");
    let browser = Browser::with_cookie(stack.base_url(), &token);
    let said = browser.post(&participant.path("messages"), &json!({ "text": "good morning" }));
    assert_eq!(said.status, 201, "{said:?}");
    said.json()
}

/// Nothing that was confirmed is lost, and what is sent again is there once.
fn crash_in_the_middle_of_a_conversation(stack: &mut Stack) {
    const SAID: usize = 60;
    let Talk { ann, bob, mut at_ann, at_bob: _at_bob } = talk(stack);
    let said: Vec<String> = (0..SAID).map(|_| message_id()).collect();

    said.iter().for_each(|id| at_ann.say_as(id, id));
    let confirmed: Vec<Value> = (0..SAID / 6).map(|_| at_ann.expect_message()).collect();
    stack.kill_worker();
    stack.start_worker().unwrap_or_else(|said| panic!("{said}"));
    let (before, ann, bob) = (ann.id.clone(), again(stack, &ann), again(stack, &bob));
    let Snapshot { messages: survived, expires_at, participant_id } = Snapshot::of(&ann);
    let newest = survived.last().expect("what was confirmed");
    assert_eq!((participant_id, Some(expires_at - 600_000)), (before, newest["timestamp"].as_u64()));
    said.iter().for_each(|id| drop(ann.post(&json!({ "id": id, "text": id }))));

    assert_eq!(survived[..confirmed.len()], confirmed, "what was confirmed is there, in its place");
    let history = ann.history();
    assert_eq!(history[..survived.len()], survived);
    assert_eq!(seqs(&history), (1..=SAID as u64).collect::<Vec<_>>(), "each once");
    assert!(history.iter().map(|message| message["id"].as_str()).eq(said.iter().map(|id| Some(id.as_str()))));
    assert_goes_on(stack, &Snapshot::of(&ann), &ann, &bob);
    wait_until_in_step(stack, &ann);
}

/// What a participant knows of a room.
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

    /// The same once another message was stored.
    fn and_then(self, message: Value) -> Self {
        let expires_at = message["timestamp"].as_u64().expect("a time") + 600_000;
        Self { messages: [self.messages, vec![message]].concat(), expires_at, ..self }
    }
}

/// Everything is as it was; there is no third seat, no second copy, and no end of the conversation.
fn assert_goes_on(stack: &Stack, before: &Snapshot, ann: &Participant, bob: &Participant) {
    assert_eq!(Snapshot::of(ann), *before);
    let third = Browser::new(stack.base_url()).post(&ann.path("room/join"), &json!({}));
    assert_refused(&third, 409, "room-full");
    let mut at_bob = bob.open();
    assert_eq!(at_bob.expect("ready")["lastSeq"], before.messages.len());

    let is_hers = |message: &&Value| message["participantId"] == ann.id;
    let newest = before.messages.iter().rfind(is_hers).expect("she said something");
    let repeated = ann.post(&json!({ "id": newest["id"], "text": newest["text"] }));
    assert_eq!((repeated.status, &repeated.json()), (200, newest));
    let next = ann.post(&json!({ "text": "after" }));
    assert_eq!(next.number("seq"), before.messages.len() as u64 + 1);
    assert_eq!(at_bob.skip_to("message")["message"], next.json());
}
