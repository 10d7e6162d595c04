//! The two calls that wait for the database: create and destroy.

use std::{io::ErrorKind, net::TcpListener, thread, time::Duration};

use duet_test_support::{
    Answer, Browser, LIMIT, Participant, Stack, now_ms,
    upstash::{Fault, FaultKind},
    wait_until,
};
use serde_json::json;

use crate::{
    embedded_files::{A_TABLE, files_with, wait_until_gone},
    faults::{TOO_LONG, clear_faults, inject_fault},
    in_sync::{keys_of, wait_until_in_sync},
    rooms::assert_all_not_found,
    world::{Conversation, World, assert_refused, conversation, stranger, unknown_room},
};

cases![
    a_room_is_created_in_the_database_or_not_at_all,
    destroy_answers_when_the_room_is_deleted_in_the_database,
    a_room_that_the_database_cannot_delete_yet_is_gone_and_deleted_later,
    a_deletion_whose_answer_is_lost_is_repeated,
    a_deletion_continues_after_a_crash,
];

/// How long create waits.
const CREATE_WAIT_MS: u64 = 5_000;
/// How long destroy waits.
const DESTROY_WAIT_MS: u64 = 3_000;
/// Additional time that a call may take on a busy machine.
const SLACK_MS: u64 = 3_000;

fn timed(ask: impl FnOnce() -> Answer) -> (Answer, u64) {
    let started_ms = now_ms();
    let answer = ask();
    (answer, now_ms() - started_ms)
}

/// A Worker of its own, because the requests of a room whose id is not known yet cannot be told from those of others.
fn a_room_is_created_in_the_database_or_not_at_all(world: &World) {
    let stack = world.own(&[]);
    assert_refusals_show_at_once(&stack);
    assert_short_faults_are_retried(&stack);
    assert_create_waits_5_s_for_a_silent_database(&stack);
    assert_redirects_are_not_followed(&stack);
}

fn create(stack: &Stack) -> Answer {
    Browser::new(stack.base_url()).post("/api/room/create", &json!({}))
}

fn keys(stack: &Stack) -> Vec<String> {
    stack.redis().run(&["KEYS", "*"]).texts()
}

fn assert_refusals_show_at_once(stack: &Stack) {
    for kind in [FaultKind::Unauthorized, FaultKind::QuotaExceeded, FaultKind::Status(404)] {
        stack.upstash().inject(Fault::new(kind));

        let (refused, took_ms) = timed(|| create(stack));
        stack.upstash().clear_faults(None);

        assert_refused(&refused, 503, "store-unavailable");
        assert_eq!(refused.header("set-cookie"), "");
        assert!(took_ms < SLACK_MS, "{kind:?}: {took_ms} ms");
        wait_until("no room is left", LIMIT, || (files_with(stack, A_TABLE) == 0).then_some(()));
        assert_eq!(keys(stack), [""; 0]);
    }
    let worker = stack.worker();
    let is_cause = |line: &str| line.contains("the database refused the token (401)");
    worker.wait_for_log(is_cause).unwrap_or_else(|log| panic!("the log lacks the cause:\n{log}"));
    assert!(worker.log().iter().all(|line| !line.contains(stack.upstash().token())));
}

fn assert_short_faults_are_retried(stack: &Stack) {
    for kind in
        [FaultKind::Status(500), FaultKind::StatusAfter(500), FaultKind::CutBefore, FaultKind::CutAfter]
    {
        stack.upstash().inject(Fault::new(kind).times(2));

        let created = create(stack);

        assert_eq!(created.status, 201, "{kind:?}: {created:?}");
        let ann = Participant::join(stack.base_url(), &created.text("roomId"));
        wait_until_in_sync(stack, &ann);
        assert_eq!(ann.destroy().status, 204);
        assert_eq!(keys(stack), [""; 0], "{kind:?}");
    }
}

fn assert_create_waits_5_s_for_a_silent_database(stack: &Stack) {
    for kind in [FaultKind::RunLate(TOO_LONG), FaultKind::EndlessBody] {
        let start = stack.upstash().log_position();
        stack.upstash().inject(Fault::new(kind).for_verb("HSET").times(1));

        let (refused, took_ms) = timed(|| create(stack));

        assert_refused(&refused, 503, "store-unavailable");
        let waited = CREATE_WAIT_MS..CREATE_WAIT_MS + SLACK_MS;
        assert!(waited.contains(&took_ms), "{kind:?}: {took_ms} ms");
        wait_until("it has run", LIMIT, || {
            let requests = stack.upstash().all_requests_since(start);
            requests.first().is_some_and(|request| request.runs == 1).then_some(())
        });
        wait_until("nothing is left", LIMIT, || keys(stack).is_empty().then_some(()));
    }
}

