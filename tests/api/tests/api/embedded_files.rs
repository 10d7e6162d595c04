//! What the embedded store leaves in files, which are the objects' databases.

use std::{fs, path::Path};

use duet_test_support::{LIMIT, Stack, wait_until};
use serde_json::json;

use crate::world::{Talk, World, assert_refused, pair, talk, unknown_room};

cases![
    a_room_that_never_was_makes_no_table,
    a_destroyed_room_leaves_no_trace,
    an_expired_room_leaves_no_trace_though_nobody_asks,
];

/// How many files under `dir` hold `text`.
fn files_with(dir: &Path, text: &str) -> usize {
    // A file may vanish while it is looked for: a database's log does, when it is written back.
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    entries
        .map(|entry| match fs::read(entry.path()) {
            _ if entry.path().is_dir() => files_with(&entry.path(), text),
            Ok(bytes) => usize::from(bytes.windows(text.len()).any(|window| window == text.as_bytes())),
            Err(_) => 0,
        })
        .sum()
}

fn wait_until_gone(stack: &Stack, text: &str) {
    wait_until(&format!("no file holds {text}"), LIMIT, || {
        (files_with(stack.persist_dir(), text) == 0).then_some(())
    });
}

fn a_room_that_never_was_makes_no_table(world: &World) {
    let stack = world.own(&[]);
    let visitor = duet_test_support::Browser::new(stack.base_url());

    for _ in 0..3 {
        let room = unknown_room();
        assert_refused(&visitor.get(&format!("/api/room?roomId={room}")), 404, "room-not-found");
        let joined = visitor.post(&format!("/api/room/join?roomId={room}"), &json!({}));
        assert_refused(&joined, 404, "room-not-found");
    }

    assert_eq!(files_with(stack.persist_dir(), "CREATE TABLE message"), 0);
    pair(&stack);
    assert_ne!(files_with(stack.persist_dir(), "CREATE TABLE message"), 0, "a room that is there has one");
}

fn a_destroyed_room_leaves_no_trace(world: &World) {
    let stack = world.own(&[]);
    let Talk { ann, mut at_ann, at_bob: _at_bob, .. } = talk(&stack);
    let canary = unknown_room();
    for _ in 0..20 {
        at_ann.say(&canary);
        at_ann.expect("message");
    }
    assert_ne!(files_with(stack.persist_dir(), &canary), 0, "it was there");

    assert_eq!(ann.destroy().status, 204);

    for text in [&canary, &ann.id, &"CREATE TABLE message".to_owned()] {
        wait_until_gone(&stack, text);
    }
}

fn an_expired_room_leaves_no_trace_though_nobody_asks(world: &World) {
    let stack = world.brief();
    let (ann, _) = pair(stack);
    let canary = unknown_room();

    assert_eq!(ann.post(&json!({ "text": canary })).status, 201);

    wait_until_gone(stack, &canary);
    wait_until_gone(stack, &ann.id);
}
