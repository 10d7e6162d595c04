//! A room whose history is full.

use duet_test_support::{Participant, Socket, message_id};
use serde_json::json;

use crate::world::{Conversation, World, assert_refused};

cases![a_room_holds_5000_messages_and_no_more];

const MAX_MESSAGES: u64 = 5_000;
/// Messages that are sent before their confirmations are read, so that no buffer fills up.
const WINDOW: u64 = 250;

fn a_room_holds_5000_messages_and_no_more(world: &World) {
    let Conversation { ann, mut ann_socket, bob_socket, .. } = world.conversation();
    // Bob reads the history at the end.
    bob_socket.leave();
    ann_socket.expect("presence");

    fill(&mut ann_socket);

    let id = message_id();
    let posted = ann.post(&json!({ "id": id, "text": "one too many" }));
    assert_refused(&posted, 409, "room-history-full");
    ann_socket.send_message_as(&id, "one too many");
    let error = ann_socket.expect("error");
    assert_eq!((&error["id"], &error["error"]), (&json!(id), &json!("room-history-full")));
    assert_known_and_whole(&ann);
}

fn fill(socket: &mut Socket) {
    for first in (1..=MAX_MESSAGES).step_by(WINDOW as usize) {
        let window = first..first + WINDOW;
        for number in window.clone() {
            socket.send_message_as(&format!("{number:021}"), &number.to_string());
        }
        for number in window {
            assert_eq!(socket.expect_message()["seq"], number);
        }
    }
}

/// Checks that a repeated send is still recognised and that the whole history can be read.
fn assert_known_and_whole(participant: &Participant) {
    let again = participant.post(&json!({ "id": format!("{:021}", 1), "text": "1" }));
    assert_eq!((again.status, again.number("seq")), (200, 1));
    let history = participant.history();
    let texts = history.iter().map(|message| message["text"].as_str().expect("a text").parse().ok());
    assert!(texts.eq((1..=MAX_MESSAGES).map(Some)), "{} messages", history.len());
}
