//! What the embedded store leaves in files, which are the objects' databases.

use std::fs;

use duet_test_support::{Browser, LIMIT, Stack, wait_until};
use serde_json::json;

use crate::world::{Talk, World, assert_refused, talk, unknown_room};

cases![a_room_that_never_was_makes_no_table_and_a_destroyed_one_leaves_none];

/// How many of the objects' files hold `text`.
pub fn files_with(stack: &Stack, text: &str) -> usize {
    let dir = stack.persist_dir().join("v3/do/duet-Room");
    let entries = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    // A file may vanish while it is looked for: a database's log does, when it is written back.
    let files = entries.filter_map(|entry| fs::read(entry.ok()?.path()).ok());
    files.filter(|bytes| String::from_utf8_lossy(bytes).contains(text)).count()
}

/// Waits until no file holds `text`.
pub fn wait_until_gone(stack: &Stack, text: &str) {
    wait_until(&format!("no file holds {text}"), LIMIT, || (files_with(stack, text) == 0).then_some(()));
}

/// What stands in the file of a room that is there.
pub const A_TABLE: &str = "CREATE TABLE message";

fn a_room_that_never_was_makes_no_table_and_a_destroyed_one_leaves_none(world: &World) {
    // A Worker of its own, so that no other room is in the files.
    let stack = world.own(&[]);
    let visitor = Browser::new(stack.base_url());
    for room in [unknown_room(), unknown_room()] {
        assert_refused(&visitor.get(&format!("/api/room?roomId={room}")), 404, "room-not-found");
        let joined = visitor.post(&format!("/api/room/join?roomId={room}"), &json!({}));
        assert_refused(&joined, 404, "room-not-found");
    }
    assert_eq!(files_with(&stack, A_TABLE), 0);

    let Talk { ann, mut at_ann, at_bob: _at_bob, .. } = talk(&stack);
    let canary = unknown_room();
    for _ in 0..20 {
        at_ann.say(&canary);
        at_ann.expect("message");
    }
    assert_ne!(files_with(&stack, A_TABLE), 0, "a room that is there has one");
    assert_ne!(files_with(&stack, &canary), 0);

    assert_eq!(ann.destroy().status, 204);

    for text in [&canary, &ann.id, A_TABLE] {
        wait_until_gone(&stack, text);
    }
}
