//! Rate limits per participant.

use duet_test_support::{Participant, message_id};
use serde_json::json;

use crate::world::{STRICT_RATE, Talk, World, assert_refused, pong, talk};

cases![
    posting_too_fast_is_refused_with_a_time_to_retry,
    sending_too_fast_is_answered_with_an_error_frame_and_the_socket_stays_open,
    a_flood_of_frames_is_closed_with_4429,
    reading_too_fast_is_refused_with_a_time_to_retry,
];

/// More than any bucket holds.
const FLOOD: usize = 100 * STRICT_RATE;

fn posting_too_fast_is_refused_with_a_time_to_retry(world: &World) {
    let Talk { ann, bob, .. } = talk(world.strict());

    let refused = (0..FLOOD).map(|_| ann.post(&json!({ "text": "quick" }))).find(|sent| sent.status != 201);

    let refused = refused.expect("a limit");
    assert_refused(&refused, 429, "too-many-requests");
    let seconds: u64 = refused.header("retry-after").parse().expect("whole seconds");
    assert!((1..=2).contains(&seconds), "{refused:?}");
    assert_eq!(bob.post(&json!({ "text": "I was not" })).status, 201);
}

fn sending_too_fast_is_answered_with_an_error_frame_and_the_socket_stays_open(world: &World) {
    let Talk { mut at_ann, mut at_bob, bob, .. } = talk(world.strict());
    let ids: Vec<String> = (0..2 * STRICT_RATE + 3).map(|_| at_ann.send_message("quick")).collect();

    let answers: Vec<_> = ids.iter().map(|_| at_ann.frame()).collect();

    let refused: Vec<_> = answers.iter().filter(|frame| frame["type"] == "error").collect();
    assert!(!refused.is_empty(), "{answers:?}");
    for error in &refused {
        assert_eq!(error["error"], "too-many-requests");
        assert!(ids.iter().any(|id| error["id"] == *id), "{error}");
    }
    assert_eq!(pong(&mut at_ann), "pong");
    at_bob.send_message("I was not");
    let delivered = ids.len() - refused.len() + 1;
    let received: Vec<_> = (0..delivered).map(|_| at_bob.expect_message()).collect();
    assert_eq!(bob.history(), received);
}

fn a_flood_of_frames_is_closed_with_4429(world: &World) {
    let Talk { mut at_ann, mut at_bob, .. } = talk(world.strict());

    for _ in 0..FLOOD {
        if !at_ann.try_send_text(r#"{"type":"typing"}"#) {
            break;
        }
    }

    assert_eq!(at_ann.closed(), 4429);
    at_bob.skip_to("presence");
    at_bob.send_message_as(&message_id(), "still here");
    at_bob.expect("message");
}

fn reading_too_fast_is_refused_with_a_time_to_retry(world: &World) {
    let Talk { ann, bob, .. } = talk(world.strict());
    let read = |who: &Participant| who.browser.get(&who.path("messages"));

    let refused = (0..FLOOD).map(|_| read(&ann)).find(|page| page.status != 200);

    let refused = refused.expect("a limit");
    assert_refused(&refused, 429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(read(&bob).status, 200, "he did not");
    assert_eq!(ann.post(&json!({ "text": "reading and writing are counted apart" })).status, 201);
}