/// Another address must not get the database's token.
fn assert_redirects_are_not_followed(stack: &Stack) {
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    elsewhere.set_nonblocking(true).expect("it can be polled");
    let port = elsewhere.local_addr().expect("it is bound").port();
    stack.upstash().inject(Fault::new(FaultKind::RedirectTo(port)));

    let refused = create(stack);
    stack.upstash().clear_faults(None);

    assert_refused(&refused, 503, "store-unavailable");
    let connected = elsewhere.accept().map_err(|error| error.kind());
    assert_eq!(connected.err(), Some(ErrorKind::WouldBlock));
}

fn destroy_answers_when_the_room_is_deleted_in_the_database(world: &World) {
    let Conversation { ann, ann_socket: _ann_socket, bob_socket: _bob_socket, .. } = world.conversation();
    ann.post(&json!({ "text": "hi" }));

    let destroyed = ann.destroy();

    // Redis may not have had the message yet. Even so, nothing is left.
    assert_eq!((destroyed.status, destroyed.body.as_str()), (204, ""));
    assert_eq!(keys_of(world.main().redis(), &ann.room), [""; 0]);
}

fn a_room_that_the_database_cannot_delete_yet_is_gone_and_deleted_later(world: &World) {
    let silent_and_refusing = [
        FaultKind::RunLate(TOO_LONG),
        FaultKind::EndlessBody,
        FaultKind::Status(500),
        FaultKind::Unauthorized,
        FaultKind::CutBefore,
    ];
    thread::scope(|scope| {
        for kind in silent_and_refusing {
            scope.spawn(move || assert_is_deleted_later(world, kind));
        }
    });
}

fn assert_is_deleted_later(world: &World, kind: FaultKind) {
    let Conversation { ann, bob, ann_socket, bob_socket } = world.conversation();
    ann.post(&json!({ "text": "hi" }));
    wait_until_in_sync(world.main(), &ann);
    inject_fault(world, &ann.room, kind);

    let (deleting, took_ms) = thread::scope(|scope| {
        let destroy = scope.spawn(|| timed(|| ann.destroy()));
        for mut socket in [ann_socket, bob_socket] {
            let last = [socket.skip_to("destroy"), json!(socket.closed())];
            assert_eq!(last, [json!({ "type": "destroy" }), json!(4410)]);
        }
        assert!(!destroy.is_finished(), "both participants are notified before the database confirms");
        destroy.join().unwrap()
    });

    assert_eq!((deleting.status, deleting.json()), (202, json!({ "status": "deleting" })), "{kind:?}");
    assert!((DESTROY_WAIT_MS..DESTROY_WAIT_MS + SLACK_MS).contains(&took_ms), "{kind:?}: {took_ms} ms");
    for who in [&ann, &bob] {
        assert_all_not_found(&who.browser, &ann.room);
    }
    clear_faults(world, &ann.room);
    let redis = world.main().redis();
    wait_until("it is deleted", 2 * LIMIT, || keys_of(redis, &ann.room).is_empty().then_some(()));
}

fn a_deletion_whose_answer_is_lost_is_repeated(world: &World) {
    let (ann, _) = world.pair();
    wait_until_in_sync(world.main(), &ann);
    let start = world.main().upstash().log_position();
    world.main().upstash().inject(Fault::new(FaultKind::CutAfter).for_room(&ann.room).times(1));

    assert_eq!(ann.destroy().status, 204);

    let requests = world.main().upstash().requests_since(start, &ann.room);
    assert!(requests.len() == 2 && requests.iter().all(|request| request.verbs() == ["DEL"]), "{requests:?}");
}

fn a_deletion_continues_after_a_crash(world: &World) {
    let mut stack = world.own(&[]);
    let Conversation { ann, .. } = conversation(&stack);
    let canary = unknown_room();
    ann.post(&json!({ "text": canary }));
    wait_until_in_sync(&stack, &ann);
    assert_ne!(files_with(&stack, &canary), 0, "the search finds what exists");
    stack.upstash().inject(Fault::new(FaultKind::Status(500)));
    assert_eq!(ann.destroy().status, 202);
    stack.kill_worker();
    stack.upstash().clear_faults(None);
    assert_eq!(keys(&stack).len(), 2);

    stack.start_worker().unwrap_or_else(|error| panic!("{error}"));

    // No call wakes the room: its alarm does.
    wait_until("it is deleted", Duration::from_secs(70), || keys(&stack).is_empty().then_some(()));
    assert_all_not_found(&stranger(&stack), &ann.room);
    for text in [canary.as_str(), A_TABLE] {
        wait_until_gone(&stack, text);
    }
}
