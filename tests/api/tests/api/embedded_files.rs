//! The files of the embedded store, which are the objects' databases.

use std::{fs, path::PathBuf};

use duet_test_support::{Browser, LIMIT, Socket, Stack, wait_until};
use serde_json::json;

use crate::world::{Conversation, World, assert_refused, conversation, stranger, unknown_room};

cases![only_existing_rooms_are_in_the_files];

/// How many of the objects' files contain `text`.
pub fn files_with(stack: &Stack, text: &str) -> usize {
    // A file may vanish during the search: SQLite deletes a log after writing it back.
    let files = object_files(stack).into_iter().filter_map(|path| fs::read(path).ok());
    files.filter(|bytes| String::from_utf8_lossy(bytes).contains(text)).count()
}

/// The files of all objects that were ever started, without those of workerd itself.
fn object_files(stack: &Stack) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(stack.persist_dir().join("v3/do/duet-Room")) else { return vec![] };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| !path.to_string_lossy().contains("metadata.sqlite")).collect()
}

/// Waits until no file contains `text`.
pub fn wait_until_gone(stack: &Stack, text: &str) {
    wait_until(&format!("no file holds {text}"), LIMIT, || (files_with(stack, text) == 0).then_some(()));
}

/// Text that occurs in the file of every existing room.
pub const A_TABLE: &str = "CREATE TABLE message";

fn only_existing_rooms_are_in_the_files(world: &World) {
    // A Worker of its own, so that the files contain no other room.
    let stack = world.own(&[]);
    assert_calls_without_a_token_wake_no_room(&stack);

    let visitor = Browser::new(stack.base_url());
    for room in [unknown_room(), unknown_room()] {
        assert_refused(&visitor.get(&format!("/api/room?roomId={room}")), 404, "room-not-found");
        let joined = visitor.post(&format!("/api/room/join?roomId={room}"), &json!({}));
        assert_refused(&joined, 404, "room-not-found");
    }
    assert_eq!(files_with(&stack, A_TABLE), 0);

    let Conversation { ann, mut ann_socket, bob_socket: _bob_socket, .. } = conversation(&stack);
    let canary = unknown_room();
    for _ in 0..20 {
        ann_socket.send_message(&canary);
        ann_socket.expect("message");
    }
    assert_ne!(files_with(&stack, A_TABLE), 0, "the room is in a file while it exists");
    assert_ne!(files_with(&stack, &canary), 0);

    assert_eq!(ann.destroy().status, 204);

    for text in [&canary, &ann.id, A_TABLE] {
        wait_until_gone(&stack, text);
    }
}

/// The Worker refuses such calls itself. An object that starts has a file, which shows the difference.
fn assert_calls_without_a_token_wake_no_room(stack: &Stack) {
    let (nobody, room) = (Browser::new(stack.base_url()), unknown_room());
    let path = |rest: &str| format!("/api/{rest}?roomId={room}");
    for (method, rest) in [
        ("POST", "room/keep"),
        ("GET", "room/ttl"),
        ("DELETE", "room"),
        ("GET", "messages"),
        ("POST", "messages"),
    ] {
        assert_refused(&nobody.request(method, &path(rest)).send(), 401, "not-a-participant");
    }
    let opened = Socket::open(&nobody, &path("realtime"), &[]);
    assert_eq!(opened.expect("the Worker accepts it").closed(), 4401);
    assert_refused(&nobody.get(&path("realtime")), 426, "upgrade-required");
    assert!(object_files(stack).is_empty(), "{:?}", object_files(stack));

    assert_refused(&stranger(stack).get(&path("messages")), 404, "room-not-found");
    assert!(!object_files(stack).is_empty(), "a call with a token wakes the object");
}
