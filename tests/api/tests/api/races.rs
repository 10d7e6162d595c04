//! Calls that race with the end of a room. Each one either completes and reaches both, or is refused without a trace.

use std::{
    iter,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use duet_test_support::{Browser, Event, Participant, Socket, StoreKind, message_id};
use serde_json::{Value, json};

use crate::{
    embedded_files::wait_until_gone,
    in_sync::keys_of,
    world::{Conversation, World, assert_refused, rounds, seqs, unknown_room},
};

cases![
    a_frame_that_races_with_destroy_reaches_both_or_neither,
    a_post_that_races_with_destroy_reaches_both_or_is_refused,
    a_join_that_races_with_destroy_does_not_revive_the_room,
    only_one_of_two_simultaneous_joins_gets_the_last_seat,
];

const RACES: usize = 5;
/// Races that run at the same time, each in a room of its own.
const THREADS: usize = 4;
/// Frames that are sent but not received, or posts that are not answered, at any time.
const IN_FLIGHT: usize = 3;

/// Runs `race` repeatedly on several threads.
fn run(world: &World, race: fn(&World, &str)) {
    let (canary, left) = (unknown_room(), AtomicUsize::new(RACES * rounds()));
    let is_left =
        || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while is_left() {
                    race(world, &canary);
                }
            });
        }
    });
    if world.store == StoreKind::Embedded {
        wait_until_gone(world.main(), &canary);
    }
}

#[track_caller]
fn assert_nothing_remains(world: &World, of: &Participant) {
    assert_eq!(of.browser.get(&of.path("messages")).status, 404);
    assert_eq!(world.browser().get(&of.path("room")).status, 404);
    if world.store == StoreKind::Upstash {
        assert_eq!(keys_of(world.main().redis(), &of.room), [""; 0]);
    }
}

/// The next message. `None`: the room was destroyed, which the server must announce.
fn next_message(socket: &mut Socket) -> Option<Value> {
    let mut frame = socket.frame();
    if frame["type"] == "message" {
        return Some(frame["message"].take());
    }
    assert_eq!(frame, json!({ "type": "destroy" }));
    assert_eq!(socket.event(), Event::Closed(4410));
    None
}

/// All messages that arrive until the room ends.
fn read_to_the_end(socket: &mut Socket) -> Vec<Value> {
    iter::from_fn(|| next_message(socket)).collect()
}

fn ids(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|message| message["id"].as_str().expect("an id").to_owned()).collect()
}

/// Destroys the room after the first message. Returns all messages that arrived.
fn destroy_after_first_message(who: &Participant, socket: &mut Socket) -> Vec<Value> {
    let first = socket.expect_message();
    assert_eq!(who.destroy().status, 204);
    [vec![first], read_to_the_end(socket)].concat()
}

fn a_frame_that_races_with_destroy_reaches_both_or_neither(world: &World) {
    run(world, |world, canary| {
        let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();

        let (sent, by_ann, by_bob) = thread::scope(|scope| {
            let by_bob = scope.spawn(|| destroy_after_first_message(&bob, &mut bob_socket));
            let (sent, by_ann) = send_until_the_end(&mut ann_socket, canary);
            (sent, by_ann, by_bob.join().unwrap())
        });

        assert_eq!(by_ann, by_bob);
        assert_eq!(seqs(&by_ann), (1..=by_ann.len() as u64).collect::<Vec<_>>());
        assert!(sent.starts_with(&ids(&by_ann)));
        assert_nothing_remains(world, &ann);
    });
}

/// Keeps several frames in flight until the room ends. Returns the ids that were sent and the messages that arrived.
fn send_until_the_end(socket: &mut Socket, text: &str) -> (Vec<String>, Vec<Value>) {
    let (mut sent, mut received) = (vec![], vec![]);
    loop {
        while sent.len() < received.len() + IN_FLIGHT {
            let id = message_id();
            socket.try_send_text(&json!({ "type": "message", "id": id, "text": text }).to_string());
            sent.push(id);
        }
        match next_message(socket) {
            Some(message) => received.push(message),
            None => return (sent, received),
        }
    }
}

fn a_post_that_races_with_destroy_reaches_both_or_is_refused(world: &World) {
    run(world, |world, canary| {
        let Conversation { ann, bob, mut ann_socket, mut bob_socket } = world.conversation();

        let (accepted, by_bob) = thread::scope(|scope| {
            let by_bob = scope.spawn(|| destroy_after_first_message(&bob, &mut bob_socket));
            let posts: Vec<_> =
                (0..IN_FLIGHT).map(|_| scope.spawn(|| post_until_refused(&ann, canary))).collect();
            let mut accepted: Vec<Value> =
                posts.into_iter().flat_map(|posts| posts.join().unwrap()).collect();
            accepted.sort_by_key(|message| message["seq"].as_u64());
            (accepted, by_bob.join().unwrap())
        });

        assert_eq!(read_to_the_end(&mut ann_socket), accepted);
        assert_eq!(by_bob, accepted);
        assert_nothing_remains(world, &ann);
    });
}

/// Posts until the room is gone. Returns the messages in the answers.
fn post_until_refused(ann: &Participant, text: &str) -> Vec<Value> {
    let mut accepted = vec![];
    loop {
        let answer = ann.post(&json!({ "text": text }));
        if answer.status != 201 {
            assert_refused(&answer, 404, "room-not-found");
            return accepted;
        }
        accepted.push(answer.json());
    }
}

fn join(browser: &Browser, room: &str) -> u16 {
    browser.post(&format!("/api/room/join?roomId={room}"), &json!({})).status
}

/// Lets this many strangers join at once while `meanwhile` runs. Returns their statuses.
fn join_at_once(world: &World, room: &str, strangers: usize, meanwhile: impl FnOnce() + Send) -> Vec<u16> {
    thread::scope(|scope| {
        let joins: Vec<_> = (0..strangers).map(|_| scope.spawn(|| join(&world.browser(), room))).collect();
        scope.spawn(meanwhile);
        joins.into_iter().map(|join| join.join().unwrap()).collect()
    })
}

fn a_join_that_races_with_destroy_does_not_revive_the_room(world: &World) {
    run(world, |world, _| {
        let ann = Participant::join(world.main().base_url(), &world.room());

        let statuses = join_at_once(world, &ann.room, 3, || assert_eq!(ann.destroy().status, 204));

        assert!(statuses.iter().all(|status| [200, 404, 409].contains(status)), "{statuses:?}");
        assert!(statuses.iter().filter(|status| **status == 200).count() <= 1, "{statuses:?}");
        assert_nothing_remains(world, &ann);
    });
}

fn only_one_of_two_simultaneous_joins_gets_the_last_seat(world: &World) {
    run(world, |world, _| {
        let ann = Participant::join(world.main().base_url(), &world.room());

        let mut statuses = join_at_once(world, &ann.room, 2, || {});

        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    });
}
