//! Rate limits per participant.

use duet_test_support::{Participant, message_id};
use serde_json::json;

use crate::world::{Conversation, STRICT_RATE, World, assert_refused, conversation, pong};

cases![
    posting_too_fast_is_refused_with_a_time_to_retry,
    sending_too_fast_is_answered_with_an_error_frame_and_the_socket_stays_open,
    a_flood_of_frames_is_closed_with_4429,
    reading_too_fast_is_refused_with_a_time_to_retry,
];

/// More than any bucket holds.
const FLOOD: usize = 100 * STRICT_RATE;

fn posting_too_fast_is_refused_with_a_time_to_retry(world: &World) {
    let Conversation { ann, bob, .. } = conversation(world.strict());

    let refused = (0..FLOOD).map(|_| ann.post(&json!({ "text": "quick" }))).find(|sent| sent.status != 201);

    let refused = refused.expect("a limit");
    assert_refused(&refused, 429, "too-many-requests");
    let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
    assert!((1..=2).contains(&seconds), "{refused:?}");
    assert_eq!(bob.post(&json!({ "text": "I was not" })).status, 201);
}

fn sending_too_fast_is_answered_with_an_error_frame_and_the_socket_stays_open(world: &World) {
    let Conversation { mut ann_socket, mut bob_socket, bob, .. } = conversation(world.strict());
    let ids: Vec<String> = (0..2 * STRICT_RATE + 3).map(|_| ann_socket.send_message("quick")).collect();

    let answers: Vec<_> = ids.iter().map(|_| ann_socket.frame()).collect();

    let refused: Vec<_> = answers.iter().filter(|frame| frame["type"] == "error").collect();
    assert!(!refused.is_empty(), "{answers:?}");
    for error in &refused {
        assert_eq!(error["error"], "too-many-requests");
        assert!(ids.iter().any(|id| error["id"] == *id), "{error}");
    }
    assert_eq!(pong(&mut ann_socket), "pong");
    bob_socket.send_message("I was not");
    let delivered = ids.len() - refused.len() + 1;
    let received: Vec<_> = (0..delivered).map(|_| bob_socket.expect_message()).collect();
    assert_eq!(bob.history(), received);
}

fn a_flood_of_frames_is_closed_with_4429(world: &World) {
    let Conversation { mut ann_socket, mut bob_socket, .. } = conversation(world.strict());

    for _ in 0..FLOOD {
        if !ann_socket.try_send_text(r#"{"type":"typing"}"#) {
            break;
        }
    }

    assert_eq!(ann_socket.closed(), 4429);
    bob_socket.skip_to("presence");
    bob_socket.send_message_as(&message_id(), "still here");
    bob_socket.expect("message");
}

fn reading_too_fast_is_refused_with_a_time_to_retry(world: &World) {
    let Conversation { ann, bob, .. } = conversation(world.strict());
    let read = |who: &Participant| who.browser.get(&who.path("messages"));

    let refused = (0..FLOOD).map(|_| read(&ann)).find(|page| page.status != 200);

    let refused = refused.expect("a limit");
    assert_refused(&refused, 429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(read(&bob).status, 200, "he did not");
    assert_eq!(ann.post(&json!({ "text": "reading and writing are counted apart" })).status, 201);
}
